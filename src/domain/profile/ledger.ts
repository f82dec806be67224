import { DAY_MS, SECOND_MS } from '../base/duration.ts'
import { hash52 } from '../base/hash.ts'
import type { Event, EventKind } from '../events/event.ts'
import { MAX_ORDER_LINES, MAX_ORDERS, MAX_WAITING, MAX_WAITING_LINES } from '../features/bound.ts'
import { REVERSIBLE, type Reversible } from '../features/reversal.ts'
import { Blobs, BLOB_WIDTH } from './blobs.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readEntries, writeEntries, type Entries } from './ledger-codec.ts'
import { bounded, orderOf, refundOf, takeBack, type Line, type Order, type Refund } from './order.ts'
import { AS_OF } from './row.ts'
import type { Hops, Incoming, Part } from './store.ts'

// behind the link to the bytes: second of the oldest refund that waits; 0: none does
const OLDEST = BLOB_WIDTH

const WAIT_S = (30 * DAY_MS) / SECOND_MS

/** Kinds of events that a ledger takes in. */
export const LEDGER_KINDS: readonly EventKind[] = [REVERSIBLE, 'order_cancelled', 'order_refunded']

/** Something that goes back: of which order, and how much of each of its parts. */
export interface Reversal {
  readonly order: Order
  readonly taken: readonly number[]
}

/** What an event about an order comes to. */
export interface Outcome {
  readonly reversals: readonly Reversal[]
  /** Refunds whose order will not be known any more. */
  readonly unknown: number
}

/**
 * Each user's newest orders, so that one counts once, and can be undone: the MAX_ORDERS largest by (second, hash of the id). Going
 * from the newest to older ones, their lines are known as long as there are not more than MAX_ORDER_LINES in all; of older orders
 * only the rest is. A refund that comes before its order waits for it until 30 days after its own time, at most MAX_WAITING of them,
 * the newest, their lines added up where they are more than MAX_WAITING_LINES in all. The rest of an order is what it still counts
 * for; what a refund takes goes out of the bucket of the order, so that a window holds what was bought in it and kept. While
 * nothing is pushed out it is no matter in which order all of that comes.
 */
export class Ledger implements Part {
  readonly width = BLOB_WIDTH + 1
  readonly #at: number
  readonly #reversible: Reversible
  readonly #blobs = new Blobs()
  readonly #writer = new ByteWriter()
  /** What `knows` has read of whom, for the `take` that follows. */
  #read: { readonly base: number; readonly entries: Entries } | undefined

  constructor(reversible: Reversible, at: number) {
    this.#reversible = reversible
    this.#at = at
  }

  fresh(row: Float64Array, base: number): void {
    const from = base + this.#at
    row.fill(0, from, from + this.width)
  }

  release(row: Float64Array, base: number): void {
    this.#read = undefined
    this.#blobs.release(row, base + this.#at)
    row[base + this.#at + OLDEST] = 0
  }

  /** Is it an order that is remembered? */
  knows(row: Float64Array, base: number, event: Event): boolean {
    if (event.kind !== REVERSIBLE || event.orderId === undefined) return false
    const id = hash52(event.orderId)
    const entries = this.#entries(row, base)
    this.#read = { base, entries }
    return entries.orders.some((order) => order.id === id)
  }

  /** Takes in an event of LEDGER_KINDS; its own aggregates have been fed. */
  take(row: Float64Array, base: number, event: Event, incoming: Incoming): Outcome {
    const orders = event.kind === REVERSIBLE
    if (event.orderId === undefined) return { reversals: [], unknown: orders ? 0 : 1 }
    if (orders) return this.#order(row, base, orderOf(event, this.#reversible, incoming))
    return this.#refund(row, base, refundOf(event, this.#reversible))
  }

  /** Gives up the refunds that have waited too long as of the row's as-of; returns how many. */
  settle(row: Float64Array, base: number): number {
    const oldest = row[base + this.#at + OLDEST] as number
    if (oldest === 0 || !isOver(oldest, row[base + AS_OF] as number)) return 0
    const { orders, waiting } = this.#entries(row, base)
    const left = waiting.filter(({ second }) => !isOver(second, row[base + AS_OF] as number))
    this.#keep(row, base, { orders, waiting: left })
    return waiting.length - left.length
  }

  #order(row: Float64Array, base: number, order: Order): Outcome {
    const { orders, waiting } = this.#entries(row, base)
    const own = waiting.filter(({ id }) => id === order.id)
    const reversals = own.map((refund) => ({ order, taken: takeBack(order, refund, this.#reversible) }))
    orders.push(order)
    const left = own.length === 0 ? waiting : waiting.filter(({ id }) => id !== order.id)
    this.#keep(row, base, { orders: newest(orders), waiting: left })
    return { reversals, unknown: 0 }
  }

  #refund(row: Float64Array, base: number, refund: Refund): Outcome {
    const { orders, waiting } = this.#entries(row, base)
    const order = orders.find(({ id }) => id === refund.id)
    if (order !== undefined) {
      const taken = takeBack(order, refund, this.#reversible)
      this.#keep(row, base, { orders, waiting })
      return { reversals: [{ order, taken }], unknown: 0 }
    }
    if (isOver(refund.second, row[base + AS_OF] as number)) return { reversals: [], unknown: 1 }
    waiting.push(refund)
    const kept = newestWaiting(waiting)
    this.#keep(row, base, { orders, waiting: kept })
    return { reversals: [], unknown: waiting.length - kept.length }
  }

  #entries(row: Float64Array, base: number): Entries {
    const read = this.#read
    this.#read = undefined
    if (read?.base === base) return read.entries
    const bytes = this.#blobs.get(row, base + this.#at)
    if (bytes.length === 0) return { orders: [], waiting: [] }
    return readEntries(new ByteReader(bytes, bytes.length), this.#reversible)
  }

  #keep(row: Float64Array, base: number, entries: Entries): void {
    this.#read = undefined
    const at = base + this.#at
    const none = entries.orders.length + entries.waiting.length === 0
    if (none) return this.release(row, base)
    const out = this.#writer
    out.reset()
    writeEntries(entries, out)
    this.#blobs.put(row, at, out.written())
    row[at + OLDEST] = entries.waiting.at(-1)?.second ?? 0
  }

  write(row: Float64Array, base: number, _now: Hops, out: ByteWriter): void {
    const bytes = this.#blobs.get(row, base + this.#at)
    out.uint(bytes.length)
    out.bytes(bytes)
  }

  read(row: Float64Array, base: number, _now: Hops, from: ByteReader): void {
    const length = from.uint()
    if (length === 0) return
    const entries = readEntries(from.part(length), this.#reversible)
    this.#keep(row, base, entries)
  }
}

const isOver = (second: number, asOf: number): boolean => asOf > (second + WAIT_S) * SECOND_MS

const byNewest = (a: Order, b: Order): number => b.second - a.second || b.id - a.id

/** The newest orders, the last of which has come just now, and their lines from the newest on while they are few enough in all. */
function newest(orders: Order[]): Order[] {
  const last = orders.pop() as Order
  let at = orders.length
  while (at > 0 && byNewest(last, orders[at - 1] as Order) < 0) at--
  orders.splice(at, 0, last)
  const kept = orders.length > MAX_ORDERS ? orders.slice(0, MAX_ORDERS) : orders
  let lines = 0
  let lost = false
  for (const order of kept) {
    // once there were too many, those of older ones are lost, too, even of such as come later
    lost ||= order.linesLost
    lines += order.lines?.length ?? 0
    if (order.lines === null || (lines <= MAX_ORDER_LINES && !lost)) continue
    order.lines = null
    order.linesLost = lost = true
  }
  return kept
}

/** Ties are broken by all that a refund says. */
function byNewestRefund(a: Refund, b: Refund): number {
  if (a.second !== b.second) return b.second - a.second
  return a.id === b.id ? (JSON.stringify(a) < JSON.stringify(b) ? 1 : -1) : b.id - a.id
}

/** The newest refunds, their lines added up from where they are too many. */
function newestWaiting(refunds: readonly Refund[]): Refund[] {
  let lines = 0
  return refunds
    .toSorted(byNewestRefund)
    .slice(0, MAX_WAITING)
    .map((refund) => {
      lines += refund.lines?.length ?? 0
      return lines > MAX_WAITING_LINES && refund.lines !== null ? addedUp(refund, refund.lines) : refund
    })
}

function addedUp(refund: Refund, lines: readonly Line[]): Refund {
  const sum = (of: 'amount' | 'quantity'): number =>
    lines.reduce((n, line) => bounded(n + Math.max(0, line[of])), 0)
  return { ...refund, amount: sum('amount'), quantity: sum('quantity'), lines: null }
}
