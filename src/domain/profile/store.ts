import type { Event } from '../events/event.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

/** What a store did with an event, as bits. */
export const MATCHED = 1
export const ENTERED = 2

/**
 * Keeps one family of aggregates for all users. Its numbers of a user stand in that user's row, `row[base + at]` on, with
 * links into a pool of the store's own where they vary in length. The row may also be a copy: `advance` and `nextChange` then
 * look into the future without touching the user.
 *
 * What it answers must follow from what `write` writes: a profile that was stored and loaded goes on exactly as one that
 * was not.
 */
export interface Store {
  /** Numbers taken in a row. */
  readonly width: number
  /** Fills a fresh user's numbers. */
  fresh(row: Float64Array, base: number): void
  /** Takes one event of the kind. `pass[i]`: predicate i holds. `asOf` is later than the event. Returns MATCHED and ENTERED bits. */
  fold(row: Float64Array, base: number, kind: number, e: Event, pass: Uint8Array, asOf: number): number
  /** Brings what is read from the row up to an as-of, which never falls. */
  advance(row: Float64Array, base: number, asOf: number): void
  /** First instant after the as-of that the row was advanced to at which anything read from it changes; Infinity if none. */
  nextChange(row: Float64Array, base: number): number
  /** Gives the user's links back to the pool. */
  release(row: Float64Array, base: number): void
  /** Writes what can still matter as of `asOf`, in one form whatever the order of events was. */
  write(row: Float64Array, base: number, asOf: number, out: ByteWriter): void
  /** Fills a fresh user's numbers from what was written with the same as-of. */
  read(row: Float64Array, base: number, asOf: number, from: ByteReader): void
}
