import type { DeadLetter } from '../domain/events/dead-letter.ts'
import type { CatalogEntry } from '../domain/segments/catalog.ts'
import type { Membership, Transition } from '../domain/segments/transition.ts'
import type { Ms, Positions, Rev, Task, Topic } from './types.ts'

/** A decided move as the journal names it: [user, sequence, from, to]. */
export type Move = readonly [user: string, sequence: number, from: string | null, to: string | null]

/** One revision as it was: what was read, which clock was set, what was decided. With it the past is computed again (rule R2). */
export interface JournalLine {
  readonly rev: Rev
  /** After the records the clock was set to this and due wakes fired; absent: no tick. */
  readonly tick?: Ms | undefined
  /** Next offset to fold per input topic, after this revision. */
  readonly positions: Positions
  /** Running hash per input topic over all records up to `positions`. */
  readonly digests: Readonly<Record<Topic, string>>
  /** Refusals that depend on more than bytes and recipe: topic → offsets (rule T12). */
  readonly refused?: Readonly<Record<Topic, readonly number[]>> | undefined
  /** Schemas that this revision was the first to read records by: id → fingerprint (rule T12). */
  readonly schemas?: Readonly<Record<string, string>> | undefined
  /** From the end of this revision on a guard holds the clock, or does no more (rule T16); absent: as before. */
  readonly held?: Hold | Released | undefined
  /** Hash of the recipe; on line 0 and wherever it changes. */
  readonly recipe?: string | undefined
  /** Facts fixed once, on line 0: see `Genesis`. */
  readonly genesis?: Genesis | undefined
  /** A person let the task go on where it had stopped: see `Accepted`. */
  readonly accepted?: Accepted | undefined
  readonly moves: readonly Move[]
  /** Those of `moves` that took a user from one segment to another by what he did or did not do, by the guards' slots; absent: none. */
  readonly moved?: readonly Stir[] | undefined
  /** Flips that the policy held back, by what held them; absent: none. */
  readonly suppressed?: Readonly<Record<string, number>> | undefined
  /** Events that counted less than they say, by reason; absent: none. */
  readonly uncounted?: Readonly<Record<string, number>> | undefined
  /** hash(previous chain, this line without `chain`). */
  readonly chain: string
}

/** Number of a slot of time, and how many users were moved in it. */
export type Stir = readonly [slot: number, users: number]

/**
 * Why a guard holds the clock, as of when: these inputs fell silent against their habit, or too many users moved. The first ends by
 * itself, once they are heard again; the second by a person's word.
 */
export type Hold =
  | { readonly why: 'silent'; readonly asOf: Ms; readonly inputs: readonly Topic[] }
  | { readonly why: 'moving'; readonly asOf: Ms }

/** The hold is over by itself. */
export interface Released {
  readonly why: 'over'
  readonly asOf: Ms
}

/** What a person may accept so that a stopped or held task goes on (rule T17). */
export const ACCEPTANCES = ['recipe', 'gap', 'rebuild', 'source', 'refusals'] as const
export type Acceptance = (typeof ACCEPTANCES)[number]

/**
 * Why a line folds nothing: positions are set to those it names. A refold of what precedes it takes the records as they are
 * now, fewer or others than then; what was published stands.
 */
export interface Accepted {
  readonly what: Acceptance
  /** Offsets of each input that are gone and were never stored: an upper bound of records, markers take offsets too. */
  readonly lost?: Readonly<Record<Topic, number>> | undefined
}

/** What a run fixes at its first start and never asks the world again. */
export interface Genesis {
  readonly app: string
  readonly formats: Readonly<Record<string, number>>
  /** Wall clock at first start: the bound of future events for inputs without record times. */
  readonly startedAt: Ms
  /** Moves with an as-of before this are `backfill`; 0: everything is live. */
  readonly liveFrom: Ms
}

/** One revision with all that it causes. */
export interface Revision {
  readonly line: JournalLine
  readonly transitions: readonly Transition[]
  readonly memberships: readonly Membership[]
  readonly deadLetters: readonly DeadLetter[]
  /** All segments anew, where a command changed what readers may know of them; of task 0 alone, for all tasks hear it. */
  readonly catalog: readonly CatalogEntry[]
}

/** Whole revisions, in order, published together. */
export interface Page {
  readonly revisions: readonly Revision[]
}

declare const fenceBrand: unique symbol
/** Proof that no earlier writer of task p can publish any more. Only an outlet makes one. */
export interface Fence {
  readonly task: Task
  readonly [fenceBrand]?: never
}

/**
 * Where pages go: all of a page becomes visible or nothing. The journal is part of it and is the truth: its last line says
 * what was published.
 */
export interface Outlet {
  /** Once resolved, no earlier writer of p can publish, and its unfinished page is gone or whole. */
  fence(p: Task): Promise<Fence>
  /** The last published journal line, or none. Only believed after a fence. Rejects with `task-fenced` for a void fence. */
  tail(fence: Fence): Promise<JournalLine | undefined>
  /** All or nothing. Any rejection voids the fence; the outcome is then unknown until the next fence and tail. */
  publish(fence: Fence, page: Page): Promise<void>
  /** The published lines with rev > `after` (−1: all), in order; the first may be later where older lines were retired. */
  journal(p: Task, after: Rev): AsyncIterable<JournalLine>
}
