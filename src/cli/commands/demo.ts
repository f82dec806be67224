import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { outputLines } from '../../adapters/embedded/output-lines.ts'
import { eventLines } from '../../app/event-lines.ts'
import { PERSONAS } from '../../app/generate/personas.ts'
import { SHOP_DEFAULTS, shopTruth, type ShopOptions, type ShopTruth } from '../../app/generate/shop.ts'
import { writeShop, type ShopFacts } from '../../app/generate/write.ts'
import { measureRun, type RunMeasures } from '../../app/measure.ts'
import { studyOf } from '../../app/study/build.ts'
import { trainBundle, TRAIN_DEFAULTS, type Trained } from '../../app/train.ts'
import { DAY_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import { bytes, counted, day, duration, number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { loadFeatureSet } from '../declarations.ts'
import { checksText, passed, runChecks, type Checks } from '../demo/checks.ts'
import { choiceText, type Choice } from '../demo/choice.ts'
import { killedStream, type Streamed } from '../demo/killed-stream.ts'
import { Stages } from '../demo/stages.ts'
import { movesText, segmentTable } from '../demo/summary.ts'
import { examples, integer, jsonOption, seedOption } from '../options.ts'
import { writeReport } from '../report.ts'
import { writeStudy } from '../study-file.ts'
import { openTextFile } from '../text-file.ts'
import { tableOfEvents } from '../training-table.ts'

interface Flags {
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly out: string
  readonly json?: boolean
}

const OUT_DEFAULT = 'amazing-demo'
/** So many that it is done in half a minute: every event is streamed twice, and once more by the journal. */
const DEMO_USERS = 5000
/** What the demo asks of its model; `train` has the same flags. */
const MODEL = { k: 5, components: 0.9, minEvents: 8 } as const
/** The last days of the shop are streamed as if they happened now. */
const LIVE_SHARE = 0.25
/** Where the consumer is killed, as shares of the records. */
const KILL_AT = [0.35, 0.8]
const EVENTS = 'shop.ndjson'
const REPORT = 'report.html'
/** The run that is not killed; gone when it has been compared. */
const UNDISTURBED = 'undisturbed'
const TRUTH = `${EVENTS}.truth.json`
/** A folder with this in it is the demo's own and may be made anew. */
const MARK = 'demo.json'
const POINTS_OF_SPARKLINE = 10

export function registerDemo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .summary('a whole shop, from its events to its segments, in half a minute')
    .description(
      'Generates a shop, trains on its past, streams its last quarter as if live, kills the consumer twice on purpose and checks ' +
        'that nothing was lost or doubled. Needs no server and no network. Running it again is safe.',
    )
    .option('--users <n>', 'customers', integer(50, 10_000_000), DEMO_USERS)
    .option('--days <n>', 'days of history', integer(20, 3660), SHOP_DEFAULTS.days)
    .addOption(seedOption(SHOP_DEFAULTS.seed))
    .option('--out <dir>', 'folder of everything it makes', OUT_DEFAULT)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['demo', 'the shop of the README'],
        ['demo --users 2000 --days 60 --out small', 'a small one'],
      ]),
    )
    .action((flags: Flags) => demo(cli, flags))
}

async function demo(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  prepare(flags.out)
  const run = planOf(flags)
  const stages = new Stages(flags.json === true ? { ...cli, print: () => Promise.resolve() } : cli, 5)
  const facts = await stages.run('generate', () => generate(cli, run))
  const { trained, choice } = await stages.run('train', () => train(cli, run))
  const streamed = await stages.run('stream', () => streamTwice(cli, run, facts.events))
  const [checks, measures] = await stages.run('measure', () => measure(cli, run, streamed))
  await stages.run('report', () => report(cli, run))
  await cli.print(
    flags.json === true
      ? JSON.stringify({
          out: flags.out,
          events: facts.events,
          version: trained.bundle.version,
          k: trained.bundle.centroids.length,
          byRule: choice.byRule,
          candidates: choice.candidates,
          moves: Object.fromEntries(measures.causes),
          suppressed: streamed.suppressed,
          checks,
          elapsedMs: Math.round(performance.now() - started),
        })
      : toldText(run, {
          trained,
          choice,
          measures,
          streamed,
          checks,
          elapsedMs: performance.now() - started,
        }),
  )
  if (!passed(checks)) fail('check-failed', 'the demo’s own checks do not hold')
}

/** What all stages know. */
interface Plan {
  readonly dir: string
  readonly shop: ShopOptions
  readonly events: string
  readonly liveDays: number
  readonly liveFromMs: number
  readonly endMs: number
}

function planOf({ out, users, days, seed }: Flags): Plan {
  const shop: ShopOptions = { ...SHOP_DEFAULTS, users, days, seed }
  const liveDays = Math.max(1, Math.round(days * LIVE_SHARE))
  const endMs = shop.startMs + days * DAY_MS
  return { dir: out, shop, events: join(out, EVENTS), liveDays, liveFromMs: endMs - liveDays * DAY_MS, endMs }
}

interface Told extends Chosen {
  readonly measures: RunMeasures
  readonly streamed: Streamed
  readonly checks: Checks
  readonly elapsedMs: number
}

function toldText(
  { dir, liveDays }: Plan,
  { trained, choice, measures, streamed, checks, elapsedMs }: Told,
): string {
  const { bundle, labels } = trained
  const blocks = [
    choiceText(trained.bundle, choice),
    segmentTable({ bundle, labels, measures, liveDays }),
    [
      movesText(measures, labels, streamed.suppressed),
      checksText(checks),
      nextText(dir, measures.examples.get('inactivity')?.userId, elapsedMs),
    ].join('\n'),
  ]
  return blocks.map((block) => `\n${block.replace(/^/gm, ' ')}`).join('\n')
}

/** An empty folder, or one that the demo made before. */
function prepare(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    if (!existsSync(join(dir, MARK))) fail('usage', `--out ${dir} holds other files; name a new folder`)
    rmSync(dir, { recursive: true, force: true })
  }
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, MARK), '{}\n')
}

async function generate(cli: Cli, { dir, shop, events }: Plan): Promise<[ShopFacts, string]> {
  const file = await openTextFile(events)
  const progress = cli.progress('generate', shop.days, 'days')
  const facts = await writeShop(shop, { sink: eventLines(file), onDay: progress.at })
  await file.done()
  progress.stop()
  const truth = shopTruth(shop)
  writeFileSync(join(dir, TRUTH), `${JSON.stringify(truth)}\n`)
  return [
    facts,
    `${number(shop.users)} users · ${number(shop.days)} days · ${number(facts.events)} events · ` +
      `${counted(PERSONAS.length, 'planted persona')}, ${counted(truth.promotions.length, 'promotion')}`,
  ]
}

/** A bundle, and what speaks for each number of segments. */
interface Chosen {
  readonly trained: Trained
  readonly choice: Choice
}

async function train(cli: Cli, { dir, events, liveFromMs, shop }: Plan): Promise<[Chosen, string]> {
  const featureSet = loadFeatureSet('default')
  const asked = { featureSet, asOf: new Date(liveFromMs).toISOString(), minEvents: MODEL.minEvents }
  const { table, history, asOf } = await tableOfEvents(cli, [events], asked)
  const options = { ...TRAIN_DEFAULTS, ...MODEL, seed: shop.seed, source: EVENTS, asOf }
  let progress: ReturnType<Cli['progress']> | undefined
  const byRule = trainBundle({
    featureSet,
    table,
    options: { ...options, k: 'auto' },
    onProgress: (done, total) => (progress ??= cli.progress('train', total, 'steps')).at(done),
  })
  progress?.stop()
  const ruled = byRule.bundle.centroids.length
  const trained = ruled === options.k ? byRule : trainBundle({ featureSet, table, options })
  await openBundleFiles().save(trained.bundle, trained.labels, join(dir, 'trained'))
  const study = studyOf({ ...trained, table, history })
  await writeStudy(join(dir, 'trained'), study)
  const { users } = trained.bundle.training
  return [
    { trained, choice: { candidates: byRule.candidates, byRule: ruled, study } },
    `as of ${day(liveFromMs)} · ${number(users)} users with ≥ ${options.minEvents} events · ` +
      `${table.columns.length} features · ${counted(trained.bundle.centroids.length, 'segment')}`,
  ]
}

/** The run to show, killed twice, and beside it one that is left alone, to compare with. */
async function streamTwice(
  cli: Cli,
  { dir, events, liveFromMs, liveDays }: Plan,
  records: number,
): Promise<[Streamed, string]> {
  const liveFrom = new Date(liveFromMs).toISOString()
  const args = [events, '--model', join(dir, 'trained'), '--live-from', liveFrom]
  const bar = cli.progress('stream', records, 'records')
  const killAt = KILL_AT.map((share) => Math.floor(share * records))
  const started = performance.now()
  try {
    const [streamed] = await Promise.all([
      killedStream({ args, dir, topic: EVENTS, killAt, onProgress: bar.at }),
      killedStream({ args, dir: join(dir, UNDISTURBED), topic: EVENTS, killAt: [] }),
    ])
    const rate = (2 * records) / ((performance.now() - started) / 1000)
    return [
      streamed,
      `${liveDays} days as if live · two runs of ${number(records)} events · ${number(rate)}/s · one killed ${counted(streamed.kills, 'time')} on purpose`,
    ]
  } finally {
    bar.stop()
  }
}

async function measure(
  cli: Cli,
  { dir, liveDays, liveFromMs, endMs }: Plan,
  { kills }: Streamed,
): Promise<[[Checks, RunMeasures], string]> {
  const instants = Array.from({ length: POINTS_OF_SPARKLINE }, (_, i) =>
    new Date(liveFromMs + (liveDays * DAY_MS * i) / (POINTS_OF_SPARKLINE - 1)).toISOString(),
  )
  const measures = await measureRun(
    outputLines(dir, 'segment-changed'),
    outputLines(dir, 'user-segments'),
    instants,
  )
  const undisturbed = join(dir, UNDISTURBED)
  const scratch = join(dir, 'replay')
  const truth = JSON.parse(readFileSync(join(dir, TRUTH), 'utf8')) as ShopTruth
  const { segmentOf } = measures
  const checks = await runChecks(cli, { dir, undisturbed, scratch, kills, truth, atMs: endMs, segmentOf })
  rmSync(undisturbed, { recursive: true, force: true })
  rmSync(scratch, { recursive: true, force: true })
  return [[checks, measures], 'who is where, moves and their causes; two runs compared, the past replayed']
}

async function report(cli: Cli, { dir, events }: Plan): Promise<[number, string]> {
  const size = await writeReport(cli, {
    model: join(dir, 'trained'),
    state: dir,
    events: [events],
    locale: 'en',
    out: join(dir, REPORT),
  })
  return [size, bytes(size)]
}

function nextText(dir: string, userId: string | undefined, elapsedMs: number): string {
  const memory = bytes(process.resourceUsage().maxRSS * 1024)
  const next = [
    ...(userId === undefined
      ? []
      : [[`explain ${userId} --state ${dir}`, 'why he moved, and what would move him next']]),
    [`stream --state ${dir}`, 'goes on where it stopped'],
    ['mapping draft your-orders.csv', 'your own data'],
    ['help', `all commands   (${duration(elapsedMs)}, ${memory})`],
  ] as const
  const to = Math.max(...next.map(([command]) => command.length))
  return [
    `OPEN   ${dir}/${REPORT}        ${dir}/segment-changed.ndjson`,
    ...next.map(
      ([command, why], i) => `${i === 0 ? 'NEXT' : '    '}   npx segmentation ${command.padEnd(to)}   ${why}`,
    ),
  ].join('\n')
}
