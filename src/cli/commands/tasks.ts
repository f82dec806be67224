import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { EmbeddedReader } from '../../adapters/embedded/reader.ts'
import { KafkaAdmin } from '../../adapters/kafka/admin.ts'
import { logTelemetry } from '../../adapters/log/telemetry.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { resume, type Resume, type Resumed } from '../../app/task/resume.ts'
import type { StreamStatus } from '../../app/stream.ts'
import type { TaskStatus } from '../../app/task/status.ts'
import { survey } from '../../app/task/survey.ts'
import { openRun, type EmbeddedRun } from '../../compose.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import { readRunConfig } from '../../first-start.ts'
import { openLive } from '../../live.ts'
import { kafkaAccess } from '../../live-access.ts'
import { ACCEPTANCES, type Acceptance } from '../../ports/outlet.ts'
import type { Task } from '../../ports/types.ts'
import { number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { readLiveFile } from '../live-file.ts'
import { examples, jsonOption } from '../options.ts'
import { everyTask, resumeEach } from '../resume-live.ts'
import { taskLines, type TaskLine } from '../task-lines.ts'

/** Longest wait for a member's answer. */
const ASK_MS = SECOND_MS

type Start = Resume['startAt'][string]

interface ListFlags {
  readonly config?: string
  readonly state?: string
  readonly json?: boolean
}

interface ResumeFlags extends ListFlags {
  readonly accept: Acceptance
  readonly start: Readonly<Record<string, Start>>
}

/** `tasks`: where the tasks stand, and the way out of a stop. */
export function registerTasks(program: Command, cli: Cli): void {
  const tasks = program
    .command('tasks')
    .summary('where the tasks stand; let a stopped one go on')
    .description(
      'One line a task: who holds it and its phase, as its consumer answers on its ops port or else as state and journal show it; ' +
        'offsets not yet processed; the age of its clock; last revision published and stored; and what stops or holds it, with the ' +
        'way out. A run folder is looked at while nobody streams on it.',
    )
    .option('--config <file>', 'a consumer’s config')
    .option('--state <dir>', 'a run folder')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['tasks --config live.yaml', 'all tasks of an app'],
        ['tasks --state run --json', 'the one task of a run folder, for a program'],
      ]),
    )
    .action((flags: ListFlags) => list(cli, flags))
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
    // an option that stands before the word `resume` is the outer command's
    .action((task: Task | 'all', flags: ResumeFlags) =>
      resumeTasks(cli, task, { ...tasks.opts<ListFlags>(), ...flags }),
    )
}

async function list(cli: Cli, flags: ListFlags): Promise<void> {
  if ((flags.config === undefined) === (flags.state === undefined))
    fail('usage', 'tasks needs either --config FILE or --state DIR')
  const lines =
    flags.config === undefined ? [await folderLine(flags.state ?? '')] : await liveLines(flags.config)
  await cli.print(flags.json === true ? JSON.stringify(lines) : taskLines(lines, systemClock.now()))
}

async function folderLine(dir: string): Promise<TaskLine> {
  const run = await openFolder(dir)
  try {
    const reader = new EmbeddedReader(run.folder)
    const topics = run.options.inputs.map(({ topic }) => topic)
    return { ...(await survey({ ...run.ports, reader }, 0, topics)), owner: null, live: null }
  } finally {
    await run.close()
  }
}

async function liveLines(path: string): Promise<TaskLine[]> {
  const { config, mappings } = readLiveFile(path)
  const run = await openLive({
    config,
    mappings,
    telemetry: logTelemetry({ plain: true }),
    onCrash: () => undefined,
  })
  const admin = new KafkaAdmin(kafkaAccess(config), systemClock)
  try {
    const { reader, ports } = run
    const [input] = config.inputs
    const owners = await admin.owners(config.app, input?.topic ?? '')
    const hosts = new Set([...owners.values()].map(({ host }) => host))
    const answers = config.ops ? await askMembers([...hosts], config.ops.port) : []
    const lines: TaskLine[] = []
    for (const task of everyTask(run)) {
      const topics = run.optionsOf(task).inputs.map(({ topic }) => topic)
      const live = answers.find((status) => status.task === task) ?? null
      const owner = owners.get(task)?.clientId.slice(config.app.length + 1) ?? null
      lines.push({ ...(await survey({ ...ports, reader }, task, topics)), owner, live })
    }
    return lines
  } finally {
    await admin.close()
    await run.close()
  }
}

/** The tasks of the members that answer; who does not is only seen from outside. */
async function askMembers(hosts: readonly string[], port: number): Promise<TaskStatus[]> {
  const asked = hosts.map(async (host) => {
    const signal = AbortSignal.timeout(ASK_MS)
    const response = await fetch(`http://${host}:${port}/tasks`, { signal })
    return ((await response.json()) as StreamStatus).tasks
  })
  const answers = await Promise.allSettled(asked)
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

/** A run folder that exists, with its doors open. */
function openFolder(dir: string): Promise<EmbeddedRun> {
  const { follow } = readRunConfig(dir)
  return openRun({ dir, asked: { follow, inputs: [] }, telemetry: logTelemetry({ plain: true }) })
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
  const run = await openFolder(dir)
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
