import { assert, fail } from '../../errors.ts'
import type { Fence } from '../../ports/outlet.ts'
import type { Checkpoint, Head, SealedProfile, Slice, StateStore, StoredProfile } from '../../ports/store.ts'
import type { Ms, Task, Token } from '../../ports/types.ts'
import { CHUNK_USERS, dueText, pieceArgs, piecesOf, type Piece } from './chunks.ts'
import type { RedisConnection, Reply } from './client.ts'
import { HeadWriter, parseHead } from './head-text.ts'
import { indexKey, redisKey, taskKeys } from './keys.ts'
import { settleMeta } from './meta.ts'

export interface RedisStoreOptions {
  readonly app: string
  /** Number of tasks: that of the partitions of every input. */
  readonly partitions: number
}

/** What this owner knows of the state that he left. */
interface Owned {
  readonly token: Token
  readonly writer: HeadWriter
  /** Revision of the head as it was taken or last confirmed, and of the one being written; '': none. */
  confirmed: string
  writing: string
  /** Text of the bundles in the state. */
  bundles: string
  /** Segments whose members the state may list. */
  readonly segments: Set<string>
}

type Outcome = 'ok' | 'stale' | 'fenced'

/**
 * The state of an app's tasks in a Redis server or Cluster. Each call is one script or a chain of them, each of which checks the
 * owner's token, the revision and the sizes before it changes anything. Answers that were lost are asked for again with the
 * same call, and a checkpoint goes on behind its last chunk.
 */
export class RedisStore implements StateStore {
  readonly #redis: RedisConnection
  readonly #options: RedisStoreOptions
  readonly #owned = new Map<Task, Owned>()

  constructor(redis: RedisConnection, options: RedisStoreOptions) {
    this.#redis = redis
    this.#options = options
  }

  async take(fence: Fence, token: Token, anew = false): Promise<Head | undefined> {
    const p = fence.task
    const { app, partitions } = this.#options
    assert(p >= 0 && p < partitions, 'a task is one of the partitions')
    await settleMeta(this.#redis, app, partitions)
    const segments = new Set(anew ? await this.#named(p) : [])
    const answer = await this.#knowing(p, segments, (keys, names) =>
      this.#redis.script('segmentationTake', keys, [token, anew ? 'anew' : '', ...names]),
    )
    this.#whole(p, answer)
    const [, rev, headText, bundles] = answer
    const head =
      typeof rev === 'string'
        ? parseHead({ head: String(headText), bundles: String(bundles) }, this.#place(p))
        : undefined
    if (head && String(head.rev) !== rev)
      fail('state-lost', `${this.#place(p)}: the head is not of its revision`)
    this.#owned.set(p, {
      token,
      writer: new HeadWriter(),
      confirmed: head ? String(head.rev) : '',
      writing: head ? String(head.rev) : '',
      bundles: head ? String(bundles) : '',
      segments: new Set(head?.segments.filter((name) => name !== '')),
    })
    return head
  }

  async read(p: Task, token: Token, users: readonly string[], dueAfter: Ms, limit: number): Promise<Slice> {
    const first = this.#readSome(p, token, users.slice(0, CHUNK_USERS), dueAfter, limit)
    const others: Promise<Part>[] = []
    for (let i = CHUNK_USERS; i < users.length; i += CHUNK_USERS) {
      others.push(this.#readSome(p, token, users.slice(i, i + CHUNK_USERS), dueAfter, 0))
    }
    const [part, ...rest] = await Promise.all([first, ...others])
    const profiles = [...part.profiles, ...rest.flatMap((r) => r.profiles)]
    if (limit <= 0) return { profiles, dues: [], complete: dueAfter }
    const { dues, sealed } = part
    for (let i = sealed.length; i < dues.length; i += CHUNK_USERS) {
      const due = dues.slice(i, i + CHUNK_USERS)
      const found = await this.#readSome(
        p,
        token,
        due.map((d) => d.user),
        dueAfter,
        0,
      )
      const bytes = new Map(found.profiles.map((profile) => [profile.user, profile.bytes]))
      // One that is gone meanwhile was removed by a checkpoint of this owner; the sizes agree.
      for (const { user, due: at } of due) {
        const its = bytes.get(user)
        if (its) sealed.push({ user, bytes: its, due: at })
      }
    }
    return { profiles, dues: sealed, complete: part.complete }
  }

  async checkpoint(p: Task, sealed: Checkpoint): Promise<Outcome> {
    const own = this.#owned.get(p)
    if (own?.token !== sealed.token) return 'fenced'
    const { head, after } = sealed
    const text = own.writer.write(head)
    own.writing = String(head.rev)
    const link = [sealed.token, after === undefined ? '' : String(after), own.writing, head.chain]
    for (const name of head.segments) if (name !== '') own.segments.add(name)
    const pieces = piecesOf(sealed)
    let stored = 0
    while (stored < pieces.length) {
      const answer = await this.#chunk(p, own, link, stored + 1, pieces[stored] as Piece)
      if (answer === 'done') return this.#confirm(own, text.bundles)
      if (typeof answer === 'string') return answer
      stored = answer
    }
    const bundles = text.bundles === own.bundles ? '' : text.bundles
    const { forgotten } = sealed
    const indexes = forgotten.length > 0 ? own.segments : new Set<string>()
    const answer = await this.#knowing(p, indexes, (keys, names) =>
      this.#redis.script('segmentationHead', keys, [
        ...link,
        pieces.length,
        text.head,
        bundles,
        ...names,
        ...forgotten,
      ]),
    )
    this.#whole(p, answer)
    return answer[0] === 'stale' || answer[0] === 'fenced' ? answer[0] : this.#confirm(own, text.bundles)
  }

  #confirm(own: Owned, bundles: string): 'ok' {
    own.confirmed = own.writing
    own.bundles = bundles
    return 'ok'
  }

  /** Writes one chunk. Returns the number of the last one that is stored, or why there is no point in going on. */
  async #chunk(
    p: Task,
    own: Owned,
    link: readonly string[],
    at: number,
    piece: Piece,
  ): Promise<number | 'done' | 'stale' | 'fenced'> {
    const moves = piece.joins.length + piece.leaves.length > 0
    for (const { segment } of piece.joins) own.segments.add(segment as string)
    const answer = await this.#knowing(p, moves ? own.segments : new Set(), (keys, names) =>
      this.#redis.script('segmentationChunk', keys, [...link, at, ...pieceArgs(piece, names)]),
    )
    this.#whole(p, answer)
    const [word, stored] = answer
    return word === 'ok' ? Number(stored) : (word as 'done' | 'stale' | 'fenced')
  }

  /** Calls with the indexes of `segments` among the keys, and again while the server names one more that it needs. */
  async #knowing(
    p: Task,
    segments: Set<string>,
    call: (keys: readonly string[], names: readonly string[]) => Promise<readonly Reply<string>[]>,
  ): Promise<readonly Reply<string>[]> {
    for (;;) {
      const names = [...segments]
      const answer = await call(
        [...this.#keys(p), ...names.map((n) => indexKey(this.#options.app, p, n))],
        names,
      )
      if (answer[0] !== 'segment') return answer
      segments.add(String(answer[1]))
    }
  }

  async #readSome(
    p: Task,
    token: Token,
    users: readonly string[],
    dueAfter: Ms,
    limit: number,
  ): Promise<Part> {
    const own = this.#owned.get(p)
    if (own?.token !== token) return fail('task-fenced', `${this.#place(p)}: another owner has taken it`)
    const { confirmed, writing } = own
    const args = [token, confirmed, writing, dueText(dueAfter), Math.max(0, limit), CHUNK_USERS, ...users]
    const answer = await this.#redis.scriptBytes('segmentationRead', this.#keys(p), args)
    const [word, complete, values, dues, bytes] = answer
    const said = String(word)
    if (said === 'fenced') fail('task-fenced', `${this.#place(p)}: another owner has taken it`)
    if (said === 'moved') {
      fail('task-fenced', `${this.#place(p)}: is at revision ${String(complete)}, not at ${confirmed}`)
    }
    this.#whole(p, answer)
    const profiles: StoredProfile[] = []
    ;(values as readonly (Buffer | null)[]).forEach((value, i) => {
      if (value) profiles.push({ user: users[i] as string, bytes: plain(value) })
    })
    const times = dueList(dues as readonly Buffer[])
    const sealed = (bytes as readonly (Buffer | null)[]).map((value, i): SealedProfile => {
      if (!value) return fail('state-lost', `${this.#place(p)}: a due time without its profile`)
      return { ...(times[i] as Due), bytes: plain(value) }
    })
    const until = String(complete)
    return { profiles, dues: times, sealed, complete: until === 'inf' ? Infinity : Number(until) }
  }

  /** Rejects with `state-lost` where the answer says so. */
  #whole(p: Task, answer: readonly Reply<string | Buffer>[]): void {
    if (String(answer[0]) !== 'lost') return
    const [, ...n] = answer.map(String)
    fail(
      'state-lost',
      `${this.#place(p)}: expected ${n[0]} profiles, ${n[1]} due times and ${n[2]} memberships, ` +
        `found ${n[3]}, ${n[4]} and ${n[5]}`,
    )
  }

  /** Segments that the stored head names: their indexes are found even where the list of indexes is gone. */
  async #named(p: Task): Promise<string[]> {
    const key = redisKey(this.#options.app, p, 'head')
    return segmentsOf(await this.#redis.call((client) => client.hget(key, 'head')))
  }

  #keys(p: Task): readonly string[] {
    return taskKeys(this.#options.app, p)
  }

  #place(p: Task): string {
    return `${redisKey(this.#options.app, p, 'head')} at ${this.#redis.place}`
  }
}

/** Segments named by the text of a head, as far as it can be read. */
function segmentsOf(head: string | null): string[] {
  try {
    return (JSON.parse(head ?? '{"segments":[]}') as Head).segments.filter((name) => name !== '')
  } catch {
    return []
  }
}

interface Due {
  readonly user: string
  readonly due: Ms
}

interface Part {
  readonly profiles: readonly StoredProfile[]
  /** All dues wanted, and the profiles of the first of them. */
  readonly dues: readonly Due[]
  readonly sealed: SealedProfile[]
  readonly complete: Ms
}

const dueList = (pairs: readonly Buffer[]): Due[] =>
  Array.from({ length: pairs.length / 2 }, (_, i) => ({
    user: String(pairs[2 * i]),
    due: Number(String(pairs[2 * i + 1])),
  }))

/** The client's buffer as plain bytes, sharing its memory. */
const plain = (value: Buffer): Uint8Array => new Uint8Array(value.buffer, value.byteOffset, value.length)
