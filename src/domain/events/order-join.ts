import { MINUTE_MS } from '../base/duration.ts'
import { hash52 } from '../base/hash.ts'
import { MAX_AMOUNT_MINOR } from './event.ts'
import type { Event, OrderLine } from './event.ts'
import { refused } from './refusal.ts'
import type { Refused } from './refusal.ts'

/** How long after its first line an order waits for others, in event time. */
export const JOIN_WAIT_MS = 10 * MINUTE_MS
/** Lines of one order: the event must stay readable as one record. */
export const MAX_JOINED_LINES = 10_000
/** Lines, and events that are none, that wait in all; beyond, the oldest order is complete. */
export const MAX_WAITING = 1_000_000
/** Orders remembered as complete, the newest ones. */
export const MAX_CLOSED = 1_000_000

/** An event that is complete, or an order that may still grow. */
interface Waiting {
  readonly event: Event
  /** Of an order. */
  readonly id: string | undefined
  readonly lines: OrderLine[]
  amountMinor: number
  discountMinor: number | undefined
}

/**
 * Puts the lines of orders together that stand in records of their own. They need not be neighbours, and may differ in time:
 * an order has the time, and all else but its lines and amounts, of its first line. Events leave in the order in which they
 * came, an order's place being that of its first line.
 */
export class OrderJoin {
  /** In the order in which they came; `waiting[head…]` is still here. */
  #waiting: Waiting[] = []
  #head = 0
  #complete: Event[] = []
  readonly #open = new Map<string, Waiting>()
  readonly #closed = new Set<number>()
  /** What waits in all, in lines; an event that is no line counts as one. */
  #size = 0
  #clock = Number.NEGATIVE_INFINITY

  /** Takes in an event that is no line; it keeps its place among the orders. */
  pass(event: Event): void {
    this.#size++
    this.#take({ event, id: undefined, lines: [], amountMinor: 0, discountMinor: undefined })
  }

  /** Takes in a line as an order of itself: an order begins with it, it joins one, or it comes too late. */
  add(line: Event, key: string): 'begun' | 'joined' | Refused {
    const id = JSON.stringify([line.kind, line.userId, key])
    const order = this.#open.get(id)
    const now = Math.max(this.#clock, line.eventTime)
    if (order ? !isOpen(order, now) : this.#closed.has(hash52(id)))
      return refused(
        'late-line',
        `eventTime: ${line.eventTime} is a line of an order that was complete, ${JOIN_WAIT_MS / MINUTE_MS} minutes ` +
          'after its first one',
      )
    const { lines = [], amountMinor = 0, discountMinor } = line
    if (order === undefined) {
      const begun = { event: line, id, lines: [...lines], amountMinor, discountMinor }
      this.#open.set(id, begun)
      this.#size += lines.length
      this.#take(begun)
      return 'begun'
    }
    const problem = cannotGrow(order, line)
    if (problem !== undefined) return problem
    order.lines.push(...lines)
    order.amountMinor += amountMinor
    if (discountMinor !== undefined) order.discountMinor = (order.discountMinor ?? 0) + discountMinor
    this.#size += lines.length
    this.#advance(line.eventTime)
    return 'joined'
  }

  /** The events that have become complete since the last call, in order. */
  take(): Event[] {
    const complete = this.#complete
    this.#complete = []
    return complete
  }

  /** The same at the end of the inputs, when nothing can grow any more. */
  end(): Event[] {
    this.#advance(Number.POSITIVE_INFINITY)
    return this.take()
  }

  #take(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#advance(waiting.event.eventTime)
  }

  /** Decided line by line, so that it does not depend on how the input is read. */
  #advance(time: number): void {
    this.#clock = Math.max(this.#clock, time)
    for (; this.#head < this.#waiting.length; this.#head++) {
      const next = this.#waiting[this.#head] as Waiting
      if (isOpen(next, this.#clock) && this.#size <= MAX_WAITING) break
      this.#size -= next.id === undefined ? 1 : next.lines.length
      this.#complete.push(next.id === undefined ? next.event : this.#close(next, next.id))
    }
    if (2 * this.#head <= this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#head)
    this.#head = 0
  }

  #close({ event, lines, amountMinor, discountMinor }: Waiting, id: string): Event {
    this.#open.delete(id)
    this.#closed.add(hash52(id))
    for (const oldest of this.#closed) {
      if (this.#closed.size <= MAX_CLOSED) break
      this.#closed.delete(oldest)
    }
    return { ...event, lines, amountMinor, discountMinor }
  }
}

const isOpen = ({ id, event }: Waiting, now: number): boolean =>
  id !== undefined && now - event.eventTime <= JOIN_WAIT_MS

function cannotGrow({ event, lines, amountMinor }: Waiting, line: Event): Refused | undefined {
  if (line.currency !== event.currency)
    return refused('bad-value', `currency: ${line.currency} in an order that began with ${event.currency}`)
  if (lines.length >= MAX_JOINED_LINES)
    return refused('too-large', `the order has more than ${MAX_JOINED_LINES} lines`)
  if (amountMinor + (line.amountMinor ?? 0) < MAX_AMOUNT_MINOR) return undefined
  return refused('bad-value', 'amountMinor: that of the order would not be below 2^43')
}
