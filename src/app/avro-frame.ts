import { refused, type Refused } from '../domain/events/refusal.ts'
import type { RawRecord } from '../ports/source.ts'

/** Before every Avro value: a zero byte, then the id of its writer's schema, 32 bits, big-endian (Confluent's wire format). */
export const AVRO_FRAME_BYTES = 5
const MAGIC = 0

/** The id of the schema that a record names; undefined where it has no such frame. */
export function schemaIdOf({ bytes, from, to }: RawRecord): number | undefined {
  if (to - from < AVRO_FRAME_BYTES || bytes[from] !== MAGIC) return undefined
  const byte = (i: number): number => bytes[from + i] as number
  return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0
}

/** Why a record is refused whose schema the registry does not have. */
export function unknownSchema(record: RawRecord): Refused {
  return refused('unknown-schema', `the registry has no schema ${schemaIdOf(record)}, which the record names`)
}
