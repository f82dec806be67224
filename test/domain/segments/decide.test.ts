import { expect, test } from 'vitest'
import type { Policy } from '../../../src/domain/segments/bundle.ts'
import { decide, FOREIGN, OUTLYING, UNASSIGNED, type Verdict } from '../../../src/domain/segments/decide.ts'

const POLICY: Policy = { minEvents: 3, marginRatio: 0.25, outlier: 'ignore' }
const OUTLIERS: Policy = { ...POLICY, outlier: 'segment' }

/** Decides from plain distances; every radius is 2. */
function verdict(policy: Policy, current: number, distances: readonly number[], events = 10): Verdict {
  const out: Verdict = { to: 99, suppressed: true }
  const squares = Float64Array.from(distances, (d) => d * d)
  const nearest = distances.indexOf(Math.min(...distances))
  decide(
    policy,
    Float64Array.from(distances, () => 2),
    current,
    events,
    nearest,
    squares,
    out,
  )
  return out
}
const moved = (to: number): Verdict => ({ to, suppressed: false })
const kept = (to: number): Verdict => ({ to, suppressed: true })

test.each([
  [2, moved(UNASSIGNED)],
  [3, moved(1)],
  [4, moved(1)],
])('evidence first: %i events of 3', (events, expected) => {
  expect(verdict(POLICY, UNASSIGNED, [5, 1], events)).toEqual(expected)
})

test('who has a segment is judged however few his events', () => {
  expect(verdict(POLICY, 0, [5, 1], 1)).toEqual(moved(1))
})

test.each<[string, number, number, Verdict]>([
  ['nearer by more than the margin', 4, 2.99, moved(1)],
  ['nearer by exactly the margin', 4, 3, moved(1)],
  ['nearer by less: held back', 4, 3.01, kept(0)],
  ['nearest still: nothing to hold back', 3, 4, moved(0)],
  ['as near: the lower index is the nearest', 4, 4, moved(0)],
])('hysteresis, a quarter: %s', (_name, own, other, expected) => {
  expect(verdict(POLICY, 0, [own, other])).toEqual(expected)
})

test('as near as the own centroid, and a lower index: held back', () => {
  expect(verdict(POLICY, 1, [4, 4])).toEqual(kept(1))
})

test.each([
  ['unassigned', UNASSIGNED],
  ['in a segment of another bundle', FOREIGN],
])('%s: goes to the nearest at once', (_name, current) => {
  expect(verdict(POLICY, current, [3, 2.9999])).toEqual(moved(1))
})

test.each<[string, number, number, Verdict]>([
  ['at the radius exactly: inside', 0, 2, moved(0)],
  ['beyond it', 0, 2.000_001, moved(OUTLYING)],
  ['beyond it, from another centroid', 1, 2.5, moved(OUTLYING)],
  ['unassigned and beyond', UNASSIGNED, 2.5, moved(OUTLYING)],
  ['out, still beyond', OUTLYING, 2.000_001, moved(OUTLYING)],
  ['out, back at the radius: held back', OUTLYING, 2, kept(OUTLYING)],
  ['out, inside by less than the margin: held back', OUTLYING, 1.500_001, kept(OUTLYING)],
  ['out, inside by exactly the margin', OUTLYING, 1.5, moved(0)],
])('outliers: %s', (_name, current, distance, expected) => {
  expect(verdict(OUTLIERS, current, [distance, 9])).toEqual(expected)
})

test('where the policy knows no outliers, no distance is too far', () => {
  expect(verdict(POLICY, 0, [1e6, 2e6])).toEqual(moved(0))
  expect(verdict(POLICY, OUTLYING, [1e6, 2e6])).toEqual(moved(0))
})

test('without a margin, nearer is enough and as near is not', () => {
  const policy = { ...POLICY, marginRatio: 0 }
  expect(verdict(policy, 0, [4, 3.999_999])).toEqual(moved(1))
  expect(verdict(policy, 0, [4, 4])).toEqual(moved(0))
})
