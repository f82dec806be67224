import type { Ms } from './types.ts'

/** The only way to the wall clock and to waiting. Tests move it by hand. */
export interface Clock {
  /** Unix milliseconds. */
  now(): Ms
  /** Monotonic milliseconds, for measuring. */
  elapsed(): Ms
  /** Resolves after about `ms`; at once when `signal` aborts. */
  sleep(ms: Ms, signal?: AbortSignal): Promise<void>
}
