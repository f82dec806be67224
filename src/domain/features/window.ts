import { DAY_MS, HOUR_MS, MINUTE_MS, parseDurationMs } from '../base/duration.ts'
import { OffsetClock, type ZoneTable } from '../base/zone.ts'

/**
 * Windows are sawtooth (after Airbnb's Chronon): the head is exact, the tail is cut at whole hops. Events are kept per hop
 * ("bucket"), numbered from 1970. A window of n hops as of an instant (exclusive) holds the buckets from
 * `firstBucket(index(asOf), n)` on, which is [floorToHop(asOf − w), asOf); where asOf itself starts a hop that is exactly
 * the half-open [asOf − w, asOf).
 */
export type HopSize = '5m' | '1h' | '1d'

/** Length of a window in hops of one size. */
export interface Window {
  readonly hop: HopSize
  readonly hops: number
}

const DAY_HOPS_ABOVE_MS = 14 * DAY_MS
const HOUR_HOPS_ABOVE_MS = 12 * HOUR_MS
const HOP_MS: Readonly<Record<HopSize, number>> = { '5m': 5 * MINUTE_MS, '1h': HOUR_MS, '1d': DAY_MS }

/** The boundary rule: the oldest bucket that a window of `hops` still holds while the as-of lies in bucket `index`. */
export function firstBucket(index: number, hops: number): number {
  return index - hops
}

/** Bucket of the as-of from which on a window of `hops` no longer holds `bucket`; the same rule, solved for the as-of. */
export function expiryIndex(bucket: number, hops: number): number {
  return bucket + hops + 1
}

/** `30d` → 30 hops of a day; `lifetime` → null; a text that is no window → a sentence saying what was expected. */
export function parseWindow(text: string): Window | null | string {
  if (text === 'lifetime') return null
  const ms = parseDurationMs(text)
  if (ms === undefined || ms < MINUTE_MS)
    return `expected "lifetime" or a duration such as "30m", "12h", "30d", found "${text}"`
  const hop: HopSize = ms > DAY_HOPS_ABOVE_MS ? '1d' : ms > HOUR_HOPS_ABOVE_MS ? '1h' : '5m'
  const hops = ms / HOP_MS[hop]
  if (!Number.isInteger(hops))
    return `"${text}" is not a whole number of its hops of ${hop}: ${hops.toFixed(2)}`
  return { hop, hops }
}

/** Windows in whole local days whatever their length: `7d` → 7 day hops. A text that is none → a sentence. */
export function parseDays(text: string): Window | string {
  const ms = parseDurationMs(text)
  if (ms === undefined || ms < DAY_MS || ms % DAY_MS !== 0)
    return `expected whole days such as "7d", "90d", found "${text}"`
  return { hop: '1d', hops: ms / DAY_MS }
}

/**
 * Numbers the hops of one size. Day hops are local calendar days of the zone, smaller hops are UTC. The number never falls as
 * time goes on: where the clock is set back over midnight, the new day goes on (it started at the first midnight), so that
 * what has left a window never comes back.
 */
export class HopClock {
  readonly #ms: number
  readonly #starts: readonly number[]
  readonly #offsets: readonly number[]
  readonly #clock: OffsetClock

  constructor(hop: HopSize, zone: ZoneTable) {
    this.#ms = hop === '1d' ? 0 : HOP_MS[hop]
    this.#offsets = zone.offsets
    this.#starts = zone.starts.map((start, i) => neverBack(zone, start, i))
    this.#clock = new OffsetClock(this.#starts, zone.offsets)
  }

  /** Number of the hop that holds the instant. */
  index(t: number): number {
    if (this.#ms !== 0) return Math.floor(t / this.#ms)
    return Math.floor((t + this.#clock.at(t)) / DAY_MS)
  }

  /** First instant whose number is `index` or more (a local day may be skipped altogether). */
  start(index: number): number {
    if (this.#ms !== 0) return index * this.#ms
    const starts = this.#starts
    let lo = 0
    let hi = starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      const first = Math.floor(((starts[mid] as number) + (this.#offsets[mid] as number)) / DAY_MS)
      if (first < index) lo = mid
      else hi = mid - 1
    }
    const t = index * DAY_MS - (this.#offsets[lo] as number)
    return Math.min(t, starts[lo + 1] ?? Number.POSITIVE_INFINITY)
  }
}

/** An offset change that would set the local day back is delayed until the day that had begun begins again. */
function neverBack(zone: ZoneTable, start: number, i: number): number {
  if (i === 0) return start
  const reached = Math.floor((start - 1 + (zone.offsets[i - 1] as number)) / DAY_MS)
  const again = reached * DAY_MS - (zone.offsets[i] as number)
  return Math.max(start, again)
}
