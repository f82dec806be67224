import type { EventKind } from './kinds.ts'

export { EVENT_KINDS, isBehaviour } from './kinds.ts'
export type { EventKind } from './kinds.ts'

/** One line of an order. `amountMinor` is the line's total (quantity × unit price), in minor units. */
export interface OrderLine {
  readonly product: string
  readonly category?: string | undefined
  readonly quantity: number
  readonly amountMinor: number
}

/**
 * One decoded fact about a user. On disk it is one NDJSON line with these very names; absent is not null.
 *
 * Every member is always an own property (undefined where absent), in this order: decoders build events through one
 * literal, so that all events share one hidden class and the fold stays monomorphic.
 */
export interface Event {
  /** Unique per fact; a second event with the same id changes nothing. */
  readonly eventId: string
  readonly userId: string
  /** Unix milliseconds, integer. */
  readonly eventTime: number
  readonly kind: EventKind
  readonly session: string | undefined
  readonly product: string | undefined
  /** Dotted path, broadest first: `electronics.audio.headphone`. */
  readonly category: string | undefined
  readonly brand: string | undefined
  readonly quantity: number | undefined
  /** Integer minor units of `currency`, |amount| < 2^43. */
  readonly amountMinor: number | undefined
  readonly currency: string | undefined
  readonly orderId: string | undefined
  readonly lines: readonly OrderLine[] | undefined
  readonly coupon: string | undefined
  readonly discountMinor: number | undefined
  readonly channel: string | undefined
  readonly country: string | undefined
  readonly promotion: string | undefined
  readonly campaign: string | undefined
  readonly attributes: Readonly<Record<string, string | number | boolean>> | undefined
}

/** What became of one record: its events, or a reason why there are none. Reasons are short, stable, kebab-case words. */
export type Decoded =
  | {
      readonly type: 'events'
      readonly events: readonly Event[]
      /** Set where the one event is a line of the order of this key, of which others may follow. */
      readonly joinKey?: string
    }
  /** Not wanted, by the mapping's own rule; counted by reason. */
  | { readonly type: 'skipped'; readonly reason: string }
  /** Not understood; goes to the dead letters. `detail` names value, place and what was expected, never the user id. */
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly detail: string }

/** Why a record is dead-lettered. */
export type RefusalReason =
  | 'not-utf8'
  | 'not-json'
  | 'not-csv'
  | 'not-avro'
  /** The only reason that depends on more than the record and the recipe (rule T12 of the task). */
  | 'unknown-schema'
  | 'too-large'
  | 'missing-field'
  | 'unknown-field'
  | 'bad-value'
  | 'bad-time'
  | 'past'
  | 'future'
  | 'unknown-kind'
  | 'unknown-currency'
  | 'key-mismatch'
  /** Of an order that was complete. */
  | 'late-line'

/** |amount| in minor units stays below this, so that sums of a lifetime stay exact in a double. */
export const MAX_AMOUNT_MINOR = 2 ** 43
/** Longest user id in UTF-8 bytes. */
export const MAX_USER_ID_BYTES = 256
/** 2000-01-01T00:00:00Z: an older event time is refused as `past`. */
export const EARLIEST_EVENT_MS = 946_684_800_000
/** Largest record that is decoded, in bytes; the same as Kafka's default limit. */
export const MAX_RECORD_BYTES = 1_048_576
