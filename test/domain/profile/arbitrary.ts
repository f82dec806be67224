import * as fc from 'fast-check'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { EVENT_KINDS } from '../../../src/domain/events/event.ts'
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
  ),
  { nil: undefined },
)
const selection = { on, where }
const field = fc.constantFrom('product', 'category', 'brand', 'session', 'attributes.size')

const windowed = fc.oneof(
  fc.record({ aggregate: fc.constant('count'), ...selection, window }),
  fc.record({
    aggregate: fc.constant('sum'),
    of: fc.constantFrom('amount', 'quantity', 'attributes.size'),
    ...selection,
    window,
  }),
  fc.record({
    aggregate: fc.constant('distinct'),
    of: field,
    ...selection,
    window,
    keep: fc.option(fc.constantFrom(1, 2, 5), { nil: undefined }),
  }),
)
const recency = fc.record({
  aggregate: fc.constant('recency'),
  ...selection,
  unit: fc.constantFrom('day', 'hour', 'minute'),
  step: fc.constantFrom(undefined, '5m', '90s', '1d'),
  cap: fc.constantFrom(3, 48, 3650),
})

/**
 * Feature sets of up to 6 aggregates, up to 3 of them once more with another window, so that windows share a state, and a
 * ratio of the first and the last. `ages`: with recencies, whose steps come far more often than anything else changes.
 */
export function featureSets(zone: string, ages = true): fc.Arbitrary<FeatureSet> {
  const first = fc.array(ages ? fc.oneof(windowed, windowed, recency) : windowed, {
    minLength: 1,
    maxLength: 6,
  })
  const again = fc.array(fc.tuple(fc.nat(5), window), { maxLength: 3 })
  return fc.tuple(first, again).map(([base, twins]) => {
    const more = twins.flatMap(([i, other]) => {
      const f = base[i % base.length] as object
      return 'window' in f ? [{ ...f, window: other }] : []
    })
    const features = [...base, ...more].map(
      (f, i) => ({ ...JSON.parse(JSON.stringify(f)), name: `f${i}` }) as Feature,
    )
    const ratio = { name: 'r', ratio: ['f0', `f${features.length - 1}`], whenEmpty: -1 }
    return parseFeatureSet({ name: 'random', version: 1, zone, features: [...features, ratio] }, 'random')
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

export function events(time: fc.Arbitrary<number>): fc.Arbitrary<Event> {
  return fc
    .record({
      eventTime: time,
      kind: fc.constantFrom(...EVENT_KINDS),
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
      attributes: fc.option(
        fc.record({ size: fc.constantFrom<string | number | boolean>('L', 'M', 2.5, -2.5, 3, true) }),
        { nil: undefined },
      ),
    })
    .map((given) => event(given))
}
