import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EmbeddedReader } from '../../src/adapters/embedded/reader.ts'
import { openRunFolder } from '../../src/adapters/embedded/run-folder.ts'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/client.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../src/adapters/redis/reader.ts'
import type { StreamStatus } from '../../src/app/stream.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { TaskReplay } from '../../src/cli/replay-live.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'
import { ask, agreed, consume, embedded, END_MS, until } from './consumer.ts'

const PARTITIONS = 4
const APP = 'shop'
/** What cannot be read: of these the one without a value must not become an empty one. */
const BROKEN = ['broken', null]

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
      // in a backlog of weeks more of them move within an hour than a shop's ever do
      'guards: {action: none}',
      'checkpointInterval: 300ms',
    ].join('\n'),
  )
  return path
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

/** The states of a replay are those of the live run: heads, and every profile byte for byte. */
async function sameStates(reader: RedisReader, users: ReadonlySet<string>): Promise<void> {
  let profiles = 0
  for (let p = 0; p < PARTITIONS; p++) {
    const past = await openRunFolder(join(folder, `past/task-${p}`), { create: false, readOnly: true })
    const replayed = new EmbeddedReader(past)
    expect(await replayed.head(0)).toEqual(await reader.head(p))
    for (const user of users) {
      if (taskOf(user, PARTITIONS) !== p) continue
      const [was, is] = [await reader.profile(user), await replayed.profile(user)]
      expect(Buffer.from(is ?? []).equals(Buffer.from(was ?? [])), `a profile of task ${p}`).toBe(true)
      if (is) profiles++
    }
    await past.close()
  }
  expect(profiles).toBeGreaterThan(users.size / 2)
}

/** The past of topics and journal is the live run's, byte for byte; where it is not, or is not there, it is said. */
async function replayed(
  file: string,
  moves: number,
  reader: RedisReader,
  users: ReadonlySet<string>,
): Promise<void> {
  const replay = (...more: string[]): ReturnType<typeof run> =>
    run(['replay', '--config', file, '--json', ...more])
  const past = await replay('--out', join(folder, 'past'))
  expect(past).toMatchObject({ code: 0 })
  await sameStates(reader, users)
  const { tasks } = JSON.parse(past.out) as { tasks: TaskReplay[] }
  const equal = (name: string): number =>
    tasks.reduce((n, { verdicts }) => n + (verdicts.find((v) => v.name === name)?.equal ?? 0), 0)
  expect([equal('segment-changed'), equal('dead-letter')]).toEqual([moves, BROKEN.length])
  const kept = readFileSync(join(folder, 'past/task-0/segment-changed.ndjson'), 'utf8')
    .split('\n')
    .slice(0, -1)
  expect(kept).not.toHaveLength(0)
  expect(kept.every((line) => line.includes('"origin":"replay"'))).toBe(true)
  expect(await replay('--out', join(folder, 'past'))).toMatchObject({ code: 2 })

  await kafka.send(topicNames(APP)['segment-changed'], ['never decided'], 2)
  const more = await replay()
  expect(more).toMatchObject({ code: 3, err: expect.stringContaining('task 2, segment-changed') as unknown })

  const admin = kafka.kafka().admin()
  await admin.connect()
  await admin.fetchTopicOffsets('clicks')
  await admin.deleteTopicRecords({ topic: 'clicks', partitions: [{ partition: 1, offset: '5' }] })
  await admin.disconnect()
  expect(await replay()).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /\[source-gap\]: task 1: input clicks begins at 5, but 0 is needed/,
    ) as unknown,
  })
}

test(
  'two consumers on Kafka and Redis, one killed, give the moves of the run without servers, each once',
  { timeout: 3 * END_MS },
  async () => {
    const events = [...generateShop({ users: 400, days: 25, seed: 5, startMs: SHOP_START_MS })]
    const expected = await embedded(folder, APP, events)
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
    await kafka.send('clicks', BROKEN)
    await produce(events)

    // what is wrong with a config is said by a process that ends, whatever it has opened by then
    const wrong = config('wrong')
    const mapping = join(ROOT, 'models/mappings/rees46.json')
    const mapped = readFileSync(wrong, 'utf8').replace(
      '{topic: clicks}',
      `{topic: clicks, mapping: ${mapping}}`,
    )
    writeFileSync(wrong, `${mapped}\ncurrency: GBP\n`)
    const refused = consume(wrong, children)
    expect(await refused.ended).toBe(2)
    expect(refused.words()).toContain('--currency: GBP, but mapping rees46')

    // one of them may write nowhere
    const first = consume(config('a'), children, { TMPDIR: join(folder, 'nowhere') })
    const second = consume(config('b'), children)
    await until('some moves', async () => (await published()).length > expected.length / 8)
    // who is killed while it joins for the first time has no id yet by which its next life could leave
    await until('both to share the tasks', async () => (await members()) === 2)
    second.child().kill('SIGKILL')
    expect(await second.ended).toBe(null)
    const killedAt = performance.now()
    const again = consume(config('b'), children)
    await until('the killed one to process again', async () => {
      const status = (await ask(again, '/tasks')) as StreamStatus | undefined
      return status !== undefined && status.tasks.some((task) => task.phase === 'running')
    })
    const backMs = Math.round(performance.now() - killedAt)
    process.stdout.write(`processing again ${backMs} ms after kill -9\n`)
    // the promise is 5 s on a machine with nothing else to do
    expect(backMs).toBeLessThan(20_000)
    expect(await ask(again, '/readyz')).toEqual({ ready: true, why: [] })
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
      `all of ${events.length + BROKEN.length} records`,
      async () => (await folded()) === events.length + BROKEN.length,
      async () => {
        const heads = await Promise.all([0, 1, 2, 3].map((p) => reader.head(p)))
        return heads
          .map((head) => JSON.stringify([head?.rev, head?.positions, head?.counts.records]))
          .join(' ')
      },
    )
    const looked = await run(['tasks', '--config', file, '--json'])
    expect(looked.code).toBe(0)
    const lines = JSON.parse(looked.out) as { owner: string | null; behind: number; trouble: unknown }[]
    expect(lines).toHaveLength(PARTITIONS)
    for (const line of lines)
      expect(line).toMatchObject({ owner: expect.any(String) as string, trouble: null })
    for (const consumer of [first, again]) consumer.child().kill('SIGTERM')
    expect(await Promise.all([first.ended, again.ended])).toEqual([0, 0])

    // a task that changed hands was let go by both; the later one knows how it ended
    const ends = new Map<number, TaskEnd>()
    for (const end of [first, again].flatMap((c) => (JSON.parse(c.out()) as { tasks: TaskEnd[] }).tasks)) {
      if (end.rev >= (ends.get(end.task)?.rev ?? -1)) ends.set(end.task, end)
    }
    expect([...ends.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3])
    expect([...ends.values()].reduce((n, end) => n + (end.refused['not-json'] ?? 0), 0)).toBe(BROKEN.length)
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

    // T17: the state is gone; every task stops and says so, and the way out leads to where they stood
    await connection.call((client) => client.flushall())
    const third = consume(config('a'), children)
    const statuses = async (): Promise<StreamStatus['tasks']> =>
      ((await ask(third, '/tasks')) as StreamStatus | undefined)?.tasks ?? []
    await until('the tasks to stop for their lost state', async () => {
      const tasks = await statuses()
      return tasks.length === PARTITIONS && tasks.every((task) => task.trouble?.code === 'state-lost')
    })
    expect(await ask(third, '/livez')).toEqual({ alive: true })
    expect(await ask(third, '/readyz')).toMatchObject({ ready: false })
    const resumed = await run(['tasks', 'resume', 'all', '--accept', 'rebuild', '--config', file])
    expect(resumed).toMatchObject({ code: 0 })
    await until('the tasks to run again', async () =>
      (await statuses()).every((task) => task.phase === 'running'),
    )
    third.child().kill('SIGTERM')
    expect(await third.ended).toBe(0)
    expect(await folded()).toBe(events.length + BROKEN.length)
    expect(agreed(await published())).toEqual(found)
    for (const [user, move] of last) {
      expect(await reader.membership(user)).toMatchObject({ segment: move.to, sequence: move.sequence })
    }

    await replayed(file, found.length, reader, new Set(events.map(({ userId }) => userId)))
  },
)
