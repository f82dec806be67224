import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import { hash52 } from '../../../src/domain/base/hash.ts'
import type { Event } from '../../../src/domain/events/event.ts'

interface Line {
  quantity: number
  amount: number
}

interface Order {
  readonly id: string
  readonly second: number
  counts: 0 | 1
  amount: number
  quantity: number
  lines: Map<string, Line> | 'lost'
}

/** The rules of the ledger on plain lists, for times within 30 days: the newest 64 orders, the newest 256 lines, 16 refunds that wait. */
export class PlainLedger {
  readonly #all: Order[] = []
  #known: Order[] = []
  #waiting: Event[] = []
  unknown = 0

  fold(e: Event): void {
    if (e.kind !== 'order_completed') {
      const order = this.#known.find(({ id }) => id === e.orderId)
      if (order) goesBack(order, e)
      else this.#wait(e)
      return
    }
    const lines = linesOf(e)
    const quantity = [...lines.values()].reduce((n, l) => n + l.quantity, 0)
    const second = Math.floor(e.eventTime / SECOND_MS)
    const order: Order = {
      id: e.orderId ?? '',
      second,
      counts: 1,
      amount: e.amountMinor ?? 0,
      quantity,
      lines,
    }
    for (const refund of this.#waiting) if (refund.orderId === order.id) goesBack(order, refund)
    this.#waiting = this.#waiting.filter((refund) => refund.orderId !== order.id)
    this.#all.push(order)
    this.#known = [...this.#known, order]
      .sort((a, b) => b.second - a.second || hash52(b.id) - hash52(a.id))
      .slice(0, 64)
    let sum = 0
    for (const o of this.#known) {
      if (o.lines === 'lost') sum = Infinity
      else if (o.counts === 1) sum += o.lines.size
      if (sum > 256 && o.counts === 1) o.lines = 'lost'
    }
  }

  #wait(refund: Event): void {
    const second = (e: Event): number => Math.floor(e.eventTime / SECOND_MS)
    this.#waiting = [...this.#waiting, refund].sort(
      (a, b) => second(b) - second(a) || hash52(b.orderId ?? '') - hash52(a.orderId ?? ''),
    )
    if (this.#waiting.length > 16) {
      this.#waiting.pop()
      this.unknown++
    }
  }

  totals(): Record<string, number> {
    const sum = (of: (o: Order) => number): number => this.#all.reduce((n, o) => n + of(o), 0)
    return { orders: sum((o) => o.counts), spend: sum((o) => o.amount) / 100, pieces: sum((o) => o.quantity) }
  }
}

function linesOf(e: Event): Map<string, Line> {
  const lines = new Map<string, Line>()
  for (const { product, quantity, amountMinor } of e.lines ?? []) {
    const line = lines.get(product) ?? { quantity: 0, amount: 0 }
    lines.set(product, { quantity: line.quantity + quantity, amount: line.amount + amountMinor })
  }
  return lines
}

function goesBack(order: Order, e: Event): void {
  const whole = e.lines === undefined && e.amountMinor === undefined
  if (e.kind === 'order_cancelled' || whole) {
    order.amount = order.quantity = 0
    if (e.kind === 'order_cancelled') {
      order.counts = 0
      order.lines = new Map()
    }
    if (order.lines !== 'lost') for (const line of order.lines.values()) line.quantity = line.amount = 0
    return
  }
  let [amount, quantity] = [e.amountMinor ?? 0, 0]
  for (const [product, wanted] of linesOf(e)) {
    const line = order.lines === 'lost' ? wanted : (order.lines.get(product) ?? { quantity: 0, amount: 0 })
    const [pieces, money] = [Math.min(line.quantity, wanted.quantity), Math.min(line.amount, wanted.amount)]
    amount += money
    quantity += pieces
    if (order.lines === 'lost') continue
    line.quantity -= pieces
    line.amount -= money
  }
  order.amount -= Math.min(order.amount, amount)
  order.quantity -= Math.min(order.quantity, quantity)
}
