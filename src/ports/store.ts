import type { Labels } from '../domain/segments/labels.ts'
import type { Membership } from '../domain/segments/transition.ts'
import type { Rollout } from '../domain/segments/rollout.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import type { Fence, Genesis, Hold } from './outlet.ts'
import type { Ms, Positions, Rev, Task, Token, Topic } from './types.ts'

/** A bundle at work in a task, in order of arrival. Profiles name it by its place in the list. */
export interface Deployment {
  /** For whom; absent: for everybody. */
  readonly rollout?: Rollout | undefined
  readonly bundle: Bundle
  /** Clock of the task when its command was folded. */
  readonly since: Ms
  /** Id of that command; absent in heads of before it was kept. */
  readonly promoteId?: string | undefined
}

/**
 * A task's own record in the state: a function of the journal and the records alone. Everything a restart needs beside the
 * profiles.
 */
export interface Head {
  readonly rev: Rev
  readonly chain: string
  readonly positions: Positions
  readonly digests: Readonly<Record<Topic, string>>
  readonly clock: Ms
  readonly recipe: string
  readonly genesis: Genesis
  readonly deployments: readonly Deployment[]
  /** Segment keys by code; profiles store the code. Code 0 is "unassigned". */
  readonly segments: readonly string[]
  /** Labels by segment key, from the last `labels` command. */
  readonly labels: Labels
  /** Clock at the first event: from there on aggregates are whole. Absent: none yet, or a head of before it was kept. */
  readonly firstAt?: Ms | undefined
  /** An operator holds the clock. */
  readonly held: boolean
  readonly releasedAt: Ms
  /** What the guards remember; absent in heads of before there were any. */
  readonly guard?: GuardState | undefined
  /** Fingerprints of the schemas that records were read by, by id; absent: none. */
  readonly schemas?: Readonly<Record<string, string>> | undefined
  readonly counts: Counts
}

/** Habits of the inputs, moves of the last hour, and whether a guard holds the clock. Slots and hours are numbered from 1970 on. */
export interface GuardState {
  /** The last slot begun; −1: none. */
  readonly at: number
  /** Is the hour that is not over seen from its start? */
  readonly whole: boolean
  readonly inputs: Readonly<
    Record<
      Topic,
      { readonly slots: readonly number[]; readonly hours: readonly number[]; readonly hour: number }
    >
  >
  readonly moved: readonly number[]
  readonly hold?: Hold | undefined
}

/** What a task counted since its first line; computed from journal and records, never from what a fold happened to touch. */
export interface Counts {
  /** Records of all inputs but the control input: those read, skipped and refused. */
  readonly records: number
  readonly events: number
  readonly skipped: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  /** Offsets that were gone before they were folded, accepted by a person; absent: none. */
  readonly lost?: number | undefined
  /** Published moves. */
  readonly moves: number
  /** Flips that the policy held back, by what held them. */
  readonly suppressed: Readonly<Record<string, number>>
  /** Events that counted less than they say, by reason: `duplicate` (nothing at all), `late` (in nothing with a window), `order-unknown` (it reverses nothing); absent: none. */
  readonly uncounted?: Readonly<Record<string, number>> | undefined
  /** Members per segment key. */
  readonly members: Readonly<Record<string, number>>
}

export interface StoredProfile {
  readonly user: string
  /** Encoded profile; carries its stamp. */
  readonly bytes: Uint8Array
}

export interface SealedProfile extends StoredProfile {
  readonly due: Ms
}

/**
 * Dirty profiles as they were at a page boundary, with the head that belongs to them. Written after that page's commit. Where
 * it is written in pieces, a user's membership goes with his profile: a refold skips whoever's stamp is new enough, so a stamp
 * must never be stored without the membership that came with it.
 */
export interface Checkpoint {
  readonly token: Token
  /** Revision of the checkpoint this one follows; undefined: the first of a fresh state. */
  readonly after: Rev | undefined
  readonly head: Head
  readonly profiles: readonly SealedProfile[]
  readonly memberships: readonly Membership[]
  /**
   * Users of whom nothing stays: profile, due, membership and place among members are removed in one step with the head, for a
   * refold from the head before still needs them. None of them has a profile in `profiles`.
   */
  readonly forgotten: readonly string[]
}

export interface Slice {
  /** Stored profiles of the users asked for (users without one are left out). */
  readonly profiles: readonly StoredProfile[]
  /** The first `limit` dues > `dueAfter` in (due, user) order, and every further one with the same due as the last. */
  readonly dues: readonly SealedProfile[]
  /** Every stored due in (dueAfter, complete] is among `dues`; Infinity where they are all that is stored behind `dueAfter`. */
  readonly complete: Ms
}

/**
 * The state of a task: a checkpoint of what was published, written by the task's owner alone. Order of take-over is a type:
 * it wants a fence, which only the outlet makes.
 */
export interface StateStore {
  /**
   * Makes `token` the owner, forgets a half-written checkpoint's progress, returns the head. Idempotent with one token. Rejects
   * with `state-lost` where the stored sizes disagree. `anew`: all that is stored is deleted first, whatever it is.
   */
  take(fence: Fence, token: Token, anew?: boolean): Promise<Head | undefined>
  /**
   * Stored profiles of `users`, and the next dues behind `dueAfter` with theirs (`limit` 0: none). Only from a state that this
   * owner left as it is; else rejects with `task-fenced`.
   */
  read(p: Task, token: Token, users: readonly string[], dueAfter: Ms, limit: number): Promise<Slice>
  /** Profiles in chunks, then the head. `stale`: the state is not at `after`; `fenced`: another token owns it. Neither changes anything. Idempotent. */
  checkpoint(p: Task, sealed: Checkpoint): Promise<'ok' | 'stale' | 'fenced'>
}

/** For everyone else: never fenced, never writes, may be as old as the last checkpoint. */
export interface StateReader {
  head(p: Task): Promise<Head | undefined>
  profile(user: string): Promise<Uint8Array | undefined>
  membership(user: string): Promise<Membership | undefined>
  members(segment: string, after?: string): AsyncIterable<string>
}
