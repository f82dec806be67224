import * as fc from 'fast-check'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { EVENT_KINDS, type EventKind } from '../../../src/domain/events/event.ts'
import type { Feature, FeatureSet } from '../../../src/domain/features/feature-set.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { event } from './support.ts'

/** Windows of every hop size, on both sides of the limits between them. */
export const WINDOWS = ['lifetime', '5m', '30m', '12h', '13h', '1d', '7d', '14d', '15d', '30d', '5w'] as const

const on = fc.subarray([...EVENT_KINDS], { minLength: 1 })
const window = fc.constantFrom(...WINDOWS)
const where = fc.option(
  fc.oneof(
    fc.record({ category: fc.constantFrom<string | string[]>('toys', ['toys', 'books']) }),
    fc.record({ categoryPath: fc.constantFrom('toys.lego', 'toys', 'books.no') }),
    fc.record({
      product: fc.constant(['p1', 'p2']),
      'attributes.size': fc.constantFrom<string | number>('L', 2.5),
    }),
    fc.record({ channel: fc.constant('app') }),
    fc.record({ hourOfDay: fc.constantFrom([22, 23, 0, 1, 2, 3], 12) }),
    fc.record({ weekday: fc.constantFrom<string | string[]>(['saturday', 'sunday'], 'monday') }),
    fc.record({ season: fc.constantFrom<string | string[]>('spring', ['summer', 'winter']) }),
    fc.record({ 'lines.category': fc.constantFrom('toys', 'books') }),
    fc.record({ 'lines.product': fc.constantFrom('p1', 'p2') }),
  ),
  { nil: undefined },
)
const selection = { on, where }
const field = fc.constantFrom(
  'product',
  'category',
  'brand',
  'session',
  'attributes.size',
  'lines.product',
  'lines.category',
  'hourOfDay',
  'weekday',
  'season',
)
const numbers = fc.constantFrom(
  'amount',
  'discount',
  'quantity',
  'attributes.size',
  'lines',
  'lines.quantity',
  'lines.amount',
  'hourOfDay',
)
const reversals = fc.constantFrom(undefined, 'apply', 'ignore')

const windowed = fc.oneof(
  fc.record({ aggregate: fc.constant('count'), ...selection, window, reversals }),
  fc.record({ aggregate: fc.constant('sum'), of: numbers, ...selection, window, reversals }),
  fc.record({
    aggregate: fc.constantFrom('min', 'max', 'mean'),
    of: numbers,
    ...selection,
    window,
    whenEmpty: fc.constantFrom(-7, 0, 2.5),
  }),
  fc.record({
    aggregate: fc.constant('distinct'),
    of: field,
    ...selection,
    window,
    keep: fc.option(fc.constantFrom(1, 2, 5), { nil: undefined }),
  }),
)
const daily = fc.oneof(
  fc.record({
    aggregate: fc.constant('distinctDays'),
    ...selection,
    window: fc.constantFrom('1d', '7d', '30d'),
  }),
  fc.record({
    aggregate: fc.constant('sessions'),
    ...selection,
    window: fc.constantFrom('13h', '7d', '15d', '30d'),
  }),
  fc.record({
    aggregate: fc.constant('decayedCount'),
    ...selection,
    halfLife: fc.constantFrom('1d', '3d', '10d'),
    reversals,
  }),
  fc.record({
    aggregate: fc.constant('decayedSum'),
    of: numbers,
    ...selection,
    halfLife: fc.constantFrom('1d', '3d'),
  }),
)
const age = fc.record({
  aggregate: fc.constantFrom('recency', 'tenure'),
  ...selection,
  unit: fc.constantFrom('day', 'hour', 'minute'),
  step: fc.constantFrom(undefined, '5m', '90s', '1d'),
  cap: fc.constantFrom(3, 48, 3650),
})

const BOUND_TO_DAYS = ['distinctDays', 'sessions']
const DIVISIBLE = ['count', 'sum', 'decayedCount', 'decayedSum']

/**
 * Feature sets of up to 6 aggregates, up to 3 of them once more with another window, so that windows share a state, a ratio and
 * a difference of the first and the last, and a share of what can be shared. `ages`: with ages, whose steps come far more
 * often than anything else changes.
 */
export function featureSets(zone: string, ages = true): fc.Arbitrary<FeatureSet> {
  const one = ages ? fc.oneof(windowed, windowed, daily, age) : fc.oneof(windowed, windowed, daily)
  const first = fc.array(one, { minLength: 1, maxLength: 6 })
  const again = fc.array(fc.tuple(fc.nat(5), window), { maxLength: 3 })
  return fc.tuple(first, again, where).map(([base, twins, condition]) => {
    const more = twins.flatMap(([i, other]) => {
      const f = base[i % base.length] as { aggregate: string }
      return 'window' in f && !BOUND_TO_DAYS.includes(f.aggregate) ? [{ ...f, window: other }] : []
    })
    const features = [...base, ...more].map(
      (f, i) => ({ ...JSON.parse(JSON.stringify(f)), name: `f${i}` }) as Feature,
    )
    const ends = ['f0', `f${features.length - 1}`]
    const derived: unknown[] = [
      { name: 'r', ratio: ends, whenEmpty: -1 },
      { name: 'd', difference: ends },
    ]
    const whole = features.find((f) => 'aggregate' in f && DIVISIBLE.includes(f.aggregate))
    const part = JSON.parse(JSON.stringify({ of: whole?.name, where: condition ?? { brand: 'a' } }))
    if (whole !== undefined) derived.push({ name: 's', share: part, whenEmpty: 0.5 })
    return parseFeatureSet(
      { name: 'random', version: 1, zone, features: [...features, ...derived] },
      'random',
    )
  })
}

/** Times around `centre`, with hop and day boundaries far more often than by chance. */
export function times(centre: number, spanMs: number): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: centre - spanMs, max: centre + spanMs })
  const near = (grain: number): fc.Arbitrary<number> =>
    fc.tuple(anywhere, fc.constantFrom(-1, 0, 1)).map(([t, off]) => Math.floor(t / grain) * grain + off)
  return fc.oneof(
    anywhere,
    near(5 * MINUTE_MS),
    near(HOUR_MS),
    near(DAY_MS),
    near(DAY_MS).map((t) => t - HOUR_MS),
    near(DAY_MS).map((t) => t + 4 * HOUR_MS),
  )
}

const line = fc.record({
  product: fc.constantFrom('p1', 'p2', 'p3', 'p7'),
  category: fc.constantFrom(undefined, 'toys.lego', 'books'),
  quantity: fc.constantFrom(1, 2, 40),
  amountMinor: fc.integer({ min: 0, max: 9000 }),
})

export function events(time: fc.Arbitrary<number>): fc.Arbitrary<Event> {
  return fc
    .record({
      eventTime: time,
      kind: fc.oneof(
        fc.constantFrom(...EVENT_KINDS),
        fc.constantFrom<EventKind>('order_completed', 'order_refunded', 'order_cancelled'),
      ),
      product: fc.option(fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5', 'p6', ''), { nil: undefined }),
      category: fc.option(
        fc.constantFrom('toys', 'toys.lego', 'toys.legoland', 'books', 'books.novel', 'garden.x.y', ''),
        { nil: undefined },
      ),
      brand: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      session: fc.option(fc.constantFrom('s1', 's2', 's3'), { nil: undefined }),
      channel: fc.option(fc.constantFrom('app', 'web'), { nil: undefined }),
      quantity: fc.option(fc.constantFrom(1, 2, 0.125, -3), { nil: undefined }),
      amountMinor: fc.option(
        fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 43 - 1), fc.integer({ min: -5000, max: 100_000 })),
        { nil: undefined },
      ),
      discountMinor: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
      lines: fc.option(fc.array(line, { maxLength: 3 }), { nil: undefined }),
      order: fc.option(fc.constantFrom('o1', 'o2', 'o3', 'o4'), { nil: undefined, freq: 9 }),
      attributes: fc.option(
        fc.record({ size: fc.constantFrom<string | number | boolean>('L', 'M', 2.5, -2.5, 3, true) }),
        { nil: undefined },
      ),
    })
    .map(({ order, ...given }) =>
      event({ ...given, orderId: given.kind.startsWith('order_') ? order : undefined }),
    )
}
