import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { seededRandom, type Random } from '../../../src/domain/base/random.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { FeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { spreadOf } from '../../../src/domain/profile/due.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { Segmenter } from '../../../src/domain/profile/segmenter.ts'
import { columnsOf, compileAssigner } from '../../../src/domain/segments/assigner.ts'
import { sealBundle, type Bundle } from '../../../src/domain/segments/bundle.ts'
import type { Policy } from '../../../src/domain/segments/policy.ts'
import { bruteForce } from './brute-force.ts'
import { events, featureSets, times } from './arbitrary.ts'
import { DUE, TRIGGER } from './desk.ts'

/** How many models, each with a profile and its history. */
const RUNS = Number(process.env['WAKES_RUNS'] ?? 250)
const SEED = Number(process.env['WAKES_SEED'] ?? 1)
/** Events, steps and hops are whole multiples of it. */
const GRAIN_MS = 30 * SECOND_MS
/** The night in which Paris goes over to summer time. */
const CENTRE = Date.UTC(2025, 2, 30, 0)
const ZONES = { UTC: zoneTable('UTC'), 'Europe/Paris': zoneTable('Europe/Paris') } as const

const policies: fc.Arbitrary<Policy> = fc.record({
  minEvents: fc.integer({ min: 1, max: 4 }),
  marginRatio: fc.constantFrom(0, 0.1, 0.3),
  dwellMs: fc.constantFrom(0, 90 * SECOND_MS, 20 * MINUTE_MS, 2 * HOUR_MS),
  confirmForMs: fc.constantFrom(null, 2 * MINUTE_MS, 45 * MINUTE_MS),
  outlier: fc.constantFrom('ignore', 'segment'),
})
const sets = fc
  .constantFrom('UTC' as const, 'Europe/Paris' as const)
  .chain((zone) => fc.tuple(featureSets(zone), fc.array(fc.constantFrom('none', 'log1p', 'sqrt', 'asinh'))))
  .map(([set, bent]): FeatureSet => ({
    ...set,
    features: set.features.map((f, i) => ({ ...f, transform: bent[i] ?? 'none' })),
  }))
const history = fc.array(events(times(CENTRE, 30 * HOUR_MS)), { minLength: 1, maxLength: 14 })

/** On the grain, in order, each an event of its own, with numbers as events have them: a part is never more than its whole. */
function laid(some: readonly Event[]): Event[] {
  const at = (t: number): number => Math.floor(t / GRAIN_MS) * GRAIN_MS
  return some
    .map(({ quantity, amountMinor, ...e }, i): Event => ({
      ...e,
      quantity: quantity && Math.ceil(Math.abs(quantity)),
      amountMinor: amountMinor && Math.abs(amountMinor),
      eventId: `e${i}`,
      userId: 'u1',
      eventTime: at(e.eventTime),
    }))
    .sort((a, b) => a.eventTime - b.eventTime)
}

const gauss = (random: Random): number => (random.next() + random.next() + random.next() - 1.5) * 2

/** A model whose centroids lie about where this very user will be in the coming hours, so that time alone moves him. */
function modelFor(set: FeatureSet, policy: Policy, vectors: readonly Float64Array[], random: Random): Bundle {
  const F = columnsOf(set).length
  const C = 1 + random.below(Math.min(3, F))
  const K = 2 + random.below(3)
  const row = (make: () => number, n = F): number[] => Array.from({ length: n }, make)
  const content: Omit<Bundle, 'version'> = {
    format: 1,
    featureSet: set,
    scaler: { mean: row(() => gauss(random)), scale: row(() => 0.5 + 3 * random.next()) },
    pca: {
      mean: row(() => gauss(random) / 4),
      components: Array.from({ length: C }, () => row(() => gauss(random))),
      explainedVariance: row(() => 1, C),
      explainedVarianceRatio: row(() => 1 / C, C),
    },
    centroids: Array.from({ length: K }, () => row(() => 0, C)),
    radii: row(() => 0, K),
    segments: Array.from({ length: K }, (_, k) => ({ key: `s${k}`, share: 1 / K, profile: row(() => 0) })),
    policy,
    training: { source: '', asOf: '', currency: null, users: 1, seed: 1, settings: {}, metrics: {} },
    lineage: { parent: null },
  }
  const { project } = compileAssigner(sealBundle(content))
  const places = vectors.map((raw) => {
    const z = new Float64Array(C)
    project(raw, z)
    return [...z]
  })
  const extent = Math.max(
    1e-3,
    ...places.flatMap((z) => z.map((x, c) => Math.abs(x - (places[0]?.[c] ?? 0)))),
  )
  const centroids = content.centroids.map(() => {
    const near = places[random.below(places.length)] as number[]
    return near.map((x) => x + 0.3 * extent * gauss(random))
  })
  return sealBundle({ ...content, centroids, radii: row(() => extent * 2 * random.next(), K) })
}

const wakes = fc.record({
  set: sets,
  history,
  policy: policies,
  seed: fc.nat(),
  maxSleepMs: fc.constantFrom(HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS),
  spreadMs: fc.constantFrom(0, 0, 7 * MINUTE_MS),
})

test(
  `D10 after a wake a user is due at the first instant that changes anything, as trying all of them gives it: ${RUNS} models, profiles and histories`,
  { timeout: 7_200_000 },
  () => {
    let changes = 0
    let quiet = 0
    fc.assert(
      fc.property(wakes, ({ set, history, policy, seed, maxSleepMs, spreadMs }) => {
        const random = seededRandom(seed)
        const zone = ZONES[set.zone as keyof typeof ZONES]
        const plan = compilePlan(set, zone)
        const own = laid(history)
        const last = (own.at(-1) as Event).eventTime
        const ahead = new Profiles(plan)
        for (const e of own) ahead.take(ahead.open('u1'), e)
        const at = Array.from({ length: 8 }, () => last + 1 + random.below(maxSleepMs)).sort((a, b) => a - b)
        const vectors = at.map((t) => {
          const raw = new Float64Array(plan.columns.length)
          ahead.vector(0, t, raw)
          return raw
        })
        const bundle = modelFor(set, policy, vectors, random)
        const profiles = new Profiles(plan)
        const due = { ...DUE, maxSleepMs, spreadMs }
        const run = { app: 'wakes', locale: 'en', liveFrom: 0, currency: 'EUR' } as const
        const segmenter = new Segmenter(profiles, { ...run, holdout: { pct: 0, salt: '' }, due })
        segmenter.deploy(bundle, null)
        for (const e of own) segmenter.event(profiles.open('u1'), e, TRIGGER, [])
        for (let n = 0; n < 2; n++) {
          segmenter.wake(0, [], 0)
          const end = profiles.asOf(0) + maxSleepMs
          const change = bruteForce(segmenter, bundle, 0, end, GRAIN_MS)
          if (change === undefined) quiet++
          else changes++
          const place = spreadOf('u1', due)
          const expected = change === undefined ? end : Math.min(end, change + place)
          expect(profiles.due(0)).toBe(expected)
        }
      }),
      { numRuns: RUNS, seed: SEED },
    )
    process.stdout.write(`${RUNS} cases: ${changes} changes found, ${quiet} wakes without one\n`)
    expect(changes).toBeGreaterThan(RUNS / 20)
    expect(quiet).toBeGreaterThan(RUNS / 20)
  },
)
