import type { ByteReader, ByteWriter } from './bytes.ts'

/** Places of the first numbers of a profile's row; the aggregates follow behind them. Times are Unix ms. */
export const AS_OF = 0
export const DUE = 1
/** Revision that last touched it. */
export const STAMP = 2
export const DEPLOYMENT = 3
/** Behaviour events folded, and the largest event time of all that were folded. */
export const EVENTS = 4
export const SEEN = 5
export const SEGMENT = 6
export const SINCE = 7
export const SEQUENCE = 8
/** Link to the segments visited. */
export const VISITS = 9
/** Segment that is nearer than his own, and since when. */
export const CHALLENGER = 10
export const CHALLENGED_AT = 11
export const BOOK_WIDTH = 12

export const NO_DUE = Number.POSITIVE_INFINITY

/** Writes these numbers but the link; times as distances from the as-of, which make fewer bytes. */
export function writeBook(row: Float64Array, base: number, out: ByteWriter): void {
  const at = (place: number): number => row[base + place] as number
  const asOf = at(AS_OF)
  out.uint(asOf)
  out.byte(at(DUE) === NO_DUE ? 0 : 1)
  if (at(DUE) !== NO_DUE) out.int(at(DUE) - asOf)
  out.uint(at(STAMP) + 1)
  out.uint(at(DEPLOYMENT) + 1)
  out.uint(at(EVENTS))
  out.int(asOf - at(SEEN))
  out.uint(at(SEQUENCE))
  if (at(SEQUENCE) === 0) return
  out.uint(at(SEGMENT))
  out.int(asOf - at(SINCE))
  out.uint(at(CHALLENGER))
  if (at(CHALLENGER) !== 0) out.int(asOf - at(CHALLENGED_AT))
}

/** Fills a fresh row from what `writeBook` wrote. */
export function readBook(row: Float64Array, base: number, from: ByteReader): void {
  const asOf = from.uint()
  row[base + AS_OF] = asOf
  row[base + DUE] = from.byte() === 0 ? NO_DUE : asOf + from.int()
  row[base + STAMP] = from.uint() - 1
  row[base + DEPLOYMENT] = from.uint() - 1
  row[base + EVENTS] = from.uint()
  row[base + SEEN] = asOf - from.int()
  row[base + SEQUENCE] = from.uint()
  if (row[base + SEQUENCE] === 0) return
  row[base + SEGMENT] = from.uint()
  row[base + SINCE] = asOf - from.int()
  row[base + CHALLENGER] = from.uint()
  if (row[base + CHALLENGER] !== 0) row[base + CHALLENGED_AT] = asOf - from.int()
}
