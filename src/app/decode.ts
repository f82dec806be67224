import { createHash } from 'node:crypto'
import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import type { RawRecord } from '../ports/source.ts'
import type { Topic } from '../ports/types.ts'
import { fail } from '../errors.ts'
import type { ZoneTable } from '../domain/base/zone.ts'
import { compileMapping } from '../domain/events/compile-mapping.ts'
import { CSV_DELIMITER, splitCsv } from '../domain/events/csv.ts'
import { DEAD_LETTER_BYTES, DEAD_LETTER_HEAD_BYTES } from '../domain/events/dead-letter.ts'
import type { DeadLetter } from '../domain/events/dead-letter.ts'
import { decodeEvent } from '../domain/events/decode-event.ts'
import { MAX_RECORD_BYTES } from '../domain/events/event.ts'
import type { Decoded, RefusalReason } from '../domain/events/event.ts'
import type { Mapping } from '../domain/events/mapping.ts'
import { refused } from '../domain/events/refusal.ts'
import type { Refused } from '../domain/events/refusal.ts'
import { OneCurrency } from './one-currency.ts'

/** A raw record → its events, or why there are none. Depends on nothing but the record and `latestMs`. */
export type Decoder = (record: RawRecord, latestMs: number) => Decoded

export interface DecoderInput {
  readonly format: 'ndjson' | 'csv'
  /** Without one, records are events in their native form. */
  readonly mapping?: Mapping | undefined
  /** The header of a CSV input. */
  readonly columns?: readonly string[] | undefined
  /** The one currency of the run (ISO 4217): amounts in another are refused, never added to these. Any, where missing. */
  readonly currency?: string | undefined
  /** Tables of the zones that mappings name; UTC needs none. */
  readonly zones?: Readonly<Record<string, ZoneTable>> | undefined
}

/** The decoder of one input. Throws `mapping-invalid` where format, header and mapping do not fit each other. */
export function makeDecoder(input: DecoderInput): Decoder {
  const decode = anyCurrency(input)
  if (input.currency === undefined) return decode
  const money = new OneCurrency(input.currency)
  return (record, latestMs) => money.admit(decode(record, latestMs))
}

function anyCurrency({ format, mapping, columns, zones }: DecoderInput): Decoder {
  if (mapping === undefined) {
    if (format === 'csv')
      fail('mapping-invalid', 'a CSV input needs a mapping: which column is the user, the time, the kind')
    const parse = jsonParser()
    return (record, latestMs) => {
      const value = parse(record)
      return value instanceof Unreadable ? value.why : decodeEvent(value, latestMs)
    }
  }
  if (mapping.format !== format) {
    fail('mapping-invalid', `mapping ${mapping.name} reads ${mapping.format}, the input is ${format}`)
  }
  const map = compileMapping(mapping, { columns, zones })
  const parse =
    format === 'csv' ? csvParser(mapping.delimiter ?? CSV_DELIMITER, columns?.length ?? 0) : jsonParser()
  return (record, latestMs) => {
    const fields = parse(record)
    return fields instanceof Unreadable ? fields.why : map(fields, record.offset, latestMs)
  }
}

/** A record that could not be taken apart. A class, because any other value may be what a record holds. */
class Unreadable {
  readonly why: Refused

  constructor(reason: RefusalReason, detail: string) {
    this.why = refused(reason, detail)
  }
}

function jsonParser(): (record: RawRecord) => unknown {
  const textOf = textReader()
  return (record) => {
    const text = textOf(record)
    if (typeof text !== 'string') return text
    try {
      return JSON.parse(text)
    } catch {
      return notJson(text)
    }
  }
}

function csvParser(delimiter: string, columns: number): (record: RawRecord) => unknown {
  const textOf = textReader()
  return (record) => {
    const text = textOf(record)
    if (typeof text !== 'string') return text
    const fields = splitCsv(text, delimiter)
    if (typeof fields === 'string') return new Unreadable('not-csv', fields)
    if (fields.length === columns) return fields
    return new Unreadable('not-csv', `the record has ${fields.length} fields, the header has ${columns}`)
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
function textReader(): TextOf {
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
    const size = recordSize(record)
    if (size > MAX_RECORD_BYTES) {
      return new Unreadable('too-large', `the record has ${size} bytes, at most ${MAX_RECORD_BYTES} are read`)
    }
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

function textOf(bytes: Uint8Array, from: number, to: number): string | Unreadable {
  const text = utf8Slice.call(bytes, from, to)
  // Decoding replaces what is not UTF-8; only then, or where someone sent that very character, are the bytes looked at.
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(from, to))) {
    return new Unreadable('not-utf8', 'the bytes of the record are not UTF-8')
  }
  return text
}

/**
 * The engine's own message would quote the record, and a user id with it, and differs between engines; so only what can be
 * seen from outside.
 */
function notJson(text: string): Unreadable {
  const body = text.trim()
  let what = ''
  if (!body.startsWith('{')) what = ': it does not start with {'
  else if (!body.endsWith('}')) what = ': it does not end with }, it may be cut off'
  else if (/:\s*-?(NaN|Infinity)\b/.test(body)) what = ': NaN and Infinity are no JSON numbers'
  return new Unreadable('not-json', `the record is not JSON${what}`)
}

/** Bytes of the whole value, also where only its head was kept. */
export function recordSize(record: RawRecord): number {
  return record.cut?.size ?? record.to - record.from
}

/** The dead letter of a refused record: its bytes untouched, or their head with size and hash where they are too many. */
export function makeDeadLetter(topic: Topic, partition: number, record: RawRecord, why: Refused): DeadLetter {
  const { bytes, from, to, keyFrom, keyTo, offset, cut } = record
  const size = recordSize(record)
  const whole = size <= DEAD_LETTER_BYTES
  const sha256 = whole
    ? null
    : (cut?.sha256 ?? createHash('sha256').update(bytes.subarray(from, to)).digest('hex'))
  return {
    topic,
    partition,
    offset,
    reason: why.reason,
    detail: why.detail,
    key: keyFrom < 0 ? null : bytes.slice(keyFrom, keyTo),
    value: Uint8Array.from(bytes.subarray(from, whole ? to : Math.min(to, from + DEAD_LETTER_HEAD_BYTES))),
    size,
    sha256,
  }
}
