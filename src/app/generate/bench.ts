import { DAY_MS } from '../../domain/base/duration.ts'
import { seededRandom, type Random } from '../../domain/base/random.ts'
import type { Event, EventKind } from '../../domain/events/event.ts'
import { SHOP_START_MS } from './shop.ts'

/** A load for benchmarks: no shop, only its measures. */
export interface LoadOptions {
  readonly users: number
  readonly events: number
  readonly days: number
  /** Unix ms of the first day. */
  readonly startMs: number
  /** Integer; the same options give the same events. */
  readonly seed: number
}

export const LOAD_DEFAULTS: LoadOptions = {
  users: 200_000,
  events: 2_000_000,
  days: 60,
  seed: 7,
  startMs: SHOP_START_MS,
}

/** Shares of the kinds: the rest are views. */
const CARTS = 0.1
const PURCHASES = 0.05
/** Of Zipf's law: the user of rank k has a share in proportion to k^−s. The busiest of 200,000 has 0.8 % of the events. */
const EXPONENT = 0.75
const CATEGORIES = 50
const PRODUCTS = 5000

/** Events in order of time, evenly spread over the days: 85 % views, 10 % carts, 5 % purchases, few members set. */
export function* loadEvents(options: LoadOptions): Generator<Event, void, undefined> {
  const { users, events, days, seed, startMs } = options
  const random = seededRandom(seed)
  const everyMs = (days * DAY_MS) / events
  const run = seed.toString(36)
  for (let i = 0; i < events; i++) {
    const eventTime = startMs + Math.floor((i + random.next()) * everyMs)
    yield loadEvent(`b-${run}-${i.toString(36)}`, `u-${zipf(random, users)}`, eventTime, random)
  }
}

/** A rank in [0, n), by the inverse of the continuous law between 1 and n + 1. */
function zipf(random: Random, n: number): number {
  const power = 1 - EXPONENT
  const x = Math.pow((Math.pow(n + 1, power) - 1) * random.next() + 1, 1 / power)
  return Math.min(n, Math.floor(x)) - 1
}

function loadEvent(eventId: string, userId: string, eventTime: number, random: Random): Event {
  const chance = random.next()
  const kind: EventKind =
    chance < PURCHASES ? 'order_completed' : chance < PURCHASES + CARTS ? 'product_added' : 'product_viewed'
  const paid = kind !== 'product_viewed'
  const number = random.below(PRODUCTS)
  const product = `p-${number}`
  const category = `c-${number % CATEGORIES}`
  const amountMinor = paid ? 100 + random.below(20_000) : undefined
  const order = kind === 'order_completed' && amountMinor !== undefined
  return {
    eventId,
    userId,
    eventTime,
    kind,
    session: undefined,
    product: order ? undefined : product,
    category: order ? undefined : category,
    brand: undefined,
    quantity: kind === 'product_added' ? 1 : undefined,
    amountMinor,
    currency: paid ? 'EUR' : undefined,
    orderId: order ? `o-${eventId}` : undefined,
    lines: order ? [{ product, category, quantity: 1, amountMinor }] : undefined,
    coupon: undefined,
    discountMinor: undefined,
    channel: undefined,
    country: undefined,
    promotion: undefined,
    campaign: undefined,
    attributes: undefined,
  }
}
