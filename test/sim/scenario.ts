import { DAY_MS, MINUTE_MS } from '../../src/domain/base/duration.ts'
import type { Random } from '../../src/domain/base/random.ts'
import { UTC } from '../../src/domain/base/zone.ts'
import { decodeEvent } from '../../src/domain/events/decode-event.ts'
import { compilePlan } from '../../src/domain/features/plan.ts'
import type { FeatureSet } from '../../src/domain/features/feature-set.ts'
import { Profiles } from '../../src/domain/profile/profiles.ts'
import { sealBundle, type Bundle } from '../../src/domain/segments/bundle.ts'
import { commandSchema } from '../../src/domain/segments/command.ts'
import type { Content, TaskInput } from '../../src/app/task/lane.ts'
import type { RawRecord } from '../../src/ports/source.ts'

export const T0 = Date.UTC(2024, 0, 1)
export const SPAN_MS = 60 * MINUTE_MS
export const TOPICS = ['control', 'clicks', 'orders'] as const

const FEATURES: FeatureSet = {
  name: 'sim',
  version: 1,
  zone: 'UTC',
  features: [
    { name: 'views_10m', aggregate: 'count', on: ['product_viewed'], window: '10m' },
    { name: 'orders', aggregate: 'count', on: ['order_completed'], window: 'lifetime' },
    { name: 'quiet', aggregate: 'recency', on: ['product_viewed', 'order_completed'], unit: 'minute', step: '1m', cap: 30 },
  ],
}

export const newProfiles = (): Profiles => new Profiles(compilePlan(FEATURES, UTC))

/** Three segments that a few events and a few quiet minutes move between; every flip counts. */
export function makeBundle(shift: number, outlier: 'ignore' | 'segment'): Bundle {
  const identity = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  return sealBundle({
    format: 1,
    featureSet: FEATURES,
    scaler: { mean: [0, 0, 0], scale: [1, 1, 5] },
    pca: { mean: [0, 0, 0], components: identity, explainedVariance: [1, 1, 1], explainedVarianceRatio: [0.4, 0.3, 0.3] },
    centroids: [
      [2 + shift, 0, 0],
      [1, 2, 0.5 + shift],
      [0, 1, 4],
    ],
    radii: [1.5, 2, 3],
    segments: ['browsing', 'buying', 'quiet'].map((key) => ({ key, share: 1 / 3, profile: [0, 0, 0] })),
    policy: { minEvents: 2, marginRatio: 0.1, outlier },
    training: { source: 'sim', asOf: '2024-01-01', users: 1, seed: 1, metrics: {} },
    lineage: { parent: null },
  })
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

export function record(offset: number, value: unknown): RawRecord {
  const bytes = value instanceof Uint8Array ? value : bytesOf(value)
  return { offset, time: Number.NaN, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
}

export interface Scenario {
  readonly inputs: Readonly<Record<string, readonly RawRecord[]>>
  readonly arrivals: Readonly<Record<string, readonly number[]>>
}

function event(random: Random, n: number, topic: string): unknown {
  const eventTime = T0 + random.below(SPAN_MS)
  const common = { eventId: `${topic}-${n}`, userId: `u${random.below(10)}`, eventTime, product: `p${random.below(5)}` }
  return topic === 'orders'
    ? { ...common, kind: 'order_completed', orderId: `o${n}`, amountMinor: 100, currency: 'EUR' }
    : { ...common, kind: 'product_viewed' }
}

/** Two inputs with some disorder and some broken records, and a control input with two bundles, a hold and a release. */
export function makeScenario(random: Random, live: boolean): Scenario {
  const inputs: Record<string, RawRecord[]> = {}
  const arrivals: Record<string, number[]> = {}
  const outlier = random.below(2) === 0 ? 'ignore' : 'segment'
  const commands: { issuedAt: number; [k: string]: unknown }[] = [
    { command: 'promote', commandId: 'c0', issuedAt: 0, bundle: makeBundle(0, outlier) },
  ]
  if (random.below(2) === 0) {
    commands.push({ command: 'promote', commandId: 'c1', issuedAt: T0 + random.below(SPAN_MS), bundle: makeBundle(0.7, outlier) })
  }
  if (random.below(3) === 0) {
    const at = T0 + random.below(SPAN_MS / 2)
    commands.push({ command: 'hold', commandId: 'c2', issuedAt: at })
    commands.push({ command: 'release', commandId: 'c3', issuedAt: at + random.below(SPAN_MS / 4) })
  }
  commands.sort((a, b) => a.issuedAt - b.issuedAt)
  inputs['control'] = commands.map((c, i) => record(i, c))
  arrivals['control'] = commands.map((c) => (live ? Math.max(T0, c.issuedAt) : T0))
  for (const topic of ['clicks', 'orders']) {
    const n = topic === 'clicks' ? 90 : 30
    const events = Array.from({ length: n }, (_, i) => event(random, i, topic) as { eventTime: number })
    // nearly in order of time: each is late by up to two minutes
    const keyed = events.map((e) => ({ e, at: e.eventTime + random.below(2 * MINUTE_MS) })).sort((a, b) => a.at - b.at)
    inputs[topic] = keyed.map(({ e }, i) => record(i, random.below(25) === 0 ? new TextEncoder().encode('{broken') : e))
    arrivals[topic] = keyed.map(({ at }) => (live ? at : T0))
  }
  return { inputs, arrivals }
}

function decode(r: RawRecord, latestMs: number): Content {
  try {
    return decodeEvent(JSON.parse(new TextDecoder().decode(r.bytes)), latestMs)
  } catch {
    return { type: 'refused', reason: 'not-json', detail: 'broken on purpose' }
  }
}

export const TASK_INPUTS: readonly TaskInput[] = TOPICS.map((topic) => ({
  topic,
  control: topic === 'control',
  decode: (r: RawRecord, latestMs: number): Content =>
    topic === 'control'
      ? { type: 'command', command: commandSchema.parse(JSON.parse(new TextDecoder().decode(r.bytes))) }
      : decode(r, latestMs),
}))

export const DUE = { maxSleepMs: 15 * MINUTE_MS, spreadMs: MINUTE_MS }
export const MAX_AHEAD_MS = DAY_MS
