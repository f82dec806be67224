import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/clock.ts'

const LONG_MS = 60_000

test('a sleep ends in its time, also without any, and at once when it is aborted before or meanwhile', async () => {
  const start = performance.now()
  await systemClock.sleep(20, new AbortController().signal)
  expect(performance.now() - start).toBeGreaterThan(15)
  await systemClock.sleep(0)
  await systemClock.sleep(LONG_MS, AbortSignal.abort())
  const control = new AbortController()
  const sleeping = systemClock.sleep(LONG_MS, control.signal)
  control.abort()
  await sleeping
  expect(performance.now() - start).toBeLessThan(LONG_MS / 2)
})

test('nothing listens to a signal once the sleep is over', async () => {
  const { signal } = new AbortController()
  await systemClock.sleep(1, signal)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
