import { eventSchema, orderLineSchema } from '../domain/events/schema.ts'
import { Malformed, type Members, type ValueReader, type WriterSchemas } from '../ports/schemas.ts'
import type { RawRecord } from '../ports/source.ts'
import { AVRO_FRAME_BYTES, schemaIdOf, unknownSchema } from './avro-frame.ts'
import { MAX_RECORD_BYTES } from '../domain/events/event.ts'
import { recordSize, tooLarge, Unreadable } from './record-text.ts'

const named = (shape: object): Members =>
  Object.fromEntries(Object.keys(shape).map((name) => [name, true as const]))

/** The members of a native event: what a later version of its schema adds is passed over. */
export const EVENT_MEMBERS: Members = {
  ...named(eventSchema.shape),
  lines: named(orderLineSchema.shape),
}

export interface AvroForm {
  /** What is wanted of a record; undefined: all of it. */
  readonly members?: Members | undefined
  /** A record without a value is null, not refused: a deleted row. */
  readonly tombstones?: boolean
}

/** Takes records apart by the schemas that they name; every one of these has been decided. */
export function avroParser(
  schemas: WriterSchemas,
  { members, tombstones = false }: AvroForm,
): (record: RawRecord) => unknown {
  let lastId: number | undefined
  let last: ValueReader | undefined
  return (record) => {
    if (recordSize(record) > MAX_RECORD_BYTES) return tooLarge(record)
    if (tombstones && record.from === record.to) return null
    const id = schemaIdOf(record)
    if (id === undefined) return unframed(record)
    if (id !== lastId || last === undefined) {
      lastId = id
      last = schemas.reader(id, members)
    }
    if (last === undefined) {
      const { reason, detail } = unknownSchema(record)
      return new Unreadable(reason, detail)
    }
    const value = last(record.bytes, record.from + AVRO_FRAME_BYTES, record.to)
    return value instanceof Malformed
      ? new Unreadable('not-avro', `the record is not of its schema ${id}: ${value.why}`)
      : value
  }
}

function unframed({ bytes, from, to }: RawRecord): Unreadable {
  const expected = 'expected a zero byte and the four of a schema id before the value'
  if (to === from) return new Unreadable('not-avro', `the record has no value (a tombstone?), ${expected}`)
  const first = bytes[from] as number
  if (first !== 0) {
    const hex = first.toString(16).padStart(2, '0')
    return new Unreadable('not-avro', `the record begins with the byte 0x${hex}, ${expected}`)
  }
  return new Unreadable('not-avro', `the record ends after ${to - from} bytes, ${expected}`)
}
