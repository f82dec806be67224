import { canonicalJson } from '../base/canonical.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDurationMs, SECOND_MS } from '../base/duration.ts'
import { hash32 } from '../base/hash.ts'
import type { ZoneTable } from '../base/zone.ts'
import { fail } from '../../errors.ts'
import { maxFeatureBytes, maxMemoryBytes } from './bound.ts'
import { collectStates, hopsOf, placeOf, readOf, sameRead, type States } from './collect.ts'
import type { Aggregated } from './feature.ts'
import type { AggregateFeature, Divisible, Feature, FeatureSet } from './feature-set.ts'
import { KEEP_DEFAULT, STEP_DEFAULT } from './feature-set.ts'
import { labelOf } from './label.ts'
import { measureOf, type Measure } from './measure.ts'
import { reversibleOf, type Reversible } from './reversal.ts'
import type { Lane } from './states.ts'
import { compileTraits, type TraitNodes } from './traits.ts'
import { daysOf, divisibleWant, want, windowOf, type Want } from './want.ts'

/** Most of a profile, in bytes, that a feature set may lead to, beside the ids and orders that are remembered anyway. */
export const MAX_PROFILE_BYTES = 32 * 1024

/** A number of a profile: index of a scalar, or of a lane and one of its reads. */
export type Source =
  | { readonly in: 'scalar'; readonly at: number }
  | { readonly in: 'lane'; readonly at: number; readonly read: number }

/**
 * How one raw value comes from the states, or from nodes before it; `at`, `read`, `over` … are indices. A feature's `cap`
 * belongs to its transform, only an age needs it here.
 */
export type Node =
  | { readonly is: 'sum'; readonly of: Source; readonly divisor: number; readonly signed: boolean }
  | { readonly is: 'distinct'; readonly at: number; readonly read: number; readonly keep: number }
  | {
      readonly is: 'min' | 'max'
      readonly of: Source
      readonly divisor: number
      readonly whenEmpty: number
    }
  | {
      readonly is: 'recency' | 'tenure'
      readonly at: number
      readonly stepMs: number
      readonly unitMs: number
      readonly cap: number
    }
  | {
      readonly is: 'ratio'
      readonly over: number
      readonly under: number
      readonly whenEmpty: number
      /** The one is a part of the other. */
      readonly part: boolean
    }
  | { readonly is: 'difference'; readonly from: number; readonly less: number }

/**
 * A feature set compiled: what to keep of events (states, in the order of their keys) and how to read each feature from it.
 * Features with equal state keys (kind, of, on, where, hop, zone) share one state, whatever their windows.
 */
export interface Plan extends States {
  readonly set: FeatureSet
  readonly zone: ZoneTable
  /** Names of the F columns of a vector, in order. */
  readonly columns: readonly string[]
  /** In the order of evaluation. */
  readonly nodes: readonly Node[]
  /** Node of each column. */
  readonly columnNodes: readonly number[]
  /** What is remembered of orders, so that they can be undone. */
  readonly reversible: Reversible
  /** null: the set declares none. */
  readonly traits: TraitNodes | null
  /** Hash of all that decides the form of a stored profile. */
  readonly layout: number
  /** Upper bound of an encoded profile. */
  readonly maxBytes: number
}

const UNIT_MS = { day: DAY_MS, hour: HOUR_MS, minute: MINUTE_MS, second: SECOND_MS } as const

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
  const recipe = new Recipe(set)
  for (const f of set.features) recipe.nodeOf(f)
  const states = collectStates(recipe.wants)
  const columns = set.features.filter((f) => f.column !== false)
  const content = { columns: columns.map((f) => f.name), ...states }
  const asked = maxFeatureBytes(content)
  if (asked > MAX_PROFILE_BYTES) {
    fail(
      'feature-set-invalid',
      `feature set "${set.name}": a profile may grow to ${asked} bytes, at most ${MAX_PROFILE_BYTES} are allowed; ` +
        'use shorter windows, fewer windowed aggregates or a smaller "keep"',
    )
  }
  return {
    set,
    zone,
    ...content,
    nodes: recipe.drafts.map((draft) => draft(states)),
    columnNodes: columns.map((f) => recipe.nodeOf(f)),
    reversible: reversibleOf(states),
    traits: set.traits === undefined ? null : compileTraits(set.traits, (name) => recipe.named(name)),
    layout: hash32(canonicalJson({ ...content, zone: zone.name })),
    maxBytes: asked + maxMemoryBytes(content),
  }
}

/** Takes features apart into the numbers that they want of events and the nodes that make values of these. */
class Recipe {
  readonly wants: Want[] = []
  /** Nodes that wait for the states. */
  readonly drafts: ((states: States) => Node)[] = []
  readonly #setName: string
  readonly #zone: string
  readonly #byName: ReadonlyMap<string, Feature>
  readonly #known = new Map<string, number>()

  constructor(set: FeatureSet) {
    this.#setName = set.name
    this.#zone = set.zone
    this.#byName = new Map(set.features.map((f) => [f.name, f]))
  }

  /** Index of the feature's node, behind those that it needs. */
  nodeOf(f: Feature): number {
    const known = this.#known.get(f.name)
    if (known !== undefined) return known
    const node = 'aggregate' in f ? this.#aggregate(f) : this.#derived(f)
    this.#known.set(f.name, node)
    return node
  }

  #derived(f: Exclude<Feature, AggregateFeature>): number {
    if ('ratio' in f) {
      const [over, under] = f.ratio.map((name) => this.named(name)) as [number, number]
      return this.#add({ is: 'ratio', over, under, whenEmpty: f.whenEmpty, part: false })
    }
    if ('difference' in f) {
      const [from, less] = f.difference.map((name) => this.named(name)) as [number, number]
      return this.#add({ is: 'difference', from, less })
    }
    if ('share' in f) {
      const under = this.named(f.share.of)
      const whole = this.#byName.get(f.share.of) as Divisible
      const over = this.#sum(divisibleWant(this.#zone, whole, f.share.where))
      return this.#add({ is: 'ratio', over, under, whenEmpty: f.whenEmpty, part: true })
    }
    return fail(
      'feature-set-invalid',
      `"${f.name}" of "${this.#setName}": only tables carry it, no event feeds it`,
    )
  }

  #aggregate(f: AggregateFeature): number {
    const zone = this.#zone
    if (f.aggregate === 'distinctDays') return this.#sum(want(zone, f, 'any', { window: daysOf(f.window) }))
    if (f.aggregate === 'sessions') return this.#sum(want(zone, f, 'slots', { window: windowOf(f.window) }))
    if (f.aggregate === 'distinct') return this.#distinct(f)
    if (f.aggregate === 'recency' || f.aggregate === 'tenure') return this.#age(f)
    if (f.aggregate === 'mean') return this.#mean(f)
    if (f.aggregate === 'min' || f.aggregate === 'max') return this.#extreme(f)
    return this.#sum(divisibleWant(zone, f))
  }

  #mean(f: Aggregated<'mean'>): number {
    const gross = f.reversals === 'ignore'
    const asked = { measure: measureOf(f.of) as Measure, window: windowOf(f.window), gross }
    const over = this.#sum(want(this.#zone, f, 'add', asked))
    const under = this.#sum(want(this.#zone, f, 'seen', asked))
    return this.#add({ is: 'ratio', over, under, whenEmpty: f.whenEmpty, part: false })
  }

  #extreme(f: Aggregated<'min' | 'max'>): number {
    const measure = measureOf(f.of) as Measure
    const w = this.#want(want(this.#zone, f, f.aggregate, { measure, window: windowOf(f.window) }))
    const node = { is: f.aggregate, divisor: measure.divisor, whenEmpty: f.whenEmpty }
    return this.#draft((s) => ({ ...node, of: sourceOf(s, w) }))
  }

  #distinct(f: Aggregated<'distinct'>): number {
    const keep = f.keep ?? KEEP_DEFAULT
    const asked = { label: labelOf(f.of), window: windowOf(f.window), keep }
    const w = this.#want(want(this.#zone, f, 'distinct', asked))
    return this.#draft(({ sets }) => {
      const at = placeOf(sets, w.key)
      return { is: 'distinct', at, read: sets[at]?.reads.indexOf(hopsOf(w)) as number, keep }
    })
  }

  #age(f: Aggregated<'recency' | 'tenure'>): number {
    const w = this.#want(want(this.#zone, f, f.aggregate === 'recency' ? 'latest' : 'earliest', {}))
    const stepMs = parseDurationMs(f.step ?? STEP_DEFAULT) as number
    const node = { is: f.aggregate, stepMs, unitMs: UNIT_MS[f.unit], cap: f.cap }
    return this.#draft(({ scalars }) => ({ ...node, at: placeOf(scalars, w.key) }))
  }

  #sum(w: Want): number {
    this.#want(w)
    const counted = w.rule === 'add' ? w.measure : { divisor: 1, signed: false }
    return this.#draft((s) => ({
      is: 'sum',
      of: sourceOf(s, w),
      divisor: counted.divisor,
      signed: counted.signed,
    }))
  }

  named(name: string): number {
    return this.nodeOf(this.#byName.get(name) as Feature)
  }

  #want(w: Want): Want {
    this.wants.push(w)
    return w
  }

  #add(node: Node): number {
    return this.#draft(() => node)
  }

  #draft(draft: (states: States) => Node): number {
    return this.drafts.push(draft) - 1
  }
}

function sourceOf(s: States, w: Want): Source {
  if (w.window === null) return { in: 'scalar', at: placeOf(s.scalars, w.key) }
  const at = s.lanes.findIndex((lane) => placeOf(lane.cells, w.key) >= 0)
  const lane = s.lanes[at] as Lane
  const wanted = readOf(w, lane.cells)
  return { in: 'lane', at, read: lane.reads.findIndex((r) => sameRead(r, wanted)) }
}
