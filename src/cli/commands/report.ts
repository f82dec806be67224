import type { Command } from 'commander'
import type { Locale } from '../../domain/segments/format.ts'
import { bytes, duration } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { localeOption } from '../locale.ts'
import { currencyOption, examples, jsonOption } from '../options.ts'
import { writeReport } from '../report.ts'

interface Flags {
  readonly model: string
  readonly state?: string
  readonly events?: readonly string[]
  readonly asOf?: string
  readonly currency?: string
  readonly locale: Locale
  readonly out: string
  readonly json?: boolean
}

/** `report`: a model, and what it says of customers, as one HTML file. */
export function registerReport(program: Command, cli: Cli): void {
  program
    .command('report')
    .summary('one HTML file: who the segments are, why, and what they bring')
    .description(
      'Writes one self-contained HTML file to read, print and pass on: the data, the features, the choice of k, the segments, what ' +
        'they prefer and bring, and how customers move. What the study beside the model, events or a run folder would say is left out ' +
        'where they are missing. The same input gives the same bytes.',
    )
    .requiredOption('--model <model>', 'folder, name, alias or version of a bundle')
    .option('--events <file...>', 'events as NDJSON, plain or gzipped: data, preferences and value')
    .option('--state <dir>', 'a run folder: how customers moved')
    .option('--as-of <time>', 'when customers are looked at; default: the time of the model')
    .addOption(currencyOption('that of the model'))
    .addOption(localeOption().default('en'))
    .requiredOption('--out <file>', 'the report')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['report --model models/first --events shop.ndjson --out report.html', 'model and customers'],
        ['report --model run/model --state run --locale fr --out rapport.html', 'of a run, in French'],
      ]),
    )
    .action((flags: Flags) => report(cli, flags))
}

async function report(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  const size = await writeReport(cli, flags)
  if (flags.json === true) await cli.print(JSON.stringify({ out: flags.out, bytes: size }))
  cli.note(`${flags.out}: ${bytes(size)} (${duration(performance.now() - started)})`)
}
