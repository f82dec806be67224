import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { EVENT_KINDS, type Event } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan, MAX_PROFILE_BYTES } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { event } from './support.ts'

const T = Date.UTC(2024, 0, 1)
const HUGE = 2 ** 43 - 1

/** What a busy user may do: how many events, over how long, of which kinds, of how many orders. */
const USERS = [
  ['100,000 events in one day', { events: 100_000, days: 1, kinds: EVENT_KINDS, orders: 50 }],
  [
    '100,000 events of two years, in any order',
    { events: 100_000, days: 730, kinds: EVENT_KINDS, orders: 9999 },
  ],
  [
    '10,000 orders of many lines and their refunds',
    { events: 20_000, days: 400, kinds: ['order_completed', 'order_refunded'], orders: 9999 },
  ],
  [
    '10,000 refunds of orders that never come',
    { events: 10_000, days: 20, kinds: ['order_refunded'], orders: 9999 },
  ],
] as const

function* history(seed: number, how: (typeof USERS)[number][1]): Iterable<Event> {
  const random = seededRandom(seed)
  const of = (prefix: string, n: number): string => `${prefix}${random.below(n)}`
  for (let i = 0; i < how.events; i++) {
    const kind = how.kinds[random.below(how.kinds.length)] as Event['kind']
    const lines = Array.from({ length: random.below(12) }, () => ({
      product: of('p', 5000),
      quantity: random.below(1_000_000),
      amountMinor: random.below(500) === 0 ? HUGE : random.below(10_000),
    }))
    yield event({
      kind,
      eventTime: T + random.below(how.days * DAY_MS),
      product: of('p', 5000),
      category: `${of('c', 300)}.x`,
      session: of('s', 5000),
      amountMinor: random.below(500) === 0 ? HUGE : random.below(100_000),
      ...(kind.startsWith('order_') && { orderId: of('o', how.orders), lines }),
    })
  }
}

const plans = ['seed', 'default'].map((name) => {
  const path = new URL(`../../../models/feature-sets/${name}.json`, import.meta.url)
  return [name, compilePlan(parseFeatureSet(JSON.parse(readFileSync(path, 'utf8')), name), UTC)] as const
})

it.each(plans)(
  'a profile of the %s set may take as many bytes as its features, and 12 KiB of ids and orders',
  (_, plan) => {
    expect(plan.maxBytes).toBeLessThanOrEqual(MAX_PROFILE_BYTES + 12 * 1024)
  },
)

it.each(USERS.flatMap(([name, how]) => plans.map(([set, plan]) => [name, set, how, plan] as const)))(
  '%s never take more than the bound of the %s set',
  (_, __, how, plan) => {
    const p = new Profiles(plan)
    const slot = p.open('u')
    let n = 0
    for (const e of history(how.days, how)) {
      p.fold(slot, e)
      if (++n % 997 === 0) expect(p.save(slot).length).toBeLessThanOrEqual(plan.maxBytes)
    }
    for (let i = 1; i < 200; i++) p.enter(slot, i, p.asOf(slot), new Float64Array(plan.columns.length))
    const bytes = p.save(slot)
    expect(bytes.length).toBeLessThanOrEqual(plan.maxBytes)
    const again = new Profiles(plan)
    expect(again.save(again.load('u', bytes))).toEqual(bytes)
  },
)
