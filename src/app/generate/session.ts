import { HOUR_MS, SECOND_MS } from '../../domain/base/duration.ts'
import type { Random } from '../../domain/base/random.ts'
import type { Event, EventKind, OrderLine } from '../../domain/events/event.ts'
import { DEPARTMENTS, pickItem, type Department, type Item } from './catalog.ts'
import type { Person } from './people.ts'

const CURRENCY = 'EUR'
/** Longest session in products looked at. */
const MAX_VIEWS = 40

/** What one kind of event adds to what all events of a session share. */
interface Detail {
  readonly item?: Item
  readonly quantity?: number
  readonly amountMinor?: number
  readonly orderId?: string
  readonly lines?: readonly OrderLine[]
}

/** One visit, appended to `out` in time order. `id` is unique per visit and becomes part of every id in it. */
export function pushSession(
  out: Event[],
  person: Person,
  random: Random,
  dayStartMs: number,
  id: string,
): void {
  let t = dayStartMs + Math.floor(hourOf(person, random) * HOUR_MS)
  let n = 0
  const push = (kind: EventKind, detail: Detail): void => {
    out.push(eventOf(person, t, kind, `s-${id}`, `e-${id}-${(n++).toString(36)}`, detail))
    t += 5 * SECOND_MS + Math.floor(-Math.log(1 - random.next()) * 40 * SECOND_MS)
  }
  const { persona } = person
  push('page_viewed', {})
  const cart: { item: Item; quantity: number }[] = []
  const views = Math.min(MAX_VIEWS, 1 + poisson(random, persona.viewsPerSession - 1))
  for (let v = 0; v < views; v++) {
    const item = pickItem(random, departmentOf(person, random), person.priceLevel)
    push('product_viewed', { item })
    if (random.next() >= persona.cartPerView) continue
    const quantity = random.next() < 0.85 ? 1 : 2
    const detail = { item, quantity, amountMinor: quantity * item.priceMinor }
    push('product_added', detail)
    if (random.next() < persona.removePerCart) push('product_removed', detail)
    else cart.push({ item, quantity })
  }
  if (cart.length === 0) return
  push('page_viewed', {})
  if (random.next() < persona.orderPerCart) push('order_completed', orderOf(cart, `o-${id}`))
}

function orderOf(cart: readonly { item: Item; quantity: number }[], orderId: string): Detail {
  const lines = cart.map(({ item, quantity }) => ({
    product: item.product,
    category: item.category,
    quantity,
    amountMinor: quantity * item.priceMinor,
  }))
  return {
    orderId,
    lines,
    quantity: lines.reduce((sum, l) => sum + l.quantity, 0),
    amountMinor: lines.reduce((sum, l) => sum + l.amountMinor, 0),
  }
}

/** Knuth's way: for small means. */
function poisson(random: Random, mean: number): number {
  const floor = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > floor; product *= random.next()) count++
  return count
}

function departmentOf(person: Person, random: Random): Department {
  const chance = random.next()
  if (chance < 0.6) return person.favourite
  const { departments } = person.persona
  const from = chance < 0.9 ? departments : DEPARTMENTS
  return from[random.below(from.length)] as Department
}

function hourOf(person: Person, random: Random): number {
  const hour = person.persona.hour + person.persona.hourSpread * random.normal()
  return ((hour % 24) + 24) % 24
}

function eventOf(
  person: Person,
  t: number,
  kind: EventKind,
  session: string,
  eventId: string,
  d: Detail,
): Event {
  return {
    eventId,
    userId: person.userId,
    eventTime: t,
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
    coupon: undefined,
    discountMinor: undefined,
    channel: person.channel,
    country: d.orderId === undefined ? undefined : person.country,
    promotion: undefined,
    campaign: undefined,
    attributes: undefined,
  }
}
