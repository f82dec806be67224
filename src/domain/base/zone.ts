import { DAY_MS } from './duration.ts'

/**
 * A time zone as plain data: the UTC instants at which its offset changes. It is made once outside the ground floor from
 * the machine's zone database and enters the recipe, so that another database is noticed instead of silently moving days.
 */
export interface ZoneTable {
  readonly name: string
  /** Ascending UTC milliseconds; `offsets[i]` holds from `starts[i]` on. `starts[0]` is -Infinity's stand-in, the earliest event time. */
  readonly starts: readonly number[]
  /** Local minus UTC, in milliseconds. */
  readonly offsets: readonly number[]
}

export const UTC: ZoneTable = { name: 'UTC', starts: [0], offsets: [0] }

/** Offset (local − UTC, ms) in force at a UTC instant. */
export function offsetAt(zone: ZoneTable, t: number): number {
  const { starts, offsets } = zone
  let lo = 0
  let hi = starts.length - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if ((starts[mid] as number) <= t) lo = mid
    else hi = mid - 1
  }
  return offsets[lo] as number
}

/** Number of the local calendar day of a UTC instant; 0 is 1970-01-01 local. */
export function localDay(zone: ZoneTable, t: number): number {
  return Math.floor((t + offsetAt(zone, t)) / DAY_MS)
}

/**
 * First UTC instant whose local day is `day`. Where midnight itself is skipped by a clock change this is the change; where
 * it happens twice, the first of the two.
 */
export function startOfLocalDay(zone: ZoneTable, day: number): number {
  const wall = day * DAY_MS
  let best = Number.POSITIVE_INFINITY
  for (const offset of new Set(zone.offsets)) {
    const t = wall - offset
    if (localDay(zone, t) === day && localDay(zone, t - 1) < day && t < best) best = t
  }
  for (const start of zone.starts) {
    if (localDay(zone, start) === day && localDay(zone, start - 1) < day && start < best) best = start
  }
  return best
}

/** Asks for offsets by time, fast where most questions fall into one stretch of the same offset. */
export class OffsetClock {
  readonly #starts: readonly number[]
  readonly #offsets: readonly number[]
  // the stretch that the last question fell into
  #from = Number.POSITIVE_INFINITY
  #until = Number.NEGATIVE_INFINITY
  #offset = 0

  /** `offsets[i]` holds from `starts[i]` on, the first of them also before. */
  constructor(starts: readonly number[], offsets: readonly number[]) {
    this.#starts = starts
    this.#offsets = offsets
  }

  /** Local minus UTC at an instant, ms. */
  at(t: number): number {
    if (t < this.#from || t >= this.#until) this.#seek(t)
    return this.#offset
  }

  #seek(t: number): void {
    const starts = this.#starts
    let lo = 0
    let hi = starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if ((starts[mid] as number) <= t) lo = mid
      else hi = mid - 1
    }
    this.#from = lo === 0 ? Number.NEGATIVE_INFINITY : (starts[lo] as number)
    this.#until = starts[lo + 1] ?? Number.POSITIVE_INFINITY
    this.#offset = this.#offsets[lo] as number
  }
}
