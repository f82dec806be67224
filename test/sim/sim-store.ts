import { fail } from '../../src/errors.ts'
import type {
  Checkpoint,
  Head,
  Slice,
  StateStore,
  StoredProfile,
  SealedProfile,
} from '../../src/ports/store.ts'
import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import type { Proc, World } from './world.ts'

/** One task's keys, as a server without transactions across calls would keep them (rule R5). */
export interface Keys {
  token: string
  head: Head | undefined
  /** Progress of the checkpoint being written, `<revision>:<chunk>`; empty: none. */
  progress: string
  /** Numbers of profiles and dues that the chunks have said. */
  profileCount: number
  profiles: Map<string, { bytes: Uint8Array; due: number }>
  members: Map<string, string>
}

const empty = (): Keys => ({
  token: '',
  head: undefined,
  progress: '',
  profileCount: 0,
  profiles: new Map(),
  members: new Map(),
})
const copy = (k: Keys): Keys => ({ ...k, profiles: new Map(k.profiles), members: new Map(k.members) })

/** What a store may get wrong; each of these must be noticed. */
const DEFECTS = { noChain: false, headFirst: false, readUnchecked: false }

const CHUNK = 3

/** A key-value server whose fail-overs lose its newest writes, and whose checkpoints are chains of small atomic calls. */
export class SimStoreServer {
  readonly world: World
  keys = empty()
  readonly #stored: (head: Head) => void
  #snapshots: Keys[] = []

  /** `stored` hears of every head as it becomes the state's. */
  constructor(world: World, stored: (head: Head) => void) {
    this.world = world
    this.#stored = stored
  }

  /** What a replica has got so far. */
  snapshot(): void {
    this.#snapshots.push(copy(this.keys))
    if (this.#snapshots.length > 4) this.#snapshots.shift()
  }

  /** A replica takes over: the writes since one of the last snapshots are gone. */
  failOver(): void {
    if (this.#snapshots.length === 0) return
    const back = this.world.random.below(this.#snapshots.length)
    const chosen = this.#snapshots[back] as Keys
    this.#snapshots = this.#snapshots.slice(0, back + 1)
    this.keys = copy(chosen)
  }

  /** Everything is deleted, copies included. */
  flush(): void {
    this.keys = empty()
    this.#snapshots = []
  }

  store(proc: Proc): StateStore {
    const { world } = this
    const call = <T>(name: string, run: (k: Keys) => T): Promise<T> =>
      world.call(proc, name, () => run(this.keys))
    /** Head as this owner knows it: what it took or last confirmed. */
    let confirmed: number | undefined
    let inFlight: number | undefined
    const checked = (k: Keys, token: string): void => {
      if (DEFECTS.readUnchecked) return
      if (k.token !== token) fail('task-fenced', 'another token')
      if (k.head?.rev !== confirmed && k.head?.rev !== inFlight)
        fail('task-fenced', 'the state is not where I left it')
    }
    return {
      take: async (_fence, token, anew = false) => {
        const head = await call('take', (k) => {
          if (anew && k.token !== token) Object.assign(k, empty())
          if (k.head === undefined && k.profiles.size > 0) fail('state-lost', 'profiles without a head')
          if (k.head !== undefined && k.profiles.size !== k.profileCount)
            fail('state-lost', 'profiles are missing')
          k.token = token
          k.progress = ''
          return k.head
        })
        // by the reply, not by the call: one given up may be carried out again later, on another state
        confirmed = head?.rev
        inFlight = confirmed
        return head
      },
      read: (_p, token, users, dueAfter, limit) =>
        call('read', (k) => {
          checked(k, token)
          return slice(k, users, dueAfter, limit)
        }),
      checkpoint: async (_p, sealed) => {
        inFlight = sealed.head.rev
        const outcome = await this.#checkpoint(call, sealed)
        if (outcome === 'ok') confirmed = sealed.head.rev
        return outcome
      },
    }
  }

  async #checkpoint(
    call: <T>(name: string, run: (k: Keys) => T) => Promise<T>,
    c: Checkpoint,
  ): Promise<'ok' | 'stale' | 'fenced'> {
    const S = c.head.rev
    const memberships = new Map(c.memberships.map((m) => [m.userId, m]))
    const chunks = Math.ceil(c.profiles.length / CHUNK)
    const verdict = (k: Keys): 'ok' | 'stale' | 'fenced' | 'done' => {
      if (k.token !== c.token) return 'fenced'
      if (k.head?.rev === S) return 'done'
      return k.head?.rev === c.after ? 'ok' : 'stale'
    }
    const writeHead = (k: Keys): 'ok' | 'stale' | 'fenced' => {
      const v = verdict(k)
      if (v === 'done') return 'ok'
      if (v !== 'ok') return v
      const whole = chunks === 0 ? k.progress === '' : k.progress === `${S}:${chunks}`
      if (!whole && !DEFECTS.noChain && !DEFECTS.headFirst) return 'stale'
      for (const user of c.forgotten) {
        if (k.profiles.delete(user)) k.profileCount--
        k.members.delete(user)
      }
      k.head = c.head
      k.progress = ''
      this.#stored(c.head)
      return 'ok'
    }
    if (DEFECTS.headFirst) {
      const v = await call('head', writeHead)
      if (v !== 'ok') return v
    }
    for (let i = 1; i <= chunks; i++) {
      const v = await call('chunk', (k) => {
        const v = DEFECTS.headFirst ? (k.token === c.token ? 'ok' : 'fenced') : verdict(k)
        if (v !== 'ok') return v
        const before = i === 1 ? '' : `${S}:${i - 1}`
        const at = Number(k.progress.split(':')[1] ?? 0)
        if (k.progress.startsWith(`${S}:`) && at >= i) return 'ok'
        if (k.progress !== before && !DEFECTS.noChain && !DEFECTS.headFirst) return 'stale'
        for (const { user, bytes, due } of c.profiles.slice((i - 1) * CHUNK, i * CHUNK)) {
          if (!k.profiles.has(user)) k.profileCount++
          k.profiles.set(user, { bytes, due })
          const member = memberships.get(user)
          if (member?.segment === null) k.members.delete(user)
          else if (member) k.members.set(user, JSON.stringify(member))
        }
        k.progress = `${S}:${i}`
        return 'ok'
      })
      if (v === 'done') return 'ok'
      if (v !== 'ok') return v
    }
    return DEFECTS.headFirst ? 'ok' : call('head', writeHead)
  }
}

function slice(k: Keys, users: readonly string[], dueAfter: number, limit: number): Slice {
  const profiles: StoredProfile[] = []
  for (const user of users) {
    const found = k.profiles.get(user)
    if (found) profiles.push({ user, bytes: found.bytes })
  }
  const due: SealedProfile[] = [...k.profiles]
    .filter(([, v]) => v.due > dueAfter)
    .map(([user, v]) => ({ user, bytes: v.bytes, due: v.due }))
    .sort((a, b) => a.due - b.due || compareUtf8(a.user, b.user))
  if (limit === 0) return { profiles, dues: [], complete: dueAfter }
  const lastDue = due[limit - 1]?.due
  if (lastDue === undefined || due.length <= limit) return { profiles, dues: due, complete: Infinity }
  return { profiles, dues: due.filter((d) => d.due <= lastDue), complete: lastDue }
}
