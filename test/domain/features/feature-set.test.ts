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
