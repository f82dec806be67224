import { readFileSync } from 'node:fs'
import { UTC } from '../../../src/domain/base/zone.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import type { Event } from '../../../src/domain/events/event.ts'

let made = 0

/** An event with all its members, the given ones set; its id is its own unless given. */
export function event(given: Partial<Event> & Pick<Event, 'eventTime' | 'kind'>): Event {
  return {
    eventId: `e${made++}`,
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

const seedFile = new URL('../../../models/feature-sets/seed.json', import.meta.url)
/** The seed set, compiled. */
export const seedPlan = compilePlan(
  parseFeatureSet(JSON.parse(readFileSync(seedFile, 'utf8')), 'seed.json'),
  UTC,
)
