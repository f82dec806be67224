import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { candidateOf } from '../../../src/domain/events/decode-event.ts'
import { MAX_AMOUNT_MINOR } from '../../../src/domain/events/event.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import {
  JOIN_WAIT_MS,
  MAX_CLOSED,
  MAX_JOINED_LINES,
  MAX_WAITING,
  OrderJoin,
} from '../../../src/domain/events/order-join.ts'

const T = Date.UTC(2024, 0, 31)

function line(eventTime: number, more: Partial<Event> = {}): Event {
  const amountMinor = more.amountMinor ?? 100
  const lines = [{ product: `p${amountMinor}`, quantity: 1, amountMinor }]
  const kind = 'order_completed'
  return {
    ...candidateOf({ eventId: `e${eventTime}`, userId: 'u', kind, eventTime, currency: 'EUR' }),
    lines,
    amountMinor,
    ...more,
  } as Event
}

const LINE = line(T)
const PAGE = line(T, { kind: 'page_viewed' })

describe('lines of an order', () => {
  test('become one event with the time and the id of the first, their lines and their sum', () => {
    const join = new OrderJoin()
    const first = line(T, { amountMinor: 100, country: 'FR' })
    expect(join.add(first, '1')).toBe('begun')
    expect(join.add(line(T + 60_000, { amountMinor: 20, country: 'DE', discountMinor: 5 }), '1')).toBe(
      'joined',
    )
    expect(join.take()).toEqual([])
    expect(join.end()).toEqual([
      {
        ...first,
        amountMinor: 120,
        discountMinor: 5,
        lines: [
          { product: 'p100', quantity: 1, amountMinor: 100 },
          { product: 'p20', quantity: 1, amountMinor: 20 },
        ],
      },
    ])
  })

  test.each<[string, Partial<Event>, string]>([
    ['of another user', { userId: 'v' }, '1'],
    ['of another kind', { kind: 'order_refunded' }, '1'],
    ['of another key', {}, '2'],
  ])('%s are another order', (_what, more, key) => {
    const join = new OrderJoin()
    join.add(line(T), '1')
    expect(join.add(line(T, more), key)).toBe('begun')
    expect(join.end()).toHaveLength(2)
  })

  test.each([
    ['at the end of the wait', JOIN_WAIT_MS, 'joined'],
    ['a millisecond later', JOIN_WAIT_MS + 1, 'late-line'],
  ])('%s', (_when, after, expected) => {
    const join = new OrderJoin()
    join.add(line(T), '1')
    const found = join.add(line(T + after), '1')
    expect(typeof found === 'string' ? found : found.reason).toBe(expected)
  })

  test('a line that others have left behind is late, whatever its own time', () => {
    const join = new OrderJoin()
    join.add(line(T), '1')
    join.pass(line(T + JOIN_WAIT_MS + 1))
    expect(join.add(line(T), '1')).toMatchObject({ reason: 'late-line' })
  })

  test('an event that is no line keeps its place behind an order that still grows', () => {
    const join = new OrderJoin()
    join.add(line(T), '1')
    join.pass(line(T + 1, { kind: 'page_viewed' }))
    expect(join.take()).toEqual([])
    join.pass(line(T + JOIN_WAIT_MS + 1, { kind: 'user_erased' }))
    expect(join.take().map((event) => event.kind)).toEqual(['order_completed', 'page_viewed', 'user_erased'])
  })

  test('what an order cannot take in is refused, and the order stays', () => {
    const join = new OrderJoin()
    join.add(line(T), '1')
    expect(join.add(line(T, { currency: 'USD' }), '1')).toMatchObject({ reason: 'bad-value' })
    expect(join.add(line(T, { amountMinor: MAX_AMOUNT_MINOR - 100 }), '1')).toMatchObject({
      reason: 'bad-value',
    })
    expect(join.add(line(T, { amountMinor: MAX_AMOUNT_MINOR - 101 }), '1')).toBe('joined')
    expect(join.end()[0]?.amountMinor).toBe(MAX_AMOUNT_MINOR - 1)
  })

  test.each<[string, (join: OrderJoin, i: number) => unknown]>([
    ['events that are no lines', (join) => join.pass(PAGE)],
    ['lines of others', (join, i) => join.add(LINE, `other ${i % 200}`)],
  ])(
    'where too many %s wait behind an order, it is complete, and all that wait for it leave',
    (_what, put) => {
      const join = new OrderJoin()
      join.add(line(T), '1')
      for (let i = 1; i < MAX_WAITING; i++) put(join, i)
      expect(join.take()).toEqual([])
      put(join, MAX_WAITING)
      expect(join.take()[0]).toMatchObject({ kind: 'order_completed', amountMinor: 100 })
      expect(join.add(line(T), '1')).toMatchObject({ reason: 'late-line' })
    },
  )

  test('of orders that are complete the newest are remembered', () => {
    const join = new OrderJoin()
    for (let i = 0; i <= MAX_CLOSED; i++) join.add(LINE, `${i}`)
    join.end()
    expect(join.add(LINE, '1')).toMatchObject({ reason: 'late-line' })
    expect(join.add(LINE, '0')).toBe('begun')
  })

  test('what has left makes room', () => {
    const join = new OrderJoin()
    for (let i = 0; i <= MAX_WAITING; i++) join.pass(PAGE)
    expect(join.take()).toHaveLength(MAX_WAITING + 1)
    join.add(line(T), '1')
    expect(join.add(line(T), '1')).toBe('joined')
    join.pass(PAGE)
    expect(join.take()).toEqual([])
  })

  test('an order has so many lines and no more', () => {
    const join = new OrderJoin()
    for (let i = 0; i < MAX_JOINED_LINES; i++) join.add(line(T), '1')
    expect(join.add(line(T), '1')).toMatchObject({ reason: 'too-large' })
  })
})

test('however the input is cut into pieces, the orders are the same, and no line is lost', () => {
  const row = fc.record({
    after: fc.integer({ min: 0, max: 3 * JOIN_WAIT_MS }),
    key: fc.constantFrom('1', '2', '3'),
    amount: fc.integer({ min: 0, max: 50 }),
    cut: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
      const whole = new OrderJoin()
      const pieces = new OrderJoin()
      const orders: Event[] = []
      let taken = 0
      for (const { after, key, amount, cut } of rows) {
        const next = line(T + after, { amountMinor: amount })
        if (typeof whole.add(next, key) === 'string') taken += amount
        pieces.add(next, key)
        if (cut) orders.push(...pieces.take())
      }
      orders.push(...pieces.end())
      expect(orders).toEqual(whole.end())
      expect(orders.reduce((sum, order) => sum + (order.amountMinor ?? 0), 0)).toBe(taken)
    }),
  )
})
