// The doors of Kafka and Redis at full rate and at a steady one, beside what the same records cost without us, all in one run on
// servers of its own. Writes test/bench/RESULTS-kafka.md. Run by `npm run bench:kafka`:
//   node test/bench/kafka.mjs [--events 600000] [--users 60000] [--only floors,one,calm,two,default,latency,restart] [--profile folder]
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { runnerImport } from 'vite'
import { topicNames } from '../../dist/adapters/kafka/topics.js'
import { catchUp, Consumer, folded, segmentation } from './kafka/consumer.mjs'
import { Load, Subscriber } from './kafka/live.mjs'
import { number, quantile, redisBytes, redisCpu } from './kafka/measure.mjs'
import { history, PARTITIONS, produce, SCHEMA_ID, SCHEMA_TEXT } from './kafka/work.mjs'

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '600000' },
    users: { type: 'string', default: '60000' },
    only: { type: 'string', default: 'floors,one,calm,two,default,latency,restart' },
    profile: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('RESULTS-kafka.md', import.meta.url)) },
  },
})
const events = Number(flags.events)
const users = Number(flags.users)
const only = new Set(flags.only.split(','))
const STEADY = 5000
const STEADY_S = 15
const WARM_S = 5
const TOPIC = 'shop'
const dir = mkdtempSync(join(tmpdir(), 'segmentation-bench-'))
const log = join(dir, 'consumers.log')
const started = performance.now()
const say = (text) => process.stderr.write(`${number((performance.now() - started) / 1000)} s  ${text}\n`)
/** @param {string} path */
const support = async (path) =>
  (await runnerImport(fileURLToPath(new URL(`../support/servers/${path}`, import.meta.url)))).module

const { startKafka } = await support('kafka.ts')
const { startRedis } = await support('redis.ts')
const [broker, redisServer] = await Promise.all([startKafka(), startRedis()])
for (const server of [broker, redisServer]) if (typeof server === 'string') throw new Error(server)
const brokers = [...broker.brokers]
const [redisNode] = redisServer.access.nodes
const redis = new Redis({ ...redisNode, protocol: 2 })
/** All that is asked of a registry here is one schema. */
const registry = createServer((request, response) => {
  const found = request.url === `/schemas/ids/${SCHEMA_ID}`
  response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify(found ? { schema: SCHEMA_TEXT } : { error_code: 40403, message: 'no such schema' }),
  )
}).listen(0, '127.0.0.1')
await new Promise((open) => registry.once('listening', open))
const registryUrl = `http://127.0.0.1:${registry.address().port}`
const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING })
const running = new Set()
/** @type {string[][]} */
const rows = []
/** A figure, what it is to be, and beside it where that stands. */
const row = (what, value, target = '') => {
  rows.push([what, value, target])
  say(`${what}: ${value}${target === '' ? '' : `   (target ${target})`}`)
}

function consume(config) {
  const node = flags.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${flags.profile}`]
  const consumer = new Consumer(config, { log, node })
  running.add(consumer)
  return consumer
}

async function end(...consumers) {
  for (const consumer of consumers) {
    await consumer.end()
    running.delete(consumer)
  }
}

/** A consumer's config and topics; it reads the shop's history from its beginning. */
async function app(
  name,
  { set = 'seed', member = 'a', pageInterval = '100ms', maxSleep = '24h', fresh = true } = {},
) {
  const path = join(dir, `${name}-${member}-${pageInterval}.yaml`)
  const model = join(dir, `model-${set}`)
  writeFileSync(
    path,
    [
      `app: ${name}`,
      `member: ${member}-${process.pid}`,
      `kafka: {brokers: ["${brokers.join('", "')}"], partitions: ${PARTITIONS}, replication: 1, minInsyncReplicas: 1}`,
      `redis: {nodes: ["${redisNode.host}:${redisNode.port}"]}`,
      `schemaRegistry: {url: "${registryUrl}"}`,
      'output: {format: json}',
      `inputs: [{topic: ${TOPIC}}]`,
      `model: ${model}`,
      'tickAllowance: 9999d',
      `pageInterval: ${pageInterval}`,
      `maxSleep: ${maxSleep}`,
    ].join('\n'),
  )
  if (fresh) {
    await segmentation('topics', 'apply', '--config', path)
    await segmentation('promote', '--config', path, '--model', model, '--at', 'start')
  }
  return path
}

async function floor(what, count) {
  const asked = {
    what,
    brokers,
    topic: TOPIC,
    redisPort: redisNode.port,
    registry: registryUrl,
    events: count,
  }
  const before = await redisCpu(redis)
  const script = fileURLToPath(new URL('kafka/floors.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(asked)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more) => (text += more))
  await new Promise((closed) => child.once('close', closed))
  const { node, rate, events: seen } = JSON.parse(text)
  await redis.flushall()
  return { node, rate, redis: ((await redisCpu(redis)) - before) / seen }
}

const cost = ({ node, redis: server }) => `${number(node, 1)} + ${number(server, 1)} Redis`

async function floors() {
  const few = Math.round(events / 50)
  const plain = await floor('consume', events * 0.9)
  row('kafkajs alone, records counted', `${number(plain.node, 2)} µs/event, ${number(plain.rate)} events/s`)
  const writes = await floor('writes', 200_000)
  row('HSET of 200 bytes, pipelines of 1,000', `${cost(writes)} µs/profile`)
  const each = await floor('each', few)
  row(
    'as people write it: eachMessage, decode, GET/SET, send',
    `${cost(each)} µs/event, ${number(each.rate)} events/s`,
  )
  const batch = await floor('batch', events / 4)
  row('better: eachBatch, MGET/MSET, one send', `${cost(batch)} µs/event, ${number(batch.rate)} events/s`)
}

async function one() {
  const consumer = consume(await app('one'))
  const alone = await catchUp([consumer], { topic: TOPIC, total: events, redis })
  row('one process', `${cost(alone.whole)} µs/event, ${number(alone.whole.rate)} events/s`, '8 + 1.5 µs')
  row('one process, second half', `${cost(alone.warm)} µs/event, ${number(alone.warm.rate)} events/s`)
  row('one process, largest resident size', `${number(alone.peak)} MiB`, '400 beside its cache')
  await end(consumer)
  row('moves an event', number(consumer.moves() / events, 3))
  await bytes('one', 'seed', 600)
}

async function calm() {
  const consumer = consume(await app('calm', { maxSleep: '90d' }))
  const slept = await catchUp([consumer], { topic: TOPIC, total: events, redis })
  row(
    'one process, nobody looked at daily (maxSleep 90d)',
    `${cost(slept.whole)} µs/event, ${number(slept.whole.rate)} events/s`,
  )
  await end(consumer)
}

async function two() {
  const consumers = [consume(await app('two')), consume(await app('two', { member: 'b', fresh: false }))]
  const both = await catchUp(consumers, { topic: TOPIC, total: events, redis })
  row('two processes', `${cost(both.whole)} µs/event, ${number(both.whole.rate)} events/s`)
  row('two processes, second half', `${cost(both.warm)} µs/event, ${number(both.warm.rate)} events/s`)
  await end(...consumers)
}

async function wide() {
  const consumer = consume(await app('wide', { set: 'default' }))
  const more = await catchUp([consumer], { topic: TOPIC, total: events, redis })
  row('one process, feature set default', `${cost(more.whole)} µs/event, ${number(more.whole.rate)} events/s`)
  await end(consumer)
  await bytes('wide', 'default', 900)
}

async function bytes(name, set, target) {
  const parts = await redisBytes(redis, name)
  let known = 0
  for (let p = 0; p < PARTITIONS; p++) known += await redis.hlen(`{${name}:${p}}:profiles`)
  const each = ['profiles', 'dues', 'members', 'index', 'head'].map((part) => [
    part,
    (parts[part] ?? 0) / known,
  ])
  const all = each.reduce((sum, [, size]) => sum + size, 0)
  const text = each.map(([part, size]) => `${part} ${number(size)}`).join(', ')
  row(`bytes a user in Redis, ${set}`, `${number(all)} (${text})`, String(target))
}

/** A steady load on a consumer that has caught up. */
async function steady(pageInterval, target) {
  const name = `steady-${pageInterval}`
  const consumer = consume(await app(name, { pageInterval }))
  const { topicEnd } = await ends()
  await catchUp([consumer], { topic: TOPIC, total: topicEnd, redis })
  const subscriber = new Subscriber()
  await subscriber.start(kafka, topicNames(name)['segment-changed'])
  const load = new Load(kafka, { topic: TOPIC, users, perSecond: STEADY, seed: pageInterval.length })
  await sleep(WARM_S * 1000)
  subscriber.latencies(load)
  const [cpu, server, before, at] = [consumer.cpu, await redisCpu(redis), load.sent, performance.now()]
  await sleep(STEADY_S * 1000)
  const sent = load.sent - before
  const used = { node: (consumer.cpu - cpu) / sent, redis: ((await redisCpu(redis)) - server) / sent }
  const perSecond = sent / ((performance.now() - at) / 1000)
  const found = subscriber.latencies(load)
  const [p50, p99] = [quantile(found, 0.5), quantile(found, 0.99)]
  const moves = `${number(found.length)} moves of ${number(sent)} events`
  row(
    `sent → readable, pages of ${pageInterval}, ${number(perSecond)} events/s`,
    `p50 ${number(p50)} ms, p99 ${number(p99)} ms (${moves})`,
    target,
  )
  row(`CPU there, pages of ${pageInterval}`, `${cost(used)} µs/event`, '40')
  return { consumer, load, subscriber, name }
}

async function ends() {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(TOPIC)
  await admin.disconnect()
  return { topicEnd: offsets.reduce((sum, { offset }) => sum + Number(offset), 0) }
}

async function restart({ consumer, load, subscriber, name }) {
  await consumer.end('SIGKILL')
  running.delete(consumer)
  subscriber.moves.length = 0
  const at = performance.now()
  const again = consume(await app(name, { fresh: false }))
  while (subscriber.moves.length === 0 && performance.now() - at < 60_000) await sleep(10)
  row('kill -9 → first move readable again', `${number(performance.now() - at)} ms`, '5,000')
  await load.stop()
  await subscriber.stop()
  await end(again)
}

/** kill -9 in the middle of catching up: how long two tasks need for what was published and not stored. */
async function refold() {
  const config = await app('again')
  const first = consume(config)
  while ((await folded([first], TOPIC)).records < events / 2) await sleep(50)
  await first.end('SIGKILL')
  running.delete(first)
  const second = consume(config)
  const notices = () => [...second.words.matchAll(/task \d+: (\d+) revisions were published/g)]
  while (notices().length === 0) await sleep(5)
  const at = performance.now()
  let tasks = []
  do {
    await sleep(10)
    tasks = await second.tasks()
  } while (tasks.length < PARTITIONS || tasks.some(({ phase }) => phase !== 'running'))
  const ms = performance.now() - at
  const revisions = notices().reduce((sum, [, n]) => sum + Number(n), 0)
  row(
    `kill -9 at full rate: ${PARTITIONS} tasks fold ${number(revisions)} published revisions again`,
    `${number(ms)} ms, ${number(at - second.started)} ms after the start`,
    '1,000 for two tasks and a second',
  )
  await end(second)
}

async function main() {
  await Promise.all(
    [TOPIC, 'floor-out'].map(async (topic) => {
      const admin = kafka.admin()
      await admin.connect()
      const configEntries = [{ name: 'message.timestamp.after.max.ms', value: '3600000' }]
      await admin.createTopics({
        topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }],
      })
      await admin.disconnect()
    }),
  )
  const endMs = Date.now()
  await train(endMs)
  say(`sends ${number(events)} events of ${number(users)} users`)
  await produce(kafka, TOPIC, history(events, users, endMs))
  if (only.has('floors')) await floors()
  if (only.has('one')) await one()
  if (only.has('calm')) await calm()
  if (only.has('two')) await two()
  if (only.has('default')) await wide()
  if (only.has('latency')) {
    const small = await steady('20ms', 'p50 35, p99 100')
    await small.load.stop()
    await small.subscriber.stop()
    await end(small.consumer)
    const usual = await steady('100ms', 'p50 80, p99 160')
    await restart(usual)
  }
  if (only.has('restart')) await refold()
}

/** Models by a smaller shop of the same kind. */
async function train(endMs) {
  const path = join(dir, 'sample.ndjson')
  const sample = [...history(Math.min(events, 100_000), Math.min(users, 10_000), endMs)]
  writeFileSync(path, sample.map((event) => `${JSON.stringify(event)}\n`).join(''))
  for (const set of ['seed', 'default'])
    await segmentation(
      'train',
      '--events',
      path,
      '--feature-set',
      set,
      '--as-of',
      new Date(endMs + 1).toISOString(),
      '--out',
      join(dir, `model-${set}`),
    )
}

function table() {
  const head = ['what', 'measured', 'target']
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    '# Kafka and Redis',
    '',
    `Written by \`npm run bench:kafka\`: ${number(events)} Avro events of ${number(users)} users over 60 days, ${PARTITIONS} partitions, Kafka ${broker.version}, Redis ${redisServer.version}, Node ${process.version}, all on the same ${cpus().length} processors (load average of the last five minutes ${number(loadavg()[1], 1)}). µs are CPU; a slower machine stores more often for each event. Figures of one run: compare them with each other.`,
    '',
    line(head),
    line(['---', '---', '---']),
    ...rows.map(line),
    '',
  ].join('\n')
}

try {
  if (flags.profile !== undefined) mkdirSync(flags.profile, { recursive: true })
  await main()
  writeFileSync(flags.out, table())
  process.stdout.write(table())
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${error.stack}\n`)
} finally {
  for (const consumer of running) await consumer.end('SIGKILL')
  redis.disconnect()
  registry.close()
  await Promise.all([broker.stop(), redisServer.stop()])
  rmSync(dir, { recursive: true, force: true })
}
