import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { logTelemetry } from '../../adapters/log/telemetry.ts'
import { outputLines } from '../../adapters/embedded/output-lines.ts'
import { compareLines, type Comparison } from '../../app/compare-lines.ts'
import { replay, type ReplayResult } from '../../app/replay.ts'
import { openReplay } from '../../compose.ts'
import { fail } from '../../errors.ts'
import { counted, duration, number } from '../../render/format.ts'
import { facts } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'
import { replayLive, type TaskReplay } from '../replay-live.ts'

interface Flags {
  readonly state?: string
  readonly config?: string
  readonly out?: string
  readonly json?: boolean
}

/** The outputs that a replay must give again; the dead letters too, byte for byte. */
const COMPARED = ['segment-changed', 'user-segments', 'dead-letter'] as const

/** `replay`: the published past computed again, and compared with what was published. */
export function registerReplay(program: Command, cli: Cli): void {
  program
    .command('replay')
    .summary('compute a run’s past again and compare')
    .description(
      'Folds the inputs of a run folder, or the topics of an app, again by the journal into a scratch folder, with origin ' +
        '"replay", and compares with what was published: every output line by line, of topics every move and dead letter byte ' +
        'by byte. Nothing reaches a subscriber. Exits 3 where something differs; stops where a range is gone.',
    )
    .option('--state <dir>', 'run folder; nobody may be streaming on it')
    .option('--config <file>', 'or the config of a consumer on Kafka, which may go on')
    .option('--out <dir>', 'keep the replay in this new folder; on Kafka one for each task in it')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['replay --state run', 'is the past what this version makes of it?'],
        ['replay --config live.yaml --out past', 'the same of topics, and keep it'],
      ]),
    )
    .action((flags: Flags) => run(cli, flags))
}

async function run(cli: Cli, flags: Flags): Promise<void> {
  const { state, config, out } = flags
  if ((state === undefined) === (config === undefined))
    fail('usage', 'expected either --state DIR or --config FILE')
  const scratch = out ?? mkdtempSync(join(tmpdir(), 'segmentation-replay-'))
  if (out !== undefined && existsSync(out) && readdirSync(out).length > 0)
    fail('usage', `--out ${out} is there already; name a new folder`)
  try {
    if (state !== undefined) await ofFolder(cli, flags, state, scratch)
    else if (config !== undefined) await ofTopics(cli, flags, config, scratch)
  } finally {
    if (out === undefined) rmSync(scratch, { recursive: true, force: true })
  }
}

async function ofFolder(cli: Cli, flags: Flags, dir: string, scratch: string): Promise<void> {
  const started = performance.now()
  const { result, comparisons } = await replayInto(cli, dir, scratch)
  const elapsedMs = performance.now() - started
  await cli.print(
    flags.json === true
      ? JSON.stringify({ ...result, comparisons, elapsedMs })
      : text(result, comparisons, elapsedMs),
  )
  const different = comparisons.filter((c) => c.difference !== undefined)
  if (different.length > 0) differ(different.map((c) => c.name))
}

async function ofTopics(cli: Cli, flags: Flags, config: string, scratch: string): Promise<void> {
  const started = performance.now()
  const tasks = await replayLive(cli, config, scratch)
  const elapsedMs = performance.now() - started
  const different = tasks.flatMap(({ task, verdicts }) =>
    verdicts.flatMap(({ name, difference }) => (difference === undefined ? [] : [`task ${task}, ${name}`])),
  )
  if (flags.json === true) await cli.print(JSON.stringify({ tasks, elapsedMs }))
  else {
    await cli.print(facts(tasks.flatMap((task) => taskFacts(task))))
    cli.note(`replayed in ${duration(elapsedMs)}`)
  }
  if (different.length > 0) differ(different)
}

function taskFacts({ task, revisions, transitions, diverged, verdicts }: TaskReplay): [string, string][] {
  const told = `${counted(revisions, 'revision')}, ${counted(transitions, 'move')}`
  return [
    [`task ${task}`, diverged > 0 ? `${told}, ${number(diverged)} that this version makes otherwise` : told],
    ...verdicts.map(({ name, equal, difference }): [string, string] => [
      `  ${name}`,
      difference === undefined ? `✓ ${counted(equal, 'record')}, all equal` : `✗ ${difference}`,
    ]),
  ]
}

function differ(names: readonly string[]): never {
  return fail('check-failed', `${names.join('; ')}: the replay differs from what was published`)
}

type Named = Comparison & { readonly name: string }

export async function replayInto(
  cli: Cli,
  dir: string,
  scratch: string,
): Promise<{ result: ReplayResult; comparisons: Named[] }> {
  const doors = await openReplay(dir, scratch, logTelemetry({ plain: true }))
  const bar = cli.progress('replay', doors.revisions, 'revisions')
  let result: ReplayResult
  try {
    result = await replay({ ...doors, onRevision: bar.at })
  } finally {
    bar.stop()
    await doors.close()
  }
  const comparisons: Named[] = []
  for (const name of COMPARED) {
    const as = name === 'segment-changed' ? asReplayed : (line: string): string => line
    comparisons.push({
      name,
      ...(await compareLines(outputLines(dir, name), outputLines(scratch, name), as)),
    })
  }
  return { result, comparisons }
}

const asReplayed = (line: string): string => line.replace(',"origin":"live",', ',"origin":"replay",')

function text(result: ReplayResult, comparisons: readonly Named[], elapsedMs: number): string {
  return facts([
    [
      'replayed',
      `${counted(result.revisions, 'revision')}, ${counted(result.transitions, 'move')} in ${duration(elapsedMs)}`,
    ],
    ...comparisons.map(({ name, lines, difference }) => {
      const verdict = difference
        ? `✗ line ${number(difference.line)} differs`
        : `✓ ${counted(lines, 'line')}, all equal`
      return [name, verdict] as const
    }),
    ...(result.diverged > 0
      ? [['diverged', `${number(result.diverged)} decisions that this version makes otherwise`] as const]
      : []),
  ])
}
