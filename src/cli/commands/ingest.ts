import type { Command } from 'commander'
import { FileSource } from '../../adapters/files/file-source.ts'
import { fileForm } from '../../adapters/files/open.ts'
import { LineWriter } from '../../adapters/files/line-writer.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { ingest, type Account } from '../../app/ingest.ts'
import { fail } from '../../errors.ts'
import { counted, duration, number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { builtinNames, loadMapping } from '../declarations.ts'
import { latestEventMs } from '../event-files.ts'
import { noteWritten, openEventOutput, withOutputOptions, type OutputFlags } from '../event-output.ts'
import { examples, jsonOption } from '../options.ts'
import { recordsOf } from '../ingest-input.ts'
import { checkRefused } from '../rejects.ts'

interface Flags extends OutputFlags {
  readonly mapping: string
  readonly json?: boolean
}

/** Instead of a mapping: records in the form that events have on disk. */
const NATIVE = 'native'

/** `ingest`: a shop's own records → events. */
export function registerIngest(program: Command, cli: Cli): void {
  const command = program
    .command('ingest')
    .summary('a shop’s own records to events, by a mapping')
    .description(
      'Turns files of records (CSV, NDJSON or JSON, plain or gzipped) into events in our own form, one NDJSON line each, or ' +
        'to a Kafka topic, each under its user’s id. Every record is accounted for: an event, skipped by the mapping, or refused. ' +
        'Refused ones are kept, bytes untouched, in <FILE>.dead-letter.ndjson (<TOPIC>.…); more than 5 % of them end the command ' +
        'with 3. The same input gives the same event ids, so that a copy changes nothing.',
    )
    .argument('<input...>', 'files of records; - is standard input')
    .requiredOption(
      '--mapping <name|file>',
      `built in: ${builtinNames('mappings').join(', ')}; or a file, JSON or YAML; ${NATIVE}: they are events already`,
    )
  withOutputOptions(command, 'events to write, gzipped if it ends in .gz; - is standard output')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['ingest 2019-Oct.csv.gz --mapping rees46 --out events.ndjson.gz', 'a public clickstream'],
        ['ingest orders.csv --mapping ./my-orders.json --out events.ndjson', 'a shop’s own format'],
        ['ingest orders.csv --mapping ./my-orders.json --to kafka --config live.yaml', 'the same to a topic'],
      ]),
    )
    .action((inputs: string[], flags: Flags) => run(cli, inputs, flags))
}

async function run(cli: Cli, paths: readonly string[], flags: Flags): Promise<void> {
  if (flags.out === '-' && flags.json === true) fail('usage', '--json and --out - both want standard output')
  const started = performance.now()
  const mapping = flags.mapping === NATIVE ? undefined : loadMapping(flags.mapping)
  const unique = [...new Set(paths)]
  const sources = unique.map(
    (path) =>
      new FileSource({
        inputs: [{ topic: path, path, ...fileForm(mapping ?? null) }],
        clock: systemClock,
        stdin: process.stdin,
      }),
  )
  const events = await openEventOutput(cli, flags)
  const lost = flags.out === '-' ? 'dead-letter.ndjson' : `${events.name}.dead-letter.ndjson`
  const deadLetters = new LineWriter(lost, { stdout: process.stdout })
  const bar = await openBar(cli, sources)
  try {
    const inputs = await Promise.all(
      sources.map((source, i) => recordsOf(source, unique[i] as string, mapping)),
    )
    const account = await ingest({
      inputs,
      events: events.sink,
      deadLetters,
      latestMs: latestEventMs(),
      onProgress: bar.at,
    })
    const written = await events.done()
    await deadLetters.close()
    bar.stop()
    const elapsedMs = performance.now() - started
    if (flags.json === true) {
      const { out, to } = flags
      await cli.print(JSON.stringify({ out, to, ...account, ...(written && { written, elapsedMs }) }))
    }
    report(cli, account, events.name, elapsedMs)
    if (written !== undefined) noteWritten(cli, written, elapsedMs)
    checkRefused({ refused: sum(account.refused), read: account.read }, lost)
  } finally {
    bar.stop()
    await events.discard()
    await deadLetters.abandon()
    for (const source of sources) await source.close()
  }
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
