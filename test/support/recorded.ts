import type { Redis } from 'ioredis'
import { DAY_MS, HOUR_MS } from '../../src/domain/base/duration.ts'
import { seededRandom } from '../../src/domain/base/random.ts'
import { UTC } from '../../src/domain/base/zone.ts'
import { EVENT_KINDS, type Event } from '../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../src/domain/features/plan.ts'
import { Profiles } from '../../src/domain/profile/profiles.ts'
import { Segmenter } from '../../src/domain/profile/segmenter.ts'
import { sealBundle } from '../../src/domain/segments/bundle.ts'
import { membershipOf, type Transition } from '../../src/domain/segments/transition.ts'
import type { Checkpoint } from '../../src/ports/store.ts'
import { event } from '../domain/profile/support.ts'
import { head } from './revisions.ts'

const T = Date.UTC(2025, 0, 6, 9)
const orders = { on: ['order_completed'] }
const seen = { on: ['page_viewed', 'product_viewed', 'order_completed'] }

/** A feature of every kind that a profile keeps something for. */
const FEATURES = parseFeatureSet(
  {
    name: 'recorded',
    version: 1,
    zone: 'UTC',
    features: [
      { name: 'views_7d', aggregate: 'count', on: ['product_viewed'], window: '7d' },
      { name: 'spend', aggregate: 'sum', of: 'amount', ...orders, window: 'lifetime' },
      { name: 'spend_30d', aggregate: 'sum', of: 'amount', ...orders, window: '30d' },
      { name: 'gross', aggregate: 'sum', of: 'amount', ...orders, window: '30d', reversals: 'ignore' },
      { name: 'mean', aggregate: 'mean', of: 'amount', ...orders, window: '30d', whenEmpty: 0 },
      { name: 'most', aggregate: 'max', of: 'amount', ...orders, window: 'lifetime', whenEmpty: 0 },
      {
        name: 'products',
        aggregate: 'distinct',
        of: 'product',
        on: ['product_viewed'],
        window: '7d',
        keep: 4,
      },
      { name: 'sessions', aggregate: 'sessions', ...seen, window: '15d' },
      { name: 'fading', aggregate: 'decayedCount', ...seen, halfLife: '3d' },
      { name: 'quiet', aggregate: 'recency', ...seen, unit: 'hour', cap: 400 },
    ],
  },
  'recorded',
)
export const PLAN = compilePlan(FEATURES, UTC)
const F = PLAN.columns.length

const BUNDLE = sealBundle({
  format: 1,
  featureSet: FEATURES,
  scaler: { mean: Array(F).fill(0), scale: Array(F).fill(10) },
  pca: {
    mean: Array(F).fill(0),
    components: [
      PLAN.columns.map((_, i) => (i === 0 ? 1 : 0)),
      PLAN.columns.map((_, i) => (i === F - 1 ? 1 : 0)),
    ],
    explainedVariance: [1, 1],
    explainedVarianceRatio: [0.5, 0.5],
  },
  centroids: [
    [1.5, 0],
    [0, 4],
  ],
  radii: [9, 9],
  segments: ['active', 'away'].map((key) => ({ key, share: 0.5, profile: Array(F).fill(0) })),
  policy: { minEvents: 3, marginRatio: 0.1, dwellMs: 0, confirmForMs: null, outlier: 'ignore' },
  training: {
    source: 'by hand',
    asOf: '2025-01-01',
    currency: 'EUR',
    users: 2,
    seed: 1,
    settings: {},
    metrics: {},
  },
  lineage: { parent: null },
})

function* history(): Iterable<Event> {
  const random = seededRandom(25)
  for (let i = 0; i < 240; i++) {
    const kind = EVENT_KINDS[random.below(EVENT_KINDS.length - 1)] as Event['kind']
    const orderId = kind.startsWith('order_') ? `o${random.below(25)}` : undefined
    const lines = [1, 2].map((n) => ({ product: `p${random.below(4)}`, quantity: n, amountMinor: 250 * n }))
    const amountMinor = kind === 'order_completed' ? 750 : 100
    yield event({
      eventId: `e${random.below(220)}`,
      userId: `user-${'äbcdef'[random.below(6)]}`,
      eventTime: T + Math.floor(i / 4) * 4 * HOUR_MS - random.below(2 * DAY_MS),
      kind,
      product: `p${random.below(9)}`,
      ...(orderId !== undefined && { orderId, amountMinor, currency: 'EUR', lines }),
    })
  }
}

/** A checkpoint of what this version makes of a fixed history of six users. */
export function folded(): { readonly sealed: Checkpoint; readonly users: readonly string[] } {
  const due = {
    maxSleepMs: DAY_MS,
    spreadMs: HOUR_MS,
    forgetAfterMs: 400 * DAY_MS,
    forgetAnonymousAfterMs: 30 * DAY_MS,
  }
  const profiles = new Profiles(PLAN)
  const run = {
    app: 'recorded',
    locale: 'en',
    liveFrom: 0,
    holdout: { pct: 20, salt: 's' },
    currency: 'EUR',
    due,
  } as const
  const segmenter = new Segmenter(profiles, run)
  segmenter.deploy(BUNDLE, 'c0')
  const moves: Transition[] = []
  for (const e of history()) {
    const trigger = { kind: e.kind, eventId: e.eventId, topic: 'events', partition: 0, offset: 0 }
    segmenter.event(profiles.open(e.userId), e, trigger, moves)
  }
  const slots = [...profiles.slots()]
  for (const slot of slots) segmenter.wake(slot, moves, 0)
  for (const slot of slots) profiles.setStamp(slot, 7)
  const users = slots.map((slot) => profiles.user(slot)).sort()
  const memberships = new Map(moves.map((move) => [move.userId, membershipOf(move)]))
  return {
    users,
    sealed: {
      token: 'recorded',
      after: undefined,
      head: head(7, {
        deployments: [{ bundle: BUNDLE, since: T, promoteId: 'c0' }],
        segments: [...segmenter.segments],
        counts: { ...head(7).counts, uncounted: profiles.uncounted.take() },
      }),
      profiles: slots.map((slot) => ({
        user: profiles.user(slot),
        bytes: profiles.save(slot),
        due: profiles.due(slot),
      })),
      memberships: [...memberships.values()],
      forgotten: [],
    },
  }
}

/** A key and what it holds, as base64: of hashes field and value in turn, of sorted sets member and score. */
export type Dumped = readonly [key: string, type: string, content: readonly string[]]

const texts = (content: readonly Buffer[]): string[] => content.map((part) => part.toString('base64'))

/** Every key of an app, in order, and the parts of each in order. */
export async function dumpRedis(client: Redis, keys: readonly string[]): Promise<Dumped[]> {
  return Promise.all(
    keys.toSorted().map(async (key): Promise<Dumped> => {
      const type = await client.type(key)
      if (type === 'set') return [key, type, texts(await client.smembersBuffer(key)).sort()]
      if (type === 'zset') return [key, type, texts(await client.zrangeBuffer(key, '0', '-1', 'WITHSCORES'))]
      const fields = Object.keys(await client.hgetall(key)).sort()
      const values = await Promise.all(fields.map((field) => client.hgetBuffer(key, field)))
      return [key, type, fields.flatMap((f, i) => texts([Buffer.from(f), values[i] as Buffer]))]
    }),
  )
}

export async function restoreRedis(client: Redis, dumped: readonly Dumped[]): Promise<void> {
  for (const [key, type, content] of dumped) {
    const parts = content.map((text) => Buffer.from(text, 'base64'))
    if (type === 'set') await client.sadd(key, ...parts)
    else if (type === 'hash') await client.hset(key, ...parts)
    // pairs of member and score, which the command wants the other way round
    else
      await client.zadd(
        key,
        ...parts.flatMap((part, i) => (i % 2 === 0 ? [parts[i + 1] as Buffer, part] : [])),
      )
  }
}
