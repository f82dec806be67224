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

const PRODUCTS = Array.from({ length: 5000 }, (_, i) => `product-${i}`)

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

/** Facts in flat arrays; `fill` makes the next one an event, as a decoder would just have done. */
function makeFacts(count, users, days) {
  const random = seededRandom(7)
  const facts = {
    count,
    id: [],
    user: [],
    time: new Float64Array(count),
    kind: [],
    item: new Uint16Array(count),
    amount: new Int32Array(count),
  }
  const names = Array.from({ length: users }, (_, i) => `user-${i}`)
  for (let i = 0; i < count; i++) {
    // a few users do much, many little
    facts.id.push(`e-${i.toString(36)}`)
    facts.user.push(names[Math.floor(users * random.next() * random.next())])
    facts.time[i] = Date.UTC(2024, 0, 1) + Math.floor((i / count) * days * DAY_MS)
    facts.kind.push(KINDS[random.below(KINDS.length)])
    facts.item[i] = random.below(PRODUCTS.length)
    facts.amount[i] = 100 + random.below(100_000)
  }
  return facts
}

const event = {
  eventId: 'e',
  userId: 'u',
  eventTime: Date.UTC(2024, 0, 1) + 0.5,
  kind: 'page_viewed',
  session: undefined,
  product: 'p',
  category: 'c',
  brand: undefined,
  quantity: undefined,
  amountMinor: undefined,
  currency: undefined,
  orderId: undefined,
  lines: undefined,
  coupon: undefined,
  discountMinor: undefined,
  channel: undefined,
  country: undefined,
  promotion: undefined,
  campaign: undefined,
  attributes: undefined,
}

function fill(facts, i) {
  event.eventId = facts.id[i]
  event.userId = facts.user[i]
  event.eventTime = facts.time[i]
  event.kind = facts.kind[i]
  event.product = PRODUCTS[facts.item[i]]
  event.category = CATEGORIES[facts.item[i] % CATEGORIES.length]
  event.amountMinor = event.kind === 'order_completed' ? facts.amount[i] : undefined
  return event
}

/** Nanoseconds of CPU time, of all threads: other processes do not count, the collector does. */
function timed(work) {
  const started = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(started)
  return (user + system) * 1000
}

/** Nanoseconds per event, least of some rounds. */
function least(rounds, work) {
  let best = Infinity
  for (let round = 0; round < rounds; round++) best = Math.min(best, work())
  return best
}

function foldAll(profiles, facts, out) {
  for (let i = 0; i < facts.count; i++) {
    const e = fill(facts, i)
    const slot = profiles.open(e.userId)
    profiles.fold(slot, e)
    profiles.vector(slot, profiles.asOf(slot), out)
  }
}

function run(name, set, facts, rounds) {
  const plan = compilePlan(set, UTC)
  const out = new Float64Array(plan.columns.length)
  let profiles
  const foldNs = least(rounds, () => {
    profiles = new Profiles(plan)
    return timed(() => foldAll(profiles, facts, out)) / facts.count
  })
  // the newest again, when every pool has its size: what an event allocates by itself
  const newest = {
    ...facts,
    id: facts.id.map((id) => `${id}-again`),
    count: Math.min(facts.count, 100_000),
    time: new Float64Array(facts.count).fill(facts.time[facts.count - 1]),
  }
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  foldAll(profiles, newest, out)
  const allocated = (process.memoryUsage().heapUsed - heap) / newest.count
  const slots = [...profiles.slots()]
  const changeNs =
    least(rounds, () =>
      timed(() => slots.forEach((slot) => profiles.nextChange(slot, profiles.asOf(slot)))),
    ) / slots.length
  let saved
  const saveNs =
    least(rounds, () => timed(() => (saved = slots.map((slot) => profiles.save(slot))))) / slots.length
  const loadNs =
    least(rounds, () => {
      const copy = new Profiles(plan)
      return timed(() => saved.forEach((bytes, i) => copy.load(profiles.user(slots[i]), bytes)))
    }) / slots.length
  const sizes = saved.map((bytes) => bytes.length).sort((a, b) => a - b)
  const at = (q) => sizes[Math.floor(q * (sizes.length - 1))]
  process.stdout.write(
    `${name.padEnd(10)} ${(foldNs / 1000).toFixed(3)} µs/event  ${Math.round(1e9 / foldNs)} events/s  ${allocated.toFixed(1)} B allocated/event  ` +
      `nextChange ${Math.round(changeNs)} ns  save ${Math.round(saveNs)} ns  load ${Math.round(loadNs)} ns  ` +
      `profile p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} B (bound ${plan.maxBytes})\n`,
  )
}

const read = (name) =>
  parseFeatureSet(
    JSON.parse(readFileSync(new URL(`../../models/feature-sets/${name}.json`, import.meta.url))),
    name,
  )
const rounds = 5
const facts = makeFacts(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 50_000), 120)
const floorNs = least(rounds, () => {
  const slots = new Map()
  return (
    timed(() => {
      for (let i = 0; i < facts.count; i++) {
        const e = fill(facts, i)
        if (slots.get(e.userId) === undefined) slots.set(e.userId, i)
      }
    }) / facts.count
  )
})
process.stdout.write(
  `floor      ${(floorNs / 1000).toFixed(3)} µs/event to make the event and look the user up in a Map\n`,
)
run('seed', read('seed'), facts, rounds)
run('rolling', parseFeatureSet(rolling(), 'rolling'), facts, rounds)
run('default', read('default'), facts, rounds)
