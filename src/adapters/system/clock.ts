import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../ports/clock.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms, signal) => {
    // a timer of 0 ms takes 1 ms; an abort ends the sleep, it is no failure
    if (ms <= 0) await turn()
    else await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
}
