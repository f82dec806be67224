import type { Event } from '../../../src/domain/events/event.ts'

let number = 0

/** An event with what a test says of it; a view of a product where it says nothing. */
export function event(given: Partial<Event> & Pick<Event, 'userId' | 'eventTime'>): Event {
  return {
    eventId: `e${number++}`,
    kind: 'product_viewed',
    session: undefined,
    product: 'p',
    category: undefined,
    brand: undefined,
    quantity: undefined,
    amountMinor: undefined,
    currency: undefined,
    orderId: undefined,
    lines: undefined,
    coupon: undefined,
    discountMinor: undefined,
    channel: undefined,
    country: undefined,
    promotion: undefined,
    campaign: undefined,
    attributes: undefined,
    ...given,
  }
}

export function order(userId: string, eventTime: number, orderId: string, amountMinor: number): Event {
  return event({ userId, eventTime, kind: 'order_completed', orderId, amountMinor, currency: 'EUR' })
}
