// The work of the benchmark: events of a Zipf-like shop as Avro in Confluent's framing, time-ordered, each under its user's key
// on its user's partition.
import { readFileSync } from 'node:fs'
import avro from 'avsc'
import { murmur2 } from '../../../dist/domain/base/hash.js'

export const SCHEMA_ID = 1
export const PARTITIONS = 4
const SCHEMA_FILE = new URL('../../../schemas/event.avsc', import.meta.url)
export const SCHEMA_TEXT = readFileSync(SCHEMA_FILE, 'utf8')
export const DAYS = 60
const DAY_MS = 24 * 60 * 60 * 1000
const CATEGORIES = Array.from({ length: 40 }, (_, i) => `department-${i % 8}.shelf-${i}`)

/** mulberry32: seeded, so that every run has the same work. */
function chance(seed) {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const userIdOf = (n) => `user-${String(n).padStart(8, '0')}`

/** A maker of one event after the other; 85 % views, 10 % cart additions, 5 % purchases. */
export function shop(users, seed = 7) {
  const random = chance(seed)
  const zipf = Math.log(users + 1)
  let made = 0
  return (eventTime) => {
    // a seventh of the visits by anybody, so that everyone comes
    const who = made % 7 === 0 ? Math.floor(random() * users) : Math.floor(Math.exp(random() * zipf)) - 1
    const userId = userIdOf(Math.min(who, users - 1))
    const r = random()
    const product = `sku-${Math.floor(random() * 5000)}`
    const base = { eventId: `e-${seed}-${made++}`, userId, eventTime }
    if (r < 0.85)
      return { ...base, kind: 'product_viewed', product, category: CATEGORIES[Math.floor(random() * 40)] }
    if (r < 0.95) return { ...base, kind: 'product_added', product, quantity: 1 }
    const amountMinor = 500 + Math.floor(random() * 20_000)
    return { ...base, kind: 'order_completed', orderId: `o-${made}`, amountMinor, currency: 'EUR' }
  }
}

/** `count` events over the days before `endMs`. */
export function* history(count, users, endMs) {
  const next = shop(users)
  const startMs = endMs - DAYS * DAY_MS
  for (let i = 0; i < count; i++) yield next(startMs + Math.floor((i * DAYS * DAY_MS) / count))
}

const type = avro.Type.forSchema(JSON.parse(SCHEMA_TEXT), { wrapUnions: 'never' })
const absent = Object.fromEntries(type.fields.map((field) => [field.name, field.defaultValue()]))

/** Key, value and partition of the record that holds an event. */
export function recordOf(event) {
  const key = Buffer.from(event.userId)
  const body = type.toBuffer({ ...absent, ...event })
  const value = Buffer.allocUnsafe(body.length + 5)
  value[0] = 0
  value.writeUInt32BE(SCHEMA_ID, 1)
  body.copy(value, 5)
  return { key, value, partition: murmur2(key) % PARTITIONS }
}

/** Sends events in calls of a thousand records. */
export async function produce(kafka, topic, events) {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  let messages = []
  const flush = async () => {
    if (messages.length > 0) await producer.send({ topic, messages, acks: 1 })
    messages = []
  }
  for (const event of events) {
    messages.push(recordOf(event))
    if (messages.length === 1000) await flush()
  }
  await flush()
  await producer.disconnect()
}
