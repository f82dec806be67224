import type { States } from './collect.ts'
import { reversibleOf } from './reversal.ts'

/** Bytes of the largest value of each form that the profile codec writes (LEB128: 7 bits a byte). */
export const MAX_INTEGER_BYTES = 8
/** How many segments a profile remembers its visits to. */
export const MAX_VISITS = 64
/** How many event ids a profile remembers. */
export const MAX_EVENT_IDS = 128
/** How many orders a profile remembers, and of how many lines in all. */
export const MAX_ORDERS = 64
export const MAX_ORDER_LINES = 256
/** How many refunds a profile keeps for orders that are not known yet, and of how many lines in all. */
export const MAX_WAITING = 16
export const MAX_WAITING_LINES = 64
/** Bytes of one 52-bit hash. */
export const HASH_BYTES = 7

const FRAME_BYTES = 1 + 4 + 4
const BOOK_NUMBERS = 12
const AGE_BYTES = 4
const SECOND_BYTES = 6
const PRODUCT_BYTES = 4
const BEFORE_BYTES = 4

/** Upper bound of what features make of an encoded profile: every bucket of every window used, every number as large as can be. */
export function maxFeatureBytes(content: States & { readonly columns: readonly string[] }): number {
  let bytes = FRAME_BYTES + (BOOK_NUMBERS + 2 * MAX_VISITS) * MAX_INTEGER_BYTES
  bytes += content.columns.length * BEFORE_BYTES + content.scalars.length * MAX_INTEGER_BYTES
  for (const lane of content.lanes) {
    const buckets = Math.max(...lane.cells.map((c) => c.hops)) + 1
    const mask = Math.ceil(lane.cells.length / 8)
    bytes += AGE_BYTES + buckets * (AGE_BYTES + mask)
    // the mask alone says whether there was any
    for (const cell of lane.cells) if (cell.rule !== 'any') bytes += (cell.hops + 1) * MAX_INTEGER_BYTES
  }
  for (const set of content.sets)
    bytes += 2 * AGE_BYTES + set.keep * (HASH_BYTES + (set.hop === null ? 0 : AGE_BYTES))
  return bytes
}

/** Upper bound of the ids and orders in an encoded profile, which are remembered whatever the features are. */
export function maxMemoryBytes(content: Pick<States, 'scalars' | 'lanes'>): number {
  const { parts, predicates, refundable } = reversibleOf(content)
  const frame = SECOND_BYTES + HASH_BYTES + 1 + AGE_BYTES
  const order = frame + Math.ceil(predicates.length / 8) + (parts.length - 1) * MAX_INTEGER_BYTES
  const ids = AGE_BYTES + MAX_EVENT_IDS * (HASH_BYTES + AGE_BYTES)
  const bytes = ids + 3 * AGE_BYTES + MAX_ORDERS * order + MAX_WAITING * (frame + 2 * MAX_INTEGER_BYTES)
  const lines = refundable ? MAX_ORDER_LINES + MAX_WAITING_LINES : 0
  return bytes + lines * (PRODUCT_BYTES + 2 * MAX_INTEGER_BYTES)
}
