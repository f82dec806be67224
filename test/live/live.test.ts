import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/client.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../src/adapters/redis/reader.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'

const PARTITIONS = 4
const APP = 'shop'
const END_MS = 60_000

interface Move {
  readonly [field: string]: unknown
  readonly userId: string
  readonly sequence: number
  readonly occurredAt: string
  readonly to: string
}

interface TaskEnd {
  readonly task: number
  readonly rev: number
  readonly clock: number
  readonly records: number
  readonly refused: Record<string, number>
}

const kafka = new Place()
let redis: RedisServer | string = 'not started'
const connections: RedisConnection[] = []
const folder = tempFolder()
const children: ChildProcess[] = []

beforeAll(async () => {
  redis = await startRedis()
  await kafka.start()
}, END_MS)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const connection of connections) await connection.close()
  if (typeof redis !== 'string') await redis.stop()
  await kafka.stop()
})

beforeEach((context) => {
  const missing = kafka.missing ?? (typeof redis === 'string' ? redis : undefined)
  context.skip(missing !== undefined, missing)
})

function server(): RedisServer {
  if (typeof redis === 'string') throw new Error(redis)
  return redis
}

/** Moves as both kinds of doors must agree on them: all but where their records lay. */
const agreed = (lines: readonly string[]): Move[] =>
  lines
    .map((line) => JSON.parse(line) as Move)
    .map(
      (move) =>
        Object.fromEntries(Object.entries(move).filter(([k]) => !k.startsWith('source'))) as unknown as Move,
    )
    .sort((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : a.sequence - b.sequence))

/** The same shop in files, streamed without any server. */
async function embedded(events: readonly Event[]): Promise<Move[]> {
  const lines = (some: readonly Event[]): string => some.map((e) => `${JSON.stringify(e)}\n`).join('')
  const orders = events.filter((e) => e.kind === 'order_completed')
  const clicks = events.filter((e) => e.kind !== 'order_completed')
  writeFileSync(join(folder, 'clicks'), lines(clicks))
  writeFileSync(join(folder, 'orders'), lines(orders))
  const paths = [join(folder, 'clicks'), join(folder, 'orders')]
  const train = [
    'train',
    '--events',
    ...paths,
    '--feature-set',
    'behaviour',
    '--as-of',
    '2025-01-15',
    '--out',
    join(folder, 'model'),
  ]
  expect(await run(train)).toMatchObject({ code: 0 })
  const stream = [
    'stream',
    ...paths,
    '--model',
    join(folder, 'model'),
    '--state',
    join(folder, 'run'),
    '--app',
    APP,
    '--max-sleep',
    '24h',
  ]
  expect(await run(stream)).toMatchObject({ code: 0 })
  return agreed(readFileSync(join(folder, 'run/segment-changed.ndjson'), 'utf8').split('\n').slice(0, -1))
}

function config(member: string): string {
  const path = join(folder, `${member}.yaml`)
  const [node] = server().access.nodes
  writeFileSync(
    path,
    [
      `app: ${APP}`,
      `member: ${member}-${process.pid}`,
      `kafka: {brokers: ["${kafka.server.brokers.join('", "')}"], partitions: ${PARTITIONS}, replication: 1, minInsyncReplicas: 1}`,
      `redis: {nodes: ["${node?.host}:${node?.port}"]}`,
      'inputs: [{topic: clicks}, {topic: orders}]',
      `model: ${join(folder, 'model')}`,
      // the events are old: the wall clock must not pass over them
      'tickAllowance: 9999d',
      'checkpointInterval: 300ms',
    ].join('\n'),
  )
  return path
}

interface Consumer {
  readonly child: () => ChildProcess
  readonly out: () => string
  readonly words: () => string
  readonly ended: Promise<number | null>
}

/** A consumer; where its client gives up (a coordinator that is still loading) it ends with 1 and is started again, as a pod is. */
function consume(member: string): Consumer {
  const path = config(member)
  let child: ChildProcess
  let out = ''
  let words = ''
  const live = async (): Promise<number | null> => {
    child = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'stream', '--config', path])
    children.push(child)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text))
    const code = await new Promise<number | null>((done) => child.on('close', done))
    return code === 1 ? live() : code
  }
  const ended = live()
  return { child: () => child, out: () => out, words: () => words, ended }
}

async function produce(events: readonly Event[]): Promise<void> {
  const producer = kafka.kafka().producer()
  await producer.connect()
  for (const topic of ['clicks', 'orders']) {
    const some = events.filter((e) => (e.kind === 'order_completed') === (topic === 'orders'))
    for (let i = 0; i < some.length; i += 500) {
      const messages = some.slice(i, i + 500).map((e) => ({
        key: e.userId,
        value: JSON.stringify(e),
        partition: taskOf(e.userId, PARTITIONS),
      }))
      await producer.send({ topic, messages })
    }
  }
  await producer.disconnect()
}

async function published(): Promise<string[]> {
  const topic = topicNames(APP)['segment-changed']
  const values: string[] = []
  for (let p = 0; p < PARTITIONS; p++) {
    for (const record of await kafka.committed(topic, p))
      values.push(Buffer.from(record.value ?? []).toString('utf8'))
  }
  return values
}

/** Members of the consumers' group that have tasks. */
async function members(): Promise<number> {
  const admin = kafka.kafka().admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([APP])
  await admin.disconnect()
  const group = groups[0]
  return group?.state === 'Stable' ? group.members.length : 0
}

async function until(what: string, is: () => Promise<boolean>, where?: () => Promise<string>): Promise<void> {
  const end = Date.now() + END_MS
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}: ${(await where?.()) ?? ''}`)
    await sleep(250)
  }
}

test(
  'two consumers on Kafka and Redis, one killed, give the moves of the run without servers, each once',
  { timeout: 3 * END_MS },
  async () => {
    const events = [...generateShop({ users: 400, days: 25, seed: 5, startMs: SHOP_START_MS })]
    const expected = await embedded(events)
    await kafka.createTopics(['clicks', 'orders'], PARTITIONS)
    const file = config('ops')
    expect(await run(['topics', 'apply', '--config', file])).toMatchObject({ code: 0 })
    expect(await run(['topics', 'plan', '--config', file])).toMatchObject({
      code: 0,
      out: 'all topics are as they should be\n',
    })
    expect(
      await run(['promote', '--config', file, '--model', join(folder, 'model'), '--at', 'start']),
    ).toMatchObject({
      code: 0,
    })
    await kafka.send('clicks', ['broken'])
    await produce(events)

    const first = consume('a')
    const second = consume('b')
    await until('some moves', async () => (await published()).length > expected.length / 8)
    second.child().kill('SIGKILL')
    expect(await second.ended).toBe(null)
    const again = consume('b')
    await until(
      'the killed one to be back',
      async () => again.words().includes('joins group') && (await members()) === 2,
    )
    const connection = await openRedis(server().access)
    connections.push(connection)
    const reader = new RedisReader(connection, APP)
    const folded = async (): Promise<number> => {
      const heads = await Promise.all([0, 1, 2, 3].map((p) => reader.head(p)))
      return heads.reduce((sum, head) => sum + (head?.counts.records ?? 0), 0)
    }
    await until(
      `all of ${events.length + 1} records`,
      async () => (await folded()) === events.length + 1,
      async () => {
        const heads = await Promise.all([0, 1, 2, 3].map((p) => reader.head(p)))
        return heads
          .map((head) => JSON.stringify([head?.rev, head?.positions, head?.counts.records]))
          .join(' ')
      },
    )
    for (const consumer of [first, again]) consumer.child().kill('SIGTERM')
    expect(await Promise.all([first.ended, again.ended])).toEqual([0, 0])

    // a task that changed hands was let go by both; the later one knows how it ended
    const ends = new Map<number, TaskEnd>()
    for (const end of [first, again].flatMap((c) => (JSON.parse(c.out()) as { tasks: TaskEnd[] }).tasks)) {
      if (end.rev >= (ends.get(end.task)?.rev ?? -1)) ends.set(end.task, end)
    }
    expect([...ends.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3])
    expect([...ends.values()].reduce((n, end) => n + (end.refused['not-json'] ?? 0), 0)).toBe(1)
    const clockOf = new Map([...ends.values()].map((end) => [end.task, end.clock]))
    // time stands still in a task behind its own last event: later moves of the quiet are not made there yet
    const due = expected.filter(
      (move) => Date.parse(move.occurredAt) <= (clockOf.get(taskOf(move.userId, PARTITIONS)) ?? 0) + 1,
    )
    const found = agreed(await published())
    expect(found).toEqual(due)
    expect(due.length).toBeGreaterThan(0.8 * expected.length)
    const last = new Map(found.map((move) => [move.userId, move]))
    for (const [user, move] of last) {
      expect(await reader.membership(user)).toMatchObject({ segment: move.to, sequence: move.sequence })
    }
  },
)
