import type { Command } from 'commander'
import {
  featureCsv,
  saturatedRows,
  snapshots,
  tableBlocks,
  type FeatureTable,
  type Snapshot,
} from '../../app/features.ts'
import { ParquetTable } from '../../adapters/files/parquet-table.ts'
import { zoneTable } from '../../adapters/system/zone.ts'
import { compilePlan } from '../../domain/features/plan.ts'
import { counted, duration } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { loadFeatureSet } from '../declarations.ts'
import { noteRejects, noteSaturated, noteUncounted, openEventFiles } from '../event-files.ts'
import { currencyOption, examples, featureSetOption, FIRST_CURRENCY, jsonOption } from '../options.ts'
import { checkRefused } from '../rejects.ts'
import { openTextFile, type TextFile } from '../text-file.ts'
import { parseTimes } from '../times.ts'

interface Flags {
  readonly events: readonly string[]
  readonly featureSet: string
  readonly asOf: string
  readonly currency?: string
  readonly out?: string
  readonly json?: boolean
}

/** `features`: the table of all users as of some times. */
export function registerFeatures(program: Command, cli: Cli): void {
  program
    .command('features')
    .summary('the feature table of all users as of a time')
    .description(
      'Computes the features of every user as of one or several times, from the events before each: no event at or after ' +
        'the time counts. Writes user_id, as_of, one column per feature, raw values: as CSV, or as Parquet into a file whose name ' +
        'ends in .parquet.',
    )
    .requiredOption('--events <file...>', 'events as NDJSON, plain or gzipped; - is standard input')
    .addOption(featureSetOption())
    .requiredOption('--as-of <time,...>', 'a day (midnight in the set’s zone) or an instant with its offset')
    .addOption(currencyOption(FIRST_CURRENCY))
    .option('--out <file>', 'CSV, gzipped if it ends in .gz, or .parquet; CSV to stdout if left out')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        [
          'features --events shop.ndjson --as-of 2025-03-31 --out features.csv',
          'everybody at the end of March',
        ],
        [
          'features --events shop.ndjson --as-of 2025-02-01,2025-03-01 --feature-set my.json --out two.parquet',
          'two months, own features',
        ],
      ]),
    )
    .action((flags: Flags) => features(cli, flags))
}

async function features(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  const set = loadFeatureSet(flags.featureSet)
  const zone = zoneTable(set.zone)
  const plan = compilePlan(set, zone)
  const asOf = parseTimes(flags.asOf, zone)
  const out = await openTable(cli, flags, plan.columns)
  try {
    const { currency } = flags
    const { events, rejects, money } = openEventFiles(cli, {
      paths: flags.events,
      title: 'features',
      currency,
    })
    const found = await snapshots(plan, events, asOf)
    await out?.write(blocksOf(found))
    const rows = found.map(({ asOf: at, profiles, uncounted }) => ({
      asOf: new Date(at).toISOString(),
      users: profiles.size,
      uncounted,
    }))
    const saturated = saturatedRows(found)
    if (flags.json === true) {
      const facts = {
        out: flags.out ?? null,
        featureSet: set.name,
        columns: plan.columns,
        currency: money.code ?? null,
        rows,
        saturated,
        rejects: rejects.byReason(),
      }
      await cli.print(JSON.stringify(facts))
    }
    noteRejects(cli, { rejects, money })
    noteSaturated(cli, saturated)
    noteUncounted(cli, found)
    const users = rows.reduce((sum, r) => sum + r.users, 0)
    cli.note(
      `${counted(users, 'row')} of ${counted(plan.columns.length, 'feature')} (${set.name}) as of ` +
        `${rows.map((r) => r.asOf).join(', ')} (${duration(performance.now() - started)})`,
    )
    checkRefused(rejects)
  } finally {
    await out?.discard()
  }
}

function* blocksOf(found: readonly Snapshot[]): Generator<FeatureTable> {
  for (const snapshot of found) yield* tableBlocks(snapshot)
}

interface TableOut {
  write(blocks: Iterable<FeatureTable>): Promise<void>
  /** Takes away what was written, unless all of it was. */
  discard(): Promise<void>
}

/** Opened before the events are read, so that a folder that is missing shows at once; none where only facts go to stdout. */
async function openTable(
  cli: Cli,
  { out, json }: Flags,
  columns: readonly string[],
): Promise<TableOut | undefined> {
  if (out === undefined) {
    if (json === true) return undefined
    return {
      write: (blocks) => writeLines(cli, featureCsv(columns, blocks)),
      discard: () => Promise.resolve(),
    }
  }
  if (out.endsWith('.parquet')) {
    const table = await ParquetTable.open(out, columns)
    return {
      write: async (blocks) => {
        for (const block of blocks) await table.write(block)
        await table.done()
      },
      discard: () => table.discard(),
    }
  }
  const file = await openTextFile(out)
  return {
    write: async (blocks) => {
      await writeLines(file, featureCsv(columns, blocks))
      await file.done()
    },
    discard: () => file.discard(),
  }
}

const CHUNK_CHARS = 1 << 16

async function writeLines(to: Pick<TextFile, 'write'>, lines: Iterable<string>): Promise<void> {
  let text = ''
  for (const line of lines) {
    text += line
    if (text.length < CHUNK_CHARS) continue
    await to.write(text)
    text = ''
  }
  if (text !== '') await to.write(text)
}
