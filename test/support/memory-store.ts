import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import type { Membership } from '../../src/domain/segments/transition.ts'
import { fail } from '../../src/errors.ts'
import type { Fence } from '../../src/ports/outlet.ts'
import type {
  Checkpoint,
  Head,
  SealedProfile,
  Slice,
  StateReader,
  StateStore,
} from '../../src/ports/store.ts'
import type { Ms, Task, Token } from '../../src/ports/types.ts'

interface TaskState {
  token: Token | undefined
  /** Text, as a store would keep it: what JSON cannot hold does not come back. */
  head: string | undefined
  sizes: number
  readonly profiles: Map<string, SealedProfile>
  readonly members: Map<string, Membership>
}

/** What the stores of all processes write to; outlives them. */
export class MemoryState {
  readonly #tasks = new Map<Task, TaskState>()

  of(p: Task): TaskState {
    let state = this.#tasks.get(p)
    if (!state) {
      state = { token: undefined, head: undefined, sizes: 0, profiles: new Map(), members: new Map() }
      this.#tasks.set(p, state)
    }
    return state
  }

  all(): TaskState[] {
    return [...this.#tasks.values()]
  }
}

const parseHead = (text: string | undefined): Head | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as Head)

/** The contract of `StateStore`, in memory: the reference that other stores are compared with. */
export class MemoryStore implements StateStore {
  readonly state: MemoryState

  constructor(state: MemoryState = new MemoryState()) {
    this.state = state
  }

  async take(fence: Fence, token: Token, anew = false): Promise<Head | undefined> {
    const state = this.state.of(fence.task)
    if (anew && state.token !== token) {
      state.profiles.clear()
      state.members.clear()
      Object.assign(state, { head: undefined, sizes: 0 })
    }
    if (state.profiles.size !== state.sizes) fail('state-lost', `expected ${state.sizes} profiles`)
    if (state.head === undefined && state.profiles.size + state.members.size > 0)
      fail('state-lost', 'no head')
    state.token = token
    return parseHead(state.head)
  }

  async read(p: Task, token: Token, users: readonly string[], dueAfter: Ms, limit: number): Promise<Slice> {
    const state = this.state.of(p)
    if (state.token !== token) fail('task-fenced', `task ${p} has another owner`)
    const profiles = users.flatMap((user) => {
      const profile = state.profiles.get(user)
      return profile ? [{ user, bytes: profile.bytes.slice() }] : []
    })
    const due = [...state.profiles.values()]
      .filter((profile) => profile.due > dueAfter)
      .sort((a, b) => a.due - b.due || compareUtf8(a.user, b.user))
    const last = due[limit - 1]?.due ?? dueAfter
    const dues = due.filter((profile, i) => i < limit || profile.due === last)
    const exhausted = limit > 0 && dues.length === due.length
    return {
      profiles,
      dues: dues.map((profile) => ({ ...profile, bytes: profile.bytes.slice() })),
      complete: exhausted ? Infinity : last,
    }
  }

  async checkpoint(
    p: Task,
    { token, after, head, profiles, memberships, forgotten }: Checkpoint,
  ): Promise<'ok' | 'stale' | 'fenced'> {
    const state = this.state.of(p)
    if (state.token !== token) return 'fenced'
    const stored = parseHead(state.head)
    if (stored?.rev !== after) return stored?.rev === head.rev && stored.chain === head.chain ? 'ok' : 'stale'
    for (const m of memberships) {
      if (m.segment === null) state.members.delete(m.userId)
      else state.members.set(m.userId, m)
    }
    for (const user of forgotten) {
      state.profiles.delete(user)
      state.members.delete(user)
    }
    for (const profile of profiles)
      state.profiles.set(profile.user, { ...profile, bytes: profile.bytes.slice() })
    state.sizes = state.profiles.size
    state.head = JSON.stringify(head)
    return 'ok'
  }
}

/** The contract of `StateReader` over the same memory. */
export class MemoryReader implements StateReader {
  readonly #state: MemoryState

  constructor(state: MemoryState) {
    this.#state = state
  }

  async head(p: Task): Promise<Head | undefined> {
    return parseHead(this.#state.of(p).head)
  }

  async profile(user: string): Promise<Uint8Array | undefined> {
    for (const { profiles } of this.#state.all())
      if (profiles.has(user)) return profiles.get(user)?.bytes.slice()
    return undefined
  }

  async membership(user: string): Promise<Membership | undefined> {
    for (const { members } of this.#state.all()) if (members.has(user)) return members.get(user)
    return undefined
  }

  async *members(segment: string, after?: string): AsyncGenerator<string> {
    const users = this.#state
      .all()
      .flatMap(({ members }) =>
        [...members.values()].filter((m) => m.segment === segment).map((m) => m.userId),
      )
      .sort(compareUtf8)
    for (const user of users) if (after === undefined || compareUtf8(user, after) > 0) yield user
  }
}
