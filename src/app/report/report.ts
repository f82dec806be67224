import type { Study } from '../study/study.ts'
import type { ZoneTable } from '../../domain/base/zone.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import type { Labels } from '../../domain/segments/labels.ts'
import { assignAll, newestOf, segmentKeys, type Customers } from './customers.ts'
import type { Movement } from './movement.ts'
import { preferencesOf, type Preferences } from './preferences.ts'
import type { SegmentValue } from './value.ts'

/** What was read for the report. Times are Unix ms. */
export interface DataFacts {
  /** Names of the inputs. */
  readonly source: string
  readonly asOf: number
  readonly firstAt: number
  readonly lastAt: number
  readonly records: number
  readonly events: number
  /** After the as-of: of no account. */
  readonly later: number
  readonly users: number
  /** With events enough for a segment. */
  readonly assigned: number
  readonly kinds: Customers['kinds']
  readonly uncounted: Customers['uncounted']
  /** Records not read, by reason. */
  readonly skipped: readonly (readonly [reason: string, records: number])[]
  readonly currency: string | undefined
  /** Of the shop: days are told by it. */
  readonly zone: ZoneTable
}

/** A customer whose way through the model is worked through. */
export interface Newcomer {
  /** `newest`: of those with events enough, who came last; else `typical`: nearest to a centroid; else `mean`: of a segment's means. */
  readonly who: 'newest' | 'typical' | 'mean'
  /** Raw, F. */
  readonly values: readonly number[]
}

/** All that a report tells. Parts that nobody studied or gave data for are undefined, and the report says so. */
export interface Report {
  readonly bundle: Bundle
  readonly labels: Labels
  readonly study: Study | undefined
  /** Keys in the order of the tables below. */
  readonly segments: readonly string[]
  readonly data: DataFacts | undefined
  /** Customers per segment. */
  readonly sizes: readonly number[] | undefined
  readonly preferences: Preferences | undefined
  readonly value: readonly SegmentValue[] | undefined
  readonly movement: Movement | undefined
  readonly newcomer: Newcomer
  /** Of this program. */
  readonly program: string
}

export interface ReportInput extends Pick<Report, 'bundle' | 'labels' | 'study' | 'movement' | 'program'> {
  readonly customers: Customers | undefined
  /** What else is known of what the customers were read from. */
  readonly read: Pick<DataFacts, 'source' | 'records' | 'skipped' | 'currency' | 'zone'> | undefined
}

export function makeReport(input: ReportInput): Report {
  const { bundle, labels, study, movement, program, customers, read } = input
  const segments = segmentKeys(bundle)
  const base = { bundle, labels, study, segments, movement, program, newcomer: knownNewcomer(input) }
  if (customers === undefined || read === undefined)
    return { ...base, data: undefined, sizes: undefined, preferences: undefined, value: undefined }
  const segmentOf = assignAll(customers, bundle)
  const value = customers.orders.valueOf(segmentOf, segments.length)
  const { asOf, firstAt, lastAt, events, later, kinds, uncounted, profiles, activity } = customers
  const sizes = value.map((v) => v.users)
  const assigned = sizes.reduce((a, b) => a + b, 0)
  const data = {
    ...read,
    asOf,
    firstAt,
    lastAt,
    events,
    later,
    kinds,
    uncounted,
    users: profiles.size,
    assigned,
  }
  const newest = newestOf(customers, segmentOf)
  return {
    ...base,
    ...(newest && { newcomer: { who: 'newest', values: newest } }),
    data,
    sizes,
    value,
    preferences: preferencesOf(activity, segmentOf, segments.length),
  }
}

/** Without events: of the largest segment, for that is whom the reader is likeliest to know. */
function knownNewcomer({ bundle, study }: ReportInput): Newcomer {
  const shares = bundle.segments.map((s) => s.share)
  const largest = shares.indexOf(Math.max(...shares))
  const typical = study?.segments[largest]?.typical[0]?.values
  if (typical !== undefined) return { who: 'typical', values: typical }
  return { who: 'mean', values: bundle.segments[largest]?.profile ?? [] }
}
