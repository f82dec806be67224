// A tracker that dies for six hours, on the generated shop: how many users are called quiet though they were there, and how many of
// them are "won back" afterwards, with the guards and without. Run after `npm run build`: node test/bench/guards.mjs [users] [days]
import { readFileSync } from 'node:fs'
import { guardRule } from '../../dist/compose.js'
import { guardsSchema } from '../../dist/config.js'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { snapshots, wholeTable } from '../../dist/app/features.js'
import { TaskFold } from '../../dist/app/task/fold.js'
import { genesisHead, genesisLine } from '../../dist/app/task/journal.js'
import { trainBundle, TRAIN_DEFAULTS } from '../../dist/app/train.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { sealBundle } from '../../dist/domain/segments/bundle.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'

const [users, days] = [Number(process.argv[2] ?? 6000), Number(process.argv[3] ?? 75)]
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How often the inputs are looked at. */
const POLL_MS = HOUR_MS / 12

const events = [...generateShop({ ...SHOP_DEFAULTS, users, days })].sort(
  (a, b) => a.eventTime - b.eventTime || (a.eventId < b.eventId ? -1 : 1),
)
const start = Math.floor(events[0].eventTime / DAY_MS) * DAY_MS
// every third evening from nine to three, over the midnight at which windows move on
const outages = []
for (let day = 36; day + 3 < days; day += 3)
  outages.push({ from: start + day * DAY_MS + 21 * HOUR_MS, to: start + (day + 1) * DAY_MS + 3 * HOUR_MS })
const outageOf = (t) => outages.find(({ from, to }) => t >= from && t < to)
const isOrder = (e) => e.kind.startsWith('order_')

/** The tracker sends clicks; orders come from the shop's own system. */
function inputs(fate) {
  const clicks = events
    .filter((e) => !isOrder(e))
    .flatMap((e) => {
      const outage = fate === 'lives' ? undefined : outageOf(e.eventTime)
      if (outage === undefined) return [{ at: e.eventTime, e }]
      return fate === 'lost' ? [] : [{ at: outage.to, e }]
    })
  clicks.sort((a, b) => a.at - b.at || a.e.eventTime - b.e.eventTime)
  return { clicks, orders: events.filter(isOrder).map((e) => ({ at: e.eventTime, e })) }
}

const path = new URL('../../models/feature-sets/default.json', import.meta.url)
const on = ['page_viewed', 'product_viewed', 'product_added']
/** What a shop of daily needs looks at: hours, not weeks. */
const HOURLY = {
  name: 'hourly',
  version: 1,
  zone: 'UTC',
  features: [
    { name: 'views_12h', aggregate: 'count', on, window: '12h', transform: 'log1p' },
    { name: 'views_7d', aggregate: 'count', on, window: '7d', transform: 'log1p' },
    { name: 'quiet', aggregate: 'recency', on, unit: 'hour', cap: 240, transform: 'log1p' },
  ],
}
const sets = [
  ['default', parseFeatureSet(JSON.parse(readFileSync(path, 'utf8')), 'default'), {}, {}],
  // so restless a model is not to be held for its moves
  ['hours', parseFeatureSet(HOURLY, 'hourly'), { dwellMs: 0 }, { maxMovedPctPerHour: 100 }],
]

async function modelOf(set, policy) {
  const plan = compilePlan(set, UTC)
  const [snapshot] = await snapshots(plan, events, [start + 34 * DAY_MS])
  const { bundle, labels } = trainBundle({
    featureSet: set,
    table: wholeTable(snapshot),
    options: { ...TRAIN_DEFAULTS, source: 'bench', asOf: '' },
  })
  return { plan, labels, bundle: sealBundle({ ...bundle, policy: { ...bundle.policy, ...policy } }) }
}

const bytes = new Uint8Array(0)
const recordsOf = (n) =>
  Array.from({ length: n }, (_, offset) => ({
    offset,
    time: NaN,
    bytes,
    from: 0,
    to: 0,
    keyFrom: -1,
    keyTo: -1,
  }))

function run({ plan, bundle, labels, guards }, fate, guarded) {
  const given = inputs(fate)
  const promote = { command: 'promote', commandId: 'c', issuedAt: 0, bundle, labels }
  const topics = ['control', 'clicks', 'orders']
  const source = {
    control: recordsOf(1),
    clicks: recordsOf(given.clicks.length),
    orders: recordsOf(given.orders.length),
  }
  const options = {
    task: 0,
    inputs: topics.map((topic) => ({
      topic,
      control: topic === 'control',
      decode: (r) =>
        topic === 'control'
          ? { type: 'command', command: promote }
          : { type: 'events', events: [given[topic][r.offset].e] },
    })),
    segmenter: {
      locale: 'en',
      holdout: { pct: 0, salt: '' },
      currency: 'EUR',
      due: {
        maxSleepMs: DAY_MS,
        spreadMs: HOUR_MS / 6,
        forgetAfterMs: 400 * DAY_MS,
        forgetAnonymousAfterMs: 30 * DAY_MS,
      },
    },
    recipe: 'bench',
    revisionSteps: 2000,
    maxProfiles: 1e9,
    maxAheadMs: 1e15,
    newProfiles: () => new Profiles(plan),
    serves: () => true,
    guard: guarded ? guardRule(guardsSchema.parse(guards)) : undefined,
  }
  const genesis = { app: 'bench', formats: {}, startedAt: 0, liveFrom: 0 }
  const zero = Object.fromEntries(topics.map((t) => [t, 0]))
  const fold = new TaskFold(options, genesisHead(genesisLine(zero, 'bench', genesis)), {
    stored: false,
    knownRev: 0,
  })
  const moves = []
  const holds = []
  let now = start
  const end = start + days * DAY_MS
  for (;;) {
    const a = fold.advance()
    if (a.type === 'revision') {
      moves.push(...a.revision.transitions)
      const { held } = a.revision.line
      if (held?.why === 'over') holds.at(-1).end = held.asOf
      else if (held) holds.push({ begin: held.asOf, why: held.why })
      continue
    }
    // records are there when they have come in, and the clock follows where nothing more is
    const from = fold.wanted()
    const records = { control: source.control.slice(from.control), clicks: [], orders: [] }
    for (const topic of ['clicks', 'orders'])
      for (let i = from[topic]; i < given[topic].length && given[topic][i].at <= now; i++)
        records[topic].push(source[topic][i])
    const rest = Object.fromEntries(topics.map((topic) => [topic, 'dry']))
    if (fold.accept({ records, rest }) > 0 || a.type !== 'idle') continue
    if (now > end) return { moves, holds }
    now += POLL_MS
    fold.tick(now - POLL_MS)
  }
}

/** Clicks of each user while the tracker was dead. */
const unseen = new Map()
for (const e of events) {
  if (isOrder(e) || outageOf(e.eventTime) === undefined) continue
  unseen.set(e.userId, [...(unseen.get(e.userId) ?? []), e.eventTime])
}

function judge({ moves, holds }) {
  const quiet = moves.filter((t) => t.cause === 'inactivity' && outageOf(t.occurredAt) !== undefined)
  const wrong = quiet.filter((t) => {
    const { from } = outageOf(t.occurredAt)
    return (unseen.get(t.userId) ?? []).some((at) => at >= from && at < t.occurredAt)
  })
  const back = wrong.filter((t) => {
    const next = moves.find((n) => n.userId === t.userId && n.sequence === t.sequence + 1)
    return next?.to === t.from && next.occurredAt - t.occurredAt < 7 * DAY_MS
  })
  const right = holds.filter(({ begin }) => outages.some(({ from, to }) => begin >= from && begin <= to))
  const after =
    holds.length === 0
      ? '–'
      : (
          holds.reduce((h, { begin, end }) => h + ((end ?? begin) - begin), 0) /
          holds.length /
          HOUR_MS
        ).toFixed(1)
  return {
    quiet: quiet.length,
    wrong: wrong.length,
    back: back.length,
    right: right.length,
    alarms: holds.length - right.length,
    after,
  }
}

const segmentsOf = ({ moves }) => new Map(moves.map((t) => [t.userId, t.to]))
console.log(
  `${events.length} events of ${users} users in ${days} days; ${outages.length} outages of the clicks, 21:00 to 03:00\n`,
)
console.log(
  '| features | tracker | guards | moves by inactivity in the outages | of users who were there (false) | of them won back within 7 d | outages held | false alarms | hours a hold | users elsewhere at the end |',
)
console.log('|---|---|---|--:|--:|--:|--:|--:|--:|--:|')
for (const [name, set, policy, guards] of sets) {
  const model = { ...(await modelOf(set, policy)), guards }
  const truth = run(model, 'lives', false)
  const where = segmentsOf(truth)
  for (const [fate, words] of [
    ['lives', 'lives'],
    ['late', 'dead, its queue sent afterwards'],
    ['lost', 'dead, its events lost'],
  ]) {
    for (const guarded of [false, true]) {
      const result = fate === 'lives' && !guarded ? truth : run(model, fate, guarded)
      const j = judge(result)
      const now = segmentsOf(result)
      const elsewhere = [...where].filter(([user, to]) => now.get(user) !== to).length
      const wrong = fate === 'lives' ? ['–', '–'] : [j.wrong, j.back]
      const row = [
        name,
        words,
        guarded ? 'on' : 'off',
        j.quiet,
        ...wrong,
        j.right,
        j.alarms,
        j.after,
        elsewhere,
      ]
      console.log(`| ${row.join(' | ')} |`)
    }
  }
}
