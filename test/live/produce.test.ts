import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import avro from 'avsc'
import { parse } from 'yaml'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Written } from '../../src/adapters/kafka/event-writer.ts'
import { FRAME_BYTES } from '../../src/adapters/registry/encoders.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { SECOND_MS } from '../../src/domain/base/duration.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { startRegistry } from '../support/servers/registry.ts'
import { kcatMissing } from '../chaos/reader.ts'

const PARTITIONS = 3
const APP = 'producing'
const TOPIC = `${APP}.events.v1`
const LOAD = ['--bench', '--users', '200', '--days', '30', '--events', '3000', '--seed', '3']

const kafka = new Place()
const folder = tempFolder()
let config = ''

beforeAll(async () => {
  await kafka.start({ nodes: 1 })
  if (kafka.missing !== undefined) return
  config = join(folder, 'live.yaml')
  writeFileSync(
    config,
    [
      `app: ${APP}`,
      `kafka: {brokers: ["${kafka.server.brokers.join('", "')}"]}`,
      'redis: {nodes: ["127.0.0.1:1"]}',
      `inputs: [{topic: ${TOPIC}}]`,
      'model: none',
    ].join('\n'),
  )
  expect(await run(['generate', ...LOAD, '--out', join(folder, 'load')])).toMatchObject({ code: 0 })
  await kafka.createTopics([TOPIC, 'ingested', 'steady', 'rest', 'restart', 'avro', 'own'], PARTITIONS)
}, 90 * SECOND_MS)

afterAll(() => kafka.stop())

beforeEach((context) => {
  const missing = kafka.missing ?? kcatMissing()
  context.skip(missing !== undefined, missing)
})

interface Found {
  readonly partition: number
  readonly key: string
  readonly value: string
}

/** All of a topic, as another client reads it. */
function read(topic: string): Found[] {
  const args = ['-b', kafka.server.brokers.join(','), '-t', topic, '-C', '-e', '-q', '-f', '%p\t%k\t%s\n']
  const out = execFileSync('kcat', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t') as [string, string, string])
    .map(([partition, key, value]) => ({ partition: Number(partition), key, value }))
}

const lines = (name: string): string[] => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)
const toKafka = (...more: string[]): string[] => ['--to', 'kafka', '--config', config, '--json', ...more]

test('a topic gets what a file gets, each event on its user’s partition, in his order; twice the same ids', async () => {
  const first = await run(['generate', ...LOAD, ...toKafka()], { cwd: folder })
  expect(first).toMatchObject({ code: 0, err: '' })
  const found = read(TOPIC)
  const expected = lines('load')
  expect(found.map(({ value }) => value).sort()).toEqual([...expected].sort())
  for (const { partition, key, value } of found) {
    expect((JSON.parse(value) as { userId: string }).userId).toBe(key)
    expect(taskOf(key, PARTITIONS)).toBe(partition)
  }
  const orderOf = (values: readonly string[]): Map<string, string[]> => {
    const byUser = new Map<string, string[]>()
    for (const value of values) {
      const { userId, eventId } = JSON.parse(value) as { userId: string; eventId: string }
      byUser.set(userId, [...(byUser.get(userId) ?? []), eventId])
    }
    return byUser
  }
  expect(orderOf(found.map(({ value }) => value))).toEqual(orderOf(expected))

  const { written } = JSON.parse(first.out) as { written: Written }
  const counts = [0, 1, 2].map((p) => found.filter(({ partition }) => partition === p).length)
  const bytes = found.reduce((n, { key, value }) => n + Buffer.byteLength(key + value), 0)
  expect(written).toEqual({ topic: TOPIC, records: expected.length, bytes, partitions: counts })

  expect(await run(['generate', ...LOAD, ...toKafka()], { cwd: folder })).toMatchObject({ code: 0 })
  const twice = read(TOPIC).map(({ value }) => value)
  expect(twice).toHaveLength(2 * expected.length)
  expect(new Set(twice)).toEqual(new Set(expected))
})

test('ingest writes the same events, counts and dead letters to a topic as to a file, and ends alike', async () => {
  const header = 'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'
  const rows = Array.from(
    { length: 30 },
    (_, i) => `2019-10-01 00:00:${10 + i} UTC,view,1,2,a.b,c,3.50,u${i},s1`,
  )
  writeFileSync(join(folder, 'clicks.csv'), [header, ...rows, 'broken', 'broken', ''].join('\n'))
  const ingest = ['ingest', 'clicks.csv', '--mapping', 'rees46']
  const file = await run([...ingest, '--out', 'clicks', '--json'], { cwd: folder })
  const topic = await run([...ingest, ...toKafka('--topic', 'ingested')], { cwd: folder })
  expect([file.code, topic.code]).toEqual([3, 3])
  const counts = ({ out }: { out: string }): object => {
    const { read: n, events, skipped, refused } = JSON.parse(out) as Record<string, unknown>
    return { n, events, skipped, refused }
  }
  expect(counts(topic)).toEqual(counts(file))
  expect(
    read('ingested')
      .map(({ value }) => value)
      .sort(),
  ).toEqual(lines('clicks').sort())
  expect(lines('ingested.dead-letter.ndjson')).toEqual(lines('clicks.dead-letter.ndjson'))
})

test('a mapping is drafted from the records of a topic', async () => {
  const values = ['view', 'cart', 'purchase'].map((what, i) =>
    JSON.stringify({
      id: `e${i}`,
      customer: `c${i}`,
      at: `2025-01-01T00:00:0${i}Z`,
      what,
      sku: 's',
      price: 2.5,
      currency: 'EUR',
    }),
  )
  const producer = kafka.kafka().producer()
  await producer.connect()
  await producer.send({
    topic: 'own',
    messages: values.map((value, i) => ({ value, partition: i % PARTITIONS })),
  })
  await producer.disconnect()
  const { out, err, code } = await run(['mapping', 'draft', 'own', '--config', config])
  expect([code, err]).toEqual([0, 'the draft: 3 records make 3 events, 0 are skipped, 0 refused\n'])
  expect(parse(out)).toMatchObject({
    name: 'own',
    format: 'ndjson',
    user: 'customer',
    product: 'sku',
    eventId: 'id',
  })
})

test('a rate is kept', { timeout: 30 * SECOND_MS }, async () => {
  const args = ['generate', ...LOAD, ...toKafka('--topic', 'steady', '--rate', '1000')]
  const { out } = await run(args, { cwd: folder })
  const { elapsedMs } = JSON.parse(out) as { elapsedMs: number }
  expect(elapsedMs).toBeGreaterThan(2900)
  expect(read('steady')).toHaveLength(3000)
})

test('a run goes on behind what an earlier one has written', async () => {
  const { code } = await run(['generate', ...LOAD, ...toKafka('--topic', 'rest', '--skip', '2990')], {
    cwd: folder,
  })
  expect(code).toBe(0)
  expect(
    read('rest')
      .map(({ value }) => value)
      .sort(),
  ).toEqual(lines('load').slice(2990).sort())
})

test(
  'a broker that is killed and comes back costs nothing and doubles nothing',
  { timeout: 60 * SECOND_MS },
  async () => {
    const running = run(['generate', ...LOAD, ...toKafka('--topic', 'restart', '--rate', '1000')], {
      cwd: folder,
    })
    while (read('restart').length === 0) await sleep(100)
    const [node] = kafka.server.nodes
    await node?.kill()
    await node?.start()
    expect(await running).toMatchObject({ code: 0, err: '' })
    expect(
      read('restart')
        .map(({ value }) => value)
        .sort(),
    ).toEqual(lines('load').sort())
  },
)

test('events are Avro where the config names a registry', { timeout: 120 * SECOND_MS }, async (context) => {
  const registry = await startRegistry()
  context.skip(typeof registry === 'string', 'no schema registry')
  if (typeof registry === 'string') throw new Error(registry)
  try {
    const args = ['generate', ...LOAD, ...toKafka('--topic', 'avro')]
    const env = { SEGMENTATION_SCHEMA_REGISTRY_URL: registry.url }
    expect(await run(args, { cwd: folder, env })).toMatchObject({ code: 0, err: '' })
    const draft = await run(['mapping', 'draft', 'avro', '--config', config], { env })
    expect(draft).toMatchObject({ code: 3, err: expect.stringContaining('events in our own form') as string })
  } finally {
    await registry.stop()
  }
  const type = avro.Type.forSchema(
    JSON.parse(readFileSync(join(ROOT, 'schemas/event.avsc'), 'utf8')) as avro.Schema,
  )
  const found: string[] = []
  for (let p = 0; p < PARTITIONS; p++) {
    for (const { value } of await kafka.committed('avro', p)) {
      expect(value?.[0]).toBe(0)
      const { eventId } = type.fromBuffer(value?.subarray(FRAME_BYTES) ?? Buffer.alloc(0)) as {
        eventId: string
      }
      found.push(eventId)
    }
  }
  const expected = lines('load').map((line) => (JSON.parse(line) as { eventId: string }).eventId)
  expect(found.sort()).toEqual(expected.sort())
})

test('what cannot be is said at once: no such topic, file and topic, a registry that is not there', async () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, err } = await run(['generate', ...LOAD, ...args], { cwd: folder })
    expect(code).toBe(2)
    return err
  }
  expect(await refused(...toKafka('--topic', 'nowhere'))).toMatch('topic nowhere: does not exist')
  expect(await refused(...toKafka('--out', 'x'))).toMatch('either --out FILE or --to kafka')
  expect(await refused('--out', 'x', '--rate', '5')).toMatch('--rate belongs to --to kafka')
  expect(await refused(...toKafka('--format', 'avro'))).toMatch('--format: avro needs a schemaRegistry')
})
