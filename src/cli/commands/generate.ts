import type { Command } from 'commander'
import { SHOP_DEFAULTS, SHOP_START_MS, shopTruth } from '../../app/generate/shop.ts'
import { writeShop } from '../../app/generate/write.ts'
import { counted, day, duration, euros } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { examples, integer, jsonOption, seedOption } from '../options.ts'
import { openTextFile } from '../text-file.ts'

interface Flags {
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly out: string
  readonly json?: boolean
}

/** `generate`: an invented shop with planted kinds of customers, to try everything on. */
export function registerGenerate(program: Command, cli: Cli): void {
  program
    .command('generate')
    .summary('an invented shop with planted kinds of customers')
    .description(
      'Writes the events of an invented shop as NDJSON in order of time, and beside them <FILE>.truth.json: who each user ' +
        'really is, for checking what was found. The same options give the same bytes.',
    )
    .option(
      '--users <n>',
      'customers in all, newcomers included',
      integer(1, 10_000_000),
      SHOP_DEFAULTS.users,
    )
    .option('--days <n>', `days from ${day(SHOP_START_MS)} on`, integer(1, 3660), SHOP_DEFAULTS.days)
    .addOption(seedOption(SHOP_DEFAULTS.seed))
    .requiredOption('--out <file>', 'events to write; gzipped if it ends in .gz')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['generate --out shop.ndjson', '20,000 customers over 120 days'],
        ['generate --users 500 --days 30 --seed 1 --out small.ndjson.gz', 'a small one, compressed'],
      ]),
    )
    .action((flags: Flags) => generate(cli, flags))
}

async function generate(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  const options = { ...SHOP_DEFAULTS, users: flags.users, days: flags.days, seed: flags.seed }
  const file = await openTextFile(flags.out)
  const progress = cli.progress('generate', options.days, 'days')
  try {
    const facts = await writeShop(options, file, progress.at)
    await file.done()
    const truthPath = `${flags.out}.truth.json`
    const truth = await openTextFile(truthPath)
    await truth.write(`${JSON.stringify(shopTruth(options))}\n`)
    await truth.done()
    progress.stop()
    if (flags.json === true)
      return await cli.print(JSON.stringify({ out: flags.out, truth: truthPath, ...facts }))
    const took = duration(performance.now() - started)
    cli.note(
      `${counted(facts.events, 'event')} of ${counted(facts.active, 'user')} in ${counted(options.days, 'day')}, ` +
        `${counted(facts.orders, 'order')} worth ${euros(facts.revenueMinor)} → ${flags.out} (${took})`,
    )
  } finally {
    progress.stop()
    await file.discard()
  }
}
