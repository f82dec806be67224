import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Arg, RedisConnection } from '../../../src/adapters/redis/client.ts'
import { redisKey } from '../../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../../src/adapters/redis/reader.ts'
import { RedisStore, type RedisStoreOptions } from '../../../src/adapters/redis/store.ts'
import { SegmentationError } from '../../../src/errors.ts'
import type { Checkpoint } from '../../../src/ports/store.ts'
import { checkpoint } from '../../conformance/store.ts'
import { head, membership, profile } from '../../support/revisions.ts'

/** One app's state, seen by its owner and behind his back. */
export class Place {
  readonly app = `test-${randomBytes(6).toString('hex')}`
  readonly redis: RedisConnection
  /** Another client of the same server. */
  readonly behind: Redis

  constructor(redis: RedisConnection, behind: Redis) {
    this.redis = redis
    this.behind = behind
  }

  store(options: Partial<RedisStoreOptions> = {}, redis = this.redis): RedisStore {
    return new RedisStore(redis, { app: this.app, partitions: 1, ...options })
  }

  reader(): RedisReader {
    return new RedisReader(this.redis, this.app)
  }

  key(name: string, p = 0): string {
    return redisKey(this.app, p, name)
  }

  async keys(): Promise<string[]> {
    return (await this.behind.keys(`{${this.app}*`)).sort()
  }

  /** All that is stored, as it is, without the owner's token. */
  async all(): Promise<unknown> {
    const found: Record<string, unknown> = {}
    for (const key of await this.keys()) {
      const type = await this.behind.type(key)
      if (type === 'hash') found[key] = sorted(await this.behind.hgetall(key))
      else if (type === 'zset') found[key] = await this.behind.zrange(key, '0', '-1', 'WITHSCORES')
      else found[key] = (await this.behind.smembers(key)).sort()
    }
    return found
  }

  /** A copy of the task's keys, as a replica or a backup keeps it; returns what puts it back. */
  async copy(p = 0): Promise<() => Promise<void>> {
    const tag = `{${this.app}:${p}}`
    const dumps = new Map<string, Buffer>()
    for (const key of await this.keys()) {
      if (key.startsWith(tag)) dumps.set(key, await this.behind.dumpBuffer(key))
    }
    return async () => {
      const present = (await this.keys()).filter((key) => key.startsWith(tag))
      if (present.length > 0) await this.behind.del(present)
      for (const [key, dump] of dumps) await this.behind.restore(key, 0, dump)
    }
  }
}

function sorted(hash: Record<string, string>): [string, string][] {
  return Object.entries(hash)
    .filter(([field]) => field !== 'token')
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

export const FENCE = { task: 0 }

/** `count` users with a profile each, told apart by `seed`; every third has a membership. */
export function crowd(rev: number, count: number, seed: number): Checkpoint {
  const users = Array.from({ length: count }, (_, i) => `user-${i}`)
  return checkpoint({
    after: rev === 0 ? undefined : rev - 1,
    head: head(rev),
    profiles: users.map((user, i) => profile(user, 1000 + ((i * 7919 + seed) % 5000), rev, seed, i & 0xff)),
    memberships: users
      .filter((_, i) => i % 3 === 0)
      .map((user, i) => membership(user, (i + seed) % 2 === 0 ? 'loyal' : 'at-risk', { sequence: rev + 1 })),
  })
}

/** Makes a call as the task does: again while its trouble is one that passes. Returns how often it was made, too. */
export async function again<T>(
  call: () => Promise<T>,
  withinMs = 5000,
): Promise<{ result: T; calls: number }> {
  const end = performance.now() + withinMs
  for (let calls = 1; ; calls++) {
    try {
      return { result: await call(), calls }
    } catch (error) {
      const passes = error instanceof SegmentationError && error.retryable && error.code !== 'task-fenced'
      if (!passes || performance.now() > end) throw error
      await new Promise((later) => setTimeout(later, 10))
    }
  }
}

/** The connection, telling of each script that was answered; the caller hears the answer after that. */
export function watched(
  connection: RedisConnection,
  answered: (script: string, args: readonly Arg[]) => unknown,
): RedisConnection {
  return new Proxy(connection, {
    get: (target, property) => {
      if (property !== 'script') {
        const value: unknown = Reflect.get(target, property, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      }
      return async (...[name, keys, args]: Parameters<RedisConnection['script']>) => {
        const answer = await target.script(name, keys, args)
        await answered(name, args)
        return answer
      }
    },
  })
}
