import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Hold } from '../../ports/outlet.ts'
import type { Head } from '../../ports/store.ts'
import type { Ms, Task } from '../../ports/types.ts'
import { duration, time } from '../../render/format.ts'
import { table } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { openView } from '../open-view.ts'
import { examples, jsonOption } from '../options.ts'
import { sendTo, type Listener } from '../send-command.ts'

interface Flags extends Listener {
  readonly reason?: string
  readonly json?: boolean
}

/** A task's clock, and what holds it. */
interface GuardLine {
  readonly task: Task
  /** Unix ms; null: no time has passed yet. */
  readonly clock: Ms | null
  readonly operator: boolean
  /** null: no guard holds it. */
  readonly hold: Hold | null
}

/** `guards`: what holds the clock, and a person's word on it. */
export function registerGuards(program: Command, cli: Cli): void {
  const guards = program
    .command('guards')
    .summary('hold the clock, let it go on, see what holds it')
    .description(
      'While the clock is held, events are folded as ever, but no quiet user is looked at: a broken tracker must not make ' +
        'everybody dormant. Guards hold it by themselves where an input falls silent against its habit (it ends once the input is ' +
        'heard again) or too many users move within an hour (it waits for `release`). The thresholds are `guards` in the config.',
    )
    .addHelpText('after', examples([['guards status --config live.yaml', 'what holds the clock now']]))
  const command = (name: string, summary: string): Command =>
    guards
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .option('--config <file>', 'a consumer’s config')
      .option('--state <dir>', 'a run folder')
      .addOption(jsonOption())
  command('status', 'show each task’s clock and what holds it, as of its last checkpoint')
    .addHelpText('after', examples([['guards status --config live.yaml', 'all tasks of an app']]))
    .action((flags: Flags) => status(cli, flags))
  command('hold', 'hold the clock of all tasks from now on')
    .option('--reason <text>', 'kept with the command')
    .addHelpText(
      'after',
      examples([['guards hold --config live.yaml --reason "tracker is away"', 'before a known outage']]),
    )
    .action((flags: Flags) =>
      send(cli, flags, {
        command: 'hold',
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      }),
    )
  command('release', 'let the clock go on, whoever holds it; who is overdue is looked at once, as of now')
    .addHelpText(
      'after',
      examples([['guards release --config live.yaml', 'whether a guard or a person holds it']]),
    )
    .action((flags: Flags) => send(cli, flags, { command: 'release' }))
}

async function send(
  cli: Cli,
  flags: Flags,
  command: { command: 'hold'; reason?: string } | { command: 'release' },
): Promise<void> {
  const commandId = randomUUID()
  const heard = await sendTo(flags, { ...command, commandId, issuedAt: systemClock.now() })
  const words = `${command.command} is written to ${heard}, command ${commandId}`
  await cli.print(flags.json === true ? JSON.stringify({ command: command.command, commandId }) : words)
}

async function status(cli: Cli, flags: Flags): Promise<void> {
  const lines = (await headsOf(flags)).map(lineOf)
  await cli.print(flags.json === true ? JSON.stringify(lines) : guardLines(lines, systemClock.now()))
}

async function headsOf(flags: Flags): Promise<(Head | undefined)[]> {
  const view = await openView(flags, 'guards status')
  try {
    return await view.heads()
  } finally {
    await view.close()
  }
}

function lineOf(head: Head | undefined, task: Task): GuardLine {
  const clock = head === undefined || head.clock < 0 ? null : head.clock
  return { task, clock, operator: head?.held ?? false, hold: head?.guard?.hold ?? null }
}

function guardLines(lines: readonly GuardLine[], now: Ms): string {
  return table(lines, [
    { title: 'TASK', value: (l) => String(l.task), align: 'right' },
    {
      title: 'CLOCK',
      value: (l) => (l.clock === null ? '–' : `${duration(now - l.clock)} ago`),
      align: 'right',
    },
    { title: 'HELD BY', value: heldBy },
    { title: 'SINCE', value: (l) => (l.hold === null ? '' : time(l.hold.asOf)) },
  ])
}

function heldBy({ operator, hold }: GuardLine): string {
  const guard =
    hold === null
      ? []
      : [hold.why === 'moving' ? 'guard: too many moved' : `guard: ${hold.inputs.join(', ')} silent`]
  return [...(operator ? ['a person'] : []), ...guard].join('; ') || 'nobody'
}
