import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/base/duration.ts'
import type { Random } from '../../domain/base/random.ts'
import type { Event, OrderLine } from '../../domain/events/event.ts'
import { departmentOf, pickItem, RETURNS, type Item } from './catalog.ts'
import type { Person } from './people.ts'
import type { Coupon, Promotion } from './promotions.ts'
import { hourOf, pickDepartment, tasteOf } from './rhythm.ts'
import { Trail } from './trail.ts'

/** Longest session in products looked at. */
const MAX_VIEWS = 40
const SEARCH_SHARE = 0.2
const TWO_OF_IT_SHARE = 0.15
/** Of the visits that end with a filled cart and no order, so many reach the checkout. */
const CHECKOUT_SHARE = 0.4
const CANCELLED_SHARE = 0.02
/** Of the orders of those who know a coupon, so many name it. */
const COUPON_SHARE = 0.6

/** What one visit is about, besides the person. */
export interface Visit {
  /** Unique per visit; becomes part of every id in it. */
  readonly id: string
  readonly dayStartMs: number
  /** The mail by whose link he came. */
  readonly campaign: string | undefined
  /** Of a first order. */
  readonly welcome: Coupon | undefined
  /** A promotion that he knows, and whether he meets it in this visit. */
  readonly offer: { readonly promotion: Promotion; readonly first: boolean } | undefined
}

interface InCart {
  readonly item: Item
  readonly quantity: number
}

/**
 * One visit, appended to `out`, and what becomes of its orders in the days after. True where it ended in an order of his own.
 * An offer draws from `offerRandom` alone: without it, everything else is the same.
 */
export function pushVisit(
  out: Event[],
  person: Person,
  visit: Visit,
  random: Random,
  offerRandom: Random,
): boolean {
  const { id, campaign, offer } = visit
  const startMs = visit.dayStartMs + Math.floor(hourOf(person.persona, random) * HOUR_MS)
  const channel = random.next() < person.app ? 'app' : 'web'
  const trail = new Trail(out, { person, channel, id, startMs, random })
  trail.push('page_viewed', { campaign })
  if (random.next() < SEARCH_SHARE) trail.push('products_searched', {})
  const cart = fillCart(trail, person, random)
  let ordered = false
  if (cart.length > 0) {
    ordered = random.next() < person.persona.orderPerCart
    if (ordered || random.next() < CHECKOUT_SHARE) trail.push('checkout_started', {})
    if (ordered) {
      const named = offerRandom.next() < COUPON_SHARE ? offer?.promotion.coupon : undefined
      pushOrder(trail, cart, `o-${id}`, named ?? visit.welcome, random)
    }
  }
  if (offer?.first === true) {
    const at = { person, channel, id, startMs: startMs + SECOND_MS, random: offerRandom }
    pushOffer(new Trail(out, at, 'p'), person, offer.promotion, offerRandom, trail.nowMs)
  }
  return ordered
}

function fillCart(trail: Trail, person: Person, random: Random): InCart[] {
  const { persona } = person
  const taste = tasteOf(person, trail.nowMs)
  const cart: InCart[] = []
  const views = Math.min(MAX_VIEWS, 1 + poisson(random, persona.viewsPerSession - 1))
  for (let v = 0; v < views; v++) {
    const item = pickItem(random, pickDepartment(taste, random), person.priceLevel)
    trail.push('product_viewed', { item })
    if (random.next() >= persona.cartPerView) continue
    const quantity = random.next() < TWO_OF_IT_SHARE ? 2 : 1
    const detail = { item, quantity, amountMinor: quantity * item.priceMinor }
    trail.push('product_added', detail)
    if (random.next() < persona.removePerCart) trail.push('product_removed', detail)
    else cart.push({ item, quantity })
  }
  return cart
}

/** He sees a promotion at the beginning of a visit; whom it moves comes back for it when the visit is over. */
function pushOffer(
  trail: Trail,
  person: Person,
  { name, lift, coupon }: Promotion,
  random: Random,
  visitEndMs: number,
): void {
  trail.push('promotion_viewed', { promotion: name })
  if (random.next() >= (lift[person.persona.name] ?? 0)) return
  trail.comeBack(visitEndMs + Math.floor(random.next() * 10 * MINUTE_MS))
  trail.push('promotion_clicked', { promotion: name })
  const item = pickItem(random, person.favourite, person.priceLevel)
  trail.push('product_viewed', { item })
  trail.push('product_added', { item, quantity: 1, amountMinor: item.priceMinor })
  trail.push('checkout_started', {})
  pushOrder(trail, [{ item, quantity: 1 }], `o-${trail.id}`, coupon, random)
}

/** An order, and its cancellation within hours or what goes back within three weeks. */
function pushOrder(
  trail: Trail,
  cart: readonly InCart[],
  orderId: string,
  coupon: Coupon | undefined,
  random: Random,
): void {
  const lines = cart.map((put) => lineOf(put, coupon?.discount ?? 0))
  const amountMinor = paid(lines)
  const full = cart.reduce((sum, { item, quantity }) => sum + quantity * item.priceMinor, 0)
  const orderedMs = trail.nowMs
  trail.push('order_completed', {
    orderId,
    lines,
    quantity: pieces(lines),
    amountMinor,
    coupon: coupon?.code,
    discountMinor: coupon === undefined ? undefined : full - amountMinor,
  })
  if (random.next() < CANCELLED_SHARE) {
    const afterMs = 10 * MINUTE_MS + Math.floor(random.next() * 20 * HOUR_MS)
    trail.pushLater('order_cancelled', orderedMs + afterMs, { orderId, amountMinor })
    return
  }
  const back = lines.filter((line) => random.next() < RETURNS[departmentOf(line.category)])
  if (back.length === 0) return
  const whole = back.length === lines.length
  const afterMs = 3 * DAY_MS + Math.floor(random.next() * 18 * DAY_MS)
  trail.pushLater('order_refunded', orderedMs + afterMs, {
    orderId,
    lines: whole ? undefined : back,
    quantity: pieces(back),
    amountMinor: paid(back),
  })
}

/** A line holds what was paid for it: what goes back is no more. */
function lineOf({ item, quantity }: InCart, discount: number): OrderLine & { category: string } {
  const full = quantity * item.priceMinor
  const amountMinor = full - Math.round(full * discount)
  return { product: item.product, category: item.category, quantity, amountMinor }
}

const paid = (lines: readonly OrderLine[]): number => lines.reduce((sum, line) => sum + line.amountMinor, 0)
const pieces = (lines: readonly OrderLine[]): number => lines.reduce((sum, line) => sum + line.quantity, 0)

/** Knuth's way: for small means. */
function poisson(random: Random, mean: number): number {
  const floor = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > floor; product *= random.next()) count++
  return count
}
