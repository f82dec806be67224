import { createHash } from 'node:crypto'
import { Buffer, isUtf8 } from 'node:buffer'
import type { RawRecord } from '../ports/source.ts'
import type { Topic } from '../ports/types.ts'
import { DEAD_LETTER_BYTES, DEAD_LETTER_HEAD_BYTES } from '../domain/events/dead-letter.ts'
import type { DeadLetter } from '../domain/events/dead-letter.ts'
import { decodeEvent } from '../domain/events/decode-event.ts'
import { MAX_RECORD_BYTES } from '../domain/events/event.ts'
import type { Decoded } from '../domain/events/event.ts'
import { refused } from '../domain/events/refusal.ts'
import type { Refused } from '../domain/events/refusal.ts'

/** A raw record → its events, or why there are none. Depends on nothing but the record and `latestMs`. */
export type Decoder = (record: RawRecord, latestMs: number) => Decoded

export interface DecoderInput {
  readonly format: 'ndjson' | 'csv'
}

/** The decoder of one input. */
export function makeDecoder(_input: DecoderInput): Decoder {
  return decodeNative
}

/** The native form: one event as a JSON object, by the names of `Event`. */
function decodeNative(record: RawRecord, latestMs: number): Decoded {
  const text = recordText(record)
  if (typeof text !== 'string') return text
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return notJson(error)
  }
  return decodeEvent(value, latestMs)
}

/** Buffer's own decoder, which Node's types leave out; it takes any Uint8Array and makes no view. */
const utf8Slice = (
  Buffer.prototype as unknown as { utf8Slice(this: Uint8Array, from: number, to: number): string }
).utf8Slice

const REPLACEMENT = '\ufffd'

function recordText(record: RawRecord): string | Refused {
  const size = recordSize(record)
  if (size > MAX_RECORD_BYTES) {
    return refused('too-large', `the record has ${size} bytes, at most ${MAX_RECORD_BYTES} are read`)
  }
  const { bytes, from, to } = record
  const text = utf8Slice.call(bytes, from, to)
  // Decoding replaces what is not UTF-8; only then, or where someone sent that very character, are the bytes looked at.
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(from, to))) {
    return refused('not-utf8', 'the bytes of the record are not UTF-8')
  }
  return text
}

/** Only the place: the engine's own message may quote the record, and a user id with it. */
function notJson(error: unknown): Refused {
  const place = /position \d+/.exec(error instanceof Error ? error.message : '')
  return refused('not-json', `the record is not JSON${place ? `, at ${place[0]}` : ''}`)
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
