import { assert, fail } from '../../errors.ts'
import type { Membership } from '../../domain/segments/transition.ts'
import type { Fence } from '../../ports/outlet.ts'
import type { Checkpoint, Head, SealedProfile, Slice, StateStore, StoredProfile } from '../../ports/store.ts'
import type { Ms, Task, Token } from '../../ports/types.ts'
import { diskFailure } from './disk.ts'
import { bytesOf, dueKey, dueOf, duesAfter, indexKey, KEYS, memberKey } from './keys.ts'
import { parseDueKey, profileKey, profileValue, rangeOf, textRangeOf } from './keys.ts'
import type { RunFolder } from './run-folder.ts'
import {
  parseJson,
  readJson,
  readMark,
  StateBatch,
  type StateDb,
  type StateMark,
  toJson,
} from './state-db.ts'

const NOTHING = new Uint8Array(0)
/** Entries fetched per step where keys are counted or dues are read. */
const STEP = 1000
const COUNT_BYTES = 1024 * 1024

/**
 * The state of an embedded run in a LevelDB folder. A checkpoint is one atomic batch, so no half of one can be seen.
 *
 * A membership with segment null is removed with its place in the index: its user was forgotten and came back.
 */
export class EmbeddedStore implements StateStore {
  readonly #folder: RunFolder
  readonly #db: StateDb
  #writing: Promise<unknown> = Promise.resolve()
  /** After a failed write the database's own log may hold half of it: nothing may follow it until it is opened again. */
  #failure: unknown

  constructor(folder: RunFolder) {
    this.#folder = folder
    this.#db = folder.db
  }

  async take(fence: Fence, token: Token, anew = false): Promise<Head | undefined> {
    assert(fence.task === 0, 'an embedded run has the one task 0')
    return this.#alone(async () => {
      if (this.#folder.closed) fail('task-fenced', `${this.#folder.dir} is closed`)
      if (anew) await this.#folder.clearState()
      const mark = readMark(this.#db)
      const head = readJson(this.#db, KEYS.head) as Head | undefined
      await this.#checkSizes(head === undefined ? undefined : mark)
      await this.#db.put(KEYS.token, toJson(token))
      return head
    })
  }

  async read(p: Task, token: Token, users: readonly string[], dueAfter: Ms, limit: number): Promise<Slice> {
    assert(p === 0, 'an embedded run has the one task 0')
    if (this.#folder.closed || readJson(this.#db, KEYS.token) !== token) {
      fail('task-fenced', `${this.#folder.paths.state}: another owner has taken it`)
    }
    const snapshot = this.#db.snapshot()
    try {
      const values = await this.#db.getMany(users.map(profileKey), { snapshot })
      const profiles: StoredProfile[] = []
      values.forEach((value, i) => {
        if (value) profiles.push({ user: users[i] as string, bytes: bytesOf(value) })
      })
      const { keys, complete } = await this.#dueKeys(dueAfter, limit, snapshot)
      const sealed = await this.#db.getMany(
        keys.map((k) => profileKey(k.user)),
        { snapshot },
      )
      const dues = keys.map(({ user, due }, i): SealedProfile => {
        const value = sealed[i]
        if (!value || dueOf(value) !== due)
          return fail('state-lost', `${this.#folder.paths.state}: a due time without its profile`)
        return { user, bytes: bytesOf(value), due }
      })
      return { profiles, dues, complete }
    } catch (error) {
      throw diskFailure(error, `read ${this.#folder.paths.state}`)
    } finally {
      await snapshot.close()
    }
  }

  async checkpoint(p: Task, sealed: Checkpoint): Promise<'ok' | 'stale' | 'fenced'> {
    assert(p === 0, 'an embedded run has the one task 0')
    const { head, after } = sealed
    assert(Number.isFinite(head.clock) && Number.isFinite(head.releasedAt), 'a head holds finite times')
    return this.#alone(async () => {
      if (this.#folder.closed || readJson(this.#db, KEYS.token) !== sealed.token) return 'fenced'
      const mark = readMark(this.#db)
      if (mark?.rev !== after) return mark?.rev === head.rev && mark.chain === head.chain ? 'ok' : 'stale'
      // The journal must hold this revision whatever happens, before the state says so.
      const synced = this.#folder.sync()
      synced.catch(() => {})
      const batch = await this.#batchOf(sealed, mark)
      await synced
      this.#folder.mark('checkpoint-writing')
      await batch.write()
      return 'ok'
    })
  }

  /** One write at a time, and none after one that failed. */
  #alone<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(async () => {
      if (this.#failure !== undefined) throw this.#failure
      try {
        return await write()
      } catch (error) {
        const failure = diskFailure(error, `write ${this.#folder.paths.state}`)
        if (failure !== error) this.#failure = failure
        throw failure
      }
    })
    this.#writing = result.catch(() => {})
    return result
  }

  async #batchOf(sealed: Checkpoint, mark: StateMark | undefined): Promise<StateBatch> {
    const batch = new StateBatch(this.#db)
    const profiles = new Map(sealed.profiles.map((profile) => [profile.user, profile]))
    const memberships = new Map(sealed.memberships.map((m) => [m.userId, m]))
    const removed = await this.#forget(batch, sealed.forgotten)
    const delta = (await this.#putProfiles(batch, [...profiles.values()])) - removed
    await this.#putMemberships(batch, [...memberships.values()])
    const next: StateMark = {
      rev: sealed.head.rev,
      chain: sealed.head.chain,
      profiles: (mark?.profiles ?? 0) + delta,
      dues: (mark?.dues ?? 0) + delta,
    }
    return batch.put(KEYS.head, toJson(sealed.head)).put(KEYS.mark, toJson(next))
  }

  /** Returns how many profiles are removed. */
  async #forget(batch: StateBatch, users: readonly string[]): Promise<number> {
    const [profiles, members] = await Promise.all([
      this.#db.getMany(users.map(profileKey)),
      this.#db.getMany(users.map(memberKey)),
    ])
    users.forEach((user, i) => {
      const profile = profiles[i]
      if (profile) batch.del(profileKey(user)).del(dueKey(dueOf(profile), user))
      const member = members[i] && (parseJson(members[i]) as Membership)
      if (!member) return
      batch.del(memberKey(user))
      if (member.segment !== null) batch.del(indexKey(member.segment, user))
    })
    return profiles.filter((profile) => profile !== undefined).length
  }

  /** Returns by how many the profiles grow. */
  async #putProfiles(batch: StateBatch, profiles: readonly SealedProfile[]): Promise<number> {
    const keys = profiles.map((profile) => profileKey(profile.user))
    const before = await this.#db.getMany(keys)
    let delta = 0
    profiles.forEach(({ user, bytes, due }, i) => {
      const key = keys[i] as Uint8Array
      const stored = before[i]
      const former = stored && dueOf(stored)
      assert(!Number.isNaN(due), 'every profile has a due time')
      if (former === undefined) delta++
      if (former !== undefined && former !== due) batch.del(dueKey(former, user))
      if (former !== due) batch.put(dueKey(due, user), NOTHING)
      batch.put(key, profileValue(due, bytes))
    })
    return delta
  }

  async #putMemberships(batch: StateBatch, memberships: readonly Membership[]): Promise<void> {
    const keys = memberships.map((m) => memberKey(m.userId))
    const before = await this.#db.getMany(keys)
    memberships.forEach((m, i) => {
      const key = keys[i] as Uint8Array
      const stored = before[i] && (parseJson(before[i]) as Membership)
      const former = stored?.segment ?? null
      if (former !== null && former !== m.segment) batch.del(indexKey(former, m.userId))
      if (m.segment === null) {
        if (stored) batch.del(key)
        return
      }
      if (former !== m.segment) batch.put(indexKey(m.segment, m.userId), NOTHING)
      batch.put(key, toJson(m))
    })
  }

  /** Keys of the first `limit` dues ≤ `dueTo` and of those that tie with the last; see `Slice`. */
  async #dueKeys(dueAfter: Ms, limit: number, snapshot: ReturnType<StateDb['snapshot']>): Promise<DueKeys> {
    const keys: { due: Ms; user: string }[] = []
    if (limit <= 0) return { keys, complete: dueAfter }
    const iterator = this.#db.keys({ ...duesAfter(dueAfter), snapshot })
    try {
      for (;;) {
        const step = await iterator.nextv(Math.min(STEP, Math.max(limit + 1 - keys.length, STEP / 10)))
        if (step.length === 0) return { keys, complete: Infinity }
        for (const key of step) {
          const next = parseDueKey(key)
          const last = keys.at(-1)
          if (keys.length >= limit && last && next.due !== last.due) return { keys, complete: last.due }
          keys.push(next)
        }
      }
    } finally {
      await iterator.close()
    }
  }

  /** Rejects with `state-lost` where the stored keys are not as many as the last checkpoint left. */
  async #checkSizes(mark: StateMark | undefined): Promise<void> {
    const [profiles, dues] = await Promise.all([this.#count('p'), this.#count('d')])
    const { state } = this.#folder.paths
    if (mark === undefined) {
      const members = await this.#db.keys({ ...rangeOf('m'), limit: 1 }).all()
      if (profiles + dues + members.length > 0)
        fail('state-lost', `${state}: no head beside ${profiles} profiles`)
      return
    }
    if (profiles !== mark.profiles || dues !== mark.dues) {
      fail(
        'state-lost',
        `${state}: expected ${mark.profiles} profiles and ${mark.dues} due times, found ${profiles} and ${dues}`,
      )
    }
  }

  async #count(kind: 'p' | 'd'): Promise<number> {
    // Entries are only counted: a due's value is empty and a key as a string costs half of one as bytes.
    const range = { ...textRangeOf(kind), keyEncoding: 'utf8', highWaterMarkBytes: COUNT_BYTES }
    const entries = kind === 'd' ? this.#db.values(range) : this.#db.keys(range)
    let count = 0
    try {
      for (;;) {
        const step = await entries.nextv(STEP)
        if (step.length === 0) return count
        count += step.length
      }
    } finally {
      await entries.close()
    }
  }
}

interface DueKeys {
  readonly keys: { due: Ms; user: string }[]
  readonly complete: Ms
}
