import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHELVES, itemAt } from '../../../src/app/generate/catalog.ts'
import { PERSONAS } from '../../../src/app/generate/personas.ts'
import {
  generateShop,
  shopTruth,
  SHOP_START_MS,
  type PromotionTruth,
  type ShopOptions,
} from '../../../src/app/generate/shop.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { type Event } from '../../../src/domain/events/event.ts'
import { effectOf, ordersOf, visitorsOf } from './effect.ts'

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
      'campaign_exposed',
      'checkout_started',
      'order_cancelled',
      'order_completed',
      'order_refunded',
      'page_viewed',
      'product_added',
      'product_removed',
      'product_viewed',
      'products_searched',
      'promotion_clicked',
      'promotion_viewed',
    ])
    const orders = events.filter((e) => e.kind === 'order_completed')
    expect(new Set(orders.map((e) => e.orderId)).size).toBe(orders.length)
    for (const o of orders) {
      expect(o.currency).toBe('EUR')
      expect(o.amountMinor).toBe(o.lines?.reduce((sum, l) => sum + l.amountMinor, 0))
      expect(o.quantity).toBe(o.lines?.reduce((sum, l) => sum + l.quantity, 0))
    }
  })

  it('takes the coupon off each line, and says how much that was', () => {
    const discounts = new Map([
      ['TWENTY', 0.2],
      ['LAST15', 0.15],
      ['WELCOME10', 0.1],
    ])
    const orders = eventsOf(shop()).filter((e) => e.kind === 'order_completed')
    for (const { coupon, discountMinor, amountMinor = 0, lines = [] } of orders) {
      if (coupon === undefined) expect(discountMinor).toBeUndefined()
      else {
        const full = amountMinor + (discountMinor ?? 0)
        expect(Math.abs((discountMinor ?? 0) - full * (discounts.get(coupon) ?? 1))).toBeLessThan(
          lines.length,
        )
      }
    }
    expect(new Set(orders.map((o) => o.coupon))).toEqual(new Set([undefined, ...discounts.keys()]))
  })

  it('sends back only what was ordered before, within three weeks, and nothing of what was cancelled', () => {
    const events = eventsOf(shop({ users: 1000 }))
    const orders = new Map(events.filter((e) => e.kind === 'order_completed').map((e) => [e.orderId, e]))
    const back = events.filter((e) => e.kind === 'order_cancelled' || e.kind === 'order_refunded')
    expect(new Set(back.map((e) => e.orderId)).size).toBe(back.length)
    for (const e of back) {
      const order = orders.get(e.orderId) as Event
      expect(e.userId).toBe(order.userId)
      const afterMs = e.eventTime - order.eventTime
      expect(afterMs).toBeGreaterThan(0)
      expect(afterMs).toBeLessThan(e.kind === 'order_cancelled' ? DAY_MS : 21 * DAY_MS)
      if (e.lines === undefined) expect(e.amountMinor).toBe(order.amountMinor)
      else {
        expect(e.lines.length).toBeLessThan(order.lines?.length ?? 0)
        for (const line of e.lines) expect(order.lines).toContainEqual(line)
        expect(e.amountMinor).toBe(e.lines.reduce((sum, l) => sum + l.amountMinor, 0))
      }
    }
    const share = (kind: string): number => back.filter((e) => e.kind === kind).length / orders.size
    expect(share('order_cancelled')).toBeCloseTo(0.02, 1)
    expect(share('order_refunded')).toBeGreaterThan(0.05)
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
      if (e.session !== undefined) expect(e.eventTime).toBeLessThan((p?.lapsedMs ?? Infinity) + DAY_MS / 4)
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
    const lapsed = (persona: string): number => {
      const own = people.filter((p) => p.persona === persona)
      return own.filter((p) => p.lapsedMs !== null).length / own.length
    }
    expect(lapsed('lapsing-customers')).toBeGreaterThan(0.75)
    expect(lapsed('loyal-buyers')).toBeGreaterThan(0)
    expect(lapsed('loyal-buyers')).toBeLessThan(0.1)
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

  it('has days of its own for each persona', () => {
    const at = (persona: string, from: number, to: number): number => {
      const visits = events.filter(
        (e) => e.kind === 'page_viewed' && truth.people[e.userId]?.persona === persona,
      )
      const hours = visits.map((e) => new Date(e.eventTime).getUTCHours())
      return hours.filter((hour) => from <= hour && hour < to).length / visits.length
    }
    expect(at('window-shoppers', 18, 24)).toBeGreaterThan(0.6)
    expect(at('window-shoppers', 11, 15)).toBeGreaterThan(0.15)
    expect(at('big-spenders', 10, 14)).toBeGreaterThan(0.5)
  })

  it('has seasons: of departments, and of the whole shop', () => {
    const year = eventsOf(shop({ users: 600, days: 365 }))
    const seen = (month: number, department?: string): number =>
      year.filter(
        (e) =>
          e.kind === 'product_viewed' &&
          new Date(e.eventTime).getUTCMonth() === month &&
          (department === undefined || e.category?.startsWith(department) === true),
      ).length
    const share = (month: number, department: string): number => seen(month, department) / seen(month)
    expect(share(4, 'garden')).toBeGreaterThan(2 * share(11, 'garden'))
    expect(share(11, 'toys')).toBeGreaterThan(1.5 * share(4, 'toys'))
    expect(seen(11)).toBeGreaterThan(1.2 * seen(7))
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

describe('a promotion', () => {
  const options = shop({ users: 6000, days: 60, seed: 11 })
  const events = eventsOf(options)
  const truth = shopTruth(options)
  const [first] = truth.promotions as [PromotionTruth, ...PromotionTruth[]]
  const quiet = eventsOf({ ...options, promotions: [] })
  const plain = (e: Event): object => ({ ...e, amountMinor: 0, discountMinor: 0, coupon: '', lines: [] })

  it('changes nothing but what it causes and what its coupon takes off', () => {
    const ids = new Set(quiet.map((e) => e.eventId))
    const untouched = events.filter((e) => ids.has(e.eventId))
    expect(untouched.map(plain)).toEqual(quiet.map(plain))
    const kinds = new Set(events.filter((e) => !ids.has(e.eventId)).map((e) => e.kind))
    expect(kinds).toContain('promotion_viewed')
    expect(kinds).not.toContain('page_viewed')
  })

  it('is seen by half of the visitors of its days, once each, and by nobody else', () => {
    const seen = events.filter((e) => e.kind === 'promotion_viewed')
    expect(new Set(seen.map((e) => `${e.promotion}/${e.userId}`)).size).toBe(seen.length)
    for (const e of seen) {
      const promotion = truth.promotions.find((p) => p.name === e.promotion)
      expect(truth.people[e.userId]?.exposed).toContain(e.promotion)
      expect(e.eventTime).toBeGreaterThanOrEqual(promotion?.fromMs ?? Infinity)
      expect(e.eventTime).toBeLessThan((promotion?.toMs ?? 0) + DAY_MS / 4)
    }
    const share = seen.filter((e) => e.promotion === first.name).length / visitorsOf(events, first).size
    expect(share).toBeCloseTo(first.exposedShare, 1)
  })

  it.each(truth.promotions.map((p) => [p.name, p] as const))('%s has the effect that was planted', (_, p) => {
    const { planted, measured, error, treated } = effectOf(events, truth, p)
    expect(Math.abs(measured - planted)).toBeLessThan(2.6 * error)
    if (planted > 0) expect(measured).toBeGreaterThan(2.6 * error)
    // what happened against what would have happened: no chance between the arms
    const caused = ordersOf(events, p).length - ordersOf(quiet, p).length
    expect(caused / treated).toBeCloseTo(planted, 1)
  })
})

describe('a newsletter', () => {
  const options = shop({ users: 500 })
  const events = eventsOf(options)
  const { campaigns } = shopTruth(options)

  it('reaches those who have been here before, on its day', () => {
    const begun = new Map<string, number>()
    for (const e of events) {
      if (e.kind === 'page_viewed' && !begun.has(e.userId)) begun.set(e.userId, e.eventTime)
      if (e.kind !== 'campaign_exposed') continue
      const campaign = campaigns.find((c) => c.name === e.campaign)
      expect(e.eventTime - (campaign?.dayMs ?? 0)).toBeLessThan(DAY_MS)
      expect(begun.get(e.userId)).toBeLessThan(e.eventTime)
    }
    expect(new Set(events.map((e) => e.campaign))).toEqual(
      new Set([undefined, ...campaigns.map((c) => c.name)]),
    )
  })

  it('is the link of some visits in the two days after, and of none else', () => {
    const visits = events.filter((e) => e.kind === 'page_viewed')
    const linked = visits.filter((e) => e.campaign !== undefined)
    expect(linked.length).toBeGreaterThan(20)
    for (const e of linked) {
      const campaign = campaigns.find((c) => c.name === e.campaign)
      expect(e.eventTime - (campaign?.dayMs ?? 0)).toBeGreaterThan(DAY_MS)
      expect(e.eventTime - (campaign?.dayMs ?? 0)).toBeLessThan(4 * DAY_MS)
    }
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
