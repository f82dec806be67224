import { basename } from 'node:path'
import type { Command } from 'commander'
import { fileForm } from '../../adapters/files/open.ts'
import { zoneTable } from '../../adapters/system/zone.ts'
import { refuseJoin } from '../../app/decode.ts'
import { resume } from '../../app/task/resume.ts'
import { Stream, type StreamResult } from '../../app/stream.ts'
import { openRun, type EmbeddedRun } from '../../compose.ts'
import type { RunInput } from '../../config.ts'
import { fail } from '../../errors.ts'
import { CURRENCY_DEFAULT, type Asked } from '../../first-start.ts'
import { OPS_PATHS } from '../../http/ops.ts'
import { sample, type Sample } from '../../ports/metrics.ts'
import { localeOption } from '../locale.ts'
import type { Cli } from '../cli.ts'
import { loadMapping } from '../declarations.ts'
import { currencyOption, examples, jsonOption, integer, decimal } from '../options.ts'
import { checkRefused } from '../rejects.ts'
import { onSignals } from '../signals.ts'
import { streamLive } from '../stream-live.ts'
import { streamJson, streamText } from '../stream-summary.ts'
import { parseTime } from '../times.ts'
import { watched, type Watched } from '../watched.ts'

interface Flags {
  readonly mapping?: string
  readonly model?: string
  readonly state?: string
  readonly config?: string
  readonly follow?: boolean
  readonly liveFrom?: string
  readonly maxSleep?: string
  readonly currency?: string
  readonly holdout?: number
  readonly holdoutSalt?: string
  readonly app?: string
  readonly locale?: 'en' | 'fr'
  readonly rebuild?: boolean
  readonly opsPort?: number
  readonly opsHost?: string
  readonly json?: boolean
}

const PROGRESS_INTERVAL_MS = 200

/** A run folder is this machine's own, and has one task. */
const OPS = { host: '127.0.0.1' } as const
const ONE_TASK = (): Promise<Sample[]> => Promise.resolve([sample('segmentation_partitions', {}, 1)])

/** `stream`: events in, segments and their changes out, in a folder that remembers where it stopped. */
export function registerStream(program: Command, cli: Cli): void {
  program
    .command('stream')
    .summary('the consumer: events in, segment changes out')
    .description(
      'Reads event files (NDJSON or CSV, plain or gzipped; - is standard input), keeps every user’s profile in the run folder, ' +
        'and appends each change of segment to segment-changed.ndjson, exactly once, whatever ends the process and whenever. ' +
        'The same command again goes on where it stopped; with --state alone it uses what the folder was made with.',
    )
    .argument('[file...]', 'inputs; needed the first time')
    .option('--state <dir>', 'run folder; made if it is missing')
    .option('--config <file>', 'instead of files and folder: a consumer on Kafka and Redis (YAML or JSON)')
    .option('--model <dir>', 'bundle to start with: folder, file or version; needed the first time')
    .option('--mapping <name|file>', 'how the records become events; default: they are events already')
    .option('--follow', 'wait for more at the end of the files, until Ctrl-C')
    .option('--live-from <time>', 'earlier moves are history: into user-segments only')
    .option(
      '--max-sleep <duration>',
      'look at quiet users at least this often; default: 24h followed, else 7d',
    )
    .addOption(currencyOption(`the mapping’s, else the bundle’s, else ${CURRENCY_DEFAULT}`))
    .option(
      '--holdout <percent>',
      'share of the users that campaigns leave alone; default: none',
      decimal(0, 100),
    )
    .option('--holdout-salt <text>', 'another salt holds out others')
    .option('--app <name>', 'name of this segmentation in everything it writes')
    .addOption(localeOption())
    .option('--ops-port <port>', 'answer probes, /tasks and /metrics there', integer(0, 65535))
    .option(
      '--ops-host <address>',
      `of that port; default: ${OPS.host} beside a folder, 0.0.0.0 with --config`,
    )
    .option('--rebuild', 'the state is lost: fold everything again from the inputs')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['stream shop.ndjson --model models/first --state run', 'from a file to its end'],
        ['stream --config live.yaml', 'the consumer on Kafka and Redis'],
        ['stream --state run', 'the same again, from where it stopped'],
        ['stream clicks.ndjson orders.ndjson --model models/first --state run --follow', 'two growing files'],
        [
          'stream 2019-Oct.csv.gz --mapping rees46 --model models/rees46 --state rees46',
          'a shop’s own records',
        ],
      ]),
    )
    .action((files: string[], flags: Flags) => stream(cli, files, flags))
}

async function stream(cli: Cli, files: readonly string[], flags: Flags): Promise<void> {
  const { state } = flags
  if ((state === undefined) === (flags.config === undefined))
    fail('usage', 'stream needs either --state DIR or --config FILE')
  if (flags.config !== undefined) return streamLive(cli, flags.config, flags)
  if (state === undefined) return
  const plain = process.stderr.isTTY || flags.json !== true
  const watch = watched({ plain, metered: flags.opsPort !== undefined })
  const { telemetry } = watch
  const run = await openRun({
    dir: state,
    asked: askedOf(files, flags),
    telemetry,
  })
  try {
    if (flags.rebuild === true)
      await resume(run.ports, run.options, { task: 0, accept: 'rebuild', startAt: {}, rehash: true })
    noteCurrency(cli, run)
    const started = performance.now()
    const result = await runStream(cli, run, watch, flags)
    const head = result.heads.get(0)
    if (!head) return
    const facts = {
      head,
      counts: telemetry.counts,
      elapsedMs: performance.now() - started,
      ended: result.ended,
      dir: state,
    }
    await cli.print(flags.json === true ? streamJson(facts) : streamText(facts))
    const refused = Object.values(head.counts.refused).reduce((a, b) => a + b, 0)
    checkRefused({ refused, read: head.counts.records }, `${flags.state}/dead-letter.ndjson`)
  } finally {
    await run.close()
  }
}

export function askedOf(files: readonly string[], flags: Omit<Flags, 'state'>): Asked {
  const { app, locale, model, maxSleep, currency, holdout, holdoutSalt, follow = false } = flags
  const liveFrom =
    flags.liveFrom === undefined
      ? undefined
      : new Date(parseTime(flags.liveFrom, zoneTable('UTC'))).toISOString()
  const inputs = inputsOf(files, flags.mapping)
  return {
    app,
    locale,
    model,
    follow,
    maxSleep,
    currency,
    holdoutPct: holdout,
    holdoutSalt,
    liveFrom,
    inputs,
  }
}

function inputsOf(files: readonly string[], mappingRef: string | undefined): RunInput[] {
  if (mappingRef !== undefined && files.length === 0)
    fail('usage', '--mapping belongs to input files; none is named')
  const mapping = mappingRef === undefined ? null : loadMapping(mappingRef)
  if (mapping !== null) refuseJoin(mapping)
  const topics = new Map<string, number>()
  return files.map((path) => {
    const name = path === '-' ? 'stdin' : basename(path)
    const count = (topics.get(name) ?? 0) + 1
    topics.set(name, count)
    return {
      topic: count === 1 ? name : `${name}#${count}`,
      path,
      format: fileForm(mapping).format,
      mapping,
    }
  })
}

/** A model of euros takes a spender of yen for a rich man: said, not refused, since it may be meant. */
function noteCurrency(cli: Cli, { config, bundle }: EmbeddedRun): void {
  const trained = bundle.training.currency
  if (trained === null || trained === config.currency) return
  cli.note(`the bundle was trained on amounts in ${trained}, this run reads ${config.currency}`)
}

/** Runs to the end of the inputs or until Ctrl-C; a second Ctrl-C ends at once, which loses nothing either. */
async function runStream(
  cli: Cli,
  run: EmbeddedRun,
  watch: Watched,
  { opsPort: port, opsHost: host = OPS.host }: Flags,
): Promise<StreamResult> {
  const task = new Stream(run.ports, { optionsOf: () => run.options, endsWithInputs: !run.config.follow })
  const words = 'stopping: one last page and checkpoint (Ctrl-C again ends at once, nothing is lost)'
  const off = onSignals(cli, () => task.end(), words)
  const ops = port === undefined ? undefined : await watch.open({ host, port }, task, ONE_TASK)
  if (ops) cli.note(`answers at ${ops.url}: ${OPS_PATHS}`)
  const { total } = await run.source.progress()
  const bar = total === undefined || run.config.follow ? undefined : cli.progress('stream', total, 'bytes')
  const look = async (): Promise<void> => bar?.at((await run.source.progress()).done)
  const timer = bar && setInterval(() => void look(), PROGRESS_INTERVAL_MS)
  try {
    return await task.run()
  } finally {
    clearInterval(timer)
    bar?.stop()
    await ops?.close()
    off()
  }
}
