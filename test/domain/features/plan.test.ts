import { describe, expect, it } from 'vitest'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { FeatureSet } from '../../../src/domain/features/feature-set.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import type { Plan } from '../../../src/domain/features/plan.ts'
import { compilePlan, MAX_PROFILE_BYTES } from '../../../src/domain/features/plan.ts'

const set = (...features: unknown[]): FeatureSet =>
  parseFeatureSet({ name: 's', version: 1, zone: 'UTC', features }, 's')
const compile = (...features: unknown[]): Plan => compilePlan(set(...features), UTC)
const count = (name: string, window: string, more: object = {}): object => ({
  name,
  aggregate: 'count',
  on: ['product_viewed', 'product_added'],
  window,
  ...more,
})
const distinct = (name: string, window: string, keep?: number): object => ({
  ...count(name, window),
  aggregate: 'distinct',
  of: 'product',
  keep,
})

describe('state keys', () => {
  it('windows of one hop size share a state, other sizes and a lifetime do not', () => {
    const plan = compile(count('a', '30d'), count('b', '90d'), count('c', '7d'), count('d', 'lifetime'))
    expect(plan.lanes.map((lane) => [lane.hop, lane.cells.length, lane.cells[0]?.hops])).toEqual([
      ['1h', 1, 168],
      ['1d', 1, 90],
    ])
    expect(plan.scalars).toHaveLength(1)
  })

  it('the order of kinds, of conditions and of their values does not matter', () => {
    const one = count('a', '30d', {
      on: ['product_added', 'product_viewed'],
      where: { category: ['x', 'y'], brand: 'z' },
    })
    const other = count('b', '60d', { where: { brand: ['z'], category: ['y', 'x', 'y'] } })
    const plan = compile(one, other)
    expect(plan.lanes[0]?.cells).toHaveLength(1)
    expect(plan.predicates).toHaveLength(1)
  })

  it('a decayed count reads the days of a count, a mean those of a sum, and a share those of its whole', () => {
    const on = ['order_completed']
    const plan = compile(
      { name: 'n', aggregate: 'count', on, window: '30d' },
      { name: 'd', aggregate: 'decayedCount', on, halfLife: '7d' },
      { name: 's', aggregate: 'sum', of: 'amount', on, window: '90d' },
      { name: 'm', aggregate: 'mean', of: 'amount', on, window: '60d', whenEmpty: 0 },
      { name: 'p', share: { of: 'n', where: { brand: 'x' } }, whenEmpty: 0 },
    )
    const cells = plan.lanes[0]?.cells ?? []
    const found = cells.map((c) => `${c.rule} ${c.measure.divisor} ${c.predicate} ${c.hops}`)
    expect(new Set(found)).toEqual(new Set(['add 1 -1 56', 'add 1 0 30', 'add 100 -1 90', 'seen 100 -1 60']))
    expect(cells).toHaveLength(4)
  })

  it('what refunds take back from and what they do not are two states, where orders are counted', () => {
    const orders = { aggregate: 'count', on: ['order_completed'], window: '30d' }
    const net = { name: 'net', ...orders }
    const gross = { name: 'gross', ...orders, reversals: 'ignore' }
    expect(compile(net, gross).lanes[0]?.cells.map((c) => c.gross)).toEqual([false, true])
    const views = count('views', '30d', { reversals: 'ignore' })
    expect(compile(views, count('same', '30d')).lanes[0]?.cells.map((c) => c.gross)).toEqual([false])
  })

  it('another kind, condition or field is another state', () => {
    const plan = compile(
      count('a', '30d'),
      count('b', '30d', { on: ['product_viewed'] }),
      count('c', '30d', { where: { category: 'x' } }),
      count('d', '30d', { where: { categoryPath: 'x.y' } }),
      count('e', '30d', { aggregate: 'sum', of: 'amount' }),
      count('f', '30d', { aggregate: 'sum', of: 'quantity' }),
    )
    expect(plan.lanes.map((lane) => lane.cells.length).sort((a, b) => a - b)).toEqual([1, 5])
  })

  it('distinct counts of one field share the largest keep', () => {
    const plan = compile(distinct('a', '30d', 8), distinct('b', '60d'), distinct('c', 'lifetime', 5))
    expect(plan.sets.find((s) => s.hop === '1d')).toMatchObject({ keep: 64, reads: [30, 60] })
    expect(plan.sets.find((s) => s.hop === null)).toMatchObject({
      keep: 5,
      reads: [Number.POSITIVE_INFINITY],
    })
  })

  it('the layout does not depend on the order of features with columns alike', () => {
    const helper = { column: false }
    const a = compile(count('a', '30d', helper), count('b', '7d', helper), count('c', 'lifetime'))
    const b = compile(count('b', '7d', helper), count('c', 'lifetime'), count('a', '30d', helper))
    expect(a.layout).toBe(b.layout)
    expect(
      compile(count('a', '31d', helper), count('b', '7d', helper), count('c', 'lifetime')).layout,
    ).not.toBe(a.layout)
  })
})

describe('the bound', () => {
  const wide = (n: number, days: number): object[] =>
    Array.from({ length: n }, (_, i) => count(`f${i}`, `${days}d`, { where: { brand: `b${i}` } }))

  it('refuses a set whose profiles may grow beyond it, with the number', () => {
    expect(compile(...wide(10, 90)).maxBytes).toBeLessThanOrEqual(MAX_PROFILE_BYTES)
    expect(() => compile(...wide(10, 400))).toThrow(/may grow to \d+ bytes, at most 32768 are allowed/)
    expect(() =>
      compile(...Array.from({ length: 5 }, (_, i) => distinct(`f${i}`, `${20 + i}d`, 1024))),
    ).not.toThrow()
    expect(() =>
      compile(distinct('a', '30d', 1024), distinct('b', '7d', 1024), distinct('c', '1h', 1024)),
    ).toThrow(/32768/)
  })
})

it('a plan wants the table of its own zone', () => {
  expect(() => compilePlan({ ...set(count('a', '30d')), zone: 'Europe/Paris' }, UTC)).toThrow(
    /zone "Europe\/Paris" expected/,
  )
})
