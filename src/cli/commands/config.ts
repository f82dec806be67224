import type { Command } from 'commander'
import { liveConfigJsonSchema, shownConfig } from '../../live-config.ts'
import { table } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { readLayers } from '../live-file.ts'
import { examples, jsonOption } from '../options.ts'

interface Flags {
  readonly config: string
  readonly json?: boolean
}

/** `config`: what a consumer is configured with, and what it can be. */
export function registerConfig(program: Command, cli: Cli): void {
  const config = program
    .command('config')
    .summary('the config of a consumer: values with their origins, JSON Schema')
    .description(
      'Defaults ← file ← environment ← flags, the same for every command that takes --config. In the environment ' +
        'kafka.minInsyncReplicas is SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS, a list has commas, and a name with _FILE at its ' +
        'end names a file that holds the value.',
    )
    .addHelpText('after', examples([['config print --config live.yaml', 'each value, and what says so']]))
  config
    .command('print')
    .summary('every value and where it comes from')
    .description(
      'Checks a config and prints each value with its origin: default, the file, or a variable. Secrets are not shown.',
    )
    .requiredOption('--config <file>', 'YAML or JSON')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['config print --config live.yaml', 'what this consumer would run with'],
        ['config print --config live.yaml --json', 'the same for a program'],
      ]),
    )
    .action((flags: Flags) => print(cli, flags))
  config
    .command('schema')
    .summary('JSON Schema of the file')
    .description('Prints the JSON Schema of a config, for editors and checks.')
    .addHelpText('after', examples([['config schema > live.schema.json', 'for an editor']]))
    .action(() => cli.print(JSON.stringify(liveConfigJsonSchema(), null, 2)))
}

async function print(cli: Cli, flags: Flags): Promise<void> {
  const { config, origins } = readLayers(flags.config)
  const shown = shownConfig(config) as object
  const rows = [...origins].map(([path, origin]) => ({ path, value: valueAt(shown, path), origin }))
  if (flags.json === true) return cli.print(JSON.stringify(rows))
  await cli.print(
    table(rows, [
      { title: 'NAME', value: (r) => r.path },
      { title: 'VALUE', value: (r) => (typeof r.value === 'string' ? r.value : JSON.stringify(r.value)) },
      { title: 'ORIGIN', value: (r) => r.origin },
    ]),
  )
}

function valueAt(config: object, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], config)
}
