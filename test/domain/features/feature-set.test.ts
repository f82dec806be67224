import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { UTC } from '../../../src/domain/base/zone.ts'
import { featureSetSchema, parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { SegmentationError } from '../../../src/errors.ts'

const orders = { name: 'orders', aggregate: 'count', on: ['order_completed'], window: '30d' }
const set = (...features: unknown[]): unknown => ({ name: 's', version: 1, zone: 'UTC', features })

function messageOf(value: unknown): string {
  try {
    parseFeatureSet(value, 'my.json')
  } catch (error) {
    expect(error).toBeInstanceOf(SegmentationError)
    expect((error as SegmentationError).code).toBe('feature-set-invalid')
    return (error as Error).message
  }
  return 'accepted'
}

describe('what a feature set may not say', () => {
  it.each<readonly [string, unknown, RegExp]>([
    [
      'a window that is not whole hops',
      set({ ...orders, window: '400h' }),
      /features\[0\]\.window \(orders\): "400h" is not a whole number/,
    ],
    [
      'a window that is none',
      set({ ...orders, window: 'month' }),
      /features\[0\]\.window \(orders\): expected "lifetime" or a duration/,
    ],
    ['a name twice', set(orders, orders), /features\[1\]\.name \(orders\): "orders" is there twice/],
    [
      'a ratio of nothing',
      set(orders, { name: 'r', ratio: ['orders', 'views'], whenEmpty: 0 }),
      /no feature "views" in this set/,
    ],
    [
      'a ratio of itself',
      set({ name: 'a', ratio: ['b', 'b'], whenEmpty: 0 }, { name: 'b', ratio: ['a', 'a'], whenEmpty: 0 }),
      /"a" refers to itself[^]*"b" refers to itself/,
    ],
    ['no column', set({ ...orders, column: false }), /at least one column/],
    [
      'a sum of words',
      set({ ...orders, aggregate: 'sum', of: 'product' }),
      /features\[0\]\.of \(orders\): expected one of amount, .*, attributes\.<name>/,
    ],
    [
      'distinct amounts',
      set({ ...orders, aggregate: 'distinct', of: 'amount' }),
      /features\[0\]\.of \(orders\): expected one of product, .*, attributes\.<name>/,
    ],
    [
      'a step of no second',
      set({ name: 'r', aggregate: 'recency', on: ['order_completed'], unit: 'day', cap: 9, step: '10ms' }),
      /whole seconds/,
    ],
    [
      'a condition on an unknown field',
      set({ ...orders, where: { colour: 'red' } }),
      /unknown field "colour"/,
    ],
    [
      'a path where a first token is meant',
      set({ ...orders, where: { category: 'a.b' } }),
      /use categoryPath/,
    ],
    [
      'an hour that no clock shows',
      set({ ...orders, where: { hourOfDay: [23, 24] } }),
      /"hourOfDay": expected 0 to 23, found 24/,
    ],
    [
      'a weekday of no week',
      set({ ...orders, where: { weekday: 'Sunday' } }),
      /"weekday": expected monday, .*found "Sunday"/,
    ],
    [
      'a season of no year',
      set({ ...orders, where: { season: ['fall'] } }),
      /"season": expected spring, .*found "fall"/,
    ],
    [
      'a mean that does not say what nothing is',
      set({ ...orders, aggregate: 'mean', of: 'amount' }),
      /features\[0\]\.whenEmpty \(orders\)/,
    ],
    [
      'days of a window that is not whole days',
      set({ ...orders, aggregate: 'distinctDays', window: '36h' }),
      /features\[0\]\.window \(orders\): expected whole days/,
    ],
    [
      'sessions of a lifetime',
      set({ ...orders, aggregate: 'sessions', window: 'lifetime' }),
      /features\[0\]\.window \(orders\): expected a window of more than 12 hours/,
    ],
    [
      'sessions of minutes',
      set({ ...orders, aggregate: 'sessions', window: '30m' }),
      /expected a window of more than 12 hours, not a lifetime, found "30m"/,
    ],
    [
      'a half-life in hours',
      set({ ...orders, window: undefined, aggregate: 'decayedCount', halfLife: '36h' }),
      /features\[0\]\.halfLife \(orders\): expected whole days/,
    ],
    [
      'a share of a ratio',
      set(
        orders,
        { name: 'r', ratio: ['orders', 'orders'], whenEmpty: 0 },
        { name: 's', share: { of: 'r', where: { brand: 'a' } }, whenEmpty: 0 },
      ),
      /features\[2\]\.share\.of \(s\): "r": expected a count, sum, decayedCount or decayedSum/,
    ],
    [
      'a share with an unknown condition',
      set(orders, { name: 's', share: { of: 'orders', where: { colour: 'red' } }, whenEmpty: 0 }),
      /features\[1\]\.share\.where \(s\): unknown field "colour"/,
    ],
    [
      'a difference with nothing',
      set(orders, { name: 'd', difference: ['orders', 'views'] }),
      /features\[1\]\.difference \(d\): no feature "views"/,
    ],
    [
      'an age without a cap',
      set({ name: 't', aggregate: 'tenure', on: ['page_viewed'], unit: 'day' }),
      /features\[0\]\.cap \(t\)/,
    ],
    [
      'reversals of another kind',
      set({ ...orders, reversals: 'maybe' }),
      /features\[0\]\.reversals \(orders\)/,
    ],
    [
      'a feature of no form',
      set({ name: 'x' }),
      /expected one of the members aggregate, ratio, share, difference, given/,
    ],
    ['a feature that is none', set(orders, 'orders'), /features\[1\]: expected an object/],
    [
      'a keep beyond the most',
      set({ ...orders, aggregate: 'distinct', of: 'product', keep: 2000 }),
      /features\[0\]\.keep \(orders\)/,
    ],
    ['a number where a text is meant', set({ ...orders, where: { brand: 3 } }), /"brand": expected texts/],
    [
      'an unknown aggregate',
      set({ ...orders, aggregate: 'median' }),
      /aggregate: expected one of count, .*, found "median"/,
    ],
    ['an unknown member', set({ ...orders, widow: '30d' }), /features\[0\]/],
  ])('%s', (_, value, message) => {
    expect(messageOf(value)).toMatch(message)
  })

  it('says all that is wrong at once, and where', () => {
    const message = messageOf(set({ ...orders, window: '7m' }, { ...orders, name: 'Big' }))
    expect(message).toMatch(/^my\.json: not a feature set\n/)
    expect(message.split('\n')).toHaveLength(3)
  })
})

it('the published JSON Schema is that of the code (vitest -u writes it anew)', async () => {
  const json = { title: 'Feature set', ...z.toJSONSchema(featureSetSchema, { io: 'input' }) }
  const file = resolve(import.meta.dirname, '../../../schemas/feature-set.schema.json')
  await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(file)
})

describe('the sets that ship', () => {
  const dir = new URL('../../../models/feature-sets/', import.meta.url)
  it.each(readdirSync(dir))('%s compiles, and every column has words in both languages', (file) => {
    const parsed = parseFeatureSet(JSON.parse(readFileSync(new URL(file, dir), 'utf8')), file)
    const plan = compilePlan(parsed, UTC)
    expect(`${parsed.name}.json`).toBe(file)
    expect(plan.columns.length).toBeGreaterThanOrEqual(7)
    for (const f of parsed.features.filter((f) => f.column !== false)) {
      expect([f.label?.en, f.label?.fr, f.phrase?.en, f.phrase?.fr]).toEqual(
        Array(4).fill(expect.any(String)),
      )
    }
  })
})
