import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { outputLines } from '../../adapters/embedded/output-lines.ts'
import { eventLines } from '../../app/event-lines.ts'
import { SHOP_DEFAULTS, shopTruth, type ShopOptions } from '../../app/generate/shop.ts'
import { writeShop, type ShopFacts } from '../../app/generate/write.ts'
import { measureRun, recovery } from '../../app/measure.ts'
import { trainBundle, TRAIN_DEFAULTS, type Trained } from '../../app/train.ts'
import { DAY_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import { bytes, counted, day, duration, number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { loadFeatureSet } from '../declarations.ts'
import { killedStream } from '../demo/killed-stream.ts'
import { Stages } from '../demo/stages.ts'
import { checksText, movesText, passed, segmentTable, type Checks } from '../demo/summary.ts'
import { examples, integer, jsonOption, seedOption } from '../options.ts'
import { openTextFile } from '../text-file.ts'
import { tableOfEvents } from '../training-table.ts'
import { replayInto } from './replay.ts'

interface Flags {
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly out: string
  readonly json?: boolean
}

const OUT_DEFAULT = 'amazing-demo'
/** So many that it is done in half a minute: every event is streamed twice, and once more by the journal. */
const DEMO_USERS = 10_000
/** What the demo asks of its model; `train` has the same flags. */
const MODEL = { k: 5, components: 0.9, minEvents: 8 } as const
/** The last days of the shop are streamed as if they happened now. */
const LIVE_SHARE = 0.25
/** Where the consumer is killed, as shares of the records. */
const KILL_AT = [0.35, 0.8]
const EVENTS = 'shop.ndjson'
/** A folder with this in it is the demo's own and may be made anew. */
const MARK = 'demo.json'
const POINTS_OF_SPARKLINE = 6

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
  const shop: ShopOptions = { ...SHOP_DEFAULTS, users: flags.users, days: flags.days, seed: flags.seed }
  const liveDays = Math.max(1, Math.round(shop.days * LIVE_SHARE))
  const liveFrom = new Date(shop.startMs + (shop.days - liveDays) * DAY_MS).toISOString()
  const events = join(flags.out, EVENTS)
  const stages = new Stages(flags.json === true ? { ...cli, print: () => Promise.resolve() } : cli, 4)

  const facts = await stages.run('generate', () => generate(cli, shop, events))
  const trained = await stages.run('train', () => train(cli, events, liveFrom, flags))
  const kills = await stages.run('stream', () =>
    streamTwice(cli, flags.out, events, liveFrom, liveDays, facts.events),
  )
  const [checks, measures] = await stages.run('check', () => check(cli, flags, shop, liveDays, kills))

  const { bundle, labels } = trained
  if (flags.json === true) {
    await cli.print(
      JSON.stringify({
        out: flags.out,
        events: facts.events,
        version: bundle.version,
        moves: Object.fromEntries(measures.causes),
        checks,
        elapsedMs: Math.round(performance.now() - started),
      }),
    )
  } else {
    const indented = (text: string): string => text.replace(/^/gm, ' ')
    await cli.print(`\n${indented(segmentTable(bundle, labels, measures, liveDays))}\n`)
    await cli.print(
      ` ${movesText(measures).replaceAll('\n', '\n ')}\n ${checksText(checks).replaceAll('\n', '\n ')}`,
    )
    await cli.print(nextText(flags.out, performance.now() - started))
  }
  if (!passed(checks)) fail('check-failed', 'the demo’s own checks do not hold')
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

async function generate(cli: Cli, shop: ShopOptions, path: string): Promise<[ShopFacts, string]> {
  const file = await openTextFile(path)
  const progress = cli.progress('generate', shop.days, 'days')
  const facts = await writeShop(shop, { sink: eventLines(file), onDay: progress.at })
  await file.done()
  progress.stop()
  writeFileSync(`${path}.truth.json`, `${JSON.stringify(shopTruth(shop))}\n`)
  return [
    facts,
    `${number(shop.users)} users · ${number(shop.days)} days · ${number(facts.events)} events · planted kinds of customers`,
  ]
}

async function train(cli: Cli, events: string, liveFrom: string, flags: Flags): Promise<[Trained, string]> {
  const featureSet = loadFeatureSet('default')
  const { table, asOf } = await tableOfEvents(cli, [events], featureSet, liveFrom)
  const options = { ...TRAIN_DEFAULTS, ...MODEL, seed: flags.seed, source: EVENTS, asOf }
  const trained = trainBundle({ featureSet, table, options })
  await openBundleFiles().save(trained.bundle, trained.labels, join(flags.out, 'trained'))
  const { users } = trained.bundle.training
  const text = `as of ${day(Date.parse(liveFrom))} · ${number(users)} users with ≥ ${options.minEvents} events · ${table.columns.length} features · k = ${options.k}`
  return [trained, text]
}

/** The run to show, killed twice, and beside it one that is left alone, to compare with. */
async function streamTwice(
  cli: Cli,
  dir: string,
  events: string,
  liveFrom: string,
  liveDays: number,
  records: number,
): Promise<[number, string]> {
  const args = [events, '--model', join(dir, 'trained'), '--live-from', liveFrom]
  const bar = cli.progress('stream', records, 'records')
  const killAt = KILL_AT.map((share) => Math.floor(share * records))
  const started = performance.now()
  try {
    const [{ kills }] = await Promise.all([
      killedStream({ args, dir, topic: EVENTS, killAt, onProgress: bar.at }),
      killedStream({ args, dir: join(dir, 'undisturbed'), topic: EVENTS, killAt: [] }),
    ])
    const rate = (2 * records) / ((performance.now() - started) / 1000)
    return [
      kills,
      `${liveDays} days as if live · two runs of ${number(records)} events · ${number(rate)}/s · one killed twice on purpose`,
    ]
  } finally {
    bar.stop()
  }
}

async function check(
  cli: Cli,
  flags: Flags,
  shop: ShopOptions,
  liveDays: number,
  kills: number,
): Promise<[[Checks, Awaited<ReturnType<typeof measureRun>>], string]> {
  const dir = flags.out
  const other = join(dir, 'undisturbed')
  const endMs = shop.startMs + shop.days * DAY_MS
  const instants = Array.from({ length: POINTS_OF_SPARKLINE }, (_, i) =>
    new Date(endMs - liveDays * DAY_MS * (1 - i / (POINTS_OF_SPARKLINE - 1))).toISOString(),
  )
  const measures = await measureRun(
    outputLines(dir, 'segment-changed'),
    outputLines(dir, 'user-segments'),
    instants,
  )
  const killed = await idsOf(dir)
  const left = await idsOf(other)
  const scratch = join(dir, 'replay')
  const { result, comparisons } = await replayInto(cli, dir, scratch)
  const { people } = shopTruth(shop)
  const checks: Checks = {
    recovery: recovery(measures.segmentOf, (user) => people[user]?.persona),
    kills,
    sha256: killed.sha256,
    lost: [...left.ids].filter((id) => !killed.ids.has(id)).length + (killed.sha256 === left.sha256 ? 0 : 1),
    doubled: killed.lines - killed.ids.size,
    replayed: result.transitions,
    replayEqual: comparisons.every((c) => c.difference === undefined),
  }
  rmSync(other, { recursive: true, force: true })
  rmSync(scratch, { recursive: true, force: true })
  const moved = counted(
    [...measures.causes.values()].reduce((a, b) => a + b, 0),
    'live move',
  )
  return [[checks, measures], `${moved} compared with the undisturbed run, the past replayed by its journal`]
}

async function idsOf(dir: string): Promise<{ ids: Set<string>; lines: number; sha256: string }> {
  const ids = new Set<string>()
  const hash = createHash('sha256')
  let lines = 0
  for await (const line of outputLines(dir, 'segment-changed')) {
    hash.update(line).update('\n')
    ids.add((JSON.parse(line) as { id: string }).id)
    lines++
  }
  return { ids, lines, sha256: hash.digest('hex') }
}

function nextText(dir: string, elapsedMs: number): string {
  const memory = bytes(process.resourceUsage().maxRSS * 1024)
  return [
    ` OPEN   ${dir}/segment-changed.ndjson        ${dir}/trained/card.md`,
    ` NEXT   npx segmentation stream --state ${dir}           goes on where it stopped`,
    `        npx segmentation ingest your.csv --mapping rees46 --out events.ndjson   your own data`,
    `        npx segmentation help                     all commands   (${duration(elapsedMs)}, ${memory})`,
  ].join('\n')
}
