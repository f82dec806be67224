import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { logTelemetry } from '../../adapters/log/telemetry.ts'
import { resume, type Resume, type Resumed } from '../../app/task/resume.ts'
import { openRun } from '../../compose.ts'
import { fail } from '../../errors.ts'
import { readRunConfig } from '../../first-start.ts'
import { openLive } from '../../live.ts'
import { ACCEPTANCES, type Acceptance } from '../../ports/outlet.ts'
import type { Task } from '../../ports/types.ts'
import { number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { readLiveFile } from '../live-file.ts'
import { examples, jsonOption } from '../options.ts'
import { everyTask, resumeEach } from '../resume-live.ts'

type Start = Resume['startAt'][string]

interface ResumeFlags {
  readonly accept: Acceptance
  readonly start: Readonly<Record<string, Start>>
  readonly config?: string
  readonly state?: string
  readonly json?: boolean
}

/** `tasks`: where the tasks stand, and the way out of a stop. */
export function registerTasks(program: Command, cli: Cli): void {
  const tasks = program.command('tasks').summary('let a stopped task go on')
  tasks
    .command('resume')
    .summary('let a stopped or held task go on')
    .description(
      'Every stop names what can be accepted so that the task goes on. gap: records that an input no longer holds are lost, and ' +
        'counted. source: an input holds other records than those processed, and they are taken as they are now. recipe: inputs or ' +
        'mappings changed. rebuild: the state is deleted and folded again by the journal. refusals: many records are refused until ' +
        'they are few again. What was published stands in every case, and nothing is published twice. The acceptance becomes a line ' +
        'of the journal; a consumer that is running finds it within seconds.',
    )
    .addArgument(new Argument('<task>', 'number of the partition, or all').argParser(taskNumber))
    .addOption(new Option('--accept <what>', 'what is accepted').choices(ACCEPTANCES).makeOptionMandatory())
    .option(
      '--start <input=place>',
      'where an input goes on that is new or ends too early: earliest, latest or an offset; may be repeated',
      startPlace,
      {},
    )
    .option('--config <file>', 'a consumer’s config')
    .option('--state <dir>', 'a run folder')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['tasks resume 3 --accept gap --config live.yaml', 'retention was faster than the consumer'],
        ['tasks resume all --accept rebuild --config live.yaml', 'Redis lost everything'],
        ['tasks resume 0 --accept source --state run', 'the input file was corrected'],
        [
          'tasks resume all --accept recipe --start returns=earliest --config live.yaml',
          'the input `returns` was added',
        ],
      ]),
    )
    .action((task: Task | 'all', flags: ResumeFlags) => resumeTasks(cli, task, flags))
}

function taskNumber(text: string): Task | 'all' {
  if (text === 'all') return text
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition, or all.')
  return Number(text)
}

function startPlace(text: string, former: Readonly<Record<string, Start>>): Record<string, Start> {
  const at = text.lastIndexOf('=')
  const place = text.slice(at + 1)
  const known = place === 'earliest' || place === 'latest'
  if (at < 1 || !(known || /^\d{1,15}$/.test(place)))
    throw new InvalidArgumentError('Expected an input and earliest, latest or an offset: orders=earliest.')
  return { ...former, [text.slice(0, at)]: known ? place : Number(place) }
}

async function resumeTasks(cli: Cli, task: Task | 'all', flags: ResumeFlags): Promise<void> {
  if ((flags.config === undefined) === (flags.state === undefined))
    fail('usage', 'tasks resume needs either --config FILE or --state DIR')
  const done =
    flags.config === undefined
      ? [await resumeFolder(flags.state ?? '', task, flags)]
      : await resumeLive(cli, flags.config, task, flags)
  for (const { task: of, line, from } of done) {
    const { accepted, positions, rev } = line
    const lost = Object.entries(accepted?.lost ?? {}).map(([topic, n]) => `${number(n)} of ${topic}`)
    const words =
      `task ${of}: ${flags.accept} accepted in revision ${number(rev)}; ` +
      `it folds again from revision ${number(from)}` +
      (lost.length > 0 ? `; offsets lost: ${lost.join(', ')}` : '')
    await cli.print(
      flags.json === true ? JSON.stringify({ task: of, accepted, positions, revision: rev, from }) : words,
    )
  }
}

async function resumeFolder(dir: string, task: Task | 'all', flags: ResumeFlags): Promise<Resumed> {
  const config = readRunConfig(dir)
  if (task !== 'all' && task !== 0) fail('usage', `${dir} has the one task 0`)
  if (flags.accept === 'recipe')
    fail('usage', `the inputs and mappings of ${dir} are its own: start a new folder with others`)
  if (flags.accept === 'source' && config.inputs.some(({ path }) => path === '-'))
    fail('usage', `${dir} reads standard input, which cannot be looked at: start a new folder`)
  const run = await openRun({
    dir,
    asked: { follow: config.follow, inputs: [] },
    telemetry: logTelemetry({ plain: true }),
  })
  try {
    const { accept, start } = flags
    return await resume(run.ports, run.options, { task: 0, accept, startAt: start, rehash: true })
  } finally {
    await run.close()
  }
}

async function resumeLive(
  cli: Cli,
  path: string,
  task: Task | 'all',
  flags: ResumeFlags,
): Promise<Resumed[]> {
  const { config, mappings } = readLiveFile(path)
  const telemetry = logTelemetry({ plain: true })
  const run = await openLive({ config, mappings, telemetry, onCrash: () => undefined })
  try {
    const { partitions } = run
    if (task !== 'all' && task >= partitions)
      fail('usage', `task ${task}: there are ${partitions} tasks, numbered from 0`)
    const tasks = task === 'all' ? everyTask(run) : [task]
    return await resumeEach(run, tasks, { accept: flags.accept, startAt: flags.start }, (why) =>
      cli.note(why),
    )
  } finally {
    await run.close()
  }
}
