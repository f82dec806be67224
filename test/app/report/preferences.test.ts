import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Activity } from '../../../src/app/report/activity.ts'
import { preferencesOf } from '../../../src/app/report/preferences.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { event } from './events.ts'

/** Monday, 6 January 2025, 00:00 UTC. */
const MONDAY = Date.UTC(2025, 0, 6)

function activityOf(doings: readonly { slot: number; at: number; category?: string }[]): Activity {
  const activity = new Activity(UTC)
  for (const { slot, at, category } of doings)
    activity.take(slot, event({ userId: `u${slot}`, eventTime: at, category }))
  return activity
}

describe('preferences', () => {
  it('stand on the shop’s clock and calendar', () => {
    const rows = [
      [MONDAY, { hour: 0, weekday: 0, month: 0, season: 3 }],
      [MONDAY + 6 * DAY_MS + 23 * HOUR_MS, { hour: 23, weekday: 6, month: 0, season: 3 }],
      [Date.UTC(2025, 2, 1), { hour: 0, weekday: 5, month: 2, season: 0 }],
      [Date.UTC(2025, 10, 30, 12), { hour: 12, weekday: 6, month: 10, season: 2 }],
      [Date.UTC(2025, 11, 1), { hour: 0, weekday: 0, month: 11, season: 3 }],
    ] as const
    for (const [at, expected] of rows) {
      const { time } = preferencesOf(activityOf([{ slot: 0, at }]), Int32Array.of(0), 1)
      for (const [dimension, value] of Object.entries(expected))
        expect(time[dimension as keyof typeof expected].shares[value], dimension).toBe(1)
    }
  })

  it('compare a segment’s share with everybody’s: 100 is the same', () => {
    const doings = [
      ...[0, 1, 2, 3].map((slot) => ({ slot, at: MONDAY, category: 'toys.blocks' })),
      ...[2, 3].map((slot) => ({ slot, at: MONDAY, category: 'books' })),
    ]
    const { category } = preferencesOf(activityOf(doings), Int32Array.of(0, 0, 1, 1), 2)
    expect(category.values).toEqual(['toys', 'books'])
    expect(category.shares).toEqual([4 / 6, 2 / 6])
    const indices = category.rows.map((row) => row.map((p) => p?.index))
    expect(indices[0]?.[0]).toBeCloseTo(150, 9)
    expect(indices[0]?.[1]).toBe(0)
    expect(indices[1]?.[0]).toBeCloseTo(75, 9)
    expect(indices[1]?.[1]).toBeCloseTo(150, 9)
  })

  it('an interval holds its index and narrows with customers, not with what one of them repeats', () => {
    const made = (customers: number, times: number): { slot: number; at: number; category: string }[] =>
      Array.from({ length: customers }, (_, slot) => slot).flatMap((slot) =>
        Array.from({ length: times }, (_, i) => ({
          slot,
          at: MONDAY,
          category: (slot + i) % 3 === 0 && slot % 2 === 0 ? 'books' : 'toys',
        })),
      )
    const width = (customers: number, times: number): number => {
      const all = new Int32Array(customers)
      const p = preferencesOf(activityOf(made(customers, times)), all, 1).category.rows[0]?.[1]
      expect(p?.low).toBeLessThanOrEqual(p?.index ?? 0)
      expect(p?.high).toBeGreaterThanOrEqual(p?.index ?? 0)
      return (p?.high ?? 0) - (p?.low ?? 0)
    }
    expect(width(240, 6)).toBeLessThan(0.6 * width(60, 6))
    expect(width(60, 600)).toBeGreaterThan(0.8 * width(60, 60))
  })

  it('one customer says nothing of others, and nobody’s doing has no index', () => {
    const doings = [
      { slot: 0, at: MONDAY, category: 'toys' },
      { slot: 1, at: MONDAY, category: 'books' },
    ]
    const { category } = preferencesOf(activityOf(doings), Int32Array.of(0, 1, 2), 3)
    expect(category.rows[0]?.[category.values.indexOf('toys')]).toMatchObject({
      index: 200,
      low: 0,
      high: 200,
    })
    expect(category.rows[2]).toEqual([null, null])
  })

  it('leave out whoever has no segment, and do not hang on the order of events', () => {
    const one = fc.record({
      slot: fc.integer({ min: 0, max: 5 }),
      at: fc.integer({ min: MONDAY, max: MONDAY + 400 * DAY_MS }),
      category: fc.constantFrom('toys', 'books', 'garden'),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), (doings) => {
        const segmentOf = Int32Array.of(0, 1, -1, 0, 1, 0)
        const there = preferencesOf(activityOf(doings), segmentOf, 2)
        expect(preferencesOf(activityOf(doings.toReversed()), segmentOf, 2)).toEqual(there)
        const without = doings.filter((d) => d.slot !== 2)
        expect(preferencesOf(activityOf(without), segmentOf, 2).time).toEqual(there.time)
      }),
    )
  })
})
