import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/client.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../src/adapters/redis/reader.ts'
import type { TaskReplay } from '../../src/cli/replay-live.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'
import { startRegistry, type RegistryServer } from '../support/servers/registry.ts'
import { agreed, consume, END_MS, until } from './consumer.ts'

// Records of real shops, from their files through Kafka and Redis, against the run of the same files without servers. The data is
// not part of the repository.
const DATA = resolve(ROOT, '../shared/data')
const CLICKS = join(DATA, 'clickstream/rees46_2019-10-01_first_170min.csv.gz')
const INVOICES = join(DATA, 'orders/online_retail.csv.gz')
const HERE = existsSync(CLICKS) && existsSync(INVOICES)

const PARTITIONS = 3
/** Of the invoices, about four months. */
const INVOICE_LINES = 120_000
const MAX_SLEEP = '3d'

interface Shop {
  readonly app: string
  readonly mapping: string
  readonly file: () => string
  readonly train: readonly string[]
  readonly format: 'json' | 'avro'
}

const clicks = {
  mapping: 'rees46',
  file: () => CLICKS,
  train: ['--feature-set', 'seed', '--as-of', '2019-10-02'],
}
const SHOPS: readonly Shop[] = [
  { app: 'rees46-json', ...clicks, format: 'json' },
  { app: 'rees46-avro', ...clicks, format: 'avro' },
  {
    app: 'online-retail',
    mapping: 'online-retail',
    file: firstInvoices,
    train: ['--feature-set', 'default', '--as-of', '2011-03-01'],
    format: 'json',
  },
]

const kafka = new Place()
const folder = tempFolder()
const children: ChildProcess[] = []
let redis: RedisServer | string = 'not started'
let registry: RegistryServer | string = 'not started'
let connection: RedisConnection | undefined

test.runIf(!HERE)('the data of real shops is not here: they are not run through Kafka', ({ skip }) => {
  skip(`${CLICKS} or ${INVOICES} is missing`)
})

describe.runIf(HERE)('a real shop on Kafka and Redis', () => {
  beforeAll(async () => {
    redis = await startRedis()
    registry = await startRegistry()
    await kafka.start()
    if (typeof redis !== 'string') connection = await openRedis(redis.access)
  }, 3 * END_MS)

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await connection?.close()
    for (const server of [redis, registry]) if (typeof server !== 'string') await server.stop()
    await kafka.stop()
  })

  test.for(SHOPS)(
    'makes the moves of the run without servers, and a replay of topics and journal makes them byte for byte ($app)',
    { timeout: 6 * END_MS },
    async (shop, context) => {
      const missing = kafka.missing ?? [redis, registry].find((server) => typeof server === 'string')
      if (typeof missing === 'string') context.skip(missing)
      const { app } = shop
      const { events, expected } = await withoutServers(shop)
      const config = await onKafka(shop)
      const consumer = consume(config, children)
      const reader = new RedisReader(connection as RedisConnection, app)
      const folded = async (): Promise<number> => {
        const heads = await Promise.all(Array.from({ length: PARTITIONS }, (_, p) => reader.head(p)))
        return heads.reduce((sum, head) => sum + (head?.counts.records ?? 0), 0)
      }
      await until(
        `all of ${events} events`,
        async () => (await folded()) === events,
        async () => `${await folded()}; ${consumer.words()}`,
      )
      consumer.child().kill('SIGTERM')
      expect(await consumer.ended).toBe(0)

      const { tasks } = JSON.parse(consumer.out()) as { tasks: { task: number; clock: number }[] }
      const clocks = new Map(tasks.map(({ task, clock }) => [task, clock]))
      // time stands still in a task behind its own last event: later moves of the quiet are not made there yet
      const due = expected.filter(
        ({ userId, occurredAt }) =>
          Date.parse(occurredAt) <= (clocks.get(taskOf(userId, PARTITIONS)) ?? 0) + 1,
      )
      expect(agreed(await published(app))).toEqual(due)
      expect(due.length).toBeGreaterThan(0.9 * expected.length)

      const { tasks: past } = await json<{ tasks: TaskReplay[] }>('replay', '--config', config)
      const equal = past.flatMap(({ verdicts }) => verdicts.filter(({ name }) => name === 'segment-changed'))
      expect(equal.reduce((n, verdict) => n + verdict.equal, 0)).toBe(due.length)
    },
  )
})

/** Runs a command that must end with 0; its result. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await run([...args, '--json'])
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as T
}

const at = (app: string, name: string): string => join(folder, `${app}-${name}`)

/** The shop's events, a model trained on them and their moves, without any server. */
async function withoutServers({
  app,
  mapping,
  file,
  train,
}: Shop): Promise<{ events: number; expected: ReturnType<typeof agreed> }> {
  const [path, model, state] = [at(app, 'events.ndjson'), at(app, 'model'), at(app, 'run')]
  const { events } = await json<{ events: number }>('ingest', file(), '--mapping', mapping, '--out', path)
  const fit = ['--k', '4', '--seed', '7', '--min-events', '1', '--dwell', 'none']
  await json('train', '--events', path, ...train, ...fit, '--out', model)
  const given = ['--model', model, '--state', state, '--app', app, '--max-sleep', MAX_SLEEP]
  await json('stream', path, ...given)
  const lines = readFileSync(join(state, 'segment-changed.ndjson'), 'utf8').split('\n').slice(0, -1)
  return { events, expected: agreed(lines) }
}

/** The shop's own file on a topic, and what a consumer of it needs; its config. */
async function onKafka({ app, mapping, file, format }: Shop): Promise<string> {
  const config = at(app, 'config.json')
  const [node] = (redis as RedisServer).access.nodes
  const settings = {
    app,
    member: `${app}-${process.pid}`,
    kafka: { brokers: kafka.server.brokers, partitions: PARTITIONS, replication: 1, minInsyncReplicas: 1 },
    redis: { nodes: [`${node?.host}:${node?.port}`] },
    ...(format === 'avro' ? { schemaRegistry: { url: (registry as RegistryServer).url } } : {}),
    inputs: [{ topic: `${app}-events`, format }],
    output: { format: 'json' },
    model: at(app, 'model'),
    maxSleep: MAX_SLEEP,
    // the events are old: the wall clock must not pass over them
    tickAllowance: '9999d',
    // in a backlog of weeks more of them move within an hour than a shop's ever do
    guards: { action: 'none' },
    checkpointInterval: '300ms',
  }
  writeFileSync(config, JSON.stringify(settings))
  await kafka.createTopics([`${app}-events`], PARTITIONS)
  expect(await run(['topics', 'apply', '--config', config])).toMatchObject({ code: 0 })
  const promote = ['promote', '--config', config, '--model', at(app, 'model'), '--at', 'start']
  expect(await run(promote)).toMatchObject({ code: 0 })
  const to = ['--to', 'kafka', '--config', config, '--topic', `${app}-events`]
  await json('ingest', file(), '--mapping', mapping, ...to)
  return config
}

async function published(app: string): Promise<string[]> {
  const tasks = Array.from({ length: PARTITIONS }, (_, p) => p)
  const topic = topicNames(app)['segment-changed']
  const records = await Promise.all(tasks.map((p) => kafka.committed(topic, p)))
  return records.flat().map(({ value }) => Buffer.from(value ?? []).toString('utf8'))
}

function firstInvoices(): string {
  const path = join(folder, 'invoices.csv')
  if (existsSync(path)) return path
  const lines = gunzipSync(readFileSync(INVOICES)).toString('utf8').split('\n').slice(0, INVOICE_LINES)
  writeFileSync(path, lines.join('\n'))
  return path
}
