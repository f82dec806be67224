import type { Event } from '../events/event.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

/** What a store did with an event, as bits. */
export const MATCHED = 1
export const ENTERED = 2

/** Number of a hop that never comes. */
export const NEVER = 0x3fff_ffff

/** Numbers of hops, per hop size; see `Moment`. */
export type Hops = Int32Array

/**
 * Keeps one family of aggregates for all users. Its numbers of a user stand in that user's row, `row[base + at]` on, with
 * links into a pool of the store's own where they vary in length. The row may also be a copy: `advance` and `nextChange` then
 * look into the future without touching the user. Times are hop numbers: `now` those of the as-of, which never falls, `then`
 * those of an event before it.
 *
 * What it answers must follow from what `write` writes: a profile that was stored and loaded goes on exactly as one that
 * was not.
 */
export interface Store {
  /** Numbers taken in a row. */
  readonly width: number
  /** Hop size whose number `nextChange` gives. */
  readonly hop: number
  /** Fills a fresh user's numbers. */
  fresh(row: Float64Array, base: number): void
  /** Takes one event of the kind. `pass[i]`: predicate i holds. Returns MATCHED and ENTERED bits of windowed aggregates. */
  fold(
    row: Float64Array,
    base: number,
    kind: number,
    e: Event,
    pass: Uint8Array,
    then: Hops,
    now: Hops,
  ): number
  /** Brings what is read from the row up to an as-of. */
  advance(row: Float64Array, base: number, now: Hops): void
  /** Smallest hop number above that of the last `advance` at which anything read from the row changes; NEVER if none. */
  nextChange(row: Float64Array, base: number): number
  /** Gives the user's links back to the pool. */
  release(row: Float64Array, base: number): void
  /** Writes what can still matter as of `now`, in one form whatever the order of events was. */
  write(row: Float64Array, base: number, now: Hops, out: ByteWriter): void
  /** Fills a fresh user's numbers from what was written as of the same `now`. */
  read(row: Float64Array, base: number, now: Hops, from: ByteReader): void
}
