import { SECOND_MS } from '../../domain/base/duration.ts'
import type { Random } from '../../domain/base/random.ts'
import type { Event, EventKind, OrderLine } from '../../domain/events/event.ts'
import type { Item } from './catalog.ts'
import type { Person } from './people.ts'

const CURRENCY = 'EUR'
/** Pause after an event: the least, and the mean of what comes on top (exponential). */
const PAUSE = { leastMs: 5 * SECOND_MS, meanMs: 40 * SECOND_MS } as const

/** What one kind of event adds to what all events of a visit share. */
export interface Detail {
  readonly item?: Item
  readonly quantity?: number
  readonly amountMinor?: number
  readonly orderId?: string
  readonly lines?: readonly OrderLine[] | undefined
  readonly coupon?: string | undefined
  readonly discountMinor?: number | undefined
  readonly promotion?: string
  readonly campaign?: string | undefined
}

export interface TrailStart {
  readonly person: Person
  readonly channel: string
  readonly id: string
  readonly startMs: number
  readonly random: Random
}

/** Events of one visit one after the other, appended to `out`: ids numbered, a pause after each. */
export class Trail {
  readonly id: string
  readonly #out: Event[]
  readonly #start: TrailStart
  #nowMs: number
  #session: string
  #count = 0

  /** `branch` tells a second trail through the same visit from the first. */
  constructor(out: Event[], start: TrailStart, branch = '') {
    this.#out = out
    this.#start = start
    this.#nowMs = start.startMs
    this.#session = `s-${start.id}`
    this.id = `${start.id}${branch}`
  }

  /** Time of the next event. */
  get nowMs(): number {
    return this.#nowMs
  }

  push(kind: EventKind, detail: Detail): void {
    this.#add(kind, this.#nowMs, detail, this.#session)
    const { random } = this.#start
    this.#nowMs += PAUSE.leastMs + Math.floor(-Math.log(1 - random.next()) * PAUSE.meanMs)
  }

  /** A new session from `ms` on. */
  comeBack(ms: number): void {
    this.#nowMs = ms
    this.#session = `s-${this.id}`
  }

  /** Something that happens at `ms` by itself, in no session. */
  pushLater(kind: EventKind, ms: number, detail: Detail): void {
    this.#add(kind, ms, detail, undefined)
  }

  #add(kind: EventKind, eventTime: number, d: Detail, session: string | undefined): void {
    const { person, channel } = this.#start
    this.#out.push({
      eventId: `e-${this.id}-${(this.#count++).toString(36)}`,
      userId: person.userId,
      eventTime,
      kind,
      session,
      product: d.item?.product,
      category: d.item?.category,
      brand: undefined,
      quantity: d.quantity,
      amountMinor: d.amountMinor,
      currency: d.amountMinor === undefined ? undefined : CURRENCY,
      orderId: d.orderId,
      lines: d.lines,
      coupon: d.coupon,
      discountMinor: d.discountMinor,
      channel,
      country: d.orderId === undefined ? undefined : person.country,
      promotion: d.promotion,
      campaign: d.campaign,
      attributes: undefined,
    })
  }
}
