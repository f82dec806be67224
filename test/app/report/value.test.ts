import { describe, expect, it } from 'vitest'
import { Orders, VALUE_WINDOW_MS } from '../../../src/app/report/value.ts'
import { event, order } from './events.ts'

const AS_OF = Date.UTC(2025, 5, 1)
const from = AS_OF - VALUE_WINDOW_MS

describe('value per segment', () => {
  it('counts orders, baskets, buyers and who comes back', () => {
    const orders = new Orders(AS_OF)
    orders.take(0, order('a', AS_OF - 3, 'o1', 1000))
    orders.take(0, order('a', AS_OF - 2, 'o2', 3000))
    orders.take(1, order('b', AS_OF - 1, 'o3', 500))
    const [first, second] = orders.valueOf(Int32Array.of(0, 0, 0, 1), 2)
    expect(first).toEqual({
      users: 3,
      buyers: 2,
      orders: 3,
      revenueMinor: 4500,
      refundedMinor: 0,
      basketMeanMinor: 1500,
      basketP50Minor: 1000,
      spendP50Minor: 2250,
      spendP90Minor: 500 + 0.9 * 3500,
      repeatRate: 0.5,
    })
    expect(second).toMatchObject({
      users: 1,
      buyers: 0,
      orders: 0,
      revenueMinor: 0,
      basketMeanMinor: Number.NaN,
    })
  })

  it.each([
    ['first instant of the year', from, 1],
    ['before it', from - 1, 0],
  ])('an order at the %s counts so often', (_, at, expected) => {
    const orders = new Orders(AS_OF)
    orders.take(0, order('a', at, 'o1', 1000))
    expect(orders.valueOf(Int32Array.of(0), 1)[0]?.orders).toBe(expected)
  })

  it('an order that is told twice counts once; the same id of another customer is another order', () => {
    const orders = new Orders(AS_OF)
    for (const slot of [0, 0, 1]) orders.take(slot, order(`u${slot}`, AS_OF - 1, 'o1', 1000))
    expect(orders.valueOf(Int32Array.of(0, 0), 1)[0]).toMatchObject({
      orders: 2,
      buyers: 2,
      revenueMinor: 2000,
    })
  })

  it('what went back is told by amount, else by lines, whatever its sign', () => {
    const orders = new Orders(AS_OF)
    const refund = { userId: 'a', eventTime: AS_OF - 1, kind: 'order_refunded' } as const
    const line = { product: 'p', quantity: 1, amountMinor: 30 }
    orders.take(0, event({ ...refund, amountMinor: 100 }))
    orders.take(0, event({ ...refund, amountMinor: -20 }))
    orders.take(0, event({ ...refund, lines: [line, line] }))
    expect(orders.valueOf(Int32Array.of(0), 1)[0]?.refundedMinor).toBe(180)
  })

  it('tells what one customer spent', () => {
    const orders = new Orders(AS_OF)
    orders.take(3, order('a', AS_OF - 2, 'o1', 1000))
    orders.take(3, order('a', AS_OF - 1, 'o2', 500))
    expect([orders.spendOf(3), orders.spendOf(0)]).toEqual([1500, 0])
  })

  it('customers without a segment are in no row', () => {
    const orders = new Orders(AS_OF)
    orders.take(0, order('a', AS_OF - 1, 'o1', 1000))
    expect(orders.valueOf(Int32Array.of(-1), 1)[0]).toMatchObject({ users: 0, orders: 0, revenueMinor: 0 })
  })
})
