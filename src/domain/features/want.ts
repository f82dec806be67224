import { canonicalJson } from '../base/canonical.ts'
import { DAY_MS, parseDurationMs } from '../base/duration.ts'
import { EVENT_KINDS } from '../events/event.ts'
import { assert } from '../../errors.ts'
import type { AggregateFeature, Divisible } from './feature-set.ts'
import { KEEP_DEFAULT } from './feature-set.ts'
import type { Label } from './label.ts'
import { COUNT_ONE, measureOf, type Measure } from './measure.ts'
import { REVERSIBLE } from './reversal.ts'
import type { Rule, ScalarState } from './states.ts'
import { compileWhere, type Where } from './where.ts'
import { parseDays, parseWindow, type Window } from './window.ts'

/** Weights fall below 1/256 behind so many half-lives: there a decayed sum is cut off. */
export const HALF_LIVES_KEPT = 8

/** One number that a feature asks of the events: what to keep of which, and the window that is read. */
export interface Want {
  /** Equal for wants that one state serves (kind, of, on, where, hop, zone). */
  readonly key: string
  readonly kinds: readonly number[]
  /** Canonical JSON of the compiled `where`; empty: all events. */
  readonly where: string
  readonly rule: Rule | ScalarState['rule'] | 'distinct'
  readonly measure: Measure
  readonly label: Label | undefined
  readonly gross: boolean
  /** null: a lifetime. */
  readonly window: Window | null
  readonly halfLifeDays: number
  readonly keep: number
}

type Selected = Pick<AggregateFeature, 'on' | 'where'>
type Asked = Partial<Pick<Want, 'measure' | 'label' | 'gross' | 'window' | 'halfLifeDays' | 'keep'>> & {
  /** A condition more. */
  readonly also?: Where | undefined
}

export function want(zone: string, f: Selected, rule: Want['rule'], asked: Asked): Want {
  const kinds = [...new Set(f.on)].map((kind) => EVENT_KINDS.indexOf(kind)).sort((a, b) => a - b)
  const predicate = compileWhere(f.where ?? {}, asked.also ?? {})
  const where = predicate.length === 0 ? '' : canonicalJson(predicate)
  const { measure = COUNT_ONE, label, window = null, halfLifeDays = 0, keep = KEEP_DEFAULT } = asked
  const gross = asked.gross === true && f.on.includes(REVERSIBLE)
  const key = canonicalJson({
    rule,
    measure,
    label: label ?? null,
    on: kinds.map((k) => EVENT_KINDS[k]),
    where,
    gross,
    hop: window?.hop ?? null,
    zone: window?.hop === '1d' ? zone : null,
  })
  return { key, kinds, where, rule, measure, label, gross, window, halfLifeDays, keep }
}

export function windowOf(text: string): Window | null {
  const window = parseWindow(text)
  assert(typeof window !== 'string', 'windows were checked with the schema')
  return window
}

export function daysOf(text: string): Window {
  const window = parseDays(text)
  assert(typeof window !== 'string', 'windows were checked with the schema')
  return window
}

/** What a count or sum asks for, plain or decayed, of the events that also meet a further condition. */
export function divisibleWant(zone: string, f: Divisible, also?: Where): Want {
  const measure = 'of' in f ? (measureOf(f.of) as Measure) : COUNT_ONE
  const gross = f.reversals === 'ignore'
  if ('window' in f) return want(zone, f, 'add', { measure, gross, window: windowOf(f.window), also })
  const halfLifeDays = (parseDurationMs(f.halfLife) as number) / DAY_MS
  const window: Window = { hop: '1d', hops: HALF_LIVES_KEPT * halfLifeDays }
  return want(zone, f, 'add', { measure, gross, window, halfLifeDays, also })
}
