import { describe, expect, it } from 'vitest'
import { snapshots } from '../../../src/app/features.ts'
import { BOT_EVENTS_PER_DAY, BOT_HOURS_PER_DAY, Watch, type History } from '../../../src/app/study/watch.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event, EventKind } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'

const VIEWS = { name: 'views', aggregate: 'count', on: ['product_viewed'], window: 'lifetime' }
const plan = compilePlan(parseFeatureSet({ name: 'v', version: 1, zone: 'UTC', features: [VIEWS] }, 'v'), UTC)

let n = 0
const event = (userId: string, eventTime: number, kind: EventKind = 'product_viewed'): Event => ({
  eventId: `e${n++}`,
  userId,
  eventTime,
  kind,
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
})
const many = (user: string, count: number, at: (i: number) => number): Event[] =>
  Array.from({ length: count }, (_, i) => event(user, at(i)))

async function watched(events: readonly Event[], later = 3): Promise<History> {
  const watch = new Watch(later)
  await snapshots(plan, events, [100 * DAY_MS], watch.folded)
  return watch.result()
}

describe('what a table no longer shows', () => {
  it('is the vector after each of a user’s first events, of those who made enough', async () => {
    const { early, events } = await watched([...many('a', 4, (i) => i * HOUR_MS), ...many('b', 2, (i) => i)])
    expect(early.map((vectors) => vectors.map((v) => v[0]))).toEqual([[1, 2, 3]])
    expect(events).toBe(6)
  })

  it('leaves out what lies after the as-of, and passive events', async () => {
    const { early, events } = await watched([
      event('a', 0),
      event('a', 1, 'campaign_exposed'),
      ...many('a', 2, (i) => 2 + i),
      event('a', 100 * DAY_MS),
    ])
    expect(early.map((vectors) => vectors.map((v) => v[0]))).toEqual([[1, 2, 3]])
    expect(events).toBe(4)
  })

  it('is a sample of the users that does not hang on the order of others’ events', async () => {
    const users = Array.from({ length: 9_000 }, (_, i) => `u${i}`)
    const events = users.map((u, i) => event(u, i))
    const [forth, back] = [await watched(events, 1), await watched(events.toReversed(), 1)]
    expect([forth.early.length, back.early.length]).toEqual([2_000, 2_000])
  })

  it.each([
    ['as many events as a person may have', many('a', BOT_EVENTS_PER_DAY, (i) => i * SECOND_MS), 0],
    ['one more', many('a', BOT_EVENTS_PER_DAY + 1, (i) => i * SECOND_MS), 1],
    [
      'one more, but over midnight',
      many('a', BOT_EVENTS_PER_DAY + 1, (i) => DAY_MS - SECOND_MS + i * SECOND_MS),
      0,
    ],
    ['as many hours as a person may have', many('a', BOT_HOURS_PER_DAY, (i) => i * HOUR_MS), 0],
    ['one hour more', many('a', BOT_HOURS_PER_DAY + 1, (i) => i * HOUR_MS), 1],
  ])('knows bots by a rule: %s', async (_, events, bots) => {
    const { botUsers, botEvents } = await watched([...events, event('b', 1)])
    expect([botUsers, botEvents]).toEqual([bots, bots * events.length])
  })
})
