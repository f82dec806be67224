import { spawn, type ChildProcess } from 'node:child_process'
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
import { startRedis, type RedisServer } from '../support/servers/redis.ts'
import { promtool } from '../metrics/promtool.ts'
import { seriesOf, sumOf } from '../metrics/series.ts'
import { sectionsOf } from './runbook.ts'
import { statusOf, tellsNoUser } from './consumer.ts'

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
let consumer: Consumer | undefined
let opsPort = 0
let users: readonly string[] = []
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

function redisPort(): number {
  if (typeof redis === 'string') throw new Error(redis)
  return redis.access.nodes[0]?.port as number
}

beforeAll(async () => {
  await place.start()
  redis = await startRedis('--maxmemory-policy', 'noeviction')
  if (place.missing !== undefined || typeof redis === 'string' || kcatMissing() !== undefined) return
  opsPort = (await freePorts(1))[0] as number
  const shop = await smallShop(folder)
  users = [...new Set(shop.lines.map((line) => (JSON.parse(line) as { userId: string }).userId))]
  mkdirSync(join(folder, 'models'))
  renameSync(shop.model, join(folder, 'models/first'))
  writeConfig()
  await place.createTopics(['clicks', 'orders'], PARTITIONS)
  const producer = place.kafka().producer()
  await producer.connect()
  const messages = shop.lines.map((value) => {
    const { userId } = JSON.parse(value) as { userId: string }
    return { key: userId, value, partition: taskOf(userId, PARTITIONS) }
  })
  // what cannot be read may name a user anywhere
  const broken = users
    .slice(0, 9)
    .map((user) => ({ key: user, value: `{"userId":"${user}"`, partition: taskOf(user, PARTITIONS) }))
  await producer.send({ topic: 'clicks', messages: [...messages, ...broken] })
  await producer.disconnect()
}, 3 * MINUTE_MS)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  if (typeof redis !== 'string') await redis.stop()
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

async function stop(): Promise<void> {
  consumer?.child().kill('SIGTERM')
  expect(await consumer?.ended).toBe(0)
  said += consumer?.words() ?? ''
}

/** Retention is faster than the consumer: task 3 stops. */
async function makeGap(): Promise<void> {
  await stop()
  await place.send('clicks', ['gone', 'gone', 'kept'], 3)
  const { end } = (await place.reader.bounds(['clicks'], 3))['clicks'] as { end: number }
  const admin = place.kafka().admin()
  await admin.connect()
  await admin.fetchTopicOffsets('clicks')
  await admin.deleteTopicRecords({ topic: 'clicks', partitions: [{ partition: 3, offset: String(end - 1) }] })
  await admin.disconnect()
  start()
  await until(
    'task 3 stops',
    async () => (await statusOf(opsPort))?.tasks.some((t) => t.trouble?.code === 'source-gap') === true,
    PATIENCE_MS,
  )
}

/** What must be so before a command is run, and after it. */
const BEFORE: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation tasks resume 3 --accept gap --config live.yaml': makeGap,
}
const AFTER: Readonly<Record<string, () => Promise<void>>> = {
  'npx segmentation promote --config live.yaml --model models/first --at start': async () => {
    start()
    await running()
  },
  'redis-cli -h 127.0.0.1 -p 6379 --rdb shop.rdb': async () => {
    expect(existsSync(join(folder, 'shop.rdb'))).toBe(true)
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
