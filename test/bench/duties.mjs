// The bare fold beside the fold with all duties, on the same decoded events in one process: merge by time, wakes, assignment,
// decision, reasons, due times, digests, journal lines, dirty marks. Run after `npm run build`:
// node --expose-gc test/bench/duties.mjs [users] [days]
import { readFileSync } from 'node:fs'
import { TaskFold } from '../../dist/app/task/fold.js'
import { genesisHead, genesisLine } from '../../dist/app/task/journal.js'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { snapshots, wholeTable } from '../../dist/app/features.js'
import { trainBundle, TRAIN_DEFAULTS } from '../../dist/app/train.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'

const users = Number(process.argv[2] ?? 4000)
const days = Number(process.argv[3] ?? 60)
const CHUNK = 4000

const events = [...generateShop({ ...SHOP_DEFAULTS, users, days })]
const line = new TextEncoder().encode('x'.repeat(190))
const records = events.map((_, offset) => ({
  offset,
  time: Number.NaN,
  bytes: line,
  from: 0,
  to: line.length,
  keyFrom: -1,
  keyTo: -1,
}))
const contents = events.map((event) => ({ type: 'events', events: [event] }))

function cpu(work) {
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return {
    us: (user + system) / events.length,
    bytes: (process.memoryUsage().heapUsed - heap) / events.length,
    result,
  }
}

function bare(plan) {
  const profiles = new Profiles(plan)
  const vector = new Float64Array(plan.columns.length)
  let sum = 0
  for (const event of events) {
    const slot = profiles.open(event.userId)
    profiles.fold(slot, event)
    profiles.vector(slot, event.eventTime + 1, vector)
    sum += vector[0]
  }
  return sum
}

function duties(plan, bundle, labels) {
  const promote = {
    type: 'command',
    command: { command: 'promote', commandId: 'c', issuedAt: 0, bundle, labels },
  }
  const inputs = [
    { topic: 'control', control: true, decode: () => promote },
    { topic: 'events', decode: (r) => contents[r.offset] },
  ]
  const options = {
    task: 0,
    inputs,
    segmenter: {
      locale: 'en',
      holdout: { pct: 0, salt: '' },
      currency: 'EUR',
      due: {
        maxSleepMs: 7 * 86_400_000,
        spreadMs: 600_000,
        forgetAfterMs: 400 * 86_400_000,
        forgetAnonymousAfterMs: 30 * 86_400_000,
      },
    },
    recipe: 'bench',
    revisionSteps: 2000,
    maxProfiles: 1e9,
    maxAheadMs: 1e15,
    newProfiles: () => new Profiles(plan),
    serves: () => true,
  }
  const genesis = { app: 'bench', formats: {}, startedAt: 0, liveFrom: 0 }
  const fold = new TaskFold(options, genesisHead(genesisLine({ control: 0, events: 0 }, 'bench', genesis)), {
    stored: false,
    knownRev: 0,
  })
  fold.accept({ records: { control: [records[0]], events: [] }, rest: { control: 'dry', events: 'more' } })
  const total = { wakes: 0, moves: 0, revisions: 0 }
  let at = 0
  for (;;) {
    const a = fold.advance()
    if (a.type === 'idle') return total
    if (a.type === 'revision') {
      total.wakes += a.wakes
      total.moves += a.revision.transitions.length
      total.revisions++
      continue
    }
    const chunk = records.slice(at, at + CHUNK)
    at += chunk.length
    fold.accept({
      records: { events: chunk },
      rest: { control: 'dry', events: at < records.length ? 'more' : 'ended' },
    })
  }
}

const number = (n) => Math.round(n).toLocaleString('en')
console.log(`${number(events.length)} events of ${number(users)} users in ${days} days`)
console.log(
  '| feature set | what | µs CPU/event | events/s a core | kept B/event | wakes/event | moves/event |',
)
console.log('|---|---|--:|--:|--:|--:|--:|')
for (const name of ['seed', 'default']) {
  const set = parseFeatureSet(
    JSON.parse(readFileSync(new URL(`../../models/feature-sets/${name}.json`, import.meta.url), 'utf8')),
    name,
  )
  const plan = compilePlan(set, UTC)
  const [snapshot] = await snapshots(plan, events, [events.at(-1).eventTime + 1])
  const table = wholeTable(snapshot)
  const { bundle, labels } = trainBundle({
    featureSet: set,
    table,
    options: { ...TRAIN_DEFAULTS, source: 'bench', asOf: '' },
  })
  bare(plan)
  const b = cpu(() => bare(plan))
  const d = cpu(() => duties(plan, bundle, labels))
  const row = (what, r, more) =>
    console.log(
      `| ${name} | ${what} | ${r.us.toFixed(2)} | ${number(1e6 / r.us)} | ${number(r.bytes)} | ${more} |`,
    )
  row('bare fold', b, '– | –')
  row(
    'with all duties',
    d,
    `${(d.result.wakes / events.length).toFixed(2)} | ${(d.result.moves / events.length).toFixed(3)}`,
  )
}
