import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOUR_MS } from '../../../src/domain/base/duration.ts'
import type { Policy } from '../../../src/domain/segments/policy.ts'
import {
  ACTIONS,
  AT,
  Case,
  CHALLENGED_AT,
  changes,
  decide,
  FOREIGN,
  HOLDS,
  NOBODY,
  OUTLYING,
  PHASES,
  ripensAt,
  SIGHTS,
  SINCE,
  TABLE,
  UNASSIGNED,
} from '../../../src/domain/segments/decide.ts'
import { OUTLIER } from '../../../src/domain/segments/transition.ts'
import { plainDecide, type Stand } from '../../support/plain-decide.ts'
import { smallBundle } from './fixture.ts'

const POLICY: Policy = { minEvents: 3, marginRatio: 0.25, dwellMs: 0, confirmForMs: null, outlier: 'ignore' }
const OUTLIERS: Policy = { ...POLICY, outlier: 'segment' }
const NOW = 100 * HOUR_MS

/** A case from plain distances, decided; every radius is 2. */
function decided(policy: Policy, distances: readonly number[], given: Partial<Case> & Times = {}): Case {
  const { since, challengedAt, at, ...rest } = given
  const c = Object.assign(new Case(), { current: 0, events: 10, ...rest })
  c.times[AT] = at ?? NOW
  c.times[SINCE] = since ?? 0
  c.times[CHALLENGED_AT] = challengedAt ?? 0
  const squares = Float64Array.from(distances, (d) => d * d)
  const radii = Float64Array.from(distances, () => 2)
  decide(policy, radii, distances.indexOf(Math.min(...distances)), squares, c)
  return c
}
interface Times {
  readonly at?: number
  readonly since?: number
  readonly challengedAt?: number
}

const told = (c: Case): unknown[] => [
  ACTIONS[c.action],
  c.to,
  ...(ACTIONS[c.action] === 'challenge' ? [HOLDS[c.hold]] : []),
]

test('the table of SPEC.md is the machine', () => {
  const spec = readFileSync(new URL('../../../src/domain/segments/SPEC.md', import.meta.url), 'utf8')
  const rows = (spec.split('<!-- table: cells -->')[1] ?? '').trimStart().split('\n\n')[0]?.split('\n') ?? []
  const cells = rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  expect(cells).toEqual(PHASES.map((phase) => [phase, ...SIGHTS.map((sight) => TABLE[phase][sight])]))
})

test.each([
  [2, ['stay', UNASSIGNED]],
  [3, ['move', 1]],
  [4, ['move', 1]],
])('D1 evidence first: %i events of 3', (events, expected) => {
  expect(told(decided(POLICY, [5, 1], { current: UNASSIGNED, events }))).toEqual(expected)
})

test('D1 who has a segment is judged however few his events', () => {
  expect(told(decided(POLICY, [5, 1], { events: 1 }))).toEqual(['move', 1])
})

test('D2 as near as his own centroid, and a lower index: the nearest, held back by the margin', () => {
  expect(told(decided(POLICY, [4, 4], { current: 1 }))).toEqual(['challenge', 0, 'margin'])
})

test.each<[string, number, number, unknown[]]>([
  ['at the radius exactly: inside', 0, 2, ['stay', 0]],
  ['beyond it, by however little', 0, 2.000_001, ['move', OUTLYING]],
  ['beyond it, from another centroid', 1, 2.5, ['move', OUTLYING]],
  ['unassigned and beyond', UNASSIGNED, 2.5, ['move', OUTLYING]],
  ['out, still beyond', OUTLYING, 2.000_001, ['stay', OUTLYING]],
  ['out, back at the radius: held back', OUTLYING, 2, ['challenge', 0, 'margin']],
  ['out, inside by less than the margin: held back', OUTLYING, 1.500_001, ['challenge', 0, 'margin']],
  ['out, inside by exactly the margin', OUTLYING, 1.5, ['move', 0]],
])('D3 outliers: %s', (_name, current, distance, expected) => {
  expect(told(decided(OUTLIERS, [distance, 9], { current }))).toEqual(expected)
})

test('D3 where the policy knows no outliers, no distance is too far, and nobody stays one', () => {
  expect(told(decided(POLICY, [1e6, 2e6]))).toEqual(['stay', 0])
  expect(told(decided(POLICY, [1e6, 2e6], { current: OUTLYING }))).toEqual(['move', 0])
})

test.each<[string, number, number, unknown[]]>([
  ['nearer by more than the margin', 4, 2.99, ['move', 1]],
  ['nearer by exactly the margin', 4, 3, ['move', 1]],
  ['nearer by less: held back', 4, 3.01, ['challenge', 1, 'margin']],
  ['nearest still: nothing to hold back', 3, 4, ['stay', 0]],
  ['as near: the lower index is the nearest', 4, 4, ['stay', 0]],
])('D4 margin, a quarter: %s', (_name, own, other, expected) => {
  expect(told(decided(POLICY, [own, other]))).toEqual(expected)
})

test('D4 without a margin, nearer is enough and as near is not', () => {
  const policy = { ...POLICY, marginRatio: 0 }
  expect(told(decided(policy, [4, 3.999_999]))).toEqual(['move', 1])
  expect(told(decided(policy, [4, 4]))).toEqual(['stay', 0])
})

const DWELL: Policy = { ...OUTLIERS, dwellMs: 6 * HOUR_MS }
test.each<[string, Partial<Case>, number, unknown[]]>([
  ['a ms short of it', {}, 6 * HOUR_MS - 1, ['challenge', 1, 'dwell']],
  ['its end', {}, 6 * HOUR_MS, ['move', 1]],
  ['a ms short, waived', { waived: true }, 6 * HOUR_MS - 1, ['move', 1]],
  ['an outlier a ms short', { current: OUTLYING }, 6 * HOUR_MS - 1, ['challenge', 1, 'dwell']],
])('D5 dwell: %s', (_name, given, after, expected) => {
  expect(told(decided(DWELL, [4, 1], { ...given, since: NOW - after }))).toEqual(expected)
})

test('D5 the way out of a segment beyond its radius waits for the dwell as any other', () => {
  expect(told(decided(DWELL, [3, 4], { since: NOW - 1 }))).toEqual(['challenge', OUTLYING, 'dwell'])
})

const CONFIRM: Policy = { ...POLICY, confirmForMs: 24 * HOUR_MS }
test.each<[string, Partial<Case>, number, unknown[]]>([
  ['a ms short of it', { challenger: 1 }, 24 * HOUR_MS - 1, ['challenge', 1, 'confirmation']],
  ['its end', { challenger: 1 }, 24 * HOUR_MS, ['move', 1]],
  ['of another challenger', { challenger: 2 }, 24 * HOUR_MS, ['challenge', 1, 'confirmation']],
  ['of nobody', {}, 24 * HOUR_MS, ['challenge', 1, 'confirmation']],
])('D6 confirmation: %s', (_name, given, after, expected) => {
  expect(told(decided(CONFIRM, [4, 3.9, 9], { ...given, challengedAt: NOW - after }))).toEqual(expected)
})

test('D6 an outlier within the radius by less than the margin goes in once that is confirmed', () => {
  const policy: Policy = { ...OUTLIERS, confirmForMs: HOUR_MS }
  const given = { current: OUTLYING, challenger: 0 }
  expect(told(decided(policy, [1.9, 9], { ...given, challengedAt: NOW - HOUR_MS }))).toEqual(['move', 0])
})

test.each<[string, number, readonly number[], boolean]>([
  ['the same', 1, [4, 3.9, 9], false],
  ['another', 2, [4, 3.9, 9], true],
  ['the first', NOBODY, [4, 3.9, 9], true],
  ['none any more', 1, [3.8, 3.9, 9], true],
  ['none, as before', NOBODY, [3.8, 3.9, 9], false],
])('D7 the challenger changes or not: %s', (_name, challenger, distances, expected) => {
  expect(changes(decided(POLICY, distances, { challenger }))).toBe(expected)
})

test('D8 in a segment of another bundle: goes to the nearest at once', () => {
  expect(
    told(decided({ ...DWELL, confirmForMs: 1 }, [1.9, 1.8999], { current: FOREIGN, since: NOW })),
  ).toEqual(['move', 1])
})

test.each<[string, Policy, Partial<Case> & Times, number]>([
  ['his dwell ends', DWELL, { since: NOW - HOUR_MS }, NOW + 5 * HOUR_MS],
  ['a confirmation that begins', CONFIRM, {}, NOW + 24 * HOUR_MS],
  ['one under way', CONFIRM, { challenger: 1, challengedAt: NOW - HOUR_MS }, NOW + 23 * HOUR_MS],
  ['margin alone: never', POLICY, {}, Number.POSITIVE_INFINITY],
  [
    'both, the later of them',
    { ...CONFIRM, dwellMs: 30 * HOUR_MS },
    { since: NOW, challenger: 1, challengedAt: NOW - HOUR_MS },
    NOW + 30 * HOUR_MS,
  ],
])('D10 who waits moves by waiting alone when %s', (_name, policy, given, at) => {
  const distances = policy === DWELL ? [4, 1] : [4, 3.9]
  expect(ripensAt(policy, decided(policy, distances, given))).toBe(at)
  if (at === Number.POSITIVE_INFINITY) return
  const later = { ...given, challenger: 1, challengedAt: given.challengedAt ?? NOW }
  expect(told(decided(policy, distances, { ...later, at: at - 1 }))[0]).toBe('challenge')
  expect(told(decided(policy, distances, { ...later, at }))).toEqual(['move', 1])
})

test('D1–D9 the machine decides as the rules written plainly do, whatever comes', () => {
  const ms = fc.constantFrom(0, 1, 5, 10, 20)
  const policies: fc.Arbitrary<Policy> = fc.record({
    minEvents: fc.integer({ min: 1, max: 3 }),
    marginRatio: fc.constantFrom(0, 0.1, 0.5),
    dwellMs: ms,
    confirmForMs: fc.constantFrom(null, 1, 5, 10),
    outlier: fc.constantFrom('ignore', 'segment'),
  })
  const look = fc.record({
    distances: fc.array(fc.constantFrom(0, 0.5, 1, 1.4, 1.5, 1.6, 2, 3), { minLength: 3, maxLength: 3 }),
    after: ms,
    first: fc.nat(9).map((n) => n === 0),
  })
  fc.assert(
    fc.property(policies, fc.array(look, { maxLength: 20 }), fc.boolean(), (policy, looks, elsewhere) => {
      const bundle = smallBundle({ policy })
      const keys = bundle.segments.map((s) => s.key)
      const place = (key: string | null): number =>
        key === OUTLIER ? OUTLYING : keys.includes(key ?? '') ? keys.indexOf(key ?? '') : FOREIGN
      let stand: Stand = {
        segment: elsewhere ? 'elsewhere' : null,
        since: 0,
        challenger: null,
        challengedAt: 0,
      }
      let asOf = 0
      looks.forEach(({ distances, after, first }, i) => {
        asOf += after
        const next = plainDecide(stand, { bundle, first, asOf, events: i + 1, distances })
        const c = new Case()
        c.current = stand.segment === null ? UNASSIGNED : place(stand.segment)
        c.challenger = first || stand.challenger === null ? NOBODY : place(stand.challenger)
        c.events = i + 1
        c.waived = first
        c.times.set([asOf, stand.since, first ? 0 : stand.challengedAt])
        const squares = Float64Array.from(distances, (d) => d * d)
        const nearest = squares.indexOf(Math.min(...squares))
        decide(policy, Float64Array.from(bundle.radii), nearest, squares, c)
        const held = changes(c) && ACTIONS[c.action] === 'challenge' ? HOLDS[c.hold] : undefined
        const moved = next.segment !== stand.segment || (next.since === asOf && next.since !== stand.since)
        expect(ACTIONS[c.action] === 'move').toBe(moved)
        if (moved) expect(c.to).toBe(place(next.segment))
        else
          expect(ACTIONS[c.action] === 'challenge' ? c.to : NOBODY).toBe(
            next.challenger === null ? NOBODY : place(next.challenger),
          )
        if (held !== undefined) expect(held).toBe(next.held)
        stand = next
      })
    }),
    { numRuns: 2000 },
  )
})
