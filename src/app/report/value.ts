import { quantileOfSorted } from '../../domain/model/quantile.ts'
import { DAY_MS } from '../../domain/base/duration.ts'
import type { Event } from '../../domain/events/event.ts'

/** What customers brought is told of the year before the as-of. */
export const VALUE_WINDOW_MS = 365 * DAY_MS

/** What the customers of one segment bought within the year before the as-of. Money in minor units. */
export interface SegmentValue {
  readonly users: number
  readonly buyers: number
  readonly orders: number
  readonly revenueMinor: number
  /** Given back, of `revenueMinor`; refunds that name no amount are not in it. */
  readonly refundedMinor: number
  /** Of an order; NaN without orders. */
  readonly basketMeanMinor: number
  readonly basketP50Minor: number
  /** Of a buyer within the year; NaN without buyers. */
  readonly spendP50Minor: number
  readonly spendP90Minor: number
  /** Buyers with two orders or more, of all buyers; NaN without buyers. */
  readonly repeatRate: number
}

/** Orders of the year before an as-of; a second record of an order counts nothing. Customers are slots. */
export class Orders {
  readonly #from: number
  readonly #seen = new Set<string>()
  readonly #slots: number[] = []
  readonly #amounts: number[] = []
  readonly #refunds = new Map<number, number>()
  /** Made when it is first asked for, after all orders were taken. */
  #spend: Map<number, number> | undefined

  constructor(asOf: number) {
    this.#from = asOf - VALUE_WINDOW_MS
  }

  take(slot: number, event: Event): void {
    if (event.eventTime < this.#from) return
    if (event.kind === 'order_refunded') {
      const lines = event.lines?.reduce((sum, line) => sum + line.amountMinor, 0)
      this.#refunds.set(slot, (this.#refunds.get(slot) ?? 0) + Math.abs(event.amountMinor ?? lines ?? 0))
    }
    if (event.kind !== 'order_completed') return
    const key = `${slot} ${event.orderId}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#slots.push(slot)
    this.#amounts.push(event.amountMinor ?? 0)
  }

  /** What a customer spent, minor units, before refunds. */
  spendOf(slot: number): number {
    this.#spend ??= this.#slots.reduce(
      (spend, of, i) => spend.set(of, (spend.get(of) ?? 0) + (this.#amounts[i] as number)),
      new Map<number, number>(),
    )
    return this.#spend.get(slot) ?? 0
  }

  /** Per segment; `segmentOf`: index of a slot's segment, −1: none. */
  valueOf(segmentOf: Int32Array, segments: number): SegmentValue[] {
    const users = new Float64Array(segments)
    for (const segment of segmentOf) if (segment >= 0) users[segment] = (users[segment] as number) + 1
    const baskets = Array.from({ length: segments }, (): number[] => [])
    const buyers = Array.from(
      { length: segments },
      () => new Map<number, { spend: number; orders: number }>(),
    )
    this.#slots.forEach((slot, i) => {
      const segment = segmentOf[slot] ?? -1
      if (segment < 0) return
      const amount = this.#amounts[i] as number
      baskets[segment]?.push(amount)
      const his = buyers[segment]?.get(slot) ?? { spend: 0, orders: 0 }
      buyers[segment]?.set(slot, { spend: his.spend + amount, orders: his.orders + 1 })
    })
    const refunded = new Float64Array(segments)
    for (const [slot, amount] of this.#refunds) {
      const segment = segmentOf[slot] ?? -1
      if (segment >= 0) refunded[segment] = (refunded[segment] as number) + amount
    }
    return baskets.map((basket, s) => {
      const all = [...(buyers[s] as Map<number, { spend: number; orders: number }>).values()]
      const spend = Float64Array.from(all, (b) => b.spend).sort()
      const revenueMinor = spend.reduce((a, b) => a + b, 0)
      return {
        users: users[s] as number,
        buyers: all.length,
        orders: basket.length,
        revenueMinor,
        refundedMinor: refunded[s] as number,
        basketMeanMinor: revenueMinor / basket.length,
        basketP50Minor: quantileOfSorted(Float64Array.from(basket).sort(), 0.5),
        spendP50Minor: quantileOfSorted(spend, 0.5),
        spendP90Minor: quantileOfSorted(spend, 0.9),
        repeatRate: all.filter((b) => b.orders > 1).length / all.length,
      }
    })
  }
}
