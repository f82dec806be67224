import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import type { Random } from '../../src/domain/base/random.ts'
import { UTC } from '../../src/domain/base/zone.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { decodeEvent } from '../../src/domain/events/decode-event.ts'
import { compilePlan } from '../../src/domain/features/plan.ts'
import type { FeatureSet } from '../../src/domain/features/feature-set.ts'
import type { DuePolicy } from '../../src/domain/profile/due.ts'
import { Profiles } from '../../src/domain/profile/profiles.ts'
import { sealBundle, type Bundle } from '../../src/domain/segments/bundle.ts'
import type { Holdout } from '../../src/domain/segments/holdout.ts'
import type { Policy } from '../../src/domain/segments/policy.ts'
import { commandSchema } from '../../src/domain/segments/command.ts'
import type { GuardRule } from '../../src/app/task/guard.ts'
import type { Rhythm } from '../../src/app/task/habit.ts'
import type { Content, TaskInput } from '../../src/app/task/lane.ts'
import type { RawRecord } from '../../src/ports/source.ts'

export const T0 = Date.UTC(2024, 0, 1)
export const TOPICS = ['control', 'clicks', 'orders'] as const

const FEATURES: FeatureSet = {
  name: 'sim',
  version: 1,
  zone: 'UTC',
  features: [
    { name: 'views_10m', aggregate: 'count', on: ['product_viewed'], window: '10m' },
    { name: 'orders', aggregate: 'count', on: ['order_completed'], window: 'lifetime' },
    { name: 'spend', column: false, aggregate: 'sum', of: 'amount', on: ['order_completed'], window: '1h' },
    {
      name: 'quiet',
      aggregate: 'recency',
      on: ['product_viewed', 'order_completed'],
      unit: 'minute',
      step: '1m',
      cap: 30,
    },
  ],
}

/** Is an event older than the only window that asks for it as of a time, cut at whole five minutes? */
export function isLate({ kind, eventTime }: Event, asOf: number): boolean {
  const hop = 5 * MINUTE_MS
  const window = kind === 'product_viewed' ? 10 * MINUTE_MS : kind === 'order_completed' ? HOUR_MS : Infinity
  return eventTime < Math.floor((asOf - window) / hop) * hop
}

const PLAN = compilePlan(FEATURES, UTC)
export const newProfiles = (): Profiles => new Profiles(PLAN)

/** Three segments that a few events and a few quiet minutes move between; every flip counts. */
function makeBundle(shift: number, policy: Policy): Bundle {
  const identity = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  return sealBundle({
    format: 1,
    featureSet: FEATURES,
    scaler: { mean: [0, 0, 0], scale: [1, 1, 5] },
    pca: {
      mean: [0, 0, 0],
      components: identity,
      explainedVariance: [1, 1, 1],
      explainedVarianceRatio: [0.4, 0.3, 0.3],
    },
    centroids: [
      [2 + shift, 0, 0],
      [1, 2, 0.5 + shift],
      [0, 1, 4],
    ],
    radii: [1.5, 2, 3],
    segments: ['browsing', 'buying', 'quiet'].map((key) => ({ key, share: 1 / 3, profile: [0, 0, 0] })),
    policy,
    training: {
      source: 'sim',
      asOf: '2024-01-01',
      currency: null,
      users: 1,
      seed: 1,
      settings: {},
      metrics: {},
    },
    lineage: { parent: null },
  })
}

const bundles = new Map<string, Bundle>()

/** The same bundle for the same arguments: sealing one hashes it. */
export function bundleOf(shift: number, policy: Policy): Bundle {
  const key = `${shift} ${JSON.stringify(policy)}`
  const bundle = bundles.get(key) ?? makeBundle(shift, policy)
  bundles.set(key, bundle)
  return bundle
}

const BROKEN = new TextEncoder().encode('{broken')

export function record(offset: number, value: unknown): RawRecord {
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(JSON.stringify(value))
  return { offset, time: Number.NaN, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
}

/** All that one input will ever hold. Offsets may leave gaps: broken transactions and markers take numbers too. */
export interface Input {
  readonly records: readonly RawRecord[]
  /** When each becomes visible. */
  readonly arrivals: readonly number[]
  /** First offset that is still held; 0 where nothing was retired. */
  readonly start?: number
  /** Next offset to be written after the last record; may lie behind markers. */
  readonly end: number
}

export interface Scenario {
  readonly inputs: Readonly<Record<string, Input>>
  readonly due: DuePolicy
  /** undefined: nothing but an operator holds the clock. */
  readonly guard: GuardRule | undefined
  /** What lies before this is history. */
  readonly liveFrom: number
}

/** A day of two minutes, so that habits form. */
export const SIM_RHYTHM: Rhythm = {
  slotMs: 20 * SECOND_MS,
  slotsPerHour: 2,
  hoursPerDay: 3,
  days: 3,
  minDays: 1,
  reachSlots: 4,
}

/** Guards that bite often. */
function guardRule(random: Random): GuardRule {
  return {
    overSlots: 1 + random.below(4),
    floorPct: 30 + random.below(60),
    minUsual: 1 + random.below(4),
    maxMovedPct: 10 + random.below(80),
    minMoved: 1 + random.below(4),
  }
}

/** A fifth of the users. */
export const HOLDOUT: Holdout = { pct: 20, salt: 'sim' }

/** What a scenario is like. */
interface Traits {
  readonly live: boolean
  readonly spanMs: number
  readonly users: number
  /** Event times are multiples of this: large ones make ties. */
  readonly grainMs: number
  readonly gaps: boolean
  /** How much later than its event a record comes at most. */
  readonly lateMs: number
}

interface Raw {
  readonly at: number
  readonly value: unknown
}

interface Fact {
  readonly eventTime: number
  readonly [field: string]: unknown
}

function event(random: Random, id: string, topic: string, t: Traits): Fact {
  const eventTime = T0 + Math.floor(random.below(t.spanMs) / t.grainMs) * t.grainMs
  const common = {
    eventId: id,
    userId: `u${random.below(t.users)}`,
    eventTime,
    product: `p${random.below(5)}`,
  }
  return topic === 'orders'
    ? { ...common, kind: 'order_completed', orderId: id, amountMinor: 100, currency: 'EUR' }
    : { ...common, kind: 'product_viewed' }
}

interface OrderFact extends Fact {
  readonly eventId: string
  readonly orderId: string
}

const isOrder = (value: unknown): value is OrderFact =>
  (value as { kind?: string }).kind === 'order_completed'

/** Some orders go back, some in part, and perhaps before they are known; some refunds do not say of which order. */
function undone(random: Random, { at, value }: Raw, t: Traits): Raw[] {
  if (!isOrder(value) || random.below(3) > 0) return []
  const { userId, eventTime, orderId } = value
  const kind = random.below(2) === 0 ? 'order_cancelled' : 'order_refunded'
  const what = kind === 'order_cancelled' ? { orderId } : { amountMinor: 30, currency: 'EUR' }
  const known = random.below(4) === 0 ? {} : { orderId }
  const fact = { eventId: `${orderId}-back`, userId, eventTime, kind, ...what, ...known }
  return [{ at: at + random.below(2 * t.lateMs) - t.lateMs, value: fact }]
}

/** Some disorder, some broken records, some with several events; each comes late, some once more, perhaps as another record. */
function behaviour(random: Random, topic: string, n: number, t: Traits): Raw[] {
  const raw = Array.from({ length: n }, (_, i): Raw => {
    const first = event(random, `${topic}-${i}`, topic, t)
    const at = first.eventTime + random.below(t.lateMs)
    const chance = random.below(40)
    if (chance < 2) return { at, value: BROKEN }
    if (chance === 2) return { at, value: { ignore: true } }
    if (chance > 4) return { at, value: first }
    return { at, value: [first, event(random, `${topic}-${i}b`, topic, t)] }
  })
  const again = [...raw, ...raw.flatMap((r) => undone(random, r, t))].flatMap((r): Raw[] => {
    if (random.below(6) > 0) return [r]
    const later = { ...r, at: r.at + random.below(t.lateMs) }
    return [
      r,
      isOrder(r.value) ? { ...later, value: { ...r.value, eventId: `${r.value.eventId}-again` } } : later,
    ]
  })
  return again.sort((a, b) => a.at - b.at)
}

/** A bundle from the start on; perhaps another one, perhaps a hold with its release. */
function commands(random: Random, t: Traits): Raw[] {
  const policy: Policy = {
    minEvents: 2,
    marginRatio: 0.1,
    dwellMs: [0, 0, 3 * MINUTE_MS, 10 * MINUTE_MS][random.below(4)] as number,
    confirmForMs: [null, null, 2 * MINUTE_MS, 8 * MINUTE_MS][random.below(4)] ?? null,
    outlier: random.below(2) === 0 ? 'ignore' : 'segment',
  }
  const promote = (id: string, issuedAt: number, shift: number): Raw => ({
    at: issuedAt,
    value: { command: 'promote', commandId: id, issuedAt, bundle: bundleOf(shift, policy) },
  })
  const all: Raw[] = [promote('c0', 0, 0)]
  if (random.below(2) === 0) all.push(promote('c1', T0 + random.below(t.spanMs), 0.7))
  // for a share of the users, slowly, and perhaps back again
  const last = all[1]
  if (last) {
    const { at } = last
    const value = {
      ...(last.value as object),
      share: [1, 0.5, 0.2][at % 3],
      rampMs: [0, 8 * MINUTE_MS][at % 2],
    }
    all[1] = { at, value }
    const later = at + 5 * MINUTE_MS
    if (at % 7 < 3) all.push({ at: later, value: { command: 'rollback', commandId: 'c4', issuedAt: later } })
  }
  if (random.below(3) === 0) {
    const at = T0 + random.below(t.spanMs / 2)
    const releasedAt = at + random.below(t.spanMs / 3)
    all.push({ at, value: { command: 'hold', commandId: 'c2', issuedAt: at } })
    all.push({ at: releasedAt, value: { command: 'release', commandId: 'c3', issuedAt: releasedAt } })
  }
  return all.sort((a, b) => a.at - b.at)
}

function lay(random: Random, raw: readonly Raw[], t: Traits): Input {
  let offset = 0
  const gap = (): number => (t.gaps && random.below(6) === 0 ? 1 + random.below(2) : 0)
  const records = raw.map(({ value }) => {
    offset += gap()
    return record(offset++, value)
  })
  return { records, arrivals: raw.map(({ at }) => (t.live ? Math.max(T0, at) : T0)), end: offset + gap() }
}

/** The same without what one of the inputs would have given for a while. */
function muted(random: Random, inputs: Scenario['inputs'], t: Traits): Scenario['inputs'] {
  const topic = random.below(2) === 0 ? 'clicks' : 'orders'
  const from = T0 + random.below(t.spanMs)
  const to = from + random.below(t.spanMs / 2)
  const { records, arrivals, end } = inputs[topic] as Input
  const heard = (i: number): boolean => !((arrivals[i] as number) >= from && (arrivals[i] as number) < to)
  const left = {
    records: records.filter((_, i) => heard(i)),
    arrivals: arrivals.filter((_, i) => heard(i)),
    end,
  }
  return { ...inputs, [topic]: left }
}

/** Two inputs of behaviour and one of commands. `live`: they arrive as time passes; else all is there from the start. */
export function makeScenario(random: Random, live: boolean): Scenario {
  const t: Traits = {
    live,
    spanMs: (10 + random.below(50)) * MINUTE_MS,
    users: 3 + random.below(10),
    grainMs: [1, 1, 10 * SECOND_MS, MINUTE_MS][random.below(4)] as number,
    gaps: random.below(2) === 0,
    lateMs: (random.below(3) === 0 ? 12 : 2) * MINUTE_MS,
  }
  const n = 20 + random.below(70)
  const raw = {
    control: commands(random, t),
    clicks: behaviour(random, 'clicks', n, t),
    orders: behaviour(random, 'orders', Math.ceil(n / 3), t),
  }
  const inputs = Object.fromEntries(TOPICS.map((topic) => [topic, lay(random, raw[topic], t)]))
  const due: DuePolicy = {
    maxSleepMs: 15 * MINUTE_MS,
    spreadMs: random.below(2) === 0 ? MINUTE_MS : 0,
    forgetAfterMs: random.below(2) === 0 ? 12 * MINUTE_MS : DAY_MS,
    forgetAnonymousAfterMs: random.below(2) === 0 ? 5 * MINUTE_MS : DAY_MS,
  }
  const guard = random.below(2) === 0 ? guardRule(random) : undefined
  const heard = random.below(2) === 0 ? muted(random, inputs, t) : inputs
  return { inputs: heard, due, guard, liveFrom: random.below(2) === 0 ? T0 + random.below(t.spanMs) : 0 }
}

const decoded = new WeakMap<RawRecord, Content>()

function decode(topic: string, r: RawRecord, latestMs: number): Content {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(r.bytes))
  } catch {
    return { type: 'refused', reason: 'not-json', detail: 'broken on purpose' }
  }
  if (topic === 'control') return { type: 'command', command: commandSchema.parse(value) }
  if ((value as { ignore?: boolean }).ignore) return { type: 'skipped', reason: 'ignored' }
  if (!Array.isArray(value)) return decodeEvent(value, latestMs)
  const parts = value.map((v) => decodeEvent(v, latestMs))
  return { type: 'events', events: parts.flatMap((part) => (part.type === 'events' ? part.events : [])) }
}

export const TASK_INPUTS: readonly TaskInput[] = TOPICS.map((topic) => ({
  topic,
  control: topic === 'control',
  decode: (r: RawRecord, latestMs: number): Content => {
    const content = decoded.get(r) ?? decode(topic, r, latestMs)
    decoded.set(r, content)
    return content
  },
}))

export const MAX_AHEAD_MS = DAY_MS
