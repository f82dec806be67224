import type { Ms, Offset, Positions, Task, Topic } from './types.ts'

/**
 * One raw record. Its bytes stay where they were read: `bytes[from, to)` is the value, `bytes[keyFrom, keyTo)` the key
 * (keyFrom = −1: none). Neither written to nor added to, and valid until the poll after next. Records share their `bytes`.
 */
export interface RawRecord {
  readonly offset: Offset
  /** The record's own time-stamp; NaN where the input has none (files). */
  readonly time: Ms
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly keyFrom: number
  readonly keyTo: number
  /** There is no value at all, which is not the same as an empty one: `bytes[from, to)` is empty. */
  readonly tombstone?: boolean | undefined
  /** Set where the value was too large to be kept: `bytes[from, to)` is its first 4 KiB, this is the whole of it. */
  readonly cut?: { readonly size: number; readonly sha256: string } | undefined
}

/**
 * What is known of a topic behind the last record returned:
 * `more` — a record may follow at once, its time unknown: nothing later in time may be folded before it;
 * `dry` — proven empty at the time of this poll (the end was reached); records may still arrive;
 * `ended` — complete, nothing will ever follow.
 */
export type Rest = 'more' | 'dry' | 'ended'

export interface Chunk {
  readonly records: Readonly<Record<Topic, readonly RawRecord[]>>
  readonly rest: Readonly<Record<Topic, Rest>>
  /** Where the topics ended when that was last seen, for who counts what is to come; those that are not named are not known. */
  readonly ends?: Readonly<Record<Topic, Offset>> | undefined
}

export interface Limit {
  readonly records: number
  readonly bytes: number
}

/**
 * Where records come from. A source delivers every stored record of a topic once, in offset order, from any position asked
 * for; it decides nothing about them. Trouble of the server or the disk rejects with a coded error: `retryable` ones may be
 * asked again with the same arguments.
 */
export interface RecordSource {
  /** Ownership of tasks: `given` when a task becomes ours, `taken` when it is no longer (never awaited), `alive` for each proof of membership (time it was asked for). Resolves when the source is joined. */
  own(on: { given(p: Task): void; taken(p: Task): void; alive(at: Ms): void }): Promise<void>
  /** First stored offset and end (next offset to be written) of each input topic of p. Infinity: the end shows only by reading on. */
  bounds(p: Task): Promise<Readonly<Record<Topic, { start: Offset; end: Offset }>>>
  /**
   * The records at and after `from`, at most `limit` of them in all, at least one if any is there. Waits up to `waitMs` for
   * the first. `from` names every topic; records before it are not wanted any more. A position may go back at any time.
   */
  poll(p: Task, from: Positions, limit: Limit, waitMs: Ms): Promise<Chunk>
  /** Leaves: gives up every task and releases what is open. Idempotent. */
  close(): Promise<void>
}
