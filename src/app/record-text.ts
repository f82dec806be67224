import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import { MAX_RECORD_BYTES } from '../domain/events/event.ts'
import type { RefusalReason } from '../domain/events/event.ts'
import { textDecoder } from '../domain/events/encoding.ts'
import type { Encoding } from '../domain/events/mapping.ts'
import { refused } from '../domain/events/refusal.ts'
import type { Refused } from '../domain/events/refusal.ts'
import type { RawRecord } from '../ports/source.ts'

/** Bytes of the whole value, also where only its head was kept. */
export function recordSize(record: RawRecord): number {
  return record.cut?.size ?? record.to - record.from
}

/** A record that could not be taken apart. A class, because any other value may be what a record holds. */
export class Unreadable {
  readonly why: Refused

  constructor(reason: RefusalReason, detail: string) {
    this.why = refused(reason, detail)
  }
}

/** Buffer's own decoders, which Node's types leave out; they take any Uint8Array and make no view. */
const { utf8Slice, latin1Slice } = Buffer.prototype as unknown as {
  readonly [Name in 'utf8Slice' | 'latin1Slice']: (this: Uint8Array, from: number, to: number) => string
}

const REPLACEMENT = '\ufffd'

/** Reads records as text. */
type TextOf = (record: RawRecord) => string | Unreadable

/**
 * Records share their bytes, so these become text once, byte for byte, and the text of a record that is all ASCII is a piece
 * of it. (JSON.parse copies what it takes out of a piece: nothing holds on to the whole.)
 */
export function textReader(encoding: Encoding = 'utf-8'): TextOf {
  if (encoding !== 'utf-8') return otherReader(encoding)
  const notAscii = /[\x80-\xff]/g
  let sharedBytes: Uint8Array | undefined
  let sharedText = ''
  /** The first byte at or after `seenFrom` that is not ASCII. */
  let next = 0
  let seenFrom = 0
  const noneBefore = (from: number, to: number): boolean => {
    if (from < seenFrom || from > next) {
      notAscii.lastIndex = from
      next = notAscii.exec(sharedText)?.index ?? sharedText.length
      seenFrom = from
    }
    return next >= to
  }
  return (record) => {
    if (recordSize(record) > MAX_RECORD_BYTES) return tooLarge(record)
    const { bytes, from, to } = record
    if (bytes !== sharedBytes) {
      sharedBytes = bytes
      sharedText = latin1Slice.call(bytes, 0, bytes.length)
      // All at once is much faster than searching; one accent in the bytes, and the search begins with the first record.
      next = isAscii(bytes) ? Number.POSITIVE_INFINITY : -1
      seenFrom = 0
    }
    return noneBefore(from, to) ? sharedText.substring(from, to) : textOf(bytes, from, to)
  }
}

/** Encodings of one byte a character, in which every byte is one. */
function otherReader(encoding: Encoding): TextOf {
  // the web's decoders take latin1 for windows-1252
  const decode = encoding === 'latin1' ? undefined : textDecoder(encoding)
  return (record) => {
    if (recordSize(record) > MAX_RECORD_BYTES) return tooLarge(record)
    const { bytes, from, to } = record
    return decode ? decode(bytes.subarray(from, to)) : latin1Slice.call(bytes, from, to)
  }
}

export function tooLarge(record: RawRecord): Unreadable {
  const detail = `the record has ${recordSize(record)} bytes, at most ${MAX_RECORD_BYTES} are read`
  return new Unreadable('too-large', detail)
}

function textOf(bytes: Uint8Array, from: number, to: number): string | Unreadable {
  const text = utf8Slice.call(bytes, from, to)
  // Decoding replaces what is not UTF-8; only then, or where someone sent that very character, are the bytes looked at.
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(from, to))) {
    return new Unreadable('not-utf8', 'the bytes of the record are not UTF-8')
  }
  return text
}
