import type { RefusalReason } from './event.ts'

/** A record that could not be read, untouched, with the reason: nothing that was sent to us vanishes. */
export interface DeadLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly reason: RefusalReason
  /** Names value, place and what was expected; never the user id. */
  readonly detail: string
  readonly key: Uint8Array | null
  /**
   * The original bytes; above `DEAD_LETTER_BYTES` only the first 4 KiB, with `size` and `sha256` of the whole. null: a record
   * without a value, a tombstone.
   */
  readonly value: Uint8Array | null
  readonly size: number
  readonly sha256: string | null
}

export const DEAD_LETTER_BYTES = 256 * 1024
export const DEAD_LETTER_HEAD_BYTES = 4 * 1024
