import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { isBehaviour, type Event } from '../../../src/domain/events/event.ts'
import type { FeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { events, featureSets, times } from './arbitrary.ts'
import { net, unknownRefunds, type Folded } from './plain-orders.ts'
import { inside, recompute } from './recompute.ts'

// clocks go forward and back in these, at other hours; Lord Howe moves by half an hour
const ZONES: readonly (readonly [string, number])[] = [
  ['UTC', Date.UTC(2024, 1, 29)],
  ['Europe/Paris', Date.UTC(2024, 2, 31)],
  ['Europe/London', Date.UTC(2024, 9, 27)],
  ['America/Santiago', Date.UTC(2023, 8, 3)],
  ['Australia/Lord_Howe', Date.UTC(2024, 3, 7)],
  ['Asia/Kolkata', Date.UTC(2024, 5, 1)],
]
const SPAN_MS = 40 * DAY_MS

interface Step {
  readonly event: Event
  /** How far time goes on after the event before the profile is read. */
  readonly waitMs: number
  readonly reload: boolean
}

const steps = (centre: number): fc.Arbitrary<Step[]> => {
  const waitMs = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: HOUR_MS }),
    fc.integer({ min: 0, max: 10 * DAY_MS }),
  )
  const step = fc.record({ event: events(times(centre, SPAN_MS)), waitMs, reload: fc.boolean() })
  return fc.array(step, { minLength: 1, maxLength: 40 })
}

/** Equal to the last bit; where a weight by age takes part, which is made in another way, to the twelfth digit. */
function agree(set: FeatureSet, found: Float64Array, expected: readonly number[]): void {
  const exact = JSON.stringify(set).includes('halfLife') ? 1e-12 : 0
  const sizes = Math.max(1, ...expected.map(Math.abs))
  expected.forEach((value, i) => {
    const off = Math.abs((found[i] as number) - value)
    if (!(off <= exact * sizes))
      expect(`${set.features[i]?.name}: ${found[i]}`).toBe(`${set.features[i]?.name}: ${value}`)
  })
  expect(found).toHaveLength(expected.length)
}

/** Is it an order that was folded? */
function isKnownOrder(history: readonly Folded[], { kind, orderId }: Event): boolean {
  return (
    kind === 'order_completed' &&
    orderId !== undefined &&
    history.some(({ event }) => event.kind === kind && event.orderId === orderId)
  )
}

/** Was the event late: older, as of its folding, than every window of the windowed aggregates that want it? */
function isLate(set: FeatureSet, zoneName: string, event: Event, asOf: number): boolean {
  const zone = zoneTable(zoneName)
  // a share asks for nothing that its whole does not ask for
  const wanting = set.features.filter(
    (f) =>
      'aggregate' in f &&
      ('halfLife' in f || ('window' in f && f.window !== 'lifetime')) &&
      recompute(onlyCount(set, f), zone, [event], event.eventTime + 1)[0] === 1,
  )
  return (
    wanting.length > 0 && wanting.every((f) => 'aggregate' in f && !inside(f, zone, event.eventTime, asOf))
  )
}

function onlyCount(set: FeatureSet, f: FeatureSet['features'][number]): FeatureSet {
  const { on, where } = f as { on: Event['kind'][]; where?: Record<string, string> }
  return { ...set, features: [{ name: 'n', aggregate: 'count', on, where, window: 'lifetime' }] }
}

describe.each(ZONES)('profiles in %s', (zoneName, centre) => {
  const zone = zoneTable(zoneName)
  const cases = fc.tuple(featureSets(zoneName), steps(centre))
  const changing = fc.tuple(
    fc.boolean().chain((ages) => featureSets(zoneName, ages)),
    steps(centre),
  )

  it('a vector is what filtering and summing the raw events gives, in any order of events, stored in between or not', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 60 * DAY_MS }), ([set, list], aheadMs) => {
        const plan = compilePlan(set, zone)
        let p = new Profiles(plan)
        let slot = p.open('u')
        const out = new Float64Array(plan.columns.length)
        const history: Folded[] = []
        let unknown = 0
        for (const { event, waitMs, reload } of list) {
          const asOfBefore = Math.max(p.asOf(slot), event.eventTime + 1)
          const again = isKnownOrder(history, event)
          expect(p.fold(slot, event)).toBe(!again)
          const uncounted = p.uncounted.take() ?? {}
          unknown += uncounted['order-unknown'] ?? 0
          expect(uncounted.duplicate ?? 0).toBe(again ? 1 : 0)
          if (again) continue
          expect(uncounted.late ?? 0).toBe(isLate(set, zoneName, event, asOfBefore) ? 1 : 0)
          history.push({ event, asOf: asOfBefore })
          expect(unknown).toBe(unknownRefunds(history, asOfBefore))
          const seen = history.map((h) => h.event)
          const kept = net(history)
          expect(p.asOf(slot)).toBe(asOfBefore)
          p.vector(slot, asOfBefore + aheadMs, out)
          agree(set, out, recompute(set, zone, seen, asOfBefore + aheadMs, kept))
          p.setAsOf(slot, asOfBefore + waitMs)
          if (reload) {
            const bytes = p.save(slot)
            p = new Profiles(plan)
            slot = p.load('u', bytes)
            expect(p.save(slot)).toEqual(bytes)
            expect(bytes.length).toBeLessThanOrEqual(plan.maxBytes)
          }
          p.vector(slot, p.asOf(slot), out)
          agree(set, out, recompute(set, zone, seen, p.asOf(slot), kept))
        }
        expect(p.events(slot)).toBe(history.filter(({ event }) => isBehaviour(event.kind)).length)
      }),
      { numRuns: 150 },
    )
  })

  it('equal profiles have equal bytes, whatever the order of the events', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer(),
        fc.integer({ min: 0, max: 30 * DAY_MS }),
        ([set, list], seed, waitMs) => {
          const plan = compilePlan(set, zone)
          // which of two orders of one id counts, and which refund waited too long, hangs on what came first
          const unnamed = list.map((s) => ({ ...s, event: { ...s.event, orderId: undefined } }))
          const shuffled = unnamed
            .map((s, i) => ({ s, key: Math.imul(i + 1, seed | 1) }))
            .sort((a, b) => a.key - b.key)
          const asOf = Math.max(...list.map((s) => s.event.eventTime)) + 1 + waitMs
          const [one, other] = [unnamed, shuffled.map(({ s }) => s)].map((order) => {
            const p = new Profiles(plan)
            const slot = p.open('u')
            const out = new Float64Array(plan.columns.length)
            for (const { event, reload } of order) {
              p.fold(slot, event)
              if (reload) p.vector(slot, p.asOf(slot), out)
            }
            p.setAsOf(slot, asOf)
            return p.save(slot)
          })
          expect(one).toEqual(other)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('nothing changes before nextChange, and storing a profile does not change it', () => {
    fc.assert(
      fc.property(changing, fc.integer({ min: 0, max: 40 * DAY_MS }), ([set, list], waitMs) => {
        const plan = compilePlan(set, zone)
        const p = new Profiles(plan)
        const slot = p.open('u')
        const history: Folded[] = []
        for (const { event } of list) if (p.fold(slot, event)) history.push({ event, asOf: p.asOf(slot) })
        const seen = history.map((h) => h.event)
        const kept = net(history)
        const copy = new Profiles(plan)
        const stored = copy.load('u', p.save(slot))
        let asOf = p.asOf(slot) + waitMs
        for (let i = 0; i < 12; i++) {
          const next = p.nextChange(slot, asOf)
          expect(copy.nextChange(stored, asOf)).toBe(next)
          expect(next).toBeGreaterThan(asOf)
          const now = recompute(set, zone, seen, asOf, kept)
          for (const t of instants(seen, asOf, next)) expect(recompute(set, zone, seen, t, kept)).toEqual(now)
          if (next === Number.POSITIVE_INFINITY) break
          asOf = next
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Every instant in (asOf, next) at which a vector might change, and the last before `next`; at most a sample of 300. */
function instants(events: readonly Event[], asOf: number, next: number): number[] {
  const end = Math.min(next, asOf + 60 * DAY_MS)
  const grid: number[] = []
  for (let t = Math.floor(asOf / (5 * MINUTE_MS)) * 5 * MINUTE_MS; t < end; t += 5 * MINUTE_MS) grid.push(t)
  for (const step of [90_000, 5 * MINUTE_MS, HOUR_MS, DAY_MS]) {
    for (const e of events) {
      const first = e.eventTime + Math.ceil((asOf + 1 - e.eventTime) / step) * step
      grid.push(first, first + step, first + 2 * step)
    }
  }
  const inside = [...new Set([...grid, end - 1])].filter((t) => t > asOf && t < end)
  const every = Math.ceil(inside.length / 300)
  return inside.filter((_, i) => i % every === 0 || i === inside.length - 1)
}
