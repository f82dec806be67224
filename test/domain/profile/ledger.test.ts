import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event, OrderLine } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { PlainLedger } from './plain-ledger.ts'
import { event } from './support.ts'

const T = Date.UTC(2024, 4, 1)
const on = ['order_completed']
const sum = { aggregate: 'sum', of: 'amount', on }
const PLAN = compilePlan(
  parseFeatureSet(
    {
      name: 'orders',
      version: 1,
      zone: 'UTC',
      features: [
        { name: 'orders', aggregate: 'count', on, window: 'lifetime' },
        { name: 'spend', ...sum, window: 'lifetime' },
        { name: 'pieces', aggregate: 'sum', of: 'lines.quantity', on, window: 'lifetime' },
        { name: 'spend_7d', ...sum, window: '7d' },
        { name: 'gross', ...sum, window: 'lifetime', reversals: 'ignore' },
        { name: 'most', aggregate: 'max', of: 'amount', on, window: '30d', whenEmpty: 0 },
        { name: 'days', aggregate: 'distinctDays', on, window: '30d' },
        { name: 'refunds', aggregate: 'count', on: ['order_refunded'], window: 'lifetime' },
      ],
    },
    'orders',
  ),
  UTC,
)

const line = (product: string, quantity: number, amountMinor: number): OrderLine => ({
  product,
  quantity,
  amountMinor,
})
const order = (orderId: string, lines: readonly OrderLine[], given: Partial<Event> = {}): Event => {
  const amountMinor = lines.reduce((total, l) => total + l.amountMinor, 0)
  return event({ eventTime: T, kind: 'order_completed', orderId, lines, amountMinor, ...given })
}
const back = (orderId: string | undefined, given: Partial<Event> = {}): Event =>
  event({ eventTime: T + DAY_MS, kind: 'order_refunded', orderId, ...given })
const cancel = (orderId: string, given: Partial<Event> = {}): Event =>
  event({ eventTime: T + DAY_MS, kind: 'order_cancelled', orderId, ...given })

class Till {
  p = new Profiles(PLAN)
  uncounted: Record<string, number> = {}

  fold(...events: readonly Event[]): this {
    for (const e of events) this.p.fold(this.p.open('u1'), e)
    for (const [reason, n] of Object.entries(this.p.uncounted.take() ?? {}))
      this.uncounted[reason] = (this.uncounted[reason] ?? 0) + n
    return this
  }

  values(asOf = this.p.asOf(0)): Record<string, number> {
    const out = new Float64Array(PLAN.columns.length)
    this.p.vector(0, asOf, out)
    return Object.fromEntries(PLAN.columns.map((name, i) => [name, out[i] as number]))
  }

  wait(ms: number): this {
    this.p.setAsOf(0, this.p.asOf(0) + ms)
    this.p.settle(0)
    return this.fold()
  }
}

const A = line('a', 2, 1000)
const B = line('b', 1, 500)

describe('an order of 15.00 in two lines', () => {
  const rows: readonly [string, readonly Event[], Record<string, number>][] = [
    ['as it is', [], { orders: 1, spend: 15, pieces: 3, spend_7d: 15 }],
    ['cancelled', [cancel('o')], { orders: 0, spend: 0, pieces: 0, spend_7d: 0 }],
    ['cancelled twice', [cancel('o'), cancel('o')], { orders: 0, spend: 0, pieces: 0, spend_7d: 0 }],
    [
      'refunded, cancelled',
      [back('o', { amountMinor: 400 }), cancel('o')],
      { orders: 0, spend: 0, spend_7d: 0 },
    ],
    ['wholly refunded', [back('o')], { orders: 1, spend: 0, pieces: 0, spend_7d: 0 }],
    ['an amount refunded', [back('o', { amountMinor: 400 })], { orders: 1, spend: 11, pieces: 3 }],
    ['more than its amount', [back('o', { amountMinor: 4000 })], { orders: 1, spend: 0, pieces: 3 }],
    ['a line refunded', [back('o', { lines: [B] })], { orders: 1, spend: 10, pieces: 2 }],
    ['a line twice', [back('o', { lines: [B] }), back('o', { lines: [B] })], { spend: 10, pieces: 2 }],
    ['more of a line than there was', [back('o', { lines: [line('b', 9, 9000)] })], { spend: 10, pieces: 2 }],
    ['a line that it has not', [back('o', { lines: [line('c', 1, 100)] })], { spend: 15, pieces: 3 }],
    ['less than nothing', [back('o', { amountMinor: -400 })], { spend: 15, pieces: 3 }],
    ['of another id', [back('x', { amountMinor: 400 })], { orders: 1, spend: 15, pieces: 3 }],
    ['of no id', [back(undefined, { amountMinor: 400 })], { orders: 1, spend: 15, pieces: 3 }],
  ]
  it.each(rows)('%s', (_, events, expected) => {
    expect(new Till().fold(order('o', [A, B]), ...events).values()).toMatchObject(expected)
    expect(new Till().fold(...events, order('o', [A, B])).values()).toMatchObject(expected)
  })

  it.each(rows)('%s: the facts stay, and what ignores reversals', (_, events) => {
    const refunds = events.filter((e) => e.kind === 'order_refunded').length
    const expected = { gross: 15, most: 15, days: 1, refunds }
    expect(new Till().fold(order('o', [A, B]), ...events).values()).toMatchObject(expected)
  })

  it('of the same id comes again: it counts once, whatever its event is called', () => {
    const till = new Till().fold(order('o', [A, B]), order('o', [A, B], { eventTime: T + 5 * DAY_MS }))
    expect(till.values()).toMatchObject({ orders: 1, spend: 15, gross: 15 })
    expect(till.uncounted).toEqual({ duplicate: 1 })
  })

  it('leaves its window as a whole: a refund lies where the order does', () => {
    const till = new Till().fold(
      order('o', [A, B]),
      back('o', { amountMinor: 400, eventTime: T + 6 * DAY_MS }),
    )
    expect(till.values(T + 7 * DAY_MS)).toMatchObject({ spend_7d: 11, spend: 11 })
    expect(till.values(T + 8 * DAY_MS + 1)).toMatchObject({ spend_7d: 0, spend: 11 })
  })
})

describe('a refund before its order', () => {
  it.each([
    ['is at its end', 0, 11, {}],
    ['is over', 1, 15, { 'order-unknown': 1 }],
  ])('waits 30 days of its own time: the wait %s', (_, moreMs, spend, uncounted) => {
    const early = back('o', { amountMinor: 400, eventTime: T })
    const till = new Till().fold(early).wait(30 * DAY_MS - 1 + moreMs)
    till.fold(order('o', [A, B], { eventTime: T }))
    expect(till.values()).toMatchObject({ spend })
    expect(till.uncounted).toEqual(uncounted)
  })

  it('that comes too late to wait, or names none, is counted at once', () => {
    const till = new Till().fold(order('x', [A], { eventTime: T + 40 * DAY_MS }))
    till.fold(back('o', { eventTime: T }), back(undefined, { amountMinor: 1 }))
    expect(till.uncounted).toEqual({ 'order-unknown': 2 })
  })

  it('waits with fifteen others; of more the oldest is given up', () => {
    const early = Array.from({ length: 17 }, (_, i) =>
      back(`o${i}`, { amountMinor: 1, eventTime: T + i * SECOND_MS }),
    )
    const till = new Till().fold(...early)
    expect(till.uncounted).toEqual({ 'order-unknown': 1 })
    till.fold(order('o0', [A]), order('o1', [A]))
    expect(till.values()).toMatchObject({ spend: 19.99 })
  })

  it('of many lines waits as their sum', () => {
    const lines = Array.from({ length: 65 }, (_, i) => line(`p${i}`, 1, 10))
    const till = new Till().fold(back('o', { lines }), order('o', [A]))
    expect(till.values()).toMatchObject({ spend: 3.5 })
  })
})

describe('beside newer orders', () => {
  const many = (n: number, lines: number): Event[] =>
    Array.from({ length: n }, (_, i) =>
      order(
        `n${i}`,
        Array.from({ length: lines }, (_, j) => line(`p${j}`, 1, 1)),
        { eventTime: T + (i + 1) * SECOND_MS },
      ),
    )

  it.each([
    [63, { orders: 63 }, {}],
    [64, { orders: 65 }, { 'order-unknown': 1 }],
  ])('%i of them: a cancellation finds it, or is given up after 30 days', (newer, expected, uncounted) => {
    const till = new Till().fold(order('o', [A]), ...many(newer, 1), cancel('o')).wait(40 * DAY_MS)
    expect(till.values()).toMatchObject(expected)
    expect(till.uncounted).toEqual(uncounted)
  })

  it.each([
    ['known: no more of a line than it has', 127, 1, { spend: 5 + 2.54 }],
    ['lost: no more than the order has', 128, 1, { spend: 2.56 }],
  ])('with %s', (_, lines, orders, expected) => {
    const till = new Till().fold(order('o', [A, B]), ...many(2 * orders, lines))
    till.fold(back('o', { lines: [line('a', 9, 1500)] }))
    expect(till.values()).toMatchObject(expected)
  })
})

const lines = fc.array(
  fc.record({
    product: fc.constantFrom('a', 'b', 'c'),
    quantity: fc.integer({ min: 1, max: 3 }),
    amountMinor: fc.integer({ min: 1, max: 900 }),
  }),
  { minLength: 1, maxLength: 4 },
)
const what = fc.oneof(
  fc.record({ kind: fc.constant('order_cancelled' as const) }),
  fc.record({ kind: fc.constant('order_refunded' as const) }),
  fc.record({ kind: fc.constant('order_refunded' as const), lines }),
  fc.record({ kind: fc.constant('order_refunded' as const), amountMinor: fc.integer({ min: 0, max: 2000 }) }),
)
const at = fc.integer({ min: 0, max: 20 * DAY_MS }).map((ms) => T + ms)
const wide = fc.array(
  fc.record({ product: fc.nat(60).map((n) => `w${n}`), quantity: fc.constant(1), amountMinor: fc.nat(50) }),
  { minLength: 20, maxLength: 60 },
)

describe('orders and what goes back of them', () => {
  it('are what plain lists make of them, in any order, of more than 64 orders and more than 256 lines', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ lines: fc.oneof(lines, wide), eventTime: at }) },
      { weight: 1, arbitrary: fc.record({ of: fc.nat(), what, eventTime: at }) },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 90, maxLength: 140 }), fc.boolean(), (steps, reload) => {
        const till = new Till()
        const plain = new PlainLedger()
        let n = 0
        for (const s of steps) {
          const e =
            'lines' in s
              ? order(`o${n++}`, s.lines, { eventTime: s.eventTime })
              : event({ eventTime: s.eventTime, orderId: `o${s.of % (n + 1)}`, ...s.what })
          till.fold(e)
          plain.fold(e)
          if (reload) till.p.load('u1', till.p.save(0))
        }
        const { orders, spend, pieces } = till.values()
        expect({ orders, spend, pieces }).toEqual(plain.totals())
        expect(till.uncounted['order-unknown'] ?? 0).toBe(plain.unknown)
        expect(till.p.save(0).length).toBeLessThanOrEqual(PLAN.maxBytes)
      }),
      { numRuns: 25 },
    )
  })

  it('leave the same bytes in any order, while nothing is pushed out', () => {
    const orders = fc.array(fc.record({ lines, eventTime: at }), { minLength: 1, maxLength: 12 })
    const refunds = fc.array(fc.record({ of: fc.nat(), what, eventTime: at }), { maxLength: 8 })
    fc.assert(
      fc.property(orders, refunds, fc.integer(), (made, gone, seed) => {
        const events = [
          ...made.map((o, i) => order(`o${i}`, o.lines, { eventTime: o.eventTime })),
          ...gone.map((r) =>
            event({ eventTime: r.eventTime, orderId: `o${r.of % (made.length + 1)}`, ...r.what }),
          ),
        ]
        const shuffled = events
          .map((e, i) => ({ e, key: Math.imul(i + 1, seed | 1) }))
          .sort((a, b) => a.key - b.key)
          .map(({ e }) => e)
        expect(new Till().fold(...shuffled).p.save(0)).toEqual(new Till().fold(...events).p.save(0))
      }),
      { numRuns: 100 },
    )
  })
})
