// What it costs that time passes: a wake against a folded event, and a million wakes in an hour beside 5,000 events a second.
// Run after `npm run build`: node --expose-gc test/bench/time.mjs [users] [days]
import { readFileSync } from 'node:fs'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { snapshots, wholeTable } from '../../dist/app/features.js'
import { trainBundle, TRAIN_DEFAULTS } from '../../dist/app/train.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Dues } from '../../dist/domain/profile/dues.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'
import { Segmenter } from '../../dist/domain/profile/segmenter.js'

const [users, days] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 40)]
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const events = [...generateShop({ ...SHOP_DEFAULTS, users, days })].sort((a, b) => a.eventTime - b.eventTime)
const DUE = {
  maxSleepMs: DAY_MS,
  spreadMs: HOUR_MS / 6,
  forgetAfterMs: 400 * DAY_MS,
  forgetAnonymousAfterMs: 400 * DAY_MS,
}
const RUN = {
  app: 'time',
  locale: 'en',
  liveFrom: 0,
  holdout: { pct: 0, salt: '' },
  currency: 'EUR',
  due: DUE,
}

/** µs of CPU for each of `n`. */
function cpu(n, work) {
  globalThis.gc?.()
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / n
}

const number = (n) => Math.round(n).toLocaleString('en')
console.log(`${number(events.length)} events of ${number(users)} users in ${days} days\n`)
console.log(
  '| feature set | bare fold, µs/event | event folded and decided, µs | wake fired and rescheduled, µs | in folded events (target ≤ 10) | of a core for 10⁶ wakes an hour beside 5,000 events/s |',
)
console.log('|---|--:|--:|--:|--:|--:|')
for (const name of ['seed', 'default']) {
  const path = new URL(`../../models/feature-sets/${name}.json`, import.meta.url)
  const set = parseFeatureSet(JSON.parse(readFileSync(path, 'utf8')), name)
  const plan = compilePlan(set, UTC)
  const [snapshot] = await snapshots(plan, events, [events.at(-1).eventTime + 1])
  const table = wholeTable(snapshot)
  const { bundle } = trainBundle({
    featureSet: set,
    table,
    options: { ...TRAIN_DEFAULTS, source: 'bench', asOf: '' },
  })
  const bare = () => {
    const profiles = new Profiles(plan)
    const vector = new Float64Array(plan.columns.length)
    for (const event of events) {
      const slot = profiles.open(event.userId)
      if (profiles.isDuplicate(slot, event)) continue
      profiles.take(slot, event)
      profiles.vector(slot, event.eventTime + 1, vector)
    }
  }
  bare()
  const fold = cpu(events.length, bare)
  const profiles = new Profiles(plan)
  const segmenter = new Segmenter(profiles, RUN)
  segmenter.deploy(bundle, null)
  const dues = new Dues()
  const dueOf = (slot) => profiles.due(slot)
  let out = []
  const decided = cpu(events.length, () => {
    for (const e of events) {
      const slot = profiles.open(e.userId)
      const trigger = { kind: e.kind, eventId: e.eventId, topic: 'e', partition: 0, offset: 0 }
      segmenter.event(slot, e, trigger, out)
      dues.set(slot, e.userId, profiles.due(slot))
      if (out.length > 1000) out = []
    }
  })
  // nothing happens for ten days: every user is woken whenever he is due
  let wakes = 0
  const clock = events.at(-1).eventTime
  const before = process.cpuUsage()
  for (;;) {
    const slot = dues.take(clock + 10 * DAY_MS, dueOf)
    if (slot < 0) break
    wakes++
    if (segmenter.wake(slot, out, 0)) dues.set(slot, profiles.user(slot), profiles.due(slot))
    if (out.length > 1000) out = []
  }
  const { user, system } = process.cpuUsage(before)
  const wake = (user + system) / wakes
  const share = (wake * 1e6) / 3600e6 + (decided * 5000) / 1e6
  const row = [
    name,
    fold.toFixed(2),
    decided.toFixed(2),
    wake.toFixed(2),
    (wake / decided).toFixed(1),
    `${(100 * share).toFixed(1)} %`,
  ]
  console.log(`| ${row.join(' | ')} |`)
}
