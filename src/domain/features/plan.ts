import { canonicalJson } from '../base/canonical.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDurationMs, SECOND_MS } from '../base/duration.ts'
import { hash32 } from '../base/hash.ts'
import type { ZoneTable } from '../base/zone.ts'
import { EVENT_KINDS } from '../events/event.ts'
import { assert, fail } from '../../errors.ts'
import type { AggregateFeature, Feature, FeatureSet } from './feature-set.ts'
import { KEEP_DEFAULT, STEP_DEFAULT } from './feature-set.ts'
import type { Label, Measure, Predicate } from './fields.ts'
import { compileWhere, COUNT_ONE, labelOf, measureOf } from './fields.ts'
import type { HopSize, Window } from './window.ts'
import { parseWindow } from './window.ts'
import { maxProfileBytes } from './bound.ts'
import type { CellState, Lane, ScalarState, Selection, SetState } from './states.ts'

/** Largest profile, in bytes, that a feature set may lead to. */
export const MAX_PROFILE_BYTES = 32 * 1024

/**
 * How one feature's raw value comes from the states; `at` and `read` are indices into them. A feature's `cap` belongs to its
 * transform, only a recency needs it here.
 */
export type Read =
  | { readonly from: 'scalar'; readonly at: number; readonly divisor: number }
  | { readonly from: 'lane'; readonly at: number; readonly read: number; readonly divisor: number }
  | { readonly from: 'set'; readonly at: number; readonly read: number; readonly keep: number }
  | {
      readonly from: 'recency'
      readonly at: number
      readonly stepMs: number
      readonly unitMs: number
      readonly cap: number
    }
  | { readonly from: 'ratio'; readonly over: number; readonly under: number; readonly whenEmpty: number }

/**
 * A feature set compiled: what to keep of events (states, in the order of their keys) and how to read each feature from it.
 * Features with equal state keys (kind, of, on, where, hop, zone) share one state, whatever their windows.
 */
export interface Plan {
  readonly set: FeatureSet
  readonly zone: ZoneTable
  /** Names of the F columns of a vector, in order. */
  readonly columns: readonly string[]
  readonly predicates: readonly Predicate[]
  readonly scalars: readonly ScalarState[]
  readonly lanes: readonly Lane[]
  readonly sets: readonly SetState[]
  /** One per feature of the set, in the set's order. */
  readonly reads: readonly Read[]
  /** Feature indices such that a ratio comes after its parts. */
  readonly order: readonly number[]
  /** Column of each feature, −1 for a helper. */
  readonly columnOf: readonly number[]
  /** Hash of all that decides the form of a stored profile. */
  readonly layout: number
  /** Upper bound of an encoded profile. */
  readonly maxBytes: number
}

const UNIT_MS = { day: DAY_MS, hour: HOUR_MS, minute: MINUTE_MS, second: SECOND_MS } as const
const HOP_ORDER: readonly HopSize[] = ['5m', '1h', '1d']

/**
 * Compiles a checked feature set. Throws `feature-set-invalid` where a profile could grow beyond MAX_PROFILE_BYTES or the zone
 * is not the set's.
 */
export function compilePlan(set: FeatureSet, zone: ZoneTable): Plan {
  if (zone.name !== set.zone) {
    fail(
      'feature-set-invalid',
      `feature set "${set.name}": zone "${set.zone}" expected, table of "${zone.name}" given`,
    )
  }
  const states = new States(set)
  const reads = set.features.map((f) => states.read(f))
  let columns = 0
  const content = {
    columns: set.features.filter((f) => f.column !== false).map((f) => f.name),
    predicates: states.predicates,
    scalars: states.scalars,
    lanes: states.lanes,
    sets: states.sets,
  }
  const maxBytes = maxProfileBytes(content)
  if (maxBytes > MAX_PROFILE_BYTES) {
    fail(
      'feature-set-invalid',
      `feature set "${set.name}": a profile may grow to ${maxBytes} bytes, at most ${MAX_PROFILE_BYTES} are allowed; ` +
        'use shorter windows, fewer windowed aggregates or a smaller "keep"',
    )
  }
  return {
    set,
    zone,
    ...content,
    reads,
    order: evaluationOrder(set.features),
    columnOf: set.features.map((f) => (f.column === false ? -1 : columns++)),
    layout: hash32(canonicalJson({ ...content, zone: zone.name })),
    maxBytes,
  }
}

/** Predicates that decide about the events of each kind, by the kind's index in EVENT_KINDS; each once. */
export function predicatesByKind(plan: Plan): number[][] {
  const states = [...plan.scalars, ...plan.lanes.flatMap((lane) => lane.cells), ...plan.sets]
  return EVENT_KINDS.map((_, kind) => {
    const asked = states.filter((s) => s.predicate >= 0 && s.kinds.includes(kind)).map((s) => s.predicate)
    return [...new Set(asked)]
  })
}

function evaluationOrder(features: readonly Feature[]): number[] {
  const index = new Map(features.map((f, i) => [f.name, i]))
  const order: number[] = []
  const done = new Set<number>()
  const visit = (i: number): void => {
    if (done.has(i)) return
    done.add(i)
    const feature = features[i] as Feature
    if ('ratio' in feature) for (const part of feature.ratio) visit(index.get(part) as number)
    order.push(i)
  }
  features.forEach((_, i) => visit(i))
  return order
}

/** Selection and window of one aggregate feature, in the one form that equal ones share. */
interface Wanted {
  readonly key: string
  readonly selection: Selection
  readonly window: Window | null
}

/** Collects the states that the features of a set need, each once, in the order of their keys. */
class States {
  readonly predicates: Predicate[] = []
  readonly scalars: ScalarState[] = []
  readonly lanes: Lane[] = []
  readonly sets: SetState[] = []
  readonly #wanted = new Map<string, Wanted>()
  readonly #index: ReadonlyMap<string, number>
  readonly #set: FeatureSet

  constructor(set: FeatureSet) {
    this.#set = set
    this.#index = new Map(set.features.map((f, i) => [f.name, i]))
    const aggregates = set.features.filter((f): f is AggregateFeature => 'aggregate' in f)
    const predicateKeys = [...new Set(aggregates.map((f) => predicateKey(f)))].filter((k) => k !== '').sort()
    for (const key of predicateKeys) this.predicates.push(JSON.parse(key) as Predicate)
    for (const f of aggregates) this.#wanted.set(f.name, this.#want(f, predicateKeys))
    const sorted = aggregates.toSorted((a, b) => compareText(this.#keyOf(a), this.#keyOf(b)))
    for (const f of sorted) this.#addScalar(f)
    for (const hop of HOP_ORDER) this.#addLane(hop, sorted)
    for (const f of sorted) if (f.aggregate === 'distinct') this.#addSet(f, sorted)
  }

  read(f: Feature): Read {
    if ('given' in f) {
      return fail(
        'feature-set-invalid',
        `"${f.name}" of "${this.#set.name}": only tables carry it, no event feeds it`,
      )
    }
    if ('ratio' in f) {
      const [over, under] = f.ratio.map((name) => this.#index.get(name) as number) as [number, number]
      return { from: 'ratio', over, under, whenEmpty: f.whenEmpty }
    }
    const { key, window } = this.#wanted.get(f.name) as Wanted
    if (f.aggregate === 'recency') {
      const stepMs = parseDurationMs(f.step ?? STEP_DEFAULT) as number
      return { from: 'recency', at: findKey(this.scalars, key), stepMs, unitMs: UNIT_MS[f.unit], cap: f.cap }
    }
    if (f.aggregate === 'distinct') {
      const at = findKey(this.sets, key)
      const read = (this.sets[at] as SetState).reads.indexOf(window?.hops ?? Number.POSITIVE_INFINITY)
      return { from: 'set', at, read, keep: f.keep ?? KEEP_DEFAULT }
    }
    const divisor = measureFor(f).divisor
    if (window === null) return { from: 'scalar', at: findKey(this.scalars, key), divisor }
    const at = this.lanes.findIndex((lane) => lane.hop === window.hop)
    const lane = this.lanes[at] as Lane
    const cell = findKey(lane.cells, key)
    const read = lane.reads.findIndex((r) => r.cell === cell && r.hops === window.hops)
    return { from: 'lane', at, read, divisor }
  }

  #want(f: AggregateFeature, predicateKeys: readonly string[]): Wanted {
    const window = 'window' in f ? parseWindow(f.window) : null
    assert(typeof window !== 'string', 'windows were checked with the schema')
    const kinds = [...new Set(f.on)].map((kind) => EVENT_KINDS.indexOf(kind)).sort((a, b) => a - b)
    const key = canonicalJson({
      kind: f.aggregate,
      of: 'of' in f ? f.of : null,
      on: kinds.map((k) => EVENT_KINDS[k]),
      where: predicateKey(f),
      hop: window?.hop ?? null,
      zone: window?.hop === '1d' ? this.#set.zone : null,
    })
    return { key, selection: { kinds, predicate: predicateKeys.indexOf(predicateKey(f)) }, window }
  }

  #keyOf(f: AggregateFeature): string {
    return (this.#wanted.get(f.name) as Wanted).key
  }

  #addScalar(f: AggregateFeature): void {
    const { key, selection, window } = this.#wanted.get(f.name) as Wanted
    if (f.aggregate === 'distinct' || window !== null || findKey(this.scalars, key) >= 0) return
    const rule = f.aggregate === 'recency' ? 'latest' : 'add'
    this.scalars.push({ key, ...selection, rule, measure: measureFor(f) })
  }

  #addLane(hop: HopSize, sorted: readonly AggregateFeature[]): void {
    const cells: CellState[] = []
    const reads: { cell: number; hops: number }[] = []
    for (const f of sorted) {
      const { key, selection, window } = this.#wanted.get(f.name) as Wanted
      if (f.aggregate === 'distinct' || window === null || window.hop !== hop) continue
      let cell = findKey(cells, key)
      if (cell < 0)
        cell = cells.push({ key, ...selection, measure: measureFor(f), hops: this.#longest(key, sorted) }) - 1
      if (!reads.some((r) => r.cell === cell && r.hops === window.hops))
        reads.push({ cell, hops: window.hops })
    }
    reads.sort((a, b) => a.hops - b.hops || a.cell - b.cell)
    if (cells.length > 0) this.lanes.push({ hop, cells, reads })
  }

  #addSet(
    f: Extract<AggregateFeature, { aggregate: 'distinct' }>,
    sorted: readonly AggregateFeature[],
  ): void {
    const { key, selection, window } = this.#wanted.get(f.name) as Wanted
    if (findKey(this.sets, key) >= 0) return
    const sharing = sorted.filter((g) => g.aggregate === 'distinct' && this.#keyOf(g) === key)
    const keep = Math.max(...sharing.map((g) => (g.aggregate === 'distinct' ? (g.keep ?? KEEP_DEFAULT) : 0)))
    const hopsOf = (g: AggregateFeature): number =>
      this.#wanted.get(g.name)?.window?.hops ?? Number.POSITIVE_INFINITY
    const reads = [...new Set(sharing.map(hopsOf))].sort((a, b) => a - b)
    const label = labelOf(f.of) as Label
    this.sets.push({
      key,
      ...selection,
      label,
      hop: window?.hop ?? null,
      hops: Math.max(...reads),
      keep,
      reads,
    })
  }

  #longest(key: string, sorted: readonly AggregateFeature[]): number {
    return Math.max(
      ...sorted.filter((f) => this.#keyOf(f) === key).map((f) => this.#wanted.get(f.name)?.window?.hops ?? 0),
    )
  }
}

function predicateKey(f: AggregateFeature): string {
  return f.where === undefined || Object.keys(f.where).length === 0
    ? ''
    : canonicalJson(compileWhere(f.where))
}

function measureFor(f: AggregateFeature): Measure {
  return f.aggregate === 'sum' ? (measureOf(f.of) as Measure) : COUNT_ONE
}

function findKey(states: readonly { readonly key: string }[], key: string): number {
  return states.findIndex((s) => s.key === key)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
