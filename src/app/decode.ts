import { createHash } from 'node:crypto'
import type { RawRecord } from '../ports/source.ts'
import type { Topic } from '../ports/types.ts'
import type { WriterSchemas } from '../ports/schemas.ts'
import { assert, fail } from '../errors.ts'
import type { ZoneTable } from '../domain/base/zone.ts'
import { compileMapping } from '../domain/events/compile-mapping.ts'
import { CSV_DELIMITER, splitCsv } from '../domain/events/csv.ts'
import { DEAD_LETTER_BYTES, DEAD_LETTER_HEAD_BYTES } from '../domain/events/dead-letter.ts'
import type { DeadLetter } from '../domain/events/dead-letter.ts'
import { decodeEvent } from '../domain/events/decode-event.ts'
import type { Decoded } from '../domain/events/event.ts'
import { parseExactJson } from '../domain/events/exact-json.ts'
import type { Encoding, Mapping, RecordFormat } from '../domain/events/mapping.ts'
import type { Refused } from '../domain/events/refusal.ts'
import { avroParser, EVENT_MEMBERS } from './avro.ts'
import { OneCurrency } from './one-currency.ts'
import { Unreadable, recordSize, textReader } from './record-text.ts'

type Parser = (record: RawRecord) => unknown

/** A raw record → its events, or why there are none. Depends on nothing but the record and `latestMs`. */
export type Decoder = (record: RawRecord, latestMs: number) => Decoded

export interface DecoderInput {
  readonly format: RecordFormat | 'avro'
  /** By what the records of an Avro input are read. */
  readonly schemas?: WriterSchemas | undefined
  /** Without one, records are events in their native form. */
  readonly mapping?: Mapping | undefined
  /** The header of a CSV input. */
  readonly columns?: readonly string[] | undefined
  /** The one currency of the run (ISO 4217): amounts in another are refused, never added to these. Any, where missing. */
  readonly currency?: string | undefined
  /** Tables of the zones that mappings name; UTC needs none. */
  readonly zones?: Readonly<Record<string, ZoneTable>> | undefined
  /** The reader puts lines of orders together by `joinKey`. Without it a mapping that joins is refused. */
  readonly joins?: boolean | undefined
}

/** The decoder of one input. Throws `mapping-invalid` where format, header and mapping do not fit each other. */
export function makeDecoder(input: DecoderInput): Decoder {
  const decode = anyCurrency(input)
  if (input.currency === undefined) return decode
  const money = new OneCurrency(input.currency)
  return (record, latestMs) => money.admit(decode(record, latestMs))
}

function anyCurrency({ format, mapping, columns, zones, schemas, joins = false }: DecoderInput): Decoder {
  if (mapping === undefined) {
    if (format === 'csv')
      fail('mapping-invalid', 'a CSV input needs a mapping: which column is the user, the time, the kind')
    const parse =
      format === 'avro' ? avroParser(known(schemas), { members: EVENT_MEMBERS }) : jsonParser(JSON.parse)
    return (record, latestMs) => {
      const value = parse(record)
      return value instanceof Unreadable ? value.why : decodeEvent(value, latestMs)
    }
  }
  if (isObject(mapping.format) !== isObject(format)) {
    fail('mapping-invalid', `mapping ${mapping.name} reads ${mapping.format}, the input is ${format}`)
  }
  if (!joins) refuseJoin(mapping)
  const map = compileMapping(mapping, { columns, zones })
  const { encoding, delimiter = CSV_DELIMITER, envelope } = mapping
  const json = (): Parser =>
    jsonParser(envelope === undefined ? parseExactJson : tombstoneOr(parseExactJson), encoding)
  const parsers: Readonly<Record<RecordFormat | 'avro', () => Parser>> = {
    csv: () => csvParser(delimiter, columns?.length ?? 0, encoding),
    ndjson: json,
    json,
    avro: () => avroParser(known(schemas), { tombstones: envelope !== undefined }),
  }
  const parse = parsers[format]()
  return (record, latestMs) => {
    const fields = parse(record)
    return fields instanceof Unreadable ? fields.why : map(fields, record.offset, latestMs)
  }
}

/** They differ in how records follow each other and how one is written, not in what it is to a mapping. */
const isObject = (format: RecordFormat | 'avro'): boolean => format !== 'csv'

function known(schemas: WriterSchemas | undefined): WriterSchemas {
  assert(schemas !== undefined, 'an Avro input has its schemas')
  return schemas
}

/** Throws `mapping-invalid` for a mapping whose records are lines of orders: only `ingest` puts them together. */
export function refuseJoin({ name, join }: Mapping): void {
  if (join === undefined) return
  fail(
    'mapping-invalid',
    `mapping ${name} joins lines to orders, which only ingest does: ingest the files first`,
  )
}

/** A deleted row is followed by a record without a value, so that compaction forgets its key. */
const tombstoneOr =
  (parse: (text: string) => unknown) =>
  (text: string): unknown =>
    text === '' ? null : parse(text)

function jsonParser(parse: (text: string) => unknown, encoding?: Encoding): (record: RawRecord) => unknown {
  const textOf = textReader(encoding)
  return (record) => {
    const text = textOf(record)
    if (typeof text !== 'string') return text
    try {
      return parse(text)
    } catch {
      return notJson(text)
    }
  }
}

function csvParser(
  delimiter: string,
  columns: number,
  encoding: Encoding | undefined,
): (record: RawRecord) => unknown {
  const textOf = textReader(encoding)
  return (record) => {
    const text = textOf(record)
    if (typeof text !== 'string') return text
    const fields = splitCsv(text, delimiter)
    if (typeof fields === 'string') return new Unreadable('not-csv', fields)
    if (fields.length === columns) return fields
    return new Unreadable('not-csv', `the record has ${fields.length} fields, the header has ${columns}`)
  }
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

/** The dead letter of a refused record: its bytes untouched, or their head with size and hash where they are too many. */
export function makeDeadLetter(topic: Topic, partition: number, record: RawRecord, why: Refused): DeadLetter {
  const { bytes, from, to, keyFrom, keyTo, offset, tombstone = false, cut } = record
  const size = recordSize(record)
  const whole = size <= DEAD_LETTER_BYTES
  const end = whole ? to : Math.min(to, from + DEAD_LETTER_HEAD_BYTES)
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
    value: tombstone ? null : Uint8Array.from(bytes.subarray(from, end)),
    size,
    sha256,
  }
}
