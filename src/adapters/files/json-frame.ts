import type { Framing } from './frame.ts'
import { CR, LF, QUOTE } from './frame.ts'

const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const COMMA = 0x2c
/** Between documents: white space, and the brackets and commas of the one list that they may be the elements of. */
const BETWEEN = new Set([0x20, 0x09, LF, CR, COMMA, OPEN_LIST, CLOSE_LIST])

/** Where a scan of one document stands. */
interface Scan {
  depth: number
  quoted: boolean
  escaped: boolean
}

/**
 * Documents one after the other, on as many lines as they like, or as the elements of one list. A document that is never
 * closed reaches to the end of the input.
 */
export function jsonRecords(): Framing {
  /** Of the last call; a document beyond all bounds goes on from it. */
  let scan: Scan = { depth: 0, quoted: false, escaped: false }
  return {
    filled() {},
    endOf(block, from, end) {
      scan = { depth: 0, quoted: false, escaped: false }
      const start = startOf(block, from, end)
      return block[start] === OPEN_OBJECT ? objectEnd(scan, block, start, end) : scalarEnd(block, start, end)
    },
    // within an object the depth is at least one
    restOf: (block, from, end) =>
      scan.depth > 0 ? objectEnd(scan, block, from, end) : scalarEnd(block, from, end),
    startOf,
    valueEnd(block, from, recordEnd, end) {
      // an object ends with its last byte, anything else before what follows it
      if (recordEnd < end && block[recordEnd] === CLOSE_OBJECT) return recordEnd + 1
      let to = recordEnd
      while (to > from && BETWEEN.has(block[to - 1] as number)) to--
      return to
    },
  }
}

function startOf(block: Buffer, from: number, end: number): number {
  let start = from
  while (start < end && BETWEEN.has(block[start] as number)) start++
  return start
}

/** Index of the byte that closes the object; −1: not before `end`. */
function objectEnd(scan: Scan, block: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const byte = block[i] as number
    if (scan.quoted) {
      if (scan.escaped) scan.escaped = false
      else if (byte === BACKSLASH) scan.escaped = true
      else if (byte === QUOTE) scan.quoted = false
    } else if (byte === QUOTE) scan.quoted = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) scan.depth++
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --scan.depth === 0) return i
  }
  return -1
}

/** What is no object ends where the next could begin: it is the decoder's to refuse. */
function scalarEnd(block: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const byte = block[i]
    if (byte === LF || byte === COMMA) return i
  }
  return -1
}
