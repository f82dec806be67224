import avro from 'avsc'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { framed } from '../../src/adapters/registry/encoders.ts'
import { compileReader } from '../../src/adapters/registry/read.ts'
import { schemaIdOf } from '../../src/app/avro-frame.ts'
import { makeDecoder, makeDeadLetter, type Decoder } from '../../src/app/decode.ts'
import { MAX_RECORD_BYTES } from '../../src/domain/events/event.ts'
import { parseMapping } from '../../src/domain/events/mapping.ts'
import type { WriterSchemas } from '../../src/ports/schemas.ts'
import type { RawRecord } from '../../src/ports/source.ts'

const LATEST = Date.UTC(2026, 0, 1)
const EVENT_ID = 0x01_02_03_04
const text = readFileSync(new URL('../../schemas/event.avsc', import.meta.url), 'utf8')
const raw = JSON.parse(text) as { readonly fields: readonly object[] }
const eventType = avro.Type.forSchema(raw as unknown as avro.Schema)

/** The native schema as a later version may have it. */
const later = avro.Type.forSchema({
  ...raw,
  fields: [{ name: 'mood', type: ['null', 'string'], default: null }, ...raw.fields],
} as unknown as avro.Schema)
const clickType = avro.Type.forSchema({
  type: 'record',
  name: 'Click',
  fields: [
    { name: 'visitor', type: { type: 'record', name: 'Visitor', fields: [{ name: 'id', type: 'long' }] } },
    { name: 'ts', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'sku', type: ['null', 'string'] },
  ],
})

const types = new Map([
  [EVENT_ID, eventType],
  [2, later],
  [3, clickType],
])
/** A registry that knows three schemas. */
const schemas: WriterSchemas = {
  learn: async () => {},
  fingerprint: () => undefined,
  reader: (id, members) => {
    const type = types.get(id)
    return type && compileReader(type, members)
  },
}
const native = makeDecoder({ format: 'avro', schemas })

function recordOf(bytes: Uint8Array, key = 'u1'): RawRecord {
  const all = Buffer.concat([Buffer.from(key), bytes, Buffer.from('behind')])
  const from = Buffer.byteLength(key)
  return { offset: 5, time: 0, bytes: all, from, to: from + bytes.length, keyFrom: 0, keyTo: from }
}
const decoded = (bytes: Uint8Array, decode: Decoder = native): unknown => {
  const result = decode(recordOf(bytes), LATEST)
  if (result.type === 'refused') return `${result.reason}: ${result.detail}`
  return result.type === 'events'
    ? result.events.map((e) => Object.fromEntries(Object.entries(e).filter(([, v]) => v !== undefined)))
    : result
}

const event = {
  eventId: 'e1',
  userId: 'ünïcode',
  eventTime: Date.UTC(2025, 0, 31),
  kind: 'order_completed',
  amountMinor: 2 ** 43 - 1,
  currency: 'EUR',
  orderId: 'o',
  lines: [
    { product: 'p', quantity: 1, amountMinor: 5 },
    { product: 'q', category: 'a.b', quantity: 2, amountMinor: 0 },
  ],
  attributes: { colour: 'red', size: 4.5, gift: true },
}
const good = framed(eventType, EVENT_ID)(event)
const frame = (...bytes: number[]): Buffer => Buffer.from(bytes)

test('a native event, with what is absent left out', () => {
  expect(decoded(good)).toEqual([event])
})

test('a native event by a later version of its schema: what that adds is passed over', () => {
  expect(decoded(framed(later, 2)({ ...event, mood: 'good' }))).toEqual([event])
})

test('a shop’s own record, by a mapping of objects', () => {
  const mapping = parseMapping(
    {
      name: 'shop',
      version: 1,
      format: 'ndjson',
      user: 'visitor.id',
      time: { field: 'ts', format: 'epoch-ms' },
      kind: { constant: 'page_viewed' },
      eventId: { hash: 'record' },
      product: 'sku',
    },
    'test',
  )
  const decode = makeDecoder({ format: 'avro', schemas, mapping })
  const click = framed(clickType, 3)({ visitor: { id: 42 }, ts: event.eventTime, sku: null })
  expect(decoded(click, decode)).toMatchObject([
    { userId: '42', kind: 'page_viewed', eventTime: event.eventTime },
  ])
})

test('a deleted row behind its envelope is a tombstone, and nothing is wrong with it', () => {
  const mapping = parseMapping(
    {
      name: 'rows',
      version: 1,
      format: 'ndjson',
      envelope: 'debezium',
      user: 'u',
      time: { field: 't', format: 'epoch-ms' },
      kind: { constant: 'page_viewed' },
      eventId: 'e',
    },
    'test',
  )
  const decode = makeDecoder({ format: 'avro', schemas, mapping })
  const json = makeDecoder({ format: 'ndjson', mapping })
  expect(decoded(frame(), decode)).toEqual(decoded(frame(), json))
  expect(decoded(frame(), decode)).toMatchObject({ type: 'skipped' })
})

const FRAME = 'expected a zero byte and the four of a schema id before the value'
test.each<[string, Uint8Array, string]>([
  ['nothing: empty, or a tombstone', frame(), `not-avro: the record has no value (a tombstone?), ${FRAME}`],
  ['one byte', frame(0), `not-avro: the record ends after 1 bytes, ${FRAME}`],
  ['four bytes', frame(0, 1, 2, 3), `not-avro: the record ends after 4 bytes, ${FRAME}`],
  ['JSON', Buffer.from(JSON.stringify(event)), `not-avro: the record begins with the byte 0x7b, ${FRAME}`],
  [
    'a wrong magic byte',
    Buffer.concat([frame(1), good.subarray(1)]),
    `not-avro: the record begins with the byte 0x01, ${FRAME}`,
  ],
  [
    'a schema that the registry does not have',
    frame(0, 0xff, 0xff, 0xff, 0xff, 1),
    'unknown-schema: the registry has no schema 4294967295, which the record names',
  ],
  [
    'a frame without a value',
    good.subarray(0, 5),
    `not-avro: the record is not of its schema ${EVENT_ID}: it ends too early`,
  ],
  [
    'a value that is cut off',
    good.subarray(0, good.length - 1),
    `not-avro: the record is not of its schema ${EVENT_ID}: it ends too early`,
  ],
  [
    'bytes behind the value',
    Buffer.concat([good, frame(1, 2, 3)]),
    `not-avro: the record is not of its schema ${EVENT_ID}: 3 bytes follow the value`,
  ],
  [
    'a text that is not UTF-8',
    Buffer.concat([good.subarray(0, 5), frame(2, 0xff)]),
    `not-avro: the record is not of its schema ${EVENT_ID}: a text is not UTF-8`,
  ],
  [
    'more than a record may have',
    Buffer.alloc(MAX_RECORD_BYTES + 1),
    'too-large: the record has 1048577 bytes, at most 1048576 are read',
  ],
  [
    'another record than an event',
    framed(clickType, 3)({ visitor: { id: 1 }, ts: 1, sku: null }),
    'missing-field: eventId: is missing',
  ],
  [
    'a date of 2099',
    framed(eventType, EVENT_ID)({ ...event, eventTime: Date.UTC(2099, 0, 1) }),
    `future: eventTime: ${Date.UTC(2099, 0, 1)} lies after the latest accepted time, ${LATEST}`,
  ],
])('refused: %s', (_what, bytes, why) => {
  expect(decoded(bytes)).toBe(why)
  const result = native(recordOf(bytes), LATEST)
  if (result.type !== 'refused' || bytes.length > MAX_RECORD_BYTES) return
  const letter = makeDeadLetter('clicks', 3, recordOf(bytes), result)
  expect(Buffer.from(letter.value ?? '').equals(bytes)).toBe(true)
})

test('the id of a schema is read where a record has the whole frame', () => {
  expect(schemaIdOf(recordOf(good))).toBe(EVENT_ID)
  expect(schemaIdOf(recordOf(good.subarray(0, 4)))).toBeUndefined()
  expect(schemaIdOf(recordOf(Buffer.from('{"a":1}')))).toBeUndefined()
})
