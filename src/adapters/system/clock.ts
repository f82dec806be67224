import type { Clock } from '../../ports/clock.ts'
import type { Ms } from '../../ports/types.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  // a timer of 0 ms takes 1 ms
  sleep: (ms, signal) =>
    ms <= 0 ? new Promise((done) => setImmediate(done)) : new Promise((done) => wait(ms, signal, done)),
}

/** Node's own sleep ends an aborted one with an exception, whose stack costs more than the sleep. */
function wait(ms: Ms, signal: AbortSignal | undefined, done: () => void): void {
  if (signal?.aborted === true) return done()
  const end = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
    done()
  }
  const timer = setTimeout(end, ms)
  signal?.addEventListener('abort', end)
}
