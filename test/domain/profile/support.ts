import type { Event } from '../../../src/domain/events/event.ts'

/** An event with all its members, the given ones set. */
export function event(given: Partial<Event> & Pick<Event, 'eventTime' | 'kind'>): Event {
  return {
    eventId: '',
    userId: 'u1',
    session: undefined,
    product: undefined,
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
