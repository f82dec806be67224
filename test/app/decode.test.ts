import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeDeadLetter, makeDecoder } from '../../src/app/decode.ts'
import {
  DEAD_LETTER_BYTES,
  DEAD_LETTER_HEAD_BYTES,
  type DeadLetter,
} from '../../src/domain/events/dead-letter.ts'
import { decodeEvent } from '../../src/domain/events/decode-event.ts'
import { MAX_RECORD_BYTES } from '../../src/domain/events/event.ts'
import { parseMapping } from '../../src/domain/events/mapping.ts'
import type { RawRecord } from '../../src/ports/source.ts'

const LATEST = Date.UTC(2025, 0, 1)
const native = makeDecoder({ format: 'ndjson' })
const event = { eventId: 'e1', userId: 'u1', eventTime: Date.UTC(2024, 0, 31), kind: 'page_viewed' }

/** Records one after the other in one piece of bytes, as a source hands them out. */
function recordsOf(values: readonly (string | Buffer)[]): RawRecord[] {
  const pieces = values.map((value) => Buffer.from(value as string))
  const bytes = new Uint8Array(Buffer.concat(pieces.flatMap((piece) => [piece, Buffer.from('\n')])))
  let from = 0
  return pieces.map((piece, offset) => {
    const record = { offset, time: Number.NaN, bytes, from, to: from + piece.length, keyFrom: -1, keyTo: -1 }
    from += piece.length + 1
    return record
  })
}
const only = (value: string | Buffer): RawRecord => recordsOf([value])[0] as RawRecord

const refusal = (value: string | Buffer, decode = native): string => {
  const decoded = decode(only(value), LATEST)
  return decoded.type === 'refused' ? `${decoded.reason}: ${decoded.detail}` : decoded.type
}

describe('the native form', () => {
  test.each<[string, string | Buffer, string]>([
    ['an event', JSON.stringify(event), 'events'],
    [
      'JSON cut off',
      '{"eventId":',
      'not-json: the record is not JSON: it does not end with }, it may be cut off',
    ],
    ['no JSON', '{"eventId":x}', 'not-json: the record is not JSON'],
    ['another form', 'eventId=1', 'not-json: the record is not JSON: it does not start with {'],
    ['NaN', '{"amountMinor": NaN}', 'not-json: the record is not JSON: NaN and Infinity are no JSON numbers'],
    [
      '-Infinity',
      '{"amountMinor":-Infinity}',
      'not-json: the record is not JSON: NaN and Infinity are no JSON numbers',
    ],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not-utf8: the bytes of the record are not UTF-8'],
    [
      'too many bytes',
      ' '.repeat(MAX_RECORD_BYTES + 1),
      'too-large: the record has 1048577 bytes, at most 1048576 are read',
    ],
    ['as many as allowed', JSON.stringify(event).padEnd(MAX_RECORD_BYTES), 'events'],
    ['a number', '1', 'bad-value: a number is not an event object'],
    ['a text, which may be a user', '"u1"', 'bad-value: a text of 2 characters is not an event object'],
  ])('%s', (_what, value, expected) => {
    expect(refusal(value)).toBe(expected)
  })

  test('amounts in another currency than the one of the run are refused, events without an amount are not', () => {
    const euros = makeDecoder({ format: 'ndjson', currency: 'EUR' })
    const paid = (currency: string): string => JSON.stringify({ ...event, amountMinor: 1, currency })
    expect(refusal(paid('EUR'), euros)).toBe('events')
    expect(refusal(JSON.stringify(event), euros)).toBe('events')
    expect(refusal(paid('JPY'), euros)).toBe(
      'unknown-currency: currency: "JPY" is not EUR, and there are no rates',
    )
    expect(refusal(paid('JPY'))).toBe('events')
  })

  test('the character that stands for broken bytes is a character like others', () => {
    expect(refusal(JSON.stringify({ ...event, userId: 'u\ufffd' }))).toBe('events')
  })

  test('what a person wrote never reaches the message about broken JSON', () => {
    expect(refusal('{"userId":"ann@shop.example" oops}')).not.toContain('ann')
  })

  test('it is parsing and decoding, wherever a record lies in its bytes and in whatever order it is asked', () => {
    const user = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(
        fc.array(user, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (users, order) => {
          const values = users.map((userId) => ({ ...event, userId }))
          const records = recordsOf(values.map((value) => JSON.stringify(value)))
          const decode = makeDecoder({ format: 'ndjson' })
          for (const turn of order.take(12)) {
            const i = turn % records.length
            expect(decode(records[i] as RawRecord, LATEST)).toEqual(decodeEvent(values[i], LATEST))
          }
        },
      ),
    )
  })
})

describe('CSV', () => {
  const mapping = parseMapping(
    {
      name: 'tiny',
      version: 1,
      format: 'csv',
      user: 'u',
      time: { field: 't', format: 'epoch-ms' },
      kind: { constant: 'page_viewed' },
      eventId: 'id',
    },
    'tiny',
  )
  const csv = makeDecoder({ format: 'csv', mapping, columns: ['id', 'u', 't'] })

  test.each([
    ['a row', `e1,"ann, or bob",${event.eventTime}`, 'events'],
    ['a field too few', 'e1,u1', 'not-csv: the record has 2 fields, the header has 3'],
    ['a field too many', 'e1,u1,1,2', 'not-csv: the record has 4 fields, the header has 3'],
    ['an open quote', 'e1,"u1,1', 'not-csv: field 2 opens a quote that is never closed'],
  ])('%s', (_what, value, expected) => {
    expect(refusal(value, csv)).toBe(expected)
  })

  test.each([
    ['CSV without mapping', () => makeDecoder({ format: 'csv', columns: ['a'] })],
    ['a mapping of another format', () => makeDecoder({ format: 'ndjson', mapping })],
  ])('%s is an error of the user', (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'mapping-invalid' }))
  })
})

describe('dead letters', () => {
  const why = { type: 'refused', reason: 'not-json', detail: 'd' } as const
  const textOf = ({ value }: DeadLetter): string | undefined =>
    value === null ? undefined : Buffer.from(value).toString()

  test.each([0, 1, DEAD_LETTER_BYTES])('%i bytes are kept untouched', (size) => {
    const value = Buffer.alloc(size, 0xfe)
    const letter = makeDeadLetter('t', 3, only(value), why)
    expect(letter).toMatchObject({
      topic: 't',
      partition: 3,
      offset: 0,
      reason: 'not-json',
      detail: 'd',
      key: null,
      size,
      sha256: null,
    })
    expect(value.equals(letter.value ?? Buffer.from('none'))).toBe(true)
  })

  test('one byte more: the head, the size and the hash of the whole', () => {
    const value = Buffer.alloc(DEAD_LETTER_BYTES + 1, 'x')
    const letter = makeDeadLetter('t', 0, only(value), why)
    expect([letter.value?.length, letter.size]).toEqual([DEAD_LETTER_HEAD_BYTES, DEAD_LETTER_BYTES + 1])
    expect(letter.sha256).toBe(createHash('sha256').update(value).digest('hex'))
  })

  test('a record that was already cut keeps what is known of the whole', () => {
    const cut = { size: 1 << 30, sha256: 'ab' }
    const letter = makeDeadLetter('t', 0, { ...only('head'), cut }, why)
    expect(letter).toMatchObject({ size: 1 << 30, sha256: 'ab' })
    expect(textOf(letter)).toBe('head')
  })

  test('the letter does not share the bytes of its record', () => {
    const record = only('abc')
    const letter = makeDeadLetter('t', 0, record, why)
    record.bytes[0] = 0
    expect(textOf(letter)).toBe('abc')
  })

  test('a record without a value is not one with an empty value', () => {
    const letter = makeDeadLetter('t', 0, { ...only(''), tombstone: true }, why)
    expect(letter).toMatchObject({ value: null, size: 0, sha256: null })
    expect(makeDeadLetter('t', 0, { ...only(''), tombstone: false }, why).value).toEqual(new Uint8Array(0))
  })
})
