import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { sha256Hex } from '../../../src/domain/base/hash.ts'
import { beforeLast, isReached, partReached } from '../../../src/domain/segments/rollout.ts'

const users = Array.from({ length: 20_000 }, (_, i) => `u-${i}`)
const [A, B] = [sha256Hex('a'), sha256Hex('b')]
const reached = (version: string, share: number, rampMs = 0, t = 0): Set<string> =>
  new Set(users.filter((user) => isReached(user, version, { share, rampMs, from: 0 }, t)))

it.each([0.01, 0.1, 0.5, 0.9])('a share of %d reaches that part of the users', (share) => {
  // four standard deviations of a binomial
  const slack = 4 * Math.sqrt((share * (1 - share)) / users.length)
  expect(Math.abs(reached(A, share).size / users.length - share)).toBeLessThan(slack)
})

it('a larger share keeps all whom a smaller one reached', () => {
  const [few, many] = [reached(A, 0.1), reached(A, 0.3)]
  expect([...few].every((user) => many.has(user))).toBe(true)
})

it('another bundle begins with others', () => {
  const [a, b] = [reached(A, 0.1), reached(B, 0.1)]
  const both = [...a].filter((user) => b.has(user)).length
  expect(both / users.length).toBeLessThan(0.02)
})

it.each([
  [-1, 0],
  [0, 0],
  [DAY_MS, 0.5 / 7],
  [7 * DAY_MS - 1, 0.5 - 0.5 / (7 * DAY_MS)],
  [7 * DAY_MS, 0.5],
  [8 * DAY_MS, 0.5],
])('a ramp of half the users over a week has reached, %d ms after its start, %d', (t, part) => {
  expect(partReached({ share: 0.5, rampMs: 7 * DAY_MS, from: 0 }, t)).toBeCloseTo(part, 12)
})

it('who is reached stays so as time goes on; all are at its end', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.nat(DAY_MS),
      fc.nat(DAY_MS),
      fc.integer({ min: 1, max: DAY_MS }),
      (user, t, more, rampMs) => {
        const rollout = { rampMs, from: 0 }
        if (isReached(user, A, rollout, t)) expect(isReached(user, A, rollout, t + more)).toBe(true)
        expect(isReached(user, A, rollout, rampMs)).toBe(true)
      },
    ),
  )
})

it('a rollback goes back to the last other bundle, and a second one forward again', () => {
  const d = (version: string): { bundle: { version: string } } => ({ bundle: { version } })
  const history = [d('a'), d('b'), d('b')]
  expect(beforeLast(history)?.bundle.version).toBe('a')
  expect(beforeLast([...history, d('a')])?.bundle.version).toBe('b')
  expect(beforeLast([d('a'), d('a')])).toBeUndefined()
  expect(beforeLast([])).toBeUndefined()
})
