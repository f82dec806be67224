import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { EVENT_KINDS } from '../../../src/domain/events/event.ts'
import { MAX_VISITS } from '../../../src/domain/features/bound.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { event, seedPlan } from './support.ts'

const T = Date.UTC(2024, 4, 1)
const zeros = new Float64Array(7)

function profilesOf(...features: object[]): Profiles {
  return new Profiles(
    compilePlan(parseFeatureSet({ name: 's', version: 1, zone: 'UTC', features }, 's'), UTC),
  )
}

function read(p: Profiles, slot: number, asOf: number): number[] {
  const out = new Float64Array(p.plan.columns.length)
  p.vector(slot, asOf, out)
  return [...out]
}

describe('the seed set', () => {
  it('reads what was folded', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('u1')
    expect(p.fold(slot, event({ eventTime: T, kind: 'product_viewed', category: 'toys.lego' }))).toBe(true)
    p.fold(slot, event({ eventTime: T + 1, kind: 'product_added', category: 'toys.dolls' }))
    p.fold(slot, event({ eventTime: T + 2, kind: 'order_completed', category: 'books', amountMinor: 1234 }))
    expect(read(p, slot, T + 2 + DAY_MS + HOUR_MS + 5)).toEqual([3, 1, 1, 1, 12.34, 2, 25 / 24])
    expect(p.nextChange(slot, T + 3)).toBe(T + 2 + HOUR_MS)
    expect(p.events(slot)).toBe(3)
  })

  it('of nobody is empty, and as long ago as can be', () => {
    const p = new Profiles(seedPlan)
    expect(read(p, p.open('u'), T)).toEqual([0, 0, 0, 0, 0, 0, 3650])
    expect(p.nextChange(p.open('u'), T)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('recency', () => {
  const p = profilesOf({
    name: 'r',
    aggregate: 'recency',
    on: ['order_completed'],
    unit: 'hour',
    step: '90m',
    cap: 4,
  })
  const slot = p.open('u')
  p.fold(slot, event({ eventTime: T, kind: 'order_completed' }))
  const m = HOUR_MS / 60
  it.each([
    [T + 1, 0, T + 90 * m],
    [T + 90 * m - 1, 0, T + 90 * m],
    [T + 90 * m, 1.5, T + 180 * m],
    [T + 180 * m, 3, T + 270 * m],
    // 4.5 hours are more than the cap
    [T + 270 * m, 4, Number.POSITIVE_INFINITY],
    [T + DAY_MS, 4, Number.POSITIVE_INFINITY],
  ])('as of %i: %d, next at %d', (asOf, age, next) => {
    expect(read(p, slot, asOf)).toEqual([age])
    expect(p.nextChange(slot, asOf)).toBe(next)
  })
})

describe('a recency that reaches its cap exactly', () => {
  const p = profilesOf({
    name: 'r',
    aggregate: 'recency',
    on: ['order_completed'],
    unit: 'hour',
    step: '30m',
    cap: 1,
  })
  const slot = p.open('u')
  p.fold(slot, event({ eventTime: T, kind: 'order_completed' }))
  it('changes no more', () => {
    expect(p.nextChange(slot, T + HOUR_MS - 1)).toBe(T + HOUR_MS)
    expect(read(p, slot, T + HOUR_MS)).toEqual([1])
    expect(p.nextChange(slot, T + HOUR_MS)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('late events', () => {
  const on = ['product_viewed']
  const p = profilesOf(
    { name: 'n', aggregate: 'count', on, window: '1d' },
    { name: 'm', aggregate: 'count', on, window: '2d', where: { brand: 'x' } },
    { name: 'all', aggregate: 'count', on: [...EVENT_KINDS], window: 'lifetime' },
  )
  const slot = p.open('u')
  p.setAsOf(slot, T)
  it.each([
    ['inside one window of two', T - 2 * DAY_MS, 'product_viewed', 'x', true],
    ['inside none', T - 2 * DAY_MS - 1, 'product_viewed', 'x', false],
    ['the other window does not ask for it', T - DAY_MS - 1, 'product_viewed', 'y', false],
    ['at the edge', T - DAY_MS, 'product_viewed', 'y', true],
    ['no window asks for it at all', T - 50 * DAY_MS, 'page_viewed', 'y', true],
  ] as const)('%s', (_, eventTime, kind, brand, entered) => {
    const before = read(p, slot, T)
    p.fold(slot, event({ eventTime, kind, brand }))
    expect(p.uncounted.take()).toEqual(entered ? undefined : { late: 1 })
    expect(read(p, slot, T)[2]).toBe((before[2] as number) + 1)
    expect(p.asOf(slot)).toBe(T)
  })
})

describe('distinct values', () => {
  const feature = {
    name: 'd',
    aggregate: 'distinct',
    of: 'product',
    on: ['product_viewed'],
    window: '2d',
    keep: 3,
  }
  it('saturate at keep, the newest stay, and leave one by one', () => {
    const p = profilesOf(feature)
    const slot = p.open('u')
    for (let i = 0; i < 5; i++)
      p.fold(slot, event({ eventTime: T + i * HOUR_MS, kind: 'product_viewed', product: `p${i}` }))
    // p2, p3 and p4 are left; p2 is seen again and is the newest now
    p.fold(slot, event({ eventTime: T + 5 * HOUR_MS, kind: 'product_viewed', product: 'p2' }))
    expect(read(p, slot, T + 6 * HOUR_MS)).toEqual([3])
    const changes: number[][] = []
    for (let t = p.nextChange(slot, p.asOf(slot)); t < Number.POSITIVE_INFINITY; t = p.nextChange(slot, t)) {
      changes.push([(t - T - 2 * DAY_MS) / HOUR_MS, ...read(p, slot, t)])
    }
    // an event in hour h leaves when hour h is behind the as-of by more than the window
    expect(changes).toEqual([
      [4, 2],
      [5, 1],
      [6, 0],
    ])
  })
})

describe('slots', () => {
  it('a fresh profile is blank, also in a place that was used before', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('a')
    p.fold(slot, event({ eventTime: T, kind: 'order_completed', category: 'x', amountMinor: 5 }))
    p.enter(slot, 4, T, zeros)
    p.setDue(slot, T)
    p.free(slot)
    expect([p.find('a'), p.size, p.used(slot), p.capacity]).toEqual([-1, 0, false, 1])
    const again = p.open('b')
    expect(again).toBe(slot)
    const elsewhere = new Profiles(seedPlan)
    expect(p.save(again)).toEqual(elsewhere.save(elsewhere.open('c')))
    expect([p.asOf(again), p.due(again), p.stamp(again), p.deployment(again)]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      -1,
      -1,
    ])
    expect([p.events(again), p.segment(again), p.sequence(again), p.timesIn(again, 4)]).toEqual([0, 0, 0, 0])
  })

  it('growing keeps everybody', () => {
    const p = new Profiles(seedPlan)
    for (let i = 0; i < 5000; i++) {
      const slot = p.open(`u${i}`)
      p.fold(slot, event({ eventTime: T + i, kind: 'product_viewed', category: `c${i % 7}` }))
      p.enter(slot, 1 + (i % 3), T, new Float64Array(7).fill(i))
    }
    const out = new Float64Array(7)
    for (let i = 0; i < 5000; i++) {
      const slot = p.find(`u${i}`)
      expect(p.user(slot)).toBe(`u${i}`)
      p.before(slot, out)
      expect([p.asOf(slot), p.segment(slot), out[0]]).toEqual([T + i + 1, 1 + (i % 3), i])
    }
    expect([...p.slots()]).toHaveLength(5000)
  })

  it('given-back buckets are used again: memory follows what is remembered, not what was', () => {
    const p = profilesOf({ name: 'n', aggregate: 'count', on: ['product_viewed'], window: '90d' })
    const round = (): void => {
      for (let i = 0; i < 100; i++) {
        const slot = p.open(`u${i}`)
        for (let d = 0; d < 80; d++)
          p.fold(slot, event({ eventTime: T + d * DAY_MS, kind: 'product_viewed' }))
        expect(read(p, slot, p.asOf(slot))).toEqual([80])
      }
      for (let i = 0; i < 100; i++) p.free(p.find(`u${i}`))
    }
    round()
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 100; i++) round()
    expect(p.capacity).toBe(100)
    // 800,000 buckets of 16 bytes would be in use otherwise
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
  })
})

describe('moves', () => {
  it('count up, remember when, what and how often', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('u')
    const out = new Float64Array(7).fill(9)
    p.before(slot, out)
    expect([...out]).toEqual([...zeros])
    p.enter(slot, 2, T, new Float64Array(7).fill(0.1))
    p.enter(slot, 3, T + 1, zeros)
    p.enter(slot, 2, T + 2, new Float64Array(7).fill(0.1))
    expect([p.sequence(slot), p.segment(slot), p.since(slot)]).toEqual([3, 2, T + 2])
    expect([p.timesIn(slot, 2), p.timesIn(slot, 3), p.timesIn(slot, 4)]).toEqual([2, 1, 0])
    p.before(slot, out)
    expect(out[6]).toBe(Math.fround(0.1))
  })

  it('of the segments entered longest ago the count is forgotten', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('u')
    for (let code = 1; code <= MAX_VISITS; code++) p.enter(slot, code, T, zeros)
    p.enter(slot, 1, T, zeros)
    expect(p.timesIn(slot, 1)).toBe(2)
    p.enter(slot, MAX_VISITS + 1, T, zeros)
    expect([1, 2, 3, MAX_VISITS + 1].map((code) => p.timesIn(slot, code))).toEqual([2, 0, 1, 1])
  })

  it('the as-of never falls', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('u')
    p.setAsOf(slot, T)
    expect(() => p.setAsOf(slot, T - 1)).toThrow(/never falls/)
    expect(() => p.vector(slot, T - 1, zeros)).toThrow(/never falls/)
  })
})
