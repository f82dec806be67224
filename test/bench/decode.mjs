/**
 * Decoding of native events beside JSON.parse alone on the same lines, in one run. Prints CPU nanoseconds per line (the fastest of
 * interleaved rounds, because machines are shared) and their ratio.
 */
import { makeDecoder } from '../../dist/app/decode.js'

const LINES = 20_000
const ROUNDS = 15
const LATEST_MS = Number.MAX_SAFE_INTEGER

const kinds = [
  'product_viewed',
  'product_viewed',
  'product_viewed',
  'product_viewed',
  'page_viewed',
  'product_added',
]

/** A line as a shop writes it: mostly views, some carts, a few orders. */
function eventOf(i) {
  const base = {
    eventId: `e-${i.toString(36)}-${(i * 7919) % 99991}`,
    userId: `user-${(i * 31) % 5000}`,
    eventTime: 1_700_000_000_000 + i * 977,
  }
  const session = `s-${(i * 17) % 9000}`
  if (i % 40 === 0) {
    const lines = [{ product: `p-${i % 300}`, category: 'electronics.audio', quantity: 1, amountMinor: 1999 }]
    return {
      ...base,
      kind: 'order_completed',
      session,
      amountMinor: 1999,
      currency: 'EUR',
      orderId: `o-${i}`,
      lines,
      channel: 'web',
      country: 'FR',
    }
  }
  const kind = kinds[i % kinds.length]
  if (kind === 'page_viewed') return { ...base, kind, session, channel: 'web', country: 'FR' }
  return {
    ...base,
    kind,
    session,
    product: `p-${i % 300}`,
    category: 'electronics.audio.headphone',
    brand: `brand ${i % 20}`,
    amountMinor: 100 + (i % 9000),
    currency: 'EUR',
    channel: 'web',
    country: 'FR',
  }
}

/** Lines one after the other in one piece of bytes, as a source hands them out. */
function recordsOf(texts) {
  const bytes = Buffer.from(texts.join('\n'))
  let from = 0
  return texts.map((text, offset) => {
    const to = from + Buffer.byteLength(text)
    const record = { offset, time: NaN, bytes, from, to, keyFrom: -1, keyTo: -1, cut: undefined }
    from = to + 1
    return record
  })
}

const texts = Array.from({ length: LINES }, (_, i) => JSON.stringify(eventOf(i)))
const records = recordsOf(texts)
const accents = recordsOf(texts.map((text) => text.replace('"brand ', '"märke ')))
const decode = makeDecoder({ format: 'ndjson' })
const decodeAll = (records) => {
  for (const record of records) {
    const decoded = decode(record, LATEST_MS)
    if (decoded.type !== 'events') throw new Error(JSON.stringify(decoded))
    sink += decoded.events[0].eventTime
  }
}

let sink = 0
const contenders = {
  'JSON.parse of a string': () => {
    for (const text of texts) sink += JSON.parse(text).eventTime
  },
  'bytes → string → JSON.parse': () => {
    for (const { bytes, from, to } of records) sink += JSON.parse(bytes.utf8Slice(from, to)).eventTime
  },
  'bytes → event': () => decodeAll(records),
  'bytes → event, 3 of 4 not ASCII': () => decodeAll(accents),
}

const times = new Map(Object.keys(contenders).map((name) => [name, []]))
for (let round = 0; round < ROUNDS + 3; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    const ns = ((user + system) * 1000) / LINES
    if (round >= 3) times.get(name).push(ns)
  }
}

const fastest = (values) => Math.min(...values)
const base = fastest(times.get('JSON.parse of a string'))
console.log(`${LINES} lines of ${Math.round(records[0].bytes.length / LINES)} bytes on average`)
for (const [name, values] of times) {
  const ns = fastest(values)
  console.log(
    `${name.padEnd(32)} ${ns.toFixed(0).padStart(6)} ns/line  ${(ns / base).toFixed(2)} × JSON.parse`,
  )
}
if (!Number.isFinite(sink)) throw new Error('the work was not done')
