import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../src/ports/clock.ts'

/** The machine's own clock, for tests of what truly waits. */
export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
}
