import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { ERRORS } from '../../src/errors.ts'
import { ROOT, tempFolder } from '../cli/run.ts'
import { smallShop } from '../inputs/small-shop.ts'
import { promtool } from '../metrics/promtool.ts'
import { sumOf } from '../metrics/series.ts'
import { quietClient } from '../support/servers/redis.ts'
import { sectionsOf } from './runbook.ts'
import { PARTITIONS, PATIENCE_MS, Servers } from './servers.ts'
import { usersInState } from './state-copy.ts'

// The runbook is run, not read: its commands one after the other, beside a consumer on real servers.
const sections = sectionsOf(readFileSync(join(ROOT, 'helm/RUNBOOK.md'), 'utf8'))
/** Those of a cluster, which the chart's own tests install into. */
const IN_A_CLUSTER = /^(kubectl|helm) /
const MAIN = join(ROOT, 'dist/main.js')

const folder = tempFolder()
const servers = new Servers(folder)
let users: ReadonlySet<string> = new Set()
/** Events that come after the copy of the state. */
let later: readonly string[] = []
/** The trace by which the first events are sent. */
const SENT_BY = '0af7651916cd43dd8448eb211c80319c'
/** All that the commands have said. */
let said = ''

beforeAll(async () => {
  await servers.open()
  const shop = await smallShop(folder)
  users = new Set(shop.lines.map((line) => (JSON.parse(line) as { userId: string }).userId))
  mkdirSync(join(folder, 'models'))
  renameSync(shop.model, join(folder, 'models/first'))
  const at = Math.floor(shop.lines.length * 0.8)
  later = shop.lines.slice(at)
  // what cannot be read may name a user anywhere
  const broken = [...users].slice(0, 9).map((user) => `{"userId":"${user}"`)
  servers.environment = {
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'tracing.mjs')).href}`,
    SPANS: join(folder, 'spans.ndjson'),
  }
  if (servers.place.missing === undefined)
    await servers.send(shop.lines.slice(0, at).concat(broken), {
      traceparent: `00-${SENT_BY}-b7ad6b7169203331-01`,
    })
}, 3 * MINUTE_MS)

afterAll(() => servers.close())

/** Runs a command of the page here: with the addresses that there are. */
async function perform(command: string): Promise<{ code: number | null; words: string }> {
  const here = command
    .replaceAll('npx segmentation', `"${process.execPath}" "${MAIN}"`)
    .replaceAll('-p 6379', `-p ${servers.redisPort}`)
    .replaceAll('127.0.0.1:9092', servers.place.server.brokers[0] as string)
    .replaceAll(':9404', `:${servers.opsPort}`)
  const child = spawn('sh', ['-c', here], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  child.stdout.on('data', (text: Buffer) => (words += text.toString()))
  child.stderr.on('data', (text: Buffer) => (words += text.toString()))
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, words }
}

/** Retention is faster than the consumer: task 3 stops. */
async function makeGap(): Promise<void> {
  expect(await servers.stop()).toBe(0)
  await servers.place.send('clicks', ['gone', 'gone', 'kept'], 3)
  await servers.forget(3, (await servers.endOf(3)) - 1)
  servers.start()
  await servers.stops(3, 'source-gap')
}

/** Redis has lost everything: every task stops. */
async function loseState(): Promise<void> {
  expect(await servers.stop()).toBe(0)
  const client = quietClient(servers.redisPort)
  await client.flushall()
  client.disconnect()
  servers.start()
  for (let task = 0; task < PARTITIONS; task++) await servers.stops(task, 'state-lost')
}

/** The state is what it was, folded again from the copy on; where the inputs no longer reach back to it, the task stops. */
async function restore(): Promise<void> {
  const fromCopy = () => servers.openState('--dir', folder, '--dbfilename', 'shop.rdb', '--maxmemory', '4gb')
  await servers.send(later)
  await servers.caughtUp()
  expect(await servers.stop()).toBe(0)
  const before = await usersInState(servers.redisPort, 'shop', PARTITIONS)
  const restored = await fromCopy()
  servers.start(restored)
  await servers.caughtUp()
  expect(await usersInState(servers.redisPort, 'shop', PARTITIONS)).toBe(before)
  const { series } = await servers.metrics()
  expect(sumOf(series, 'segmentation_refolded_revisions_total')).toBeGreaterThan(0)
  expect(sumOf(series, 'segmentation_diverged_moves_total')).toBe(0)
  expect(sumOf(series, 'segmentation_transitions_total')).toBe(0)

  await servers.stop()
  await servers.forget(1, await servers.endOf(1))
  servers.start(await fromCopy())
  await servers.stops(1, 'source-gap')
  await servers.stop()
  servers.start(restored)
  await servers.running()
}

/** What must be so before a command is run, and after it. */
const BEFORE: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation tasks resume 3 --accept gap --config live.yaml': makeGap,
  'npx segmentation tasks resume all --accept rebuild --config live.yaml': loseState,
}
const AFTER: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation promote --config live.yaml --model models/first --at start': () => {
    servers.start()
    return servers.running()
  },
  'redis-cli -h 127.0.0.1 -p 6379 --rdb shop.rdb': async () => {
    expect(existsSync(join(folder, 'shop.rdb'))).toBe(true)
    await restore()
  },
}

/** Lines that name a user. */
const namingUsers = (words: string): string[] =>
  words.split('\n').filter((line) => (line.match(/[\w-]+/g) ?? []).some((word) => users.has(word)))

interface TracedPage {
  readonly traceId: string
  readonly spanId: string
  readonly links: readonly string[]
}

describe('the runbook', () => {
  it('names a way out for every code that has one', () => {
    const stops = sections.filter(({ within, title }) => within === 'Stops' && title !== within)
    expect(stops.every(({ endsWithCommand }) => endsWithCommand)).toBe(true)
    const spoken = stops.flatMap(({ title }) => title.split(/, | and /))
    const accepted = Object.entries(ERRORS).flatMap(([code, { hint }]) =>
      hint.includes('tasks resume P') ? [code] : [],
    )
    expect(accepted.length).toBeGreaterThan(5)
    expect(accepted.filter((code) => !spoken.includes(code))).toEqual([])
    expect(spoken.filter((code) => !(code in ERRORS))).toEqual([])
  })

  const commands = sections.flatMap((section) =>
    section.commands.map((command) => ({ in: section.title, command })),
  )
  const seen = new Set<string>()
  // what is said again is run once
  const here = commands.filter(
    ({ command }) => !IN_A_CLUSTER.test(command) && !seen.has(command) && seen.add(command),
  )

  it('is of commands that can be run', () => {
    expect(here.length).toBeGreaterThan(20)
    expect(here.filter(({ command }) => !/^(npx segmentation|redis-cli|kcat|curl) /.test(command))).toEqual(
      [],
    )
  })

  // in their order, as in a long night
  it.for(here)('$in: $command', { timeout: 2 * PATIENCE_MS }, async ({ command }, context) => {
    servers.skipWhereMissing(context)
    await BEFORE[command]?.()
    const { code, words } = await perform(command)
    expect({ code, words: code === 0 ? '' : words }).toEqual({ code: 0, words: '' })
    said += words
    await AFTER[command]?.()
    if (command.includes('tasks resume')) await servers.running()
  })

  it(
    'leaves every move published once, and has told of no user',
    { timeout: PATIENCE_MS },
    async (context) => {
      servers.skipWhereMissing(context)
      const { text, series } = await servers.metrics()
      expect(promtool(context, ['check', 'metrics'], text)).toEqual({ status: 0, words: '' })
      expect(series.get('segmentation_partitions')).toBe(PARTITIONS)
      expect(sumOf(series, 'segmentation_task_phase', 'phase="running"')).toBe(PARTITIONS)
      expect(sumOf(series, 'segmentation_records_behind')).toBe(0)
      expect(sumOf(series, 'segmentation_redis_memory_bytes')).toBeGreaterThan(0)
      expect(sumOf(series, 'segmentation_redis_memory_max_bytes')).toBe(4 * 1024 ** 3)
      expect(await servers.stop()).toBe(0)
      expect(await servers.numberedMoves()).toBeGreaterThan(10)
      expect(text).toContain('segmentation_refused_total')
      expect(namingUsers(said + servers.said + text)).toEqual([])
    },
  )

  it('is traced, where an SDK is there: pages link to what sent their events, and moves to their page', async (context) => {
    servers.skipWhereMissing(context)
    const lines = readFileSync(join(folder, 'spans.ndjson'), 'utf8').split('\n').slice(0, -1)
    const pages = lines.map((line) => JSON.parse(line) as TracedPage)
    expect(pages.some(({ links }) => links.includes(SENT_BY))).toBe(true)
    const spans = new Set(pages.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`))
    const moves = await servers.place.committed(topicNames('shop')['segment-changed'], 0)
    expect(moves.length).toBeGreaterThan(0)
    for (const { headers } of moves) expect(spans).toContain(String(headers?.['traceparent']))
  })
})
