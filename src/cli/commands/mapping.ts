import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'
import { builtinNames } from '../declarations.ts'
import { checkMapping, type CheckFlags } from '../mapping-check.ts'
import { draft, type DraftFlags } from '../mapping-draft.ts'
import { integer } from '../options.ts'

const SHOWN = 5

/** `mapping`: a mapping for one's own records, drafted from them and checked. */
export function registerMapping(program: Command, cli: Cli): void {
  const mapping = program
    .command('mapping')
    .summary('draft a mapping from your own records, and check one')
    .description(
      'A mapping says how a record becomes an event: data, not code. draft looks at records and writes one with comments; check ' +
        'shows what a mapping makes of records.',
    )
    .addHelpText('after', examples([['mapping draft orders.csv', 'where a new shop begins']]))
  mapping
    .command('draft')
    .summary('a commented mapping from a file or topic')
    .description(
      'Finds out how the records are written (encoding, delimiter, decimals, dates, lists of lines, change streams) and what their ' +
        'fields mean, tries the mapping on them, and writes it as YAML with comments: what was found and how sure it is, what to ' +
        'check (CHECK) and what only you know (FILL IN).',
    )
    .argument('<file|topic>', 'CSV, NDJSON or JSON, plain or gzipped; with --config a topic')
    .option('--out <file>', 'where to write it; - is standard output', '-')
    .option('--config <file>', 'the config of a consumer: a topic is looked at')
    .option('--currency <code>', 'that of the amounts (ISO 4217), where the records do not say it')
    .option('--zone <name>', 'that of times without an offset, such as Europe/Paris')
    .addHelpText(
      'after',
      examples([
        ['mapping draft orders.csv --out orders.yaml', 'then look at its comments'],
        ['mapping draft orders.csv --currency EUR --zone Europe/Paris', 'what only you know'],
        ['mapping draft shop.clicks --config live.yaml', 'from a topic'],
      ]),
    )
    .action((input: string, flags: DraftFlags) => draft(cli, input, flags))
  mapping
    .command('check')
    .summary('records as events, and what is refused')
    .description(
      'Maps every record of the files: shows the first as events, and what is refused with its line, field and value, counted by ' +
        'reason. Ends with 3 where something is refused.',
    )
    .argument('<mapping>', `a file; or built in: ${builtinNames('mappings').join(', ')}`)
    .argument('<file...>', 'files of records; - is standard input')
    .option(
      '--show <n>',
      'events, and refused records of each reason, that are shown',
      integer(0, 1000),
      SHOWN,
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['mapping check orders.yaml orders.csv', 'is it right?'],
        ['mapping check rees46 2019-Oct.csv.gz --show 20', 'a built-in one'],
      ]),
    )
    .action((ref: string, files: string[], flags: CheckFlags) => checkMapping(cli, ref, files, flags))
}
