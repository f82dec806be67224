import { SECOND_MS } from '../base/duration.ts'
import { hash32, hash52 } from '../base/hash.ts'
import { MAX_AMOUNT_MINOR, type Event, type OrderLine } from '../events/event.ts'
import { MAX_ORDER_LINES } from '../features/bound.ts'
import type { Refundable } from '../features/measure.ts'
import { numbersIn, thousandths, total } from '../features/measure.ts'
import type { Reversible } from '../features/reversal.ts'
import type { Incoming } from './store.ts'

/** What is left of a product in an order: thousandths of pieces, and minor units. */
export interface Line {
  /** Hash of the product, 32 bits: it tells the few lines of one order apart. */
  readonly product: number
  quantity: number
  amount: number
}

/** What is left of an order. */
export interface Order {
  /** Unix seconds. */
  readonly second: number
  /** Hash of its id. */
  readonly id: number
  cancelled: boolean
  /** Which predicates it met, as the bytes of a bit set, in the order of `Reversible.predicates`. */
  readonly met: readonly number[]
  /** What it still counts for, by part; the first is 1 until it is cancelled. */
  readonly rest: number[]
  /** By product, ascending; null: not known, the rest of the order stands for them. */
  lines: Line[] | null
  /** They were known, and had to make room. */
  linesLost: boolean
}

/** What goes back of an order: all of it as if it had not been, or some of it. */
export interface Refund {
  /** Unix seconds. */
  readonly second: number
  /** Hash of the order's id. */
  readonly id: number
  readonly cancels: boolean
  /** Minor units and thousandths of pieces, without lines; Infinity: all that is left. */
  readonly amount: number
  readonly quantity: number
  /** By product, ascending; null: it names none. */
  readonly lines: readonly Line[] | null
}

export const secondOf = (ms: number): number => Math.floor(ms / SECOND_MS)

export function orderOf(
  event: Event,
  { parts, predicates, refundable }: Reversible,
  incoming: Incoming,
): Order {
  const { pass, local } = incoming
  const met = Array.from({ length: Math.ceil(predicates.length / 8) }, () => 0)
  predicates.forEach((p, i) => {
    if (pass[p] === 1) met[i >> 3] = (met[i >> 3] as number) | (1 << (i & 7))
  })
  const rest = parts.map(({ rule, measure }) =>
    rule === 'seen' ? numbersIn(measure, event) : total(measure, event, local),
  )
  const lines = refundable && event.lines !== undefined ? byProduct(event.lines) : []
  const known = refundable && event.lines !== undefined && lines.length <= MAX_ORDER_LINES
  const [second, id] = [secondOf(event.eventTime), hash52(event.orderId as string)]
  return { second, id, cancelled: false, met, rest, lines: known ? lines : null, linesLost: false }
}

/** What an event that names an order takes back from it. What goes back is told in positive numbers; others take nothing. */
export function refundOf(event: Event, { refundable }: Reversible): Refund {
  const cancels = event.kind === 'order_cancelled'
  const all = cancels || (event.lines === undefined && event.amountMinor === undefined)
  const lines = event.lines === undefined || !refundable ? null : byProduct(event.lines)
  return {
    second: secondOf(event.eventTime),
    id: hash52(event.orderId as string),
    cancels,
    amount: all ? Number.POSITIVE_INFINITY : Math.max(0, event.amountMinor ?? 0),
    quantity: all ? Number.POSITIVE_INFINITY : Math.max(0, thousandths(event.quantity ?? 0)),
    lines: all ? null : lines,
  }
}

/** What is added up of lines stays a number that can be stored, however many there are. */
export const bounded = (sum: number): number => Math.max(-MAX_AMOUNT_MINOR, Math.min(MAX_AMOUNT_MINOR, sum))

/** One line a product, by its hash. */
function byProduct(lines: readonly OrderLine[]): Line[] {
  const found = new Map<number, Line>()
  for (const { product, quantity, amountMinor } of lines) {
    const hash = hash32(product)
    const line = found.get(hash) ?? { product: hash, quantity: 0, amount: 0 }
    line.quantity = bounded(line.quantity + thousandths(quantity))
    line.amount = bounded(line.amount + amountMinor)
    found.set(hash, line)
  }
  return [...found.values()].sort((a, b) => a.product - b.product)
}

/**
 * Takes a refund out of what is left of its order; returns what goes of each part. A cancellation takes all of them. A refund
 * takes amounts and quantities: of lines what is left of each at most, else its amount and quantity; never more than the part has.
 */
export function takeBack(order: Order, refund: Refund, { parts }: Reversible): number[] {
  if (refund.cancels) {
    const taken = [...order.rest]
    order.rest.fill(0)
    order.cancelled = true
    order.lines = null
    return taken
  }
  const back = goingBack(order, refund)
  return parts.map(({ refundedBy }, i) => {
    if (refundedBy === null) return 0
    const taken = Math.min(Math.max(0, order.rest[i] as number), back[refundedBy])
    order.rest[i] = (order.rest[i] as number) - taken
    return taken
  })
}

function goingBack(order: Order, { lines, amount, quantity }: Refund): Record<Refundable, number> {
  if (lines === null) {
    if (amount < Number.POSITIVE_INFINITY) return { amount, quantity, lineAmount: 0, lineQuantity: 0 }
    for (const line of order.lines ?? []) line.quantity = line.amount = 0
    return { amount, quantity, lineAmount: amount, lineQuantity: quantity }
  }
  const back = { amount: 0, quantity: 0 }
  for (const wanted of lines) {
    const line = order.lines === null ? wanted : order.lines.find((l) => l.product === wanted.product)
    if (line === undefined) continue
    const pieces = Math.min(Math.max(0, line.quantity), Math.max(0, wanted.quantity))
    const money = Math.min(Math.max(0, line.amount), Math.max(0, wanted.amount))
    back.quantity += pieces
    back.amount += money
    if (order.lines === null) continue
    line.quantity -= pieces
    line.amount -= money
  }
  return { ...back, lineAmount: back.amount, lineQuantity: back.quantity }
}
