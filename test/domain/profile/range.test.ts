import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { events, featureSets, times } from './arbitrary.ts'
import { event } from './support.ts'

const CENTRE = Date.UTC(2024, 2, 10)

/** What the decoder lets through: amounts and quantities are not negative. */
const sound = (e: Event): boolean => (e.amountMinor ?? 0) >= 0 && (e.quantity ?? 0) >= 0

test('while nothing happens every value stays within the bounds of the ends, for every aggregate', () => {
  const history = fc.array(events(times(CENTRE, 20 * DAY_MS)).filter(sound), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      featureSets('UTC'),
      history,
      fc.nat(48),
      fc.integer({ min: 1, max: 72 }),
      (set, past, later, hours) => {
        const plan = compilePlan(set, UTC)
        const p = new Profiles(plan)
        const slot = p.open('u')
        for (const e of past) p.fold(slot, e)
        const from = p.asOf(slot) + later * HOUR_MS
        const until = from + hours * HOUR_MS
        const F = plan.columns.length
        const low = new Float64Array(F)
        const high = new Float64Array(F)
        p.range(slot, from, until, low, high)
        const at = new Float64Array(F)
        for (let t = from; t <= until; t = Math.min(p.nextChange(slot, t), t + 7 * HOUR_MS)) {
          p.vector(slot, t, at)
          for (let j = 0; j < F; j++) {
            expect(at[j], `${plan.columns[j]} at ${t}`).toBeGreaterThanOrEqual(low[j] as number)
            expect(at[j], `${plan.columns[j]} at ${t}`).toBeLessThanOrEqual(high[j] as number)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('of a sum whose parts may be negative nothing is known: between two ends it may lie beyond both', () => {
  const size = { name: 'size', aggregate: 'sum', of: 'attributes.size', on: ['page_viewed'], window: '1d' }
  const set = parseFeatureSet({ name: 's', version: 1, zone: 'UTC', features: [size] }, 's')
  const p = new Profiles(compilePlan(set, UTC))
  const slot = p.open('u')
  for (const [hour, n] of [-2.5, 3].entries())
    p.fold(slot, event({ eventTime: CENTRE + hour * HOUR_MS, kind: 'page_viewed', attributes: { size: n } }))
  const [low, between, high] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)]
  p.range(slot, CENTRE + 2 * HOUR_MS, CENTRE + 3 * DAY_MS, low, high)
  p.vector(slot, CENTRE + 25 * HOUR_MS, between)
  expect([low[0], between[0], high[0]]).toEqual([Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY])
})
