import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { DEFAULT_SPREAD_MS, spreadOf } from '../../../src/domain/profile/due.ts'

const policy = (spreadMs: number): { maxSleepMs: number; spreadMs: number } => ({
  maxSleepMs: DAY_MS,
  spreadMs,
})

test('a user’s place in the spread is his own, in [0, spread)', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: DAY_MS }), (user, spreadMs) => {
      const place = spreadOf(user, policy(spreadMs))
      expect(place).toBe(spreadOf(user, policy(spreadMs)))
      expect(Number.isInteger(place) && place >= 0 && place < spreadMs).toBe(true)
    }),
  )
})

test.each([
  [0, 0],
  [1, 0],
])('a spread of %i ms moves nobody', (spreadMs, place) => {
  expect(spreadOf('anybody', policy(spreadMs))).toBe(place)
})

test('midnight is not a wave: ten thousand users fill every minute of the default spread', () => {
  const minutes = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 10_000; i++) {
    const minute = Math.floor(spreadOf(`user-${i}`, policy(DEFAULT_SPREAD_MS)) / MINUTE_MS)
    minutes[minute] = (minutes[minute] as number) + 1
  }
  for (const n of minutes) expect(Math.abs(n - 1000)).toBeLessThan(150)
})
