import { describe, expect, test } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { parseFeatureSet, type FeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { traitsOf } from '../../../src/domain/profile/traits.ts'
import type { Traits } from '../../../src/domain/segments/transition.ts'
import { event } from './support.ts'

const T0 = Date.UTC(2025, 2, 1, 12)
const orders = { on: ['order_completed'], window: '365d', column: false }
const of = (category: string): object => ({
  name: `orders_${category}`,
  aggregate: 'count',
  where: { category },
  ...orders,
})
const FEATURES = [
  { name: 'views', aggregate: 'count', on: ['product_viewed'], window: '30d' },
  { name: 'orders', aggregate: 'count', ...orders },
  { name: 'spend', aggregate: 'sum', of: 'amount', ...orders },
  { name: 'ago', aggregate: 'recency', on: ['order_completed'], unit: 'day', cap: 365, column: false },
  of('kids'),
  of('garden'),
]
const ALL = {
  topCategory: { kids: 'orders_kids', garden: 'orders_garden' },
  orders365d: 'orders',
  spend365dMinor: 'spend',
  lastOrderAt: 'ago',
}
const setOf = (traits?: object): FeatureSet =>
  parseFeatureSet({ name: 't', version: 1, zone: 'UTC', traits, features: FEATURES }, 't.json')

/** Traits after orders of these categories, a day apart, 19.99 each, and a view. */
function after(categories: readonly string[], set = setOf(ALL)): Traits | null {
  const profiles = new Profiles(compilePlan(set, UTC))
  const slot = profiles.open('u1')
  categories.forEach((category, i) => {
    const order = { orderId: `o${i}`, eventId: `e${i}`, amountMinor: 1999, currency: 'EUR', category }
    profiles.fold(slot, event({ kind: 'order_completed', eventTime: T0 + i * DAY_MS, ...order }))
  })
  profiles.fold(slot, event({ kind: 'product_viewed', eventTime: T0 + 40 * DAY_MS + SECOND_MS }))
  return traitsOf(profiles, slot, 'EUR')
}

describe('traits', () => {
  test('orders are counted, spend is in minor units, the last order has its own time to the millisecond', () => {
    expect(after(['kids', 'garden', 'garden'])).toEqual({
      topCategory: 'garden',
      topSeason: null,
      orders365d: 3,
      spend365dMinor: 5997,
      currency: 'EUR',
      lastOrderAt: T0 + 2 * DAY_MS,
    })
  })

  test('of equal values the first by name is told; of none, none', () => {
    expect(after(['kids', 'garden'])?.topCategory).toBe('garden')
    expect(after(['kids'])?.topCategory).toBe('kids')
    expect(after([])).toEqual({
      topCategory: null,
      topSeason: null,
      orders365d: 0,
      spend365dMinor: 0,
      currency: 'EUR',
      lastOrderAt: null,
    })
  })

  test('what is not declared is null, the currency with the spend', () => {
    expect(after(['kids'], setOf())).toBeNull()
    expect(after(['kids'], setOf({ orders365d: 'orders' }))).toEqual({
      topCategory: null,
      topSeason: null,
      orders365d: 1,
      spend365dMinor: null,
      currency: null,
      lastOrderAt: null,
    })
  })

  test('they change neither the vector nor the form of a profile', () => {
    const [without, plan] = [compilePlan(setOf(), UTC), compilePlan(setOf(ALL), UTC)]
    expect([plan.columns, plan.layout, plan.nodes]).toEqual([without.columns, without.layout, without.nodes])
  })

  test.each([
    [{ orders365d: 'nothing' }, 'traits.orders365d: no feature "nothing" in this set'],
    [{ topCategory: { kids: 'nothing' } }, 'traits.topCategory.kids: no feature "nothing" in this set'],
    [{ topCategory: {} }, 'traits.topCategory: expected at least one value'],
    [{ spend365dMinor: 'orders' }, 'traits.spend365dMinor: "orders": expected a sum of amount'],
    [{ lastOrderAt: 'orders' }, 'traits.lastOrderAt: "orders": expected a recency'],
  ])('%j is refused, with its place', (traits, message) => {
    expect(() => setOf(traits)).toThrow(message)
  })
})
