import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHELVES, itemAt } from '../../../src/app/generate/catalog.ts'
import { PERSONAS } from '../../../src/app/generate/personas.ts'
import { generateShop, shopTruth, SHOP_START_MS, type ShopOptions } from '../../../src/app/generate/shop.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { type Event } from '../../../src/domain/events/event.ts'

const shop = (over: Partial<ShopOptions> = {}): ShopOptions => ({
  users: 300,
  days: 60,
  seed: 7,
  startMs: SHOP_START_MS,
  ...over,
})
const eventsOf = (options: ShopOptions): Event[] => [...generateShop(options)]

const small = fc.record({
  users: fc.integer({ min: 1, max: 30 }),
  days: fc.integer({ min: 1, max: 25 }),
  seed: fc.nat(),
  startMs: fc.integer({ min: 11_000, max: 30_000 }).map((d) => d * DAY_MS),
})

describe('an invented shop', () => {
  it('is the same for the same seed, and another for another seed', () => {
    fc.assert(
      fc.property(small, (o) => {
        expect(eventsOf(o)).toEqual(eventsOf(o))
      }),
      { numRuns: 20 },
    )
    expect(eventsOf(shop({ seed: 7 }))).not.toEqual(eventsOf(shop({ seed: 8 })))
  })

  it('comes in order of time, inside its days, with unique event ids', () => {
    fc.assert(
      fc.property(small, (o) => {
        const events = eventsOf(o)
        expect(new Set(events.map((e) => e.eventId)).size).toBe(events.length)
        for (const [i, e] of events.entries()) {
          expect(e.eventTime).toBeGreaterThanOrEqual(i === 0 ? o.startMs : (events[i - 1] as Event).eventTime)
          expect(e.eventTime).toBeLessThan(o.startMs + o.days * DAY_MS)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('keeps everybody as he was when more users join', () => {
    const few = eventsOf(shop({ users: 50 }))
    const known = new Set(few.map((e) => e.userId))
    const many = eventsOf(shop({ users: 200 })).filter((e) => known.has(e.userId))
    expect(many).toEqual(few)
  })

  it('browses, fills carts and orders, and its orders add up', () => {
    const events = eventsOf(shop())
    expect([...new Set(events.map((e) => e.kind))].toSorted()).toEqual([
      'order_completed',
      'page_viewed',
      'product_added',
      'product_removed',
      'product_viewed',
    ])
    const orders = events.filter((e) => e.kind === 'order_completed')
    expect(new Set(orders.map((e) => e.orderId)).size).toBe(orders.length)
    for (const o of orders) {
      expect(o.currency).toBe('EUR')
      expect(o.amountMinor).toBe(o.lines?.reduce((sum, l) => sum + l.amountMinor, 0))
      expect(o.quantity).toBe(o.lines?.reduce((sum, l) => sum + l.quantity, 0))
    }
  })

  it('takes out of a cart only what was put in, and orders the rest', () => {
    const carts = new Map<string, string[]>()
    for (const e of eventsOf(shop())) {
      const cart = carts.get(e.session as string) ?? []
      if (e.kind === 'product_added') carts.set(e.session as string, [...cart, e.product as string])
      if (e.kind === 'product_removed') {
        expect(cart).toContain(e.product)
        cart.splice(cart.lastIndexOf(e.product as string), 1)
      }
      if (e.kind === 'order_completed') expect(e.lines?.map((l) => l.product)).toEqual(cart)
    }
  })
})

describe('what was planted', () => {
  const options = shop({ users: 3000 })
  const truth = shopTruth(options)
  const events = eventsOf(options)

  it('names every user that appears; nobody comes before joining or after lapsing', () => {
    expect(Object.keys(truth.people)).toHaveLength(options.users)
    for (const e of events) {
      const p = truth.people[e.userId]
      expect(p).toBeDefined()
      expect(e.eventTime).toBeGreaterThanOrEqual(p?.joinedMs ?? Infinity)
      // a visit may run past the midnight that ends the last day
      expect(e.eventTime).toBeLessThan((p?.lapsedMs ?? Infinity) + DAY_MS / 4)
    }
  })

  it('has personas in their shares, newcomers over time, and lapses', () => {
    const people = Object.values(truth.people)
    for (const persona of PERSONAS) {
      const share = people.filter((p) => p.persona === persona.name).length / people.length
      expect(Math.abs(share - persona.share)).toBeLessThan(0.03)
    }
    const newcomers = people.filter((p) => p.joinedMs > options.startMs)
    expect(newcomers.length / people.length).toBeCloseTo(0.35, 1)
    expect(people.filter((p) => p.lapsedMs !== null).length).toBeGreaterThan(100)
    expect(people.every((p) => p.lapsedMs === null || p.persona === 'lapsing-customers')).toBe(true)
  })

  it('is busier on weekends, most of all with those who shop then', () => {
    const shareOnWeekends = (persona: string): number => {
      const visits = events.filter(
        (e) => e.kind === 'page_viewed' && truth.people[e.userId]?.persona === persona,
      )
      return visits.filter((e) => [0, 6].includes(new Date(e.eventTime).getUTCDay())).length / visits.length
    }
    expect(shareOnWeekends('bargain-hunters')).toBeGreaterThan(0.5)
    // 60 days from a Wednesday on hold 16 days of weekends
    expect(shareOnWeekends('big-spenders')).toBeCloseTo(16 / 60, 1)
  })

  it('tells personas apart by carts, orders and spend', () => {
    const per = (persona: string, measure: (e: Event) => number): number => {
      const users = Object.values(truth.people).filter((p) => p.persona === persona).length
      let sum = 0
      for (const e of events) if (truth.people[e.userId]?.persona === persona) sum += measure(e)
      return sum / users
    }
    const orders = (e: Event): number => (e.kind === 'order_completed' ? 1 : 0)
    const spend = (e: Event): number => (e.kind === 'order_completed' ? (e.amountMinor ?? 0) : 0)
    const views = (e: Event): number => (e.kind === 'product_viewed' ? 1 : 0)
    expect(per('window-shoppers', views)).toBeGreaterThan(2 * per('bargain-hunters', views))
    expect(per('window-shoppers', orders)).toBeLessThan(0.1 * per('bargain-hunters', orders))
    expect(per('loyal-buyers', orders)).toBeGreaterThan(3 * per('bargain-hunters', orders))
    expect(per('big-spenders', spend)).toBeGreaterThan(4 * per('loyal-buyers', spend))
  })
})

describe('options out of range', () => {
  it.each([
    ['users', { users: 0 }],
    ['users', { users: 1.5 }],
    ['days', { days: 0 }],
    ['seed', { seed: -1 }],
    ['start', { startMs: SHOP_START_MS + 1 }],
  ])('%s is a usage error', (name, over) => {
    expect(() => eventsOf(shop(over))).toThrow(name)
  })
})

describe('the catalogue', () => {
  it('has prices that rise along a shelf and end in 99 cents', () => {
    for (const shelf of Object.values(SHELVES).flat()) {
      const prices = Array.from({ length: shelf.products }, (_, i) => itemAt(shelf, i).priceMinor)
      expect(prices).toEqual([...prices].sort((a, b) => a - b))
      expect(prices.every((p) => p % 100 === 99 && p > 0)).toBe(true)
    }
  })
})
