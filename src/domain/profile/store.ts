import type { Event } from '../events/event.ts'
import type { Calendar } from '../features/calendar.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { Moment } from './moment.ts'

/** What a store did with an event, as bits. */
export const MATCHED = 1
export const ENTERED = 2

/** Number of a hop that never comes. */
export const NEVER = 0x3fff_ffff

/** Numbers of hops, per hop size; see `Moment`. */
export type Hops = Int32Array

/** What all stores want to know about an event on its way into a profile. Used again for the next one. */
export interface Incoming {
  /** Index of its kind in EVENT_KINDS. */
  kind: number
  /** `pass[i]`: predicate i of the plan holds; set for those that the kind's states ask for. */
  readonly pass: Uint8Array
  /** The shop's clock and calendar at the event. */
  readonly local: Calendar
  readonly moment: Moment
  /** Those of the as-of, which is after the event and never falls. */
  readonly now: Hops
}

/**
 * A part of every profile. Its numbers of a user stand in that user's row, `row[base + at]` on, with links into memory of the
 * part's own where they vary in length. What it answers must follow from what `write` writes: a profile that was stored and
 * loaded goes on exactly as one that was not. A new part is a class of this form and its place in `Profiles`.
 */
export interface Part {
  /** Numbers taken in a row. */
  readonly width: number
  /** Fills a fresh user's numbers. */
  fresh(row: Float64Array, base: number): void
  /** Gives the user's links back. */
  release(row: Float64Array, base: number): void
  /** Writes what can still matter as of `now`, in one form whatever the order of events was. */
  write(row: Float64Array, base: number, now: Hops, out: ByteWriter): void
  /** Fills a fresh user's numbers from what was written as of the same `now`. */
  read(row: Float64Array, base: number, now: Hops, from: ByteReader): void
}

/**
 * Keeps one family of aggregates for all users. The row may also be a copy: `advance` and `nextChange` then look into the
 * future without touching the user.
 */
export interface Store extends Part {
  /** Hop size whose number `nextChange` gives. */
  readonly hop: number
  /** Takes one event. Returns MATCHED and ENTERED bits of windowed aggregates. */
  fold(row: Float64Array, base: number, event: Event, incoming: Incoming): number
  /** Brings what is read from the row up to an as-of. */
  advance(row: Float64Array, base: number, now: Hops): void
  /** Smallest hop number above that of the last `advance` at which anything read from the row changes, or before; NEVER if none. */
  nextChange(row: Float64Array, base: number): number
}
