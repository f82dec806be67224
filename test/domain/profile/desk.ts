import { MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import type { DuePolicy } from '../../../src/domain/profile/due.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { Segmenter } from '../../../src/domain/profile/segmenter.ts'
import type { Trigger } from '../../../src/domain/profile/move.ts'
import { sealBundle, type Bundle } from '../../../src/domain/segments/bundle.ts'
import type { Holdout } from '../../../src/domain/segments/holdout.ts'
import type { Policy } from '../../../src/domain/segments/policy.ts'
import type { Transition } from '../../../src/domain/segments/transition.ts'
import { event } from './support.ts'

export const T0 = Date.UTC(2025, 2, 1, 12)
const KEYS = ['busy', 'calm', 'quiet']

const FEATURES = parseFeatureSet(
  {
    name: 'small',
    version: 1,
    zone: 'UTC',
    features: [
      { name: 'views', aggregate: 'count', on: ['product_viewed'], window: '10m' },
      { name: 'quiet', aggregate: 'recency', on: ['product_viewed'], unit: 'minute', step: '1m', cap: 40 },
    ],
  },
  'small',
)

/** Views in ten minutes, quiet minutes: busy at (4, 0), calm at (1, 2), quiet at (0, 15). */
export function bundle(shift = 0, policy: Partial<Policy> = {}): Bundle {
  return sealBundle({
    format: 1,
    featureSet: FEATURES,
    scaler: { mean: [0, 0], scale: [1, 5] },
    pca: {
      mean: [0, 0],
      components: [
        [1, 0],
        [0, 1],
      ],
      explainedVariance: [1, 1],
      explainedVarianceRatio: [0.5, 0.5],
    },
    centroids: [
      [4 + shift, 0],
      [1 + shift, 0.4],
      [0, 3],
    ],
    radii: [2, 1.5, 3],
    segments: KEYS.map((key) => ({ key, share: 1 / 3, profile: [0, 0] })),
    policy: { minEvents: 2, marginRatio: 0.1, dwellMs: 0, confirmForMs: null, outlier: 'ignore', ...policy },
    training: {
      source: 'by hand',
      asOf: '2025-01-01',
      currency: null,
      users: 1,
      seed: 1,
      settings: {},
      metrics: {},
    },
    lineage: { parent: null },
  })
}

export const DUE: DuePolicy = {
  maxSleepMs: 30 * MINUTE_MS,
  spreadMs: 0,
  forgetAfterMs: Number.POSITIVE_INFINITY,
  forgetAnonymousAfterMs: Number.POSITIVE_INFINITY,
}
const NO_HOLDOUT: Holdout = { pct: 0, salt: '' }
export const PLAN = compilePlan(FEATURES, UTC)
export const view = (eventTime: number, userId = 'u1'): Event =>
  event({ kind: 'product_viewed', eventTime, userId })
export const TRIGGER: Trigger = {
  kind: 'product_viewed',
  eventId: 'e',
  topic: 'clicks',
  partition: 3,
  offset: 9,
}

/** One segmenter with its moves. */
export class Desk {
  readonly profiles = new Profiles(PLAN)
  readonly segmenter: Segmenter
  readonly moves: Transition[] = []

  constructor(due = DUE, liveFrom = 0, holdout = NO_HOLDOUT) {
    this.segmenter = new Segmenter(this.profiles, {
      app: 'test',
      locale: 'en',
      liveFrom,
      holdout,
      currency: 'EUR',
      due,
    })
  }

  event(e: Event): number {
    const slot = this.profiles.open(e.userId)
    this.segmenter.event(slot, e, TRIGGER, this.moves)
    return slot
  }

  get told(): unknown[] {
    return this.moves.map((t) => [t.sequence, t.from, t.to, t.cause])
  }
}
