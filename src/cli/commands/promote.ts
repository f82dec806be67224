import { randomUUID } from 'node:crypto'
import { InvalidArgumentError, type Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { checkGrown, planPromotion, type Planned } from '../../app/plan-promotion.ts'
import { parseDurationMs } from '../../domain/base/duration.ts'
import { UTC } from '../../domain/base/zone.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import type { Rollout } from '../../domain/segments/rollout.ts'
import { fail, SegmentationError } from '../../errors.ts'
import { number, percent } from '../../render/format.ts'
import { table } from '../../render/table.ts'
import type { StateView } from '../../state-view.ts'
import type { Cli } from '../cli.ts'
import { openView } from '../open-view.ts'
import { examples, jsonOption } from '../options.ts'
import { sendTo, type Listener } from '../send-command.ts'
import { parseTime } from '../times.ts'

interface Flags extends Listener {
  readonly model: string
  readonly at?: string
  readonly share?: number
  readonly ramp?: number
  readonly plan?: boolean
  readonly young?: boolean
  readonly json?: boolean
}

/** `promote`: a bundle put to work, by the control input like every command. */
export function registerPromote(program: Command, cli: Cli): void {
  program
    .command('promote')
    .summary('put a bundle to work, for all users or a part of them')
    .description(
      'Writes the bundle itself to the control input of a running segmentation: a topic (--config) or the file of a run folder ' +
        '(--state). Users meet it at their next event or wake, all of them within the longest sleep; moves that it alone makes have ' +
        'the cause `model`, and the same segment under a new bundle is no move. A share is by hash of the user: a larger one keeps ' +
        'all whom a smaller one reached. A bundle that looks back farther than the state does is refused.',
    )
    .requiredOption('--model <dir>', 'bundle: folder, file or version')
    .option('--config <file>', 'a consumer’s config')
    .option('--state <dir>', 'a run folder')
    .option(
      '--at <time>',
      'its place among the events: `start` is before them all (a first model); default: now',
    )
    .option('--share <percent>', 'of the users; the others stay with the bundle they have', share)
    .option('--ramp <duration>', 'reach them one after the other within this time, such as 7d', ramp)
    .option('--plan', 'only say who would move, if nobody does anything until he is woken')
    .option('--young', 'also where the state is younger than what the features look back')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['promote --model models/first --config live.yaml --at start', 'the first model, before every event'],
        ['promote --model models/second --config live.yaml --plan', 'what would a later one do?'],
        ['promote --model models/second --config live.yaml --share 10%', 'for a tenth of the users'],
        ['promote --model models/second --config live.yaml --ramp 7d', 'for all, within a week'],
        ['promote --model models/second --state run', 'in a run folder, for all'],
      ]),
    )
    .action((flags: Flags) => promote(cli, flags))
}

function share(text: string): number {
  const pct = /^\d+(\.\d+)?%?$/.test(text) ? Number(text.replace('%', '')) : Number.NaN
  if (!(pct > 0 && pct <= 100)) throw new InvalidArgumentError('Expected a part of the users such as 10%.')
  return pct / 100
}

function ramp(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 12h or 7d.')
  return ms
}

async function promote(cli: Cli, flags: Flags): Promise<void> {
  if ((flags.config === undefined) === (flags.state === undefined)) {
    fail('usage', 'promote needs either --config FILE or --state DIR')
  }
  const { bundle, labels } = await openBundleFiles().load(flags.model)
  const commandId = randomUUID()
  const issuedAt = placeOf(flags.at)
  const part = {
    ...(flags.share === undefined ? {} : { share: flags.share }),
    ...(flags.ramp === undefined ? {} : { rampMs: flags.ramp }),
  }
  if (flags.plan === true) return plan(cli, flags, bundle, { ...part, from: issuedAt })
  if (flags.at !== 'start' && flags.young !== true) await grown(cli, flags, bundle)
  const heard = await sendTo(flags, { command: 'promote', commandId, issuedAt, bundle, labels, ...part })
  const words = `bundle ${bundle.version.slice(0, 12)} is promoted to ${heard}, command ${commandId}`
  await cli.print(flags.json === true ? JSON.stringify({ version: bundle.version, commandId }) : words)
}

/** Rejects with `aggregates-young`. A run folder that somebody streams on cannot be looked into. */
async function grown(cli: Cli, flags: Flags, bundle: Bundle): Promise<void> {
  let view: StateView
  try {
    view = await openView(flags, 'promote')
  } catch (error) {
    if (!(error instanceof SegmentationError) || error.code !== 'folder-in-use') throw error
    return cli.note(
      'somebody streams on the folder: whether its state is old enough for the bundle was not checked',
    )
  }
  try {
    checkGrown(bundle, await view.heads())
  } finally {
    await view.close()
  }
}

async function plan(cli: Cli, flags: Flags, bundle: Bundle, rollout: Rollout): Promise<void> {
  const view = await openView(flags, 'promote')
  try {
    const { reader, options } = view
    const heads = await view.heads()
    const whole = rollout.share === undefined && rollout.rampMs === undefined
    const found = await planPromotion({
      reader,
      heads,
      taskOf: (user) => view.taskOf(user),
      options,
      bundle,
      rollout: whole ? undefined : rollout,
    })
    await cli.print(flags.json === true ? JSON.stringify(found) : planText(found))
  } finally {
    await view.close()
  }
}

function planText({ members, reached, moved, flows }: Planned): string {
  const part = members === 0 ? '' : ` (${percent(moved / members)})`
  const words = `${number(members)} members · ${number(reached)} meet it at their next wake · ${number(moved)} move${part}`
  if (flows.length === 0) return words
  return `${words}\n\n${table(flows, [
    { title: 'FROM', value: (f) => f.from },
    { title: 'TO', value: (f) => f.to },
    { title: 'USERS', value: (f) => number(f.users), align: 'right' },
  ])}`
}

/** A command is folded in its order of time, as the events are. */
function placeOf(at: string | undefined): number {
  if (at === undefined) return systemClock.now()
  return at === 'start' ? 0 : parseTime(at, UTC)
}
