import { MINUTE_MS } from '../base/duration.ts'
import { hash32 } from '../base/hash.ts'

/** When quiet users are looked at; part of the recipe. */
export interface DuePolicy {
  /** A profile's due time lies at most this far ahead. */
  readonly maxSleepMs: number
  /** Wakes that a change of the vector asks for are spread over this by the user's hash, so that midnight is not a wave. */
  readonly spreadMs: number
  /** Who has made no event for so long is forgotten; the second where he was never assigned. Infinity: never. */
  readonly forgetAfterMs: number
  readonly forgetAnonymousAfterMs: number
}

export const DEFAULT_SPREAD_MS = 10 * MINUTE_MS

/** This user's own place in the spread, in [0, spreadMs). */
export function spreadOf(user: string, policy: Pick<DuePolicy, 'spreadMs'>): number {
  return policy.spreadMs > 0 ? hash32(user) % policy.spreadMs : 0
}
