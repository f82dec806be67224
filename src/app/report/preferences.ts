import { TIME_DIMENSIONS, type Activity, type TimeDimension } from './activity.ts'

/** How much more of a segment's activity falls on a value than of everybody's. */
export interface Preference {
  /** 100: as everybody; null: nobody did anything here. */
  readonly index: number
  /** Of the index, at 95 %: customers are the sample, what one of them does again is no new evidence. */
  readonly low: number
  readonly high: number
  /** Of the segment's activity. */
  readonly share: number
}

export interface PreferenceTable {
  /** Values in order: a category's name, else a number from 0 (January, Monday, midnight, spring). */
  readonly values: readonly (string | number)[]
  /** Of everybody's activity, per value. */
  readonly shares: readonly number[]
  /** Per segment and value; null: the segment did nothing, or nobody did on this value. */
  readonly rows: readonly (readonly (Preference | null)[])[]
}

export interface Preferences {
  readonly category: PreferenceTable
  readonly time: Readonly<Record<TimeDimension, PreferenceTable>>
}

/** Categories in the table, those with the most activity; more would not be read. */
const CATEGORIES_SHOWN = 12
/** Two-sided 95 %. */
const Z = 1.96
/** Where nobody of n did it, at most this over n would, at 95 % (Hanley & Lippman-Hand 1983). */
const RULE_OF_THREE = 3

/** Segments by customer slot (index of a segment, −1: none) → what each prefers. */
export function preferencesOf(activity: Activity, segmentOf: Int32Array, segments: number): Preferences {
  const timeTable = (dimension: TimeDimension): PreferenceTable => {
    const width = TIME_DIMENSIONS[dimension].size
    const counts = (slot: number): ArrayLike<number> => activity.time(slot, dimension)
    const values = Array.from({ length: width }, (_, v) => v)
    return { values, ...tableOf({ counts, width, segmentOf, segments }) }
  }
  const time = {
    hour: timeTable('hour'),
    weekday: timeTable('weekday'),
    month: timeTable('month'),
    season: timeTable('season'),
  }
  const names = activity.categories
  const counts = (slot: number): ArrayLike<number> => activity.category(slot)
  const all = tableOf({ counts, width: names.length, segmentOf, segments })
  const order = Array.from(names.keys())
    .sort((a, b) => (all.shares[b] as number) - (all.shares[a] as number) || byText(names, a, b))
    .slice(0, CATEGORIES_SHOWN)
  const pick = <T>(row: readonly T[]): T[] => order.map((v) => row[v] as T)
  return { time, category: { values: pick(names), shares: pick(all.shares), rows: all.rows.map(pick) } }
}

const byText = (names: readonly string[], a: number, b: number): number =>
  (names[a] as string) < (names[b] as string) ? -1 : 1

interface Counted {
  readonly counts: (slot: number) => ArrayLike<number>
  readonly width: number
  readonly segmentOf: Int32Array
  readonly segments: number
}

/** Sums over the customers of one segment. */
interface Sums {
  users: number
  /** Σ y and Σ y², y: a customer's activity. */
  total: number
  totalSquares: number
  /** Per value Σ x, Σ x² and Σ x·y, x: his activity on it. */
  readonly on: Float64Array
  readonly onSquares: Float64Array
  readonly cross: Float64Array
}

function tableOf({ counts, width, segmentOf, segments }: Counted): Omit<PreferenceTable, 'values'> {
  const sums = Array.from({ length: segments }, () => noSums(width))
  segmentOf.forEach((segment, slot) => {
    if (segment >= 0) add(sums[segment] as Sums, counts(slot))
  })
  const everything = sums.reduce((a, s) => a + s.total, 0)
  const shares = Array.from({ length: width }, (_, v) =>
    everything === 0 ? 0 : sums.reduce((a, s) => a + (s.on[v] as number), 0) / everything,
  )
  return { shares, rows: sums.map((s) => shares.map((share, v) => preference(s, v, share))) }
}

function noSums(width: number): Sums {
  const zeros = (): Float64Array => new Float64Array(width)
  return { users: 0, total: 0, totalSquares: 0, on: zeros(), onSquares: zeros(), cross: zeros() }
}

function add(s: Sums, counts: ArrayLike<number>): void {
  let y = 0
  for (let v = 0; v < counts.length; v++) y += counts[v] as number
  if (y === 0) return
  s.users++
  s.total += y
  s.totalSquares += y * y
  for (let v = 0; v < counts.length; v++) {
    const x = counts[v] as number
    if (x === 0) continue
    s.on[v] = (s.on[v] as number) + x
    s.onSquares[v] = (s.onSquares[v] as number) + x * x
    s.cross[v] = (s.cross[v] as number) + x * y
  }
}

/**
 * r = Σx / Σy against everybody's share. Its variance is that of a ratio of two sums over a sample of n customers, linearised,
 * n / (n − 1) · Σ(x − r·y)² / (Σy)² (Cochran 1977, "Sampling Techniques", 6.4); the interval is symmetric on a log scale.
 */
function preference(s: Sums, v: number, everybody: number): Preference | null {
  if (s.total === 0 || everybody === 0) return null
  const share = (s.on[v] as number) / s.total
  const index = (100 * share) / everybody
  if (share === 0)
    return { index, low: 0, high: (100 * Math.min(1, RULE_OF_THREE / s.users)) / everybody, share }
  const residual =
    (s.onSquares[v] as number) - 2 * share * (s.cross[v] as number) + share * share * s.totalSquares
  const error = Math.sqrt((s.users / Math.max(1, s.users - 1)) * Math.max(0, residual)) / s.total
  const factor = Math.exp((Z * error) / share)
  // a single customer says nothing of others
  return s.users === 1
    ? { index, low: 0, high: 100 / everybody, share }
    : { index, low: index / factor, high: Math.min(index * factor, 100 / everybody), share }
}
