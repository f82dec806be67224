import type avro from 'avsc'
import { DAY_MS } from '../../domain/base/duration.ts'
import { Broken, type Cursor } from './cursor.ts'
import type { Logical } from './logical-types.ts'

type Read = (cursor: Cursor) => unknown

/** Of a unit of time, how many make a millisecond. */
const PER_MS: Readonly<Record<string, number>> = { millis: 1, micros: 1000, nanos: 1_000_000 }

/** Of a decimal; six hundred digits. To make text of it costs the square of this. */
const MAX_DECIMAL_BYTES = 256

/** Reads a value of a logical type; one that does not fit the plain type below it is read as that. */
export function readLogical(type: avro.Type, plain: (type: avro.Type) => Read): Read {
  const { underlyingType: below, scale } = type as Logical
  const name = type.typeName.slice('logical:'.length)
  const whole = below.typeName === 'int' || below.typeName === 'long'
  const perMs = PER_MS[/timestamp-(\w+)$/.exec(name)?.[1] ?? '']
  if (perMs !== undefined && whole) return (cursor) => milliseconds(cursor.long(), perMs)
  if (name === 'date' && whole) return (cursor) => dateText(cursor.size())
  if (name === 'decimal' && below.typeName === 'bytes')
    return (cursor) => decimal(cursor, cursor.size(), scale)
  if (name === 'decimal' && below.typeName === 'fixed') {
    const { size } = below as avro.types.FixedType
    return (cursor) => decimal(cursor, size, scale)
  }
  return plain(below)
}

function milliseconds(time: number | string, perMs: number): number | string {
  if (perMs === 1) return time
  return typeof time === 'number' ? Math.floor(time / perMs) : Number(floorDiv(BigInt(time), BigInt(perMs)))
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** Days since 1970-01-01 as `yyyy-MM-dd`; as the number itself where no calendar reaches. */
function dateText(days: number): string | number {
  const date = new Date(days * DAY_MS)
  return Number.isNaN(date.getTime()) ? days : date.toISOString().slice(0, -'T00:00:00.000Z'.length)
}

/** Two's complement, big-endian, times 10^−scale, as text. */
function decimal(cursor: Cursor, size: number, scale: number): string {
  const from = cursor.take(size)
  if (size > MAX_DECIMAL_BYTES) throw new Broken(`a decimal has more than ${MAX_DECIMAL_BYTES} bytes`)
  let value = 0n
  for (let i = from; i < from + size; i++) value = (value << 8n) | BigInt(cursor.bytes[i] as number)
  value = BigInt.asIntN(8 * size, value)
  if (scale === 0) return value.toString()
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
