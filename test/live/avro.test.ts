import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import avro from 'avsc'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { framed, RegistryEncoders, type Encode } from '../../src/adapters/registry/encoders.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { parseJournalLine } from '../../src/ports/journal-line.ts'
import type { JournalLine } from '../../src/ports/outlet.ts'
import { Place } from '../adapters/kafka/place.ts'
import { run, tempFolder } from '../cli/run.ts'
import { realClock } from '../support/clock.ts'
import { openGate, type Gate } from '../support/gate.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'
import { startRegistry, type RegistryServer } from '../support/servers/registry.ts'
import { agreed, consume, embedded, END_MS, until } from './consumer.ts'

const APP = 'avro-shop'
/** An id that no registry deals out in a test. */
const UNKNOWN_ID = 0x7f_ff_ff_f0

const kafka = new Place()
const folder = tempFolder()
const children: ChildProcess[] = []
let redis: RedisServer | string = 'not started'
let registry: RegistryServer | string = 'not started'
let gate: Gate | undefined

beforeAll(async () => {
  redis = await startRedis()
  registry = await startRegistry()
  if (typeof registry !== 'string') gate = await openGate(registry.port)
  await kafka.start()
}, 3 * END_MS)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await gate?.stop()
  for (const server of [redis, registry]) if (typeof server !== 'string') await server.stop()
  await kafka.stop()
})

beforeEach((context) => {
  const missing = kafka.missing ?? [redis, registry].find((server) => typeof server === 'string')
  if (typeof missing === 'string') context.skip(missing)
})

/** The registry as tests reach it, and as the consumer does, behind the gate. */
const direct = (): string => (registry as RegistryServer).url
const gated = (): string => direct().replace(/:\d+/, `:${gate?.port}`)

function config(): string {
  const path = join(folder, 'consumer.yaml')
  const [node] = (redis as RedisServer).access.nodes
  writeFileSync(
    path,
    [
      `app: ${APP}`,
      `member: a-${process.pid}`,
      `kafka: {brokers: ["${kafka.server.brokers.join('", "')}"], partitions: 1, replication: 1, minInsyncReplicas: 1}`,
      `redis: {nodes: ["${node?.host}:${node?.port}"]}`,
      `schemaRegistry: {url: "${gated()}"}`,
      'inputs: [{topic: avro-clicks}, {topic: avro-orders, format: json}]',
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

async function send(
  topic: string,
  values: readonly (readonly [key: string, value: Buffer])[],
): Promise<void> {
  const producer = kafka.kafka().producer()
  await producer.connect()
  for (let i = 0; i < values.length; i += 500) {
    const messages = values.slice(i, i + 500).map(([key, value]) => ({ key, value, partition: 0 }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

/** Clicks in Avro first, then orders in JSON. */
async function produce(events: readonly Event[], encode: Encode<Event>): Promise<void> {
  const ordered = (e: Event): boolean => e.kind === 'order_completed'
  await send(
    'avro-clicks',
    events.filter((e) => !ordered(e)).map((e) => [e.userId, encode(e)]),
  )
  await send(
    'avro-orders',
    events.filter(ordered).map((e) => [e.userId, Buffer.from(JSON.stringify(e))]),
  )
}

/** Events by a later version of their schema, which another program has registered. */
async function laterEncoder(): Promise<Encode<Event>> {
  const text = readFileSync(new URL('../../schemas/event.avsc', import.meta.url), 'utf8')
  const schema = JSON.parse(text) as { fields: object[] }
  schema.fields.unshift({ name: 'mood', type: ['string', 'null'], default: 'calm' })
  const other = new SchemaRegistry({ host: direct() })
  const confluent = { type: SchemaType.AVRO as SchemaType.AVRO, schema: JSON.stringify(schema) }
  const { id } = await other.register(confluent, { subject: 'avro-clicks-later' })
  return framed(avro.Type.forSchema(schema as unknown as avro.Schema, { wrapUnions: 'never' }), id)
}

const iso = (ms: unknown): unknown => (typeof ms === 'number' ? new Date(ms).toISOString() : ms)

/** Published moves as another client of the registry reads them, in the words of the JSON payload. */
async function published(): Promise<string[]> {
  const other = new SchemaRegistry({ host: direct() })
  const records = await kafka.committed(topicNames(APP)['segment-changed'], 0)
  return Promise.all(
    records.map(async ({ value }) => {
      const move = (await other.decode(value as Buffer)) as Record<string, unknown>
      return JSON.stringify({
        ...move,
        fromSince: iso(move['fromSince']),
        occurredAt: iso(move['occurredAt']),
      })
    }),
  )
}

async function journal(): Promise<JournalLine[]> {
  const records = await kafka.committed(topicNames(APP).journal, 0)
  return records.map(({ value }) => parseJournalLine(String(value)) as JournalLine)
}

test(
  'Avro in, Avro out: the moves of the run without servers, through an absent registry, an unknown schema and broken values',
  { timeout: 6 * END_MS },
  async () => {
    const events = [...generateShop({ users: 200, days: 25, seed: 5, startMs: SHOP_START_MS })]
    const expected = await embedded(folder, APP, events)
    await kafka.createTopics(['avro-clicks', 'avro-orders'])
    const file = config()
    const names = topicNames(APP)
    const outputs = [names['segment-changed'], names['user-segments'], names['segment-catalog']]
    const planned = await run(['topics', 'apply', '--config', file])
    expect(planned).toMatchObject({ code: 0 })
    for (const output of outputs) expect(planned.out).toContain(`register   the schema of ${output}`)
    expect((await run(['topics', 'plan', '--config', file])).out).toContain('as they should be')
    const promote = ['promote', '--config', file, '--model', join(folder, 'model'), '--at', 'start']
    expect(await run(promote)).toMatchObject({ code: 0 })
    const half = events.length >> 1
    const encode = await new RegistryEncoders({ url: direct() }, realClock).event('avro-clicks')
    const whole = encode(events[0] as Event)
    const broken = [
      Buffer.from('{}'),
      Buffer.from([0]),
      Buffer.concat([Buffer.from([1]), whole.subarray(1)]),
      whole.subarray(0, 9),
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.from([0])]),
    ]
    const unknown = Buffer.from([0, 0, 0, 0, 0, 2])
    unknown.writeUInt32BE(UNKNOWN_ID, 1)
    await produce(events.slice(0, half >> 1), encode)
    await send(
      'avro-clicks',
      [...broken, unknown].map((value) => ['u', value]),
    )
    await produce(events.slice(half >> 1, half), encode)

    // away before the start: waits, and goes on by itself
    const shut = gate as Gate
    shut.mode = 'refusing'
    const consumer = consume(file, children)
    await until('the consumer to wait', async () => consumer.words().includes('before the start'))
    expect(consumer.words()).not.toContain('joins group')
    shut.mode = 'open'

    // an id that the registry does not have holds the task, then is refused
    await until('the consumer to miss a schema', async () => consumer.words().includes('has no schema'))
    const folded = async (): Promise<number> => (await journal()).at(-1)?.positions['avro-clicks'] ?? 0
    const clicks =
      events.slice(0, half).filter((e) => e.kind !== 'order_completed').length + broken.length + 1
    await until('the first half', async () => (await folded()) === clicks)

    // away while a new schema is needed: holds, publishes nothing, goes on
    shut.mode = 'silent'
    await produce(events.slice(half), await laterEncoder())
    await until('the consumer to hold', async () => consumer.words().includes('did not answer'))
    expect(await folded()).toBe(clicks)
    shut.mode = 'refusing'
    await sleep(1000)
    shut.mode = 'open'
    const all = events.length + broken.length + 1
    const records = async (): Promise<number> => {
      const positions = (await journal()).at(-1)?.positions ?? {}
      return (positions['avro-clicks'] ?? 0) + (positions['avro-orders'] ?? 0)
    }
    await until(
      `all of ${all} records`,
      async () => (await records()) === all,
      async () => consumer.words(),
    )
    consumer.child().kill('SIGTERM')
    expect(await consumer.ended).toBe(0)

    const lines = await journal()
    const first = events.slice(0, half >> 1).filter((e) => e.kind !== 'order_completed').length
    expect(lines.flatMap((line) => line.refused?.['avro-clicks'] ?? [])).toEqual([first + broken.length])
    const { tasks } = JSON.parse(consumer.out()) as {
      tasks: { clock: number; refused: Record<string, number> }[]
    }
    expect(tasks[0]?.refused).toEqual({ 'not-avro': broken.length, 'unknown-schema': 1 })
    // time stands still behind the last event: later moves of the quiet are not made there yet
    const due = expected.filter((move) => Date.parse(move.occurredAt) <= (tasks[0]?.clock ?? 0) + 1)
    expect(agreed(await published())).toEqual(due)
    expect(due.length).toBeGreaterThan(0.8 * expected.length)
    const letters = await kafka.committed(topicNames(APP)['dead-letter'], 0)
    expect(letters.map(({ value }) => Buffer.from(value ?? []))).toEqual([...broken, unknown])
    const other = new SchemaRegistry({ host: direct() })
    const catalog = await kafka.committed(names['segment-catalog'], 0)
    const told = await Promise.all(
      catalog.map(async ({ key, value }) => [String(key), (await other.decode(value as Buffer)) as object]),
    )
    expect(told.length).toBeGreaterThan(1)
    for (const [key, entry] of told) expect(entry).toMatchObject({ segment: key, bornAt: 0, diedAt: null })
    const [move] = await kafka.committed(topicNames(APP)['segment-changed'], 0)
    expect(String(move?.headers?.['content-type'])).toBe('application/avro')
  },
)
