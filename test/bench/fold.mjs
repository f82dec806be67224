// Folds made-up events into profiles in one process: events/s of open + fold + vector, bytes allocated per event, bytes per
// profile. Run after `npm run build`: node --expose-gc test/bench/fold.mjs
import { readFileSync } from 'node:fs'
import { UTC } from '../../dist/domain/base/zone.js'
import { seededRandom } from '../../dist/domain/base/random.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'

const DAY_MS = 86_400_000
const KINDS = [
  'page_viewed',
  'product_viewed',
  'product_viewed',
  'product_viewed',
  'product_added',
  'order_completed',
]
const CATEGORIES = [
  'electronics.audio.headphone',
  'toys.lego',
  'books.novel',
  'garden.tools',
  'fashion.shoes',
  'kids.shoes',
  'sport.bike',
]

/** 16 columns of 7, 30 and 90 days, and of all time. */
function rolling() {
  const on = ['page_viewed', 'product_viewed', 'product_added', 'order_completed']
  const features = []
  for (const window of ['7d', '30d', '90d']) {
    features.push({ name: `views_${window}`, aggregate: 'count', on: ['product_viewed'], window })
    features.push({ name: `carts_${window}`, aggregate: 'count', on: ['product_added'], window })
    features.push({ name: `orders_${window}`, aggregate: 'count', on: ['order_completed'], window })
    features.push({
      name: `revenue_${window}`,
      aggregate: 'sum',
      of: 'amount',
      on: ['order_completed'],
      window,
    })
  }
  features.push({
    name: 'electronics_90d',
    aggregate: 'count',
    on: ['product_viewed'],
    where: { category: 'electronics' },
    window: '90d',
  })
  features.push({ name: 'categories_90d', aggregate: 'distinct', of: 'category', on, window: '90d' })
  features.push({
    name: 'products_30d',
    aggregate: 'distinct',
    of: 'product',
    on: ['product_viewed'],
    window: '30d',
  })
  features.push({ name: 'recency', aggregate: 'recency', on, unit: 'day', cap: 365 })
  return { name: 'rolling', version: 1, zone: 'UTC', features }
}

function makeEvents(count, users, days) {
  const random = seededRandom(7)
  const events = []
  for (let i = 0; i < count; i++) {
    const kind = KINDS[random.below(KINDS.length)]
    const item = random.below(5000)
    const undef = undefined
    events.push({
      eventId: `e${i}`,
      // a few users do much, many little
      userId: `user-${Math.floor(users * random.next() * random.next())}`,
      eventTime: Date.UTC(2024, 0, 1) + Math.floor((i / count) * days * DAY_MS),
      kind,
      session: undef,
      product: `product-${item}`,
      category: CATEGORIES[item % CATEGORIES.length],
      brand: undef,
      quantity: undef,
      amountMinor: kind === 'order_completed' ? 100 + random.below(100_000) : undef,
      currency: undef,
      orderId: undef,
      lines: undef,
      coupon: undef,
      discountMinor: undef,
      channel: undef,
      country: undef,
      promotion: undef,
      campaign: undef,
      attributes: undef,
    })
  }
  return events
}

function run(name, set, events, repeat) {
  const plan = compilePlan(set, UTC)
  const out = new Float64Array(plan.columns.length)
  let best = Infinity
  let due = Infinity
  let allocated = 0
  let profiles
  for (let round = 0; round < repeat; round++) {
    profiles = new Profiles(plan)
    const started = process.hrtime.bigint()
    for (const event of events) {
      const slot = profiles.open(event.userId)
      profiles.fold(slot, event)
      profiles.vector(slot, profiles.asOf(slot), out)
    }
    best = Math.min(best, Number(process.hrtime.bigint() - started) / events.length)
    // again, now that pools have their size: what each event allocates by itself
    globalThis.gc?.()
    const heap = process.memoryUsage().heapUsed
    for (let i = 0; i < 100_000; i++) {
      const event = events[events.length - 1 - (i % 1000)]
      const slot = profiles.open(event.userId)
      profiles.fold(slot, event)
      profiles.vector(slot, profiles.asOf(slot), out)
    }
    allocated = (process.memoryUsage().heapUsed - heap) / 100_000
    const again = process.hrtime.bigint()
    for (let slot = 0; slot < profiles.capacity; slot++) profiles.nextChange(slot, profiles.asOf(slot))
    due = Math.min(due, Number(process.hrtime.bigint() - again) / profiles.size)
  }
  const started = process.hrtime.bigint()
  const saved = [...profiles.slots()].map((slot) => profiles.save(slot))
  const saveNs = Number(process.hrtime.bigint() - started) / saved.length
  const copy = new Profiles(plan)
  const loading = process.hrtime.bigint()
  saved.forEach((bytes, slot) => copy.load(profiles.user(slot), bytes))
  const loadNs = Number(process.hrtime.bigint() - loading) / saved.length
  const sizes = saved.map((b) => b.length).sort((a, b) => a - b)
  const at = (q) => sizes[Math.floor(q * (sizes.length - 1))]
  process.stdout.write(
    `${name.padEnd(10)} ${(best / 1000).toFixed(3)} µs/event  ${Math.round(1e9 / best)} events/s  ${allocated.toFixed(1)} B allocated/event  ` +
      `nextChange ${Math.round(due)} ns  save ${Math.round(saveNs)} ns  load ${Math.round(loadNs)} ns  ` +
      `profile p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} B (bound ${plan.maxBytes})\n`,
  )
}

const read = (name) =>
  parseFeatureSet(
    JSON.parse(readFileSync(new URL(`../../models/feature-sets/${name}.json`, import.meta.url))),
    name,
  )
const events = makeEvents(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 50_000), 120)
run('seed', read('seed'), events, 3)
run('rolling', parseFeatureSet(rolling(), 'rolling'), events, 3)
run('behaviour', read('behaviour'), events, 3)
