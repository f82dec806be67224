import type { Command } from 'commander'
import { FileSource } from '../../adapters/files/file-source.ts'
import { fileForm } from '../../adapters/files/open.ts'
import { LineWriter } from '../../adapters/files/line-writer.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { zoneTable } from '../../adapters/system/zone.ts'
import { makeDecoder } from '../../app/decode.ts'
import { ingest, type Account, type IngestInput } from '../../app/ingest.ts'
import type { Mapping } from '../../domain/events/mapping.ts'
import { fail } from '../../errors.ts'
import { counted, duration, number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { builtinNames, loadMapping } from '../declarations.ts'
import { latestEventMs } from '../event-files.ts'
import { examples, jsonOption } from '../options.ts'
import { checkRefused } from '../rejects.ts'

interface Flags {
  readonly mapping: string
  readonly out: string
  readonly json?: boolean
}

/** `ingest`: a shop's own records → events. */
export function registerIngest(program: Command, cli: Cli): void {
  program
    .command('ingest')
    .summary('a shop’s own records to events, by a mapping')
    .description(
      'Turns files of records (CSV, NDJSON or JSON, plain or gzipped) into events in our own form, one NDJSON line each. Every ' +
        'record is accounted for: an event, skipped by the mapping, or refused. Refused ones are kept, bytes untouched, in ' +
        '<FILE>.dead-letter.ndjson; more than 5 % of them end the command with 3.',
    )
    .argument('<input...>', 'files of records; - is standard input')
    .requiredOption(
      '--mapping <name|file>',
      `built in: ${builtinNames('mappings').join(', ')}; or a JSON file`,
    )
    .requiredOption('--out <file>', 'events to write, gzipped if it ends in .gz; - is standard output')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['ingest 2019-Oct.csv.gz --mapping rees46 --out events.ndjson.gz', 'a public clickstream'],
        ['ingest orders.csv --mapping ./my-orders.json --out events.ndjson', 'a shop’s own format'],
      ]),
    )
    .action((inputs: string[], flags: Flags) => run(cli, inputs, flags))
}

async function run(cli: Cli, paths: readonly string[], flags: Flags): Promise<void> {
  if (flags.out === '-' && flags.json === true) fail('usage', '--json and --out - both want standard output')
  const started = performance.now()
  const mapping = loadMapping(flags.mapping)
  const unique = [...new Set(paths)]
  const sources = unique.map(
    (path) =>
      new FileSource({
        inputs: [{ topic: path, path, ...fileForm(mapping) }],
        clock: systemClock,
        stdin: process.stdin,
      }),
  )
  const lost = flags.out === '-' ? 'dead-letter.ndjson' : `${flags.out}.dead-letter.ndjson`
  const events = new LineWriter(flags.out, { stdout: process.stdout, evenEmpty: true })
  const deadLetters = new LineWriter(lost, { stdout: process.stdout })
  const bar = await openBar(cli, sources)
  try {
    await events.ready()
    const inputs = await Promise.all(
      sources.map((source, i) => inputOf(source, unique[i] as string, mapping)),
    )
    const account = await ingest({
      inputs,
      events,
      deadLetters,
      latestMs: latestEventMs(),
      onProgress: bar.at,
    })
    await events.close()
    await deadLetters.close()
    bar.stop()
    if (flags.json === true) await cli.print(JSON.stringify({ out: flags.out, ...account }))
    report(cli, account, flags.out, performance.now() - started)
    checkRefused({ refused: sum(account.refused), read: account.read }, lost)
  } finally {
    bar.stop()
    await events.abandon()
    await deadLetters.abandon()
    for (const source of sources) await source.close()
  }
}

async function inputOf(source: FileSource, path: string, mapping: Mapping): Promise<IngestInput> {
  const columns = mapping.format === 'csv' ? await source.columns(path) : undefined
  const zone = mapping.time.zone
  const zones = zone === undefined ? {} : { [zone]: zoneTable(zone) }
  const decode = makeDecoder({ format: mapping.format, mapping, columns, zones, joins: true })
  return { topic: path, source, decode, lineOf: (offset) => source.lineOf(path, offset) }
}

interface Bar {
  readonly at: () => Promise<void>
  readonly stop: () => void
}

async function openBar(cli: Cli, sources: readonly FileSource[]): Promise<Bar> {
  const read = async (): Promise<{ done: number; total: number | undefined }> => {
    const all = await Promise.all(sources.map((source) => source.progress()))
    const total = all.every((p) => p.total !== undefined)
      ? all.reduce((sum, p) => sum + (p.total ?? 0), 0)
      : undefined
    return { done: all.reduce((sum, p) => sum + p.done, 0), total }
  }
  const { total } = await read()
  const progress = total === undefined ? undefined : cli.progress('ingest', total, 'bytes')
  return { at: async () => progress?.at((await read()).done), stop: () => progress?.stop() }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0)

function report(cli: Cli, account: Account, out: string, tookMs: number): void {
  cli.note(
    `${counted(account.read, 'record')}: ${counted(account.events, 'event')} → ${out}, ` +
      (account.joined === 0 ? '' : `${number(account.joined)} more lines joined to them, `) +
      `${number(sum(account.skipped))} skipped, ${number(sum(account.refused))} refused (${duration(tookMs)})`,
  )
  for (const [reason, count] of Object.entries(account.skipped))
    cli.note(`  skipped, ${reason}: ${number(count)}`)
  for (const [reason, count] of Object.entries(account.refused))
    cli.note(`  refused, ${reason}: ${number(count)}`)
}
