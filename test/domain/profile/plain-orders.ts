import { DAY_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import type { Event, OrderLine } from '../../../src/domain/events/event.ts'

/** An event that was folded, and the as-of that this led to. */
export interface Folded {
  readonly event: Event
  readonly asOf: number
}

const isRefund = ({ kind }: Event): boolean => kind === 'order_cancelled' || kind === 'order_refunded'
/** From when on a refund waits no longer. */
const over = ({ eventTime }: Event): number => Math.floor(eventTime / SECOND_MS) * SECOND_MS + 30 * DAY_MS

/** The refunds that found their order: it was known, or came while they waited. */
function found(history: readonly Folded[], order: Event): Event[] {
  const at = history.findIndex(({ event }) => event === order)
  const asOf = (history[at] as Folded).asOf
  return history
    .filter(
      ({ event }, i) => event.orderId === order.orderId && isRefund(event) && (i > at || asOf <= over(event)),
    )
    .map(({ event }) => event)
}

const ordersOf = (history: readonly Folded[]): Event[] =>
  history.map(({ event }) => event).filter((e) => e.kind === 'order_completed' && e.orderId !== undefined)

/** The events with orders as cancellations and refunds have left them; each order id is there once. */
export function net(history: readonly Folded[]): Event[] {
  return history.flatMap(({ event }) =>
    event.kind === 'order_completed' && event.orderId !== undefined
      ? left(event, found(history, event))
      : [event],
  )
}

/** Refunds that reverse nothing: they name no order, or waited for it in vain. */
export function unknownRefunds(history: readonly Folded[], asOf: number): number {
  const known = new Set(ordersOf(history).flatMap((order) => found(history, order)))
  const refunds = history.map(({ event }) => event).filter(isRefund)
  return refunds.filter((e) => e.orderId === undefined || (!known.has(e) && asOf > over(e))).length
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const totalOf = (lines: readonly OrderLine[], product: string, of: 'quantity' | 'amountMinor'): number =>
  sum(lines.filter((line) => line.product === product).map((line) => line[of]))

function left(order: Event, refunds: readonly Event[]): Event[] {
  if (refunds.some((r) => r.kind === 'order_cancelled')) return []
  const whole = refunds.some((r) => r.lines === undefined && r.amountMinor === undefined)
  const named = refunds.flatMap((r) => r.lines ?? [])
  const plain = refunds.filter((r) => r.lines === undefined)
  const products = [...new Set((order.lines ?? named).map((line) => line.product))]
  const backOf = (product: string, of: 'quantity' | 'amountMinor'): number => {
    const wanted = totalOf(named, product, of)
    if (order.lines === undefined) return wanted
    const bought = totalOf(order.lines, product, of)
    return whole ? bought : Math.min(bought, wanted)
  }
  const back = (of: 'quantity' | 'amountMinor'): number =>
    sum(products.map((product) => backOf(product, of))) + sum(plain.map((r) => Math.max(0, r[of] ?? 0)))
  const rest = (of: 'quantity' | 'amountMinor'): number | undefined => {
    const had = order[of]
    if (had === undefined || had < 0) return had
    return whole ? 0 : Math.max(0, had - back(of))
  }
  const lines = order.lines?.map((line, i, all): OrderLine => {
    const isFirst = all.findIndex((other) => other.product === line.product) === i
    const share = (of: 'quantity' | 'amountMinor'): number =>
      isFirst ? totalOf(all, line.product, of) - backOf(line.product, of) : 0
    return { ...line, quantity: share('quantity'), amountMinor: share('amountMinor') }
  })
  return [{ ...order, amountMinor: rest('amountMinor'), quantity: rest('quantity'), lines }]
}
