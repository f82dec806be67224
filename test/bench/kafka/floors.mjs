// What the same records cost without us, each in a process of its own: kafkajs alone, and pipelines as people write them.
// node floors.mjs '{"what": …, "brokers": […], "topic": …, "redisPort": …, "registry": …, "events": …}'
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { PARTITIONS } from './work.mjs'

const { what, brokers, topic, redisPort, registry: host, events } = JSON.parse(process.argv[2])
const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({ brokers, clientId: 'floor', logLevel: logLevel.NOTHING })
const registry = new SchemaRegistry({ host })
const redis = new Redis({ host: '127.0.0.1', port: redisPort, protocol: 2 })
const producer = kafka.producer()
const CENTROIDS = [
  [1, 0, 0],
  [3, 1, 0],
  [4, 2, 1],
  [5, 2, 3],
]

/** Counts, and the nearest of four centroids: about as little as a segmentation can be. */
function fold(text, event) {
  const profile = text === null ? { views: 0, carts: 0, spent: 0, segment: -1 } : JSON.parse(text)
  if (event.kind === 'product_viewed') profile.views++
  else if (event.kind === 'product_added') profile.carts++
  else profile.spent += event.amountMinor
  const at = [profile.views, profile.carts, profile.spent / 1000].map((v) => Math.log1p(v))
  const distances = CENTROIDS.map((c) => c.reduce((sum, v, i) => sum + (v - at[i]) ** 2, 0))
  const segment = distances.indexOf(Math.min(...distances))
  const moved = segment !== profile.segment
  profile.segment = segment
  return { profile, moved }
}

const change = (event, { segment }) => ({ key: event.userId, value: JSON.stringify({ ...event, segment }) })

const HANDLERS = {
  consume: () => ({ eachBatch: async ({ batch }) => count(batch.messages.length) }),
  each: () => ({
    eachMessage: async ({ message }) => {
      const event = await registry.decode(message.value)
      const { profile, moved } = fold(await redis.get(event.userId), event)
      await redis.set(event.userId, JSON.stringify(profile))
      if (moved) await producer.send({ topic: 'floor-out', messages: [change(event, profile)] })
      count(1)
    },
  }),
  batch: () => ({
    eachBatch: async ({ batch, heartbeat }) => {
      const decoded = await Promise.all(batch.messages.map(({ value }) => registry.decode(value)))
      const users = [...new Set(decoded.map(({ userId }) => userId))]
      const texts = await redis.mget(users)
      const profiles = new Map(users.map((user, i) => [user, texts[i]]))
      const messages = []
      for (const event of decoded) {
        const { profile, moved } = fold(profiles.get(event.userId), event)
        profiles.set(event.userId, JSON.stringify(profile))
        if (moved) messages.push(change(event, profile))
      }
      await redis.mset([...profiles].flat())
      if (messages.length > 0) await producer.send({ topic: 'floor-out', messages })
      await heartbeat()
      count(decoded.length)
    },
  }),
}

let seen = 0
let start
let cpu
let finish
const done = new Promise((resolve) => (finish = resolve))
function count(n) {
  if (start === undefined) {
    start = performance.now()
    cpu = process.cpuUsage()
    seen = 0
    return
  }
  seen += n
  if (seen >= events) finish()
}

async function writes() {
  const profile = Buffer.alloc(200, 7)
  for (let round = 0; round < events / 1000; round++) {
    const pipeline = redis.pipeline()
    for (let i = 0; i < 1000; i++) pipeline.hset('floor', `user-${(round * 1000 + i) % 50_000}`, profile)
    await pipeline.exec()
    count(1000)
  }
}

if (what === 'writes') {
  count(0)
  await writes()
} else {
  await producer.connect()
  const consumer = kafka.consumer({
    groupId: randomUUID(),
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 256 << 10,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ partitionsConsumedConcurrently: PARTITIONS, ...HANDLERS[what]() })
}
await done
const { user, system } = process.cpuUsage(cpu)
const ms = performance.now() - start
process.stdout.write(
  `${JSON.stringify({ events: seen, node: (user + system) / seen, rate: (seen / ms) * 1000, peak: process.resourceUsage().maxRSS / 1024 })}\n`,
  () => process.exit(0),
)
