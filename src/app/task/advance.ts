import type { Revision } from '../../ports/outlet.ts'
import type { Ms } from '../../ports/types.ts'
import type { Turn } from './guard.ts'
import type { Item } from './lane.ts'
import type { TaskMemory } from './memory.ts'
import type { Work } from './open-revision.ts'

/** What stands in the way of folding on, or what came of it. */
export type Advance =
  | {
      readonly type: 'revision'
      readonly revision: Revision
      readonly diverged: number
      readonly records: number
      readonly wakes: number
      readonly work: Work
      /** A guard's hold begins or ends here. */
      readonly turn?: Turn | undefined
    }
  /** Profiles of users, or the next due ones, to be read from the state first. */
  | { readonly type: 'need'; readonly users: readonly string[]; readonly dues: boolean }
  /** An input with more to come has nothing buffered: nothing later in time may be folded. */
  | { readonly type: 'starved' }
  /** All that is buffered is folded and no revision is open. */
  | { readonly type: 'idle' }

/** One folded revision. */
export type Whole = Extract<Advance, { type: 'revision' }>
type Need = Extract<Advance, { type: 'need' }>

/** Users looked up in one read of the state. */
const LOOKAHEAD_USERS = 1000

/** The dues up to `until`, where some of them are not in memory yet. */
export function needDues({ book, holding }: TaskMemory, until: Ms): Need | undefined {
  if (holding || book.horizon >= until) return undefined
  return { type: 'need', users: [], dues: true }
}

/** The users of a record and of those behind it, where one of its own is not in memory. */
export function needFor(memory: TaskMemory, { content }: Item): Need | undefined {
  if (content.type !== 'events') return undefined
  const { book, lanes } = memory
  if (!content.events.some((event) => book.missing(event.userId))) return undefined
  return needUsers(
    memory,
    lanes.flatMap((lane) => lane.users(LOOKAHEAD_USERS)),
  )
}

export function needUsers({ book }: TaskMemory, candidates: readonly string[]): Need | undefined {
  const users = new Set<string>()
  for (const user of candidates) if (book.missing(user)) users.add(user)
  return users.size === 0 ? undefined : { type: 'need', users: [...users], dues: false }
}
