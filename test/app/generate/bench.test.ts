import { expect, test } from 'vitest'
import { makeDecoder } from '../../../src/app/decode.ts'
import { loadEvents } from '../../../src/app/generate/bench.ts'
import { SHOP_START_MS } from '../../../src/app/generate/shop.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'

const OPTIONS = { users: 1000, events: 20_000, days: 60, seed: 7, startMs: SHOP_START_MS }
const load = (over: Partial<typeof OPTIONS> = {}): Event[] => [...loadEvents({ ...OPTIONS, ...over })]

test('the same options give the same events, another seed others with ids of their own', () => {
  expect(load()).toEqual(load())
  const ids = new Set([...load(), ...load({ seed: 8 })].map((e) => e.eventId))
  expect(ids.size).toBe(2 * OPTIONS.events)
})

test('time goes on evenly over the days, never back', () => {
  const times = load().map((e) => e.eventTime)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(SHOP_START_MS)
  expect(times.at(-1)).toBeLessThan(SHOP_START_MS + 60 * DAY_MS)
  const firstHalf = times.filter((t) => t < SHOP_START_MS + 30 * DAY_MS).length
  expect(firstHalf / OPTIONS.events).toBeCloseTo(0.5, 3)
})

test('85 % views, 10 % carts, 5 % purchases', () => {
  const events = load()
  const share = (kind: string): number => events.filter((e) => e.kind === kind).length / events.length
  expect(share('product_viewed')).toBeCloseTo(0.85, 1)
  expect(share('product_added')).toBeCloseTo(0.1, 2)
  expect(share('order_completed')).toBeCloseTo(0.05, 2)
})

test('users follow Zipf’s law: a share in proportion to rank^−0.75', () => {
  const counts = new Map<string, number>()
  for (const { userId } of load({ events: 200_000 })) counts.set(userId, (counts.get(userId) ?? 0) + 1)
  const of = (from: number, to: number): number => {
    let sum = 0
    for (let rank = from; rank <= to; rank++) sum += counts.get(`u-${rank - 1}`) ?? 0
    return sum
  }
  const law = (from: number, to: number): number => (to + 1) ** 0.25 - from ** 0.25
  expect(of(1, 10) / of(101, 1000)).toBeCloseTo(law(1, 10) / law(101, 1000), 1)
  expect([...counts.keys()].every((user) => Number(user.slice(2)) < OPTIONS.users)).toBe(true)
})

test('every event is one that a decoder takes', () => {
  const decode = makeDecoder({ format: 'ndjson' })
  for (const event of load({ events: 500 })) {
    const bytes = Buffer.from(JSON.stringify(event))
    const record = { offset: 0, time: NaN, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
    const decoded = decode(record, Number.POSITIVE_INFINITY)
    expect(decoded.type === 'events' && decoded.events[0]).toEqual(event)
  }
})
