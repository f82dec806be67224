import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { UTC } from '../../domain/base/zone.ts'
import { fail } from '../../errors.ts'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'
import { sendTo } from '../send-command.ts'
import { parseTime } from '../times.ts'

interface Flags {
  readonly model: string
  readonly config?: string
  readonly state?: string
  readonly at?: string
  readonly json?: boolean
}

/** `promote`: a bundle put to work, by the control input like every command. */
export function registerPromote(program: Command, cli: Cli): void {
  program
    .command('promote')
    .summary('put a bundle to work')
    .description(
      'Writes the bundle itself to the control input of a running segmentation: a topic (--config) or the file of a run folder ' +
        '(--state). Users meet it at their next event or wake; the same segment under a new bundle is no move.',
    )
    .requiredOption('--model <dir>', 'bundle: folder, file or version')
    .option('--config <file>', 'a consumer’s config')
    .option('--state <dir>', 'a run folder')
    .option(
      '--at <time>',
      'its place among the events: `start` is before them all (a first model); default: now',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['promote --model models/first --config live.yaml --at start', 'the first model, before every event'],
        ['promote --model models/second --config live.yaml', 'a later one, on Kafka, to all tasks at once'],
        ['promote --model models/second --state run', 'in a run folder'],
      ]),
    )
    .action((flags: Flags) => promote(cli, flags))
}

async function promote(cli: Cli, flags: Flags): Promise<void> {
  if ((flags.config === undefined) === (flags.state === undefined)) {
    fail('usage', 'promote needs either --config FILE or --state DIR')
  }
  const { bundle, labels } = await openBundleFiles().load(flags.model)
  const commandId = randomUUID()
  const issuedAt = placeOf(flags.at)
  const heard = await sendTo(flags, { command: 'promote', commandId, issuedAt, bundle, labels })
  const words = `bundle ${bundle.version.slice(0, 12)} is promoted to ${heard}, command ${commandId}`
  await cli.print(flags.json === true ? JSON.stringify({ version: bundle.version, commandId }) : words)
}

/** A command is folded in its order of time, as the events are. */
function placeOf(at: string | undefined): number {
  if (at === undefined) return systemClock.now()
  return at === 'start' ? 0 : parseTime(at, UTC)
}
