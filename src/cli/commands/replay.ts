import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { logTelemetry } from '../../adapters/log/telemetry.ts'
import { outputLines } from '../../adapters/embedded/output-lines.ts'
import { compareLines, type Comparison } from '../../app/compare-lines.ts'
import { replay, type ReplayResult } from '../../app/replay.ts'
import { openReplay } from '../../compose.ts'
import { hasRun } from '../../first-start.ts'
import { fail } from '../../errors.ts'
import { counted, duration, number } from '../../render/format.ts'
import { facts } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'

interface Flags {
  readonly state: string
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
      'Folds the inputs of a run folder again by its journal into a scratch folder, with origin "replay", and compares every ' +
        'output line by line with what was published. Nothing reaches a subscriber. Exits 3 where a line differs.',
    )
    .requiredOption('--state <dir>', 'run folder; nobody may be streaming on it')
    .option('--out <dir>', 'keep the replay in this new folder')
    .addOption(jsonOption())
    .addHelpText('after', examples([['replay --state run', 'is the past what this version makes of it?']]))
    .action((flags: Flags) => run(cli, flags))
}

async function run(cli: Cli, flags: Flags): Promise<void> {
  const scratch = flags.out ?? mkdtempSync(join(tmpdir(), 'segmentation-replay-'))
  if (flags.out !== undefined && hasRun(flags.out))
    fail('usage', `--out ${flags.out} is a run folder already; name a new one`)
  try {
    const started = performance.now()
    const { result, comparisons } = await replayInto(cli, flags.state, scratch)
    const elapsedMs = performance.now() - started
    await cli.print(
      flags.json === true
        ? JSON.stringify({ ...result, comparisons, elapsedMs })
        : text(result, comparisons, elapsedMs),
    )
    const different = comparisons.filter((c) => c.difference !== undefined)
    if (different.length > 0)
      fail(
        'check-failed',
        `${different.map((c) => c.name).join(', ')}: the replay differs from what was published`,
      )
  } finally {
    if (flags.out === undefined) rmSync(scratch, { recursive: true, force: true })
  }
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
