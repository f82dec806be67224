import { spawn, type ChildProcess } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { ERRORS } from '../../src/errors.ts'
import { parseLiveConfig } from '../../src/live-config.ts'
import { Place, until } from '../adapters/kafka/place.ts'
import { kcatMissing } from '../chaos/reader.ts'
import { ROOT, tempFolder } from '../cli/run.ts'
import { smallShop } from '../inputs/small-shop.ts'
import { consume, type Consumer } from '../live/consumer.ts'
import { freePorts } from '../support/servers/ports.ts'
import { quietClient, startRedis, type RedisServer } from '../support/servers/redis.ts'
import { promtool } from '../metrics/promtool.ts'
import { seriesOf, sumOf } from '../metrics/series.ts'
import { sectionsOf } from './runbook.ts'
import { statusOf, tellsNoUser } from './consumer.ts'
import { usersInState } from './state-copy.ts'

// The runbook is run, not read: its commands one after the other, beside a consumer on real servers.
const sections = sectionsOf(readFileSync(join(ROOT, 'helm/RUNBOOK.md'), 'utf8'))
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const PARTITIONS = 4
/** Those of a cluster, which the chart's own tests install into. */
const IN_A_CLUSTER = /^(kubectl|helm) /
const PATIENCE_MS = 2 * MINUTE_MS
const MAIN = join(ROOT, 'dist/main.js')

const folder = tempFolder()
const place = new Place()
const children: ChildProcess[] = []
let redis: RedisServer | string = 'not started'
const servers: RedisServer[] = []
let consumer: Consumer | undefined
let opsPort = 0
let users: readonly string[] = []
/** Events that come after the copy of the state. */
let later: readonly string[] = []
let said = ''

/** The config of the README, with the addresses that there are. */
function writeConfig(): void {
  const [yaml = ''] = /(?<=```yaml\n).*?(?=```)/s.exec(README) ?? []
  const given = parseLiveConfig(yaml, 'README.md')
  const config = {
    app: given.app,
    member: `runbook-${process.pid}`,
    kafka: { brokers: place.server.brokers, partitions: PARTITIONS, replication: 1, minInsyncReplicas: 1 },
    redis: { nodes: [`127.0.0.1:${redisPort()}`] },
    inputs: given.inputs,
    model: join(folder, given.model),
    ops: { host: '127.0.0.1', port: opsPort },
    // the events are old: the wall clock must not pass over them
    tickAllowance: '9999d',
    checkpointInterval: '300ms',
  }
  writeFileSync(join(folder, 'live.yaml'), JSON.stringify(config))
}

/** Each record under the user that it names. */
async function send(lines: readonly string[]): Promise<void> {
  const producer = place.kafka().producer()
  await producer.connect()
  const messages = lines.map((value) => {
    const key = /"userId":"([^"]+)"/.exec(value)?.[1] as string
    return { key, value, partition: taskOf(key, PARTITIONS) }
  })
  await producer.send({ topic: 'clicks', messages })
  await producer.disconnect()
}

function redisPort(): number {
  if (typeof redis === 'string') throw new Error(redis)
  return redis.access.nodes[0]?.port as number
}

beforeAll(async () => {
  await place.start()
  redis = await startRedis('--maxmemory-policy', 'noeviction')
  if (typeof redis !== 'string') servers.push(redis)
  if (place.missing !== undefined || typeof redis === 'string' || kcatMissing() !== undefined) return
  opsPort = (await freePorts(1))[0] as number
  const shop = await smallShop(folder)
  users = [...new Set(shop.lines.map((line) => (JSON.parse(line) as { userId: string }).userId))]
  mkdirSync(join(folder, 'models'))
  renameSync(shop.model, join(folder, 'models/first'))
  writeConfig()
  await place.createTopics(['clicks', 'orders'], PARTITIONS)
  const at = Math.floor(shop.lines.length * 0.8)
  later = shop.lines.slice(at)
  // what cannot be read may name a user anywhere
  const broken = users.slice(0, 9).map((user) => `{"userId":"${user}"`)
  await send(shop.lines.slice(0, at).concat(broken))
}, 3 * MINUTE_MS)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const server of servers) await server.stop()
  await place.stop()
})

function skipWithoutServers(context: TestContext): void {
  const missing = place.missing ?? (typeof redis === 'string' ? redis : kcatMissing())
  if (missing !== undefined) context.skip(missing)
}

/** Runs a command of the page here: with the addresses that there are. */
async function perform(command: string): Promise<{ code: number | null; words: string }> {
  const here = command
    .replaceAll('npx segmentation', `"${process.execPath}" "${MAIN}"`)
    .replaceAll('-p 6379', `-p ${redisPort()}`)
    .replaceAll('127.0.0.1:9092', place.server.brokers[0] as string)
    .replaceAll(':9404', `:${opsPort}`)
  const child = spawn('sh', ['-c', here], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  child.stdout.on('data', (text: Buffer) => (words += text.toString()))
  child.stderr.on('data', (text: Buffer) => (words += text.toString()))
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, words }
}

function start(): void {
  consumer = consume(join(folder, 'live.yaml'), children, {}, opsPort)
}

async function running(): Promise<void> {
  await until(
    'every task runs and all is stored',
    async () => {
      const tasks = (await statusOf(opsPort))?.tasks ?? []
      return tasks.length === PARTITIONS && tasks.every((t) => t.phase === 'running' && t.stored === t.folded)
    },
    PATIENCE_MS,
  ).catch(async (error: unknown) => {
    const now = JSON.stringify((await statusOf(opsPort))?.tasks)
    throw new Error(`${String(error)}; they are ${now}; it said ${consumer?.words().slice(-2000)}`)
  })
}

/** All that the inputs hold is folded and stored. */
async function caughtUp(): Promise<void> {
  const ends: unknown[] = []
  for (let p = 0; p < PARTITIONS; p++) ends.push((await place.reader.bounds(['clicks'], p))['clicks']?.end)
  const positions = async (): Promise<unknown[]> =>
    ((await statusOf(opsPort))?.tasks ?? []).map((task) => task.positions['clicks'])
  await until('all is folded', async () => isDeepStrictEqual(await positions(), ends), PATIENCE_MS)
  await running()
}

async function stop(): Promise<void> {
  consumer?.child().kill('SIGTERM')
  expect(await consumer?.ended).toBe(0)
  said += consumer?.words() ?? ''
}

/** What the input held before `before` is gone, as retention does it. */
async function forget(p: number, before: number): Promise<void> {
  const admin = place.kafka().admin()
  await admin.connect()
  await admin.fetchTopicOffsets('clicks')
  await admin.deleteTopicRecords({ topic: 'clicks', partitions: [{ partition: p, offset: String(before) }] })
  await admin.disconnect()
}

const endOf = async (p: number): Promise<number> =>
  (await place.reader.bounds(['clicks'], p))['clicks']?.end as number

function stops(task: number, code: string): Promise<void> {
  const stopped = async (): Promise<boolean> =>
    (await statusOf(opsPort))?.tasks.some((t) => t.task === task && t.trouble?.code === code) === true
  return until(`task ${task} stops`, stopped, PATIENCE_MS)
}

/** Retention is faster than the consumer: task 3 stops. */
async function makeGap(): Promise<void> {
  await stop()
  await place.send('clicks', ['gone', 'gone', 'kept'], 3)
  await forget(3, (await endOf(3)) - 1)
  start()
  await stops(3, 'source-gap')
}

/** Redis has lost everything: every task stops. */
async function loseState(): Promise<void> {
  await stop()
  const client = quietClient(redisPort())
  await client.flushall()
  client.disconnect()
  start()
  for (let task = 0; task < PARTITIONS; task++) await stops(task, 'state-lost')
}

/** A consumer on the Redis that was restored from the copy, or on another. */
function startOn(server: RedisServer): void {
  redis = server
  servers.push(server)
  writeConfig()
  start()
}

/** The state is what it was, folded again from the copy on; where the inputs no longer reach back to it, the task stops. */
async function restore(): Promise<void> {
  const fromCopy = async (): Promise<RedisServer> =>
    (await startRedis('--dir', folder, '--dbfilename', 'shop.rdb', '--maxmemory', '4gb')) as RedisServer
  await send(later)
  await caughtUp()
  await stop()
  const before = await usersInState(redisPort(), 'shop', PARTITIONS)
  const restored = await fromCopy()
  startOn(restored)
  await caughtUp()
  expect(await usersInState(redisPort(), 'shop', PARTITIONS)).toBe(before)
  const series = seriesOf(await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text())
  expect(sumOf(series, 'segmentation_refolded_revisions_total')).toBeGreaterThan(0)
  expect(sumOf(series, 'segmentation_diverged_moves_total')).toBe(0)
  expect(sumOf(series, 'segmentation_transitions_total')).toBe(0)

  await stop()
  await forget(1, await endOf(1))
  startOn(await fromCopy())
  await stops(1, 'source-gap')
  await stop()
  startOn(restored)
  await running()
}

/** What must be so before a command is run, and after it. */
const BEFORE: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation tasks resume 3 --accept gap --config live.yaml': makeGap,
  'npx segmentation tasks resume all --accept rebuild --config live.yaml': loseState,
}
const AFTER: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation promote --config live.yaml --model models/first --at start': async () => {
    start()
    await running()
  },
  'redis-cli -h 127.0.0.1 -p 6379 --rdb shop.rdb': async () => {
    expect(existsSync(join(folder, 'shop.rdb'))).toBe(true)
    await restore()
  },
}

describe('the runbook', () => {
  it('names a way out for every code that has one', () => {
    const stops = sections.filter(({ within, title }) => within === 'Stops' && title !== within)
    expect(stops.every(({ endsWithCommand }) => endsWithCommand)).toBe(true)
    const spoken = stops.flatMap(({ title }) => title.split(' and '))
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
    skipWithoutServers(context)
    await BEFORE[command]?.()
    const { code, words } = await perform(command)
    expect({ code, words: code === 0 ? '' : words }).toEqual({ code: 0, words: '' })
    said += words
    await AFTER[command]?.()
    if (command.includes('tasks resume')) await running()
  })

  it(
    'leaves every move published once, and has told of no user',
    { timeout: PATIENCE_MS },
    async (context) => {
      skipWithoutServers(context)
      const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
      said += metrics
      expect(promtool(context, ['check', 'metrics'], metrics)).toEqual({ status: 0, words: '' })
      const series = seriesOf(metrics)
      expect(series.get('segmentation_partitions')).toBe(PARTITIONS)
      expect(sumOf(series, 'segmentation_task_phase', 'phase="running"')).toBe(PARTITIONS)
      expect(sumOf(series, 'segmentation_records_behind')).toBe(0)
      expect(sumOf(series, 'segmentation_redis_memory_bytes')).toBeGreaterThan(0)
      expect(sumOf(series, 'segmentation_redis_memory_max_bytes')).toBe(4 * 1024 ** 3)
      await stop()
      const next = new Map<string, number>()
      for (let p = 0; p < PARTITIONS; p++) {
        for (const { value } of await place.committed(topicNames('shop')['segment-changed'], p)) {
          const { userId, sequence } = JSON.parse(String(value)) as { userId: string; sequence: number }
          expect(sequence).toBe((next.get(userId) ?? 0) + 1)
          next.set(userId, sequence)
        }
      }
      expect(next.size).toBeGreaterThan(10)
      expect(said).toContain('segmentation_refused_total')
      expect(tellsNoUser(said, users)).toEqual([])
    },
  )
})
