import { compareUtf8 } from '../../domain/base/canonical.ts'
import type { Membership } from '../../domain/segments/transition.ts'
import type { Head, StateReader } from '../../ports/store.ts'
import type { Task } from '../../ports/types.ts'
import type { RedisConnection } from './client.ts'
import { parseHead } from './head-text.ts'
import { indexKey, redisKey, taskOf } from './keys.ts'
import { readMeta, type Meta } from './meta.ts'

/** Members fetched at a time, of each task. */
const STEP = 1000

/**
 * Reads an app's state beside its owners. Where to look is learned from the state itself, once there is one. Rejects with
 * `unreachable` while the server is, with `state-version` where another version wrote it.
 */
export class RedisReader implements StateReader {
  readonly #redis: RedisConnection
  readonly #app: string
  #meta: Meta | undefined

  constructor(redis: RedisConnection, app: string) {
    this.#redis = redis
    this.#app = app
  }

  async head(p: Task): Promise<Head | undefined> {
    const key = redisKey(this.#app, p, 'head')
    const [head, bundles] = await this.#redis.call((client) => client.hmget(key, 'head', 'bundles'))
    if (typeof head !== 'string' || typeof bundles !== 'string') return undefined
    return parseHead({ head, bundles }, `${key} at ${this.#redis.place}`)
  }

  async profile(user: string): Promise<Uint8Array | undefined> {
    const key = await this.#keyOf(user, 'profiles')
    const value = key === undefined ? null : await this.#redis.call((client) => client.hgetBuffer(key, user))
    return value === null ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.length)
  }

  async membership(user: string): Promise<Membership | undefined> {
    const key = await this.#keyOf(user, 'members')
    const text = key === undefined ? null : await this.#redis.call((client) => client.hget(key, user))
    return text === null ? undefined : (JSON.parse(text) as Membership)
  }

  /** In UTF-8 order of the ids, those behind `after`, of all tasks. */
  async *members(segment: string, after?: string): AsyncGenerator<string> {
    const meta = await this.#layout()
    const lists = Array.from({ length: meta?.partitions ?? 0 }, (_, p) => this.#membersOf(p, segment, after))
    const heads = await Promise.all(lists.map((list) => list.next()))
    for (;;) {
      let least = -1
      for (const [i, next] of heads.entries()) {
        const best = heads[least]
        if (next.done === true) continue
        if (best === undefined || compareUtf8(next.value, best.value as string) < 0) least = i
      }
      const found = heads[least]
      if (found === undefined || found.done === true) return
      yield found.value
      heads[least] = await (lists[least] as AsyncGenerator<string, undefined>).next()
    }
  }

  async *#membersOf(p: Task, segment: string, after: string | undefined): AsyncGenerator<string, undefined> {
    const key = indexKey(this.#app, p, segment)
    let from = after === undefined ? '-' : `(${after}`
    for (;;) {
      const start = from
      const users = await this.#redis.call((client) => client.zrangebylex(key, start, '+', 'LIMIT', 0, STEP))
      yield* users
      if (users.length < STEP) return undefined
      from = `(${users.at(-1)}`
    }
  }

  async #keyOf(user: string, name: string): Promise<string | undefined> {
    const meta = await this.#layout()
    return meta && redisKey(this.#app, taskOf(user, meta.partitions), name)
  }

  async #layout(): Promise<Meta | undefined> {
    return (this.#meta ??= await readMeta(this.#redis, this.#app))
  }
}
