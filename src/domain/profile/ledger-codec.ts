import { MAX_ORDER_LINES, MAX_ORDERS, MAX_WAITING, MAX_WAITING_LINES } from '../features/bound.ts'
import type { Reversible } from '../features/reversal.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'
import type { Line, Order, Refund } from './order.ts'

/** A user's orders, newest first by (second, id), and the refunds that wait for theirs, newest first. */
export interface Entries {
  readonly orders: Order[]
  readonly waiting: Refund[]
}

// how an order stands
const OPEN = 0
const CANCELLED = 1
const LINES = 2
const LINES_LOST = 3

// what a refund takes back
const ALL = 0
const CANCELS = 1
const SOME = 2
const SOME_LINES = 3

/** Seconds as distances from the one before, newest first; of a cancelled order nothing is left. */
export function writeEntries({ orders, waiting }: Entries, out: ByteWriter): void {
  out.uint(orders.length)
  let last = 0
  for (const order of orders) {
    const { second, id, cancelled, met, rest, lines } = order
    out.int(last - second)
    last = second
    out.hash(id)
    out.byte(formOf(order))
    if (cancelled) continue
    for (const byte of met) out.byte(byte)
    for (let i = 1; i < rest.length; i++) out.int(rest[i] as number)
    if (lines !== null) writeLines(lines, out)
  }
  out.uint(waiting.length)
  for (const { second, id, cancels, amount, quantity, lines } of waiting) {
    out.int(last - second)
    last = second
    out.hash(id)
    const some = lines === null ? SOME : SOME_LINES
    const form = cancels ? CANCELS : amount === Number.POSITIVE_INFINITY ? ALL : some
    out.byte(form)
    if (form === SOME) out.uint(amount)
    if (form === SOME) out.uint(quantity)
    if (lines !== null) writeLines(lines, out)
  }
}

function formOf({ cancelled, lines, linesLost }: Order): number {
  if (cancelled) return CANCELLED
  if (linesLost) return LINES_LOST
  return lines === null ? OPEN : LINES
}

function writeLines(lines: readonly Line[], out: ByteWriter): void {
  out.uint(lines.length)
  for (const { product, quantity, amount } of lines) {
    out.uint32(product)
    out.int(quantity)
    out.int(amount)
  }
}

export function readEntries(from: ByteReader, { parts, predicates }: Reversible): Entries {
  const entries: Entries = { orders: [], waiting: [] }
  let second = 0
  let linesLeft = MAX_ORDER_LINES
  for (let n = lengthOf(from, MAX_ORDERS); n > 0; n--) {
    second -= from.int()
    const id = from.hash()
    const form = from.byte()
    const cancelled = form === CANCELLED
    const met: number[] = []
    for (let i = 0; i < predicates.length; i += 8) met.push(cancelled ? 0 : from.byte())
    const rest = [cancelled ? 0 : 1]
    for (let i = 1; i < parts.length; i++) rest.push(cancelled ? 0 : from.int())
    const lines = form === LINES ? readLines(from, linesLeft) : null
    linesLeft -= lines?.length ?? 0
    entries.orders.push({ second, id, cancelled, met, rest, lines, linesLost: form === LINES_LOST })
  }
  linesLeft = MAX_WAITING_LINES
  for (let n = lengthOf(from, MAX_WAITING); n > 0; n--) {
    second -= from.int()
    const id = from.hash()
    const form = from.byte()
    const all = form === ALL || form === CANCELS
    const amount = all ? Number.POSITIVE_INFINITY : form === SOME ? from.uint() : 0
    const quantity = all ? Number.POSITIVE_INFINITY : form === SOME ? from.uint() : 0
    const lines = form === SOME_LINES ? readLines(from, linesLeft) : null
    linesLeft -= lines?.length ?? 0
    entries.waiting.push({ second, id, cancels: form === CANCELS, amount, quantity, lines })
  }
  if (!from.done) corrupt()
  return entries
}

function readLines(from: ByteReader, most: number): Line[] {
  const lines: Line[] = []
  for (let n = lengthOf(from, most); n > 0; n--)
    lines.push({ product: from.uint32(), quantity: from.int(), amount: from.int() })
  return lines
}

function lengthOf(from: ByteReader, most: number): number {
  const length = from.uint()
  return length <= most ? length : corrupt()
}
