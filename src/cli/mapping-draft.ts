import { basename } from 'node:path'
import { FileSource } from '../adapters/files/file-source.ts'
import { readHead } from '../adapters/files/head.ts'
import { STDIN_PATH } from '../adapters/files/bytes.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { zoneTable } from '../adapters/system/zone.ts'
import { avroParser } from '../app/avro.ts'
import { makeDecoder } from '../app/decode.ts'
import { detectDialect } from '../app/mapping/dialect.ts'
import { draftMapping, type Draft, type Written } from '../app/mapping/draft.ts'
import { objectsOf, sampleOf, type Sample } from '../app/mapping/sample.ts'
import { tryMapping, type Trial } from '../app/mapping/trial.ts'
import { minorDigits } from '../domain/events/currency.ts'
import { currencyCode, parseMapping } from '../domain/events/mapping.ts'
import { fail } from '../errors.ts'
import { sampleTopic } from '../live-sample.ts'
import type { WriterSchemas } from '../ports/schemas.ts'
import type { RawRecord } from '../ports/source.ts'
import { counted, number } from '../render/format.ts'
import type { Cli } from './cli.ts'
import { latestEventMs } from './event-files.ts'
import { readLiveFile } from './live-file.ts'
import { draftText } from './mapping-text.ts'
import { openTextFile } from './text-file.ts'

export interface DraftFlags {
  readonly out: string
  readonly config?: string
  readonly currency?: string
  readonly zone?: string
}

const HEAD_BYTES = 256 * 1024
const RECORDS = 20_000
const CHUNK_BYTES = 8 * 1024 * 1024

interface LookedAt {
  readonly records: readonly RawRecord[]
  readonly sample: Sample
  readonly written: Written
  /** The header of CSV. */
  readonly columns: readonly string[] | undefined
  readonly schemas: WriterSchemas | undefined
}

/** `mapping draft` */
export async function draft(cli: Cli, input: string, flags: DraftFlags): Promise<void> {
  const currency = flags.currency?.toUpperCase()
  if (currency !== undefined && minorDigits(currency) === undefined)
    fail(
      'usage',
      `--currency ${flags.currency}: ${currencyCode.safeParse(currency).error?.issues[0]?.message}`,
    )
  if (flags.zone !== undefined) zoneTable(flags.zone)
  const looked = flags.config === undefined ? await lookAtFile(input) : await lookAtTopic(input, flags.config)
  if (looked.sample.table.records === 0) fail('check-failed', `✗ ${input}: there is no record to look at`)
  refuseNative(looked, input)
  const name = basename(input).replace(/(\.(csv|tsv|txt|json|jsonl|ndjson|gz))+$/i, '')
  const made = draftMapping(looked.sample.table, looked.written, { name, currency, zone: flags.zone })
  const trial = made.open.length > 0 ? undefined : tried(made, looked, input)
  const text = draftText(made.mapping, made.notes, {
    head: headOf(input, made, looked, trial),
    foot: footOf(made),
  })
  if (flags.out === '-') await cli.print(text.trimEnd())
  else {
    const file = await openTextFile(flags.out)
    await file.write(text)
    await file.done()
  }
  cli.note(summary(made, trial, flags.out === '-' ? 'the draft' : flags.out))
}

/** What `generate` and `ingest` write is read as it is. */
function refuseNative({ records, written, schemas }: LookedAt, input: string): void {
  if (written.format === 'csv') return
  const { events } = tryMapping(makeDecoder({ format: written.format, schemas }), records, latestEventMs())
  if (events === records.length)
    fail('check-failed', `✗ ${input}: these are events in our own form already, and need no mapping`)
}

async function lookAtFile(path: string): Promise<LookedAt> {
  if (path === STDIN_PATH) fail('usage', 'standard input cannot be read twice: name a file')
  const dialect = detectDialect(await readHead(path, HEAD_BYTES))
  if (dialect.format === 'csv' && dialect.header === undefined)
    fail(
      'check-failed',
      `✗ ${path}: no line of names stands at its top (${dialect.why.format}); a mapping calls columns by name. Write one there and draft again`,
    )
  const source = new FileSource({
    inputs: [
      { topic: path, path, format: dialect.format, delimiter: dialect.delimiter, encoding: dialect.encoding },
    ],
    clock: systemClock,
  })
  try {
    const columns = dialect.format === 'csv' ? await source.columns(path) : undefined
    const records = await firstRecords(source, path)
    const sample = sampleOf(records, { ...dialect, header: columns })
    const { format, encoding, delimiter, why } = dialect
    const words = {
      format: `sure: ${why.format}`,
      ...(why.encoding !== undefined && { encoding: why.encoding }),
    }
    return {
      records,
      sample,
      written: { format, encoding, delimiter, envelope: sample.envelope, why: words },
      columns,
      schemas: undefined,
    }
  } finally {
    await source.close()
  }
}

async function firstRecords(source: FileSource, topic: string): Promise<RawRecord[]> {
  const records: RawRecord[] = []
  let rest
  do {
    const limit = { records: RECORDS - records.length, bytes: CHUNK_BYTES }
    const chunk = await source.poll(0, { [topic]: records.length }, limit, 0)
    // what a poll gives is good until the poll after next
    for (const record of chunk.records[topic] ?? [])
      records.push({
        ...record,
        bytes: record.bytes.slice(record.from, record.to),
        from: 0,
        to: record.to - record.from,
      })
    rest = chunk.rest[topic]
  } while (rest !== 'ended' && records.length < RECORDS)
  return records
}

async function lookAtTopic(topic: string, path: string): Promise<LookedAt> {
  const { records, schemas } = await sampleTopic(readLiveFile(path).config, topic, RECORDS)
  const parse = schemas && avroParser(schemas, { tombstones: true })
  const sample = parse
    ? objectsOf(records.map(parse))
    : sampleOf(records, { format: 'ndjson', encoding: undefined, delimiter: undefined, header: undefined })
  const format = parse ? 'avro' : 'ndjson'
  const why = {
    format: parse ? 'sure: the records name schemas that the registry has' : 'likely: the records are JSON',
  }
  return { records, sample, written: { format, envelope: sample.envelope, why }, columns: undefined, schemas }
}

function tried(made: Draft, { records, written, columns, schemas }: LookedAt, input: string): Trial {
  const mapping = parseMapping(made.mapping, `the draft from ${input}`)
  const { zone } = mapping.time
  const zones = zone === undefined ? {} : { [zone]: zoneTable(zone) }
  const decode = makeDecoder({ format: written.format, mapping, columns, zones, schemas, joins: true })
  return tryMapping(decode, records, latestEventMs())
}

function headOf(input: string, made: Draft, { records }: LookedAt, trial: Trial | undefined): string[] {
  const head = [`A draft, made from ${counted(records.length, 'record')} of ${basename(input)}.`]
  if (made.open.length > 0)
    head.push(
      `It does not work before you have written what stands at ${made.open.map((o) => o.split(':')[0]).join(', ')}.`,
    )
  if (trial !== undefined) head.push(`Of these it makes ${counted(trial.events, 'event')}${outcomes(trial)}.`)
  for (const { reason, count, first } of trial?.refused ?? [])
    head.push(`  refused, ${reason}: ${number(count)}, such as ${first}`)
  const asks = [...made.notes.values()].flat().filter((note) => note.startsWith('CHECK')).length
  if (asks > 0)
    head.push(`${counted(asks, 'line')} below begin with CHECK: nothing in the data decides that.`)
  head.push(`  npx segmentation mapping check THIS ${input}`)
  return head
}

function outcomes({ skipped, refused }: Trial): string {
  const sum = (some: readonly { count: number }[]): number => some.reduce((all, { count }) => all + count, 0)
  return `, ${number(sum(skipped))} are skipped, ${number(sum(refused))} refused`
}

const footOf = ({ unused }: Draft): string[] =>
  unused.length === 0
    ? []
    : [
        `Not used: ${unused.join(', ')}. As attributes, features can ask for them:`,
        `  attributes: { ${unused[0]}: "${unused[0]}" }`,
      ]

function summary({ open }: Draft, trial: Trial | undefined, where: string): string {
  if (trial === undefined) return `${where}: to be filled in: ${open.join('; ')}`
  return `${where}: ${counted(trial.records, 'record')} make ${counted(trial.events, 'event')}${outcomes(trial)}`
}
