import type { Command } from 'commander'
import { brokenLines, type FaultCounts, type Faults } from '../../app/generate/faults.ts'
import { LOAD_DEFAULTS, loadEvents } from '../../app/generate/bench.ts'
import { SHOP_DEFAULTS, SHOP_START_MS, shopTruth } from '../../app/generate/shop.ts'
import { chunksOf, writeShop } from '../../app/generate/write.ts'
import type { Written } from '../../adapters/kafka/event-writer.ts'
import { fail } from '../../errors.ts'
import { counted, duration, euros, number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { noteWritten, openEventOutput, withOutputOptions, type OutputFlags } from '../event-output.ts'
import { faultsOption } from '../faults-option.ts'
import { dayOption, examples, integer, jsonOption, seedOption } from '../options.ts'
import { openTextFile } from '../text-file.ts'

interface Flags extends OutputFlags {
  readonly bench?: boolean
  readonly users?: number
  readonly days?: number
  readonly from: number
  readonly events?: number
  readonly seed: number
  readonly faults?: Faults
  readonly json?: boolean
}

const MAX_USERS = 10_000_000
const MAX_EVENTS = 1_000_000_000

/** `generate`: an invented shop with planted kinds of customers, to try everything on; or a plain load. */
export function registerGenerate(program: Command, cli: Cli): void {
  const defaults = (what: 'users' | 'days'): string =>
    `default: ${number(SHOP_DEFAULTS[what])}, with --bench ${number(LOAD_DEFAULTS[what])}`
  const generate = program
    .command('generate')
    .summary('an invented shop with planted kinds of customers')
    .description(
      'Writes the events of an invented shop in order of time, as NDJSON or to a topic, and beside them <FILE>.truth.json: who ' +
        'each user really is, and what each promotion causes, for checking what was found. The same options give the same bytes. --bench writes a plain load ' +
        'for measuring instead, fast: Zipf-like users, 85 % views, 10 % carts, 5 % purchases, no truth.',
    )
    .option(
      '--users <n>',
      `customers in all, newcomers included; ${defaults('users')}`,
      integer(1, MAX_USERS),
    )
    .option('--days <n>', defaults('days'), integer(1, 3660))
    .addOption(dayOption('--from <day>', 'the first day, in UTC', SHOP_START_MS))
    .addOption(seedOption(SHOP_DEFAULTS.seed))
    .addOption(faultsOption())
    .option('--bench', 'a plain load for measuring')
    .option('--events <n>', `with --bench; default: ${number(LOAD_DEFAULTS.events)}`, integer(1, MAX_EVENTS))
  withOutputOptions(generate, 'events to write; gzipped if it ends in .gz')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['generate --out shop.ndjson', '20,000 customers over 120 days'],
        ['generate --users 500 --days 30 --seed 1 --out small.ndjson.gz', 'a small one, compressed'],
        ['generate --faults duplicates,late,broken --out rough.ndjson', 'as it is in life'],
        ['generate --bench --to kafka --config live.yaml --rate 5000', 'a steady load on a topic'],
      ]),
    )
    .action((flags: Flags) => run(cli, flags))
}

async function run(cli: Cli, flags: Flags): Promise<void> {
  if (flags.bench !== true && flags.events !== undefined) fail('usage', '--events belongs to --bench')
  if (flags.bench === true && flags.faults !== undefined)
    fail('usage', '--faults belong to a shop, not to --bench')
  if (flags.to === 'kafka' && flags.faults?.broken !== undefined)
    fail('usage', '--faults broken: lines that are no events go to a file, --out FILE')
  const started = performance.now()
  const { facts, written } = flags.bench === true ? await load(cli, flags) : await shop(cli, flags)
  const elapsedMs = performance.now() - started
  if (flags.json === true) {
    const { out, to } = flags
    await cli.print(JSON.stringify({ out, to, ...facts.json, ...(written && { written, elapsedMs }) }))
    return
  }
  cli.note(`${facts.text}${written === undefined ? ` → ${flags.out ?? ''} (${duration(elapsedMs)})` : ''}`)
  if (written !== undefined) noteWritten(cli, written, elapsedMs)
}

/** What was made, for a person and for a program. */
interface Made {
  readonly facts: { readonly text: string; readonly json: object }
  readonly written: Written | undefined
}

async function shop(cli: Cli, flags: Flags): Promise<Made> {
  const { users = SHOP_DEFAULTS.users, days = SHOP_DEFAULTS.days, seed, from: startMs } = flags
  const options = { users, days, seed, startMs }
  const { faults } = flags
  const counts: FaultCounts = {}
  const output = await openEventOutput(cli, flags, (lines) =>
    faults?.broken === undefined ? lines : brokenLines(lines, faults.broken, seed, counts),
  )
  const progress = cli.progress('generate', options.days, 'days')
  try {
    const facts = await writeShop(options, { sink: output.sink, onDay: progress.at, faults, counts })
    const written = await output.done()
    const truthPath = `${output.name}.truth.json`
    const truth = await openTextFile(truthPath)
    await truth.write(
      `${JSON.stringify({ ...shopTruth(options), ...(faults && { faults, befell: counts }) })}\n`,
    )
    await truth.done()
    const text =
      `${counted(facts.events, 'event')} of ${counted(facts.active, 'user')} in ${counted(options.days, 'day')}, ` +
      `${counted(facts.orders, 'order')} worth ${euros(facts.revenueMinor)}${befellText(counts)}`
    return { facts: { text, json: { truth: truthPath, ...facts } }, written }
  } finally {
    progress.stop()
    await output.discard()
  }
}

/** `; duplicates 12, late 3`: what went wrong, if anything. */
function befellText(counts: FaultCounts): string {
  const parts = Object.entries(counts).map(([fault, count]) => `${fault} ${number(count)}`)
  return parts.length === 0 ? '' : `; ${parts.toSorted().join(', ')}`
}

async function load(cli: Cli, flags: Flags): Promise<Made> {
  const { users = LOAD_DEFAULTS.users, days = LOAD_DEFAULTS.days, events = LOAD_DEFAULTS.events } = flags
  const { seed, from: startMs } = flags
  const output = await openEventOutput(cli, flags)
  const progress = cli.progress('generate', events, 'events')
  try {
    let done = 0
    for (const chunk of chunksOf(loadEvents({ users, days, events, seed, startMs }))) {
      await output.sink.write(chunk)
      progress.at((done += chunk.length))
    }
    const written = await output.done()
    return { facts: { text: counted(events, 'event'), json: { users, days, events } }, written }
  } finally {
    progress.stop()
    await output.discard()
  }
}
