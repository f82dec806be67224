const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22

/** How records follow each other in bytes. Says only where they end; what they hold is the decoder's matter. */
export interface Framing {
  /** `block[0, end)` is new or has grown; called before the next `endOf`. */
  filled(end: number): void
  /**
   * The end of the record that starts at `from`: the index of its line feed, or −1 where it lies behind `end`. With
   * `force` (nothing more will come, or the record is beyond all bounds) an open quote counts for nothing.
   */
  endOf(block: Buffer, from: number, end: number, force: boolean): number
}

export const LINES: Framing = {
  filled() {},
  endOf(block, from, end) {
    const at = block.indexOf(LF, from)
    return at < end ? at : -1
  },
}

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
    filled(end) {
      filledTo = end
      quoteFrom = -1
    },
    endOf(block, from, end, force) {
      const line = LINES.endOf(block, from, end, force)
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

/** The end of a record's value: a carriage return before the line feed is part of the line end. */
export const valueEnd = (block: Buffer, from: number, lineEnd: number): number =>
  lineEnd > from && block[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
