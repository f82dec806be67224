export const LF = 0x0a
export const CR = 0x0d
export const QUOTE = 0x22

/** How records follow each other in bytes. Says only where they end; what they hold is the decoder's matter. */
export interface Framing {
  /** `block[0, end)` is new or has grown; called before the next `endOf`. */
  filled(end: number): void
  /**
   * The end of the record that starts at `from`: the index of its line feed or other last byte, or −1 where it lies behind
   * `end`. With `force` (nothing more will come, or the record is beyond all bounds) an open quote counts for nothing.
   */
  endOf(block: Buffer, from: number, end: number, force: boolean): number
  /** The same for the rest of a record beyond all bounds, whose beginning was the last to be asked about. */
  restOf(block: Buffer, from: number, end: number): number
  /** Where the value begins of a record that starts at `from`. */
  startOf(block: Buffer, from: number, end: number): number
  /** Where the value ends of a record that ends at `recordEnd`; bytes from `end` on are not read yet. */
  valueEnd(block: Buffer, from: number, recordEnd: number, end: number): number
}

function lineEnd(block: Buffer, from: number, end: number): number {
  const at = block.indexOf(LF, from)
  return at < end ? at : -1
}

/** What records of lines have in common. */
const LINEWISE = {
  restOf: lineEnd,
  startOf: (_block: Buffer, from: number): number => from,
  /** A carriage return before the line feed is part of the line end. */
  valueEnd: (block: Buffer, from: number, recordEnd: number): number =>
    recordEnd > from && block[recordEnd - 1] === CR ? recordEnd - 1 : recordEnd,
}

export const LINES: Framing = { ...LINEWISE, filled() {}, endOf: lineEnd }

/**
 * RFC 4180: a line feed inside quotes belongs to the field. A quote opens only at the start of a field; elsewhere it is the
 * decoder's to refuse, so that a stray inch mark does not swallow the lines behind it.
 */
export function csvRecords(delimiter: string): Framing {
  const separator = delimiter.charCodeAt(0)
  let filledTo = 0
  /** The next quote at or after `quoteFrom`, so that a block without quotes is searched once. */
  let quote = -1
  let quoteFrom = -1
  const nextQuote = (block: Buffer, from: number): number => {
    if (quoteFrom < 0 || quote < from) {
      const at = block.indexOf(QUOTE, from)
      quote = at < 0 || at >= filledTo ? Number.POSITIVE_INFINITY : at
      quoteFrom = from
    }
    return quote
  }
  return {
    ...LINEWISE,
    filled(end) {
      filledTo = end
      quoteFrom = -1
    },
    endOf(block, from, end, force) {
      const line = lineEnd(block, from, end)
      if (nextQuote(block, from) >= (line < 0 ? end : line)) return line
      return quotedEnd(block, from, end, separator, force ? line : -1)
    },
  }
}

function quotedEnd(block: Buffer, from: number, end: number, separator: number, unclosed: number): number {
  let fieldStart = true
  for (let i = from; i < end; i++) {
    const byte = block[i]
    if (byte === LF) return i
    if (byte === QUOTE && fieldStart) {
      i = closingQuote(block, i + 1, end)
      if (i < 0) return unclosed
    }
    fieldStart = byte === separator
  }
  return -1
}

/** Index of the quote that closes a field, doubled ones passed over; −1: not before `end`. */
function closingQuote(block: Buffer, from: number, end: number): number {
  for (let i = block.indexOf(QUOTE, from); i >= 0 && i < end; i = block.indexOf(QUOTE, i + 2)) {
    if (i + 1 < end && block[i + 1] === QUOTE) continue
    return i
  }
  return -1
}

/** Line feeds inside `block[from, to)`. */
export function lineFeeds(block: Buffer, from: number, to: number): number {
  let count = 0
  for (let i = block.indexOf(LF, from); i >= 0 && i < to; i = block.indexOf(LF, i + 1)) count++
  return count
}
