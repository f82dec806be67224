// How often users move, and how often back and forth, under each part of the policy: on the generated shop, and on Online Retail
// where its file is given. Prints the tables of src/domain/segments/SPEC.md; --write puts them there. Run after `npm run build`:
// node test/bench/policy.mjs [--write] [online_retail.csv.gz]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { snapshots, wholeTable } from '../../dist/app/features.js'
import { trainBundle, TRAIN_DEFAULTS } from '../../dist/app/train.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { decodeEvent } from '../../dist/domain/events/decode-event.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Dues } from '../../dist/domain/profile/dues.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'
import { Segmenter } from '../../dist/domain/profile/segmenter.js'
import { sealBundle } from '../../dist/domain/segments/bundle.js'

const DAY_MS = 86_400_000
const args = process.argv.slice(2)
const write = args.includes('--write')
const file = args.find((a) => !a.startsWith('--'))

/** Each part beside what it is added to. */
const MARGIN = { marginRatio: 0.1 }
const DWELL = { ...MARGIN, dwellMs: 7 * DAY_MS }
const POLICIES = new Map([
  ['none', {}],
  ['margin 10 %', MARGIN],
  ['margin 20 %', { marginRatio: 0.2 }],
  ['margin 10 %, dwell 1 d', { ...MARGIN, dwellMs: DAY_MS }],
  ['margin 10 %, dwell 3 d', { ...MARGIN, dwellMs: 3 * DAY_MS }],
  ['margin 10 %, dwell 7 d', DWELL],
  ['margin 10 %, dwell 7 d, confirmation 3 d', { ...DWELL, confirmForMs: 3 * DAY_MS }],
  ['margin 10 %, dwell 7 d, confirmation 14 d', { ...DWELL, confirmForMs: 14 * DAY_MS }],
])
const NOTHING = { minEvents: 5, marginRatio: 0, dwellMs: 0, confirmForMs: null, outlier: 'ignore' }

function invoices() {
  const dir = mkdtempSync(join(tmpdir(), 'policy-'))
  try {
    const out = join(dir, 'events.ndjson')
    const main = new URL('../../dist/main.js', import.meta.url).pathname
    execFileSync(process.execPath, [main, 'ingest', file, '--mapping', 'online-retail', '--out', out], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const lines = readFileSync(out, 'utf8').split('\n').filter(Boolean)
    return lines.flatMap((line) => decodeEvent(JSON.parse(line), Infinity).events)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Everything folded once under a policy; moves of users who had a segment before. */
function run(events, plan, bundle, policy) {
  const profiles = new Profiles(plan)
  const due = {
    maxSleepMs: DAY_MS,
    spreadMs: 0,
    forgetAfterMs: 400 * DAY_MS,
    forgetAnonymousAfterMs: 30 * DAY_MS,
  }
  const segmenter = new Segmenter(profiles, {
    app: 'policy',
    locale: 'en',
    liveFrom: 0,
    holdout: { pct: 0, salt: '' },
    due,
  })
  segmenter.deploy(sealBundle({ ...bundle, policy: { ...NOTHING, ...policy } }), null)
  const dues = new Dues()
  const users = new Set()
  const last = new Map()
  const sum = { moves: 0, pairs: 0 }
  const out = []
  const count = () => {
    for (const t of out) {
      users.add(t.userId)
      if (t.from === null || t.to === null) continue
      sum.moves++
      const before = last.get(t.userId)
      if (before?.from === t.to && t.occurredAt - before.occurredAt < 7 * DAY_MS) sum.pairs++
      last.set(t.userId, t)
    }
    out.length = 0
  }
  const wake = (until) => {
    for (;;) {
      const slot = dues.take(until, (s) => profiles.due(s))
      if (slot < 0) return
      if (segmenter.wake(slot, out, 0)) dues.set(slot, profiles.user(slot), profiles.due(slot))
      else {
        dues.forget(slot)
        profiles.free(slot)
      }
      count()
    }
  }
  for (const e of events) {
    wake(e.eventTime)
    const slot = profiles.open(e.userId)
    segmenter.event(slot, e, { kind: e.kind, eventId: e.eventId, topic: 'e', partition: 0, offset: 0 }, out)
    dues.set(slot, e.userId, profiles.due(slot))
    count()
  }
  return { users: users.size, ...sum }
}

async function table(title, events) {
  events.sort((a, b) => a.eventTime - b.eventTime || (a.eventId < b.eventId ? -1 : 1))
  const path = new URL('../../models/feature-sets/default.json', import.meta.url)
  const featureSet = parseFeatureSet(JSON.parse(readFileSync(path, 'utf8')), 'default')
  const plan = compilePlan(featureSet, UTC)
  // the model is of the first two thirds, the moves of the whole
  const cut = events[Math.floor((2 / 3) * events.length)].eventTime
  const [snapshot] = await snapshots(plan, events, [cut])
  const features = wholeTable(snapshot)
  const options = { ...TRAIN_DEFAULTS, source: 'policy', asOf: new Date(cut).toISOString() }
  const { bundle } = trainBundle({ featureSet, table: features, options })
  const days = Math.round((events.at(-1).eventTime - events[0].eventTime) / DAY_MS)
  const rows = [...POLICIES].map(([name, policy]) => {
    const { users, moves, pairs } = run(events, plan, bundle, policy)
    return `| ${name} | ${moves} | ${(moves / users).toFixed(2)} | ${pairs} | ${((100 * pairs) / moves).toFixed(1)} % |`
  })
  return [
    `${title}: ${events.length} events in ${days} days.`,
    '',
    '| policy | moves | per user | back within 7 days | of all moves |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}

const parts = []
if (file) parts.push(await table('Online Retail', invoices()))
parts.push(await table('The generated shop', [...generateShop({ ...SHOP_DEFAULTS, users: 2000, days: 120 })]))
const text = parts.join('\n\n')
process.stdout.write(`${text}\n`)
if (write) {
  const spec = new URL('../../src/domain/segments/SPEC.md', import.meta.url)
  const mark = /(<!-- table: policy -->\n\n)[\s\S]*?(\n\n<!-- end -->)/
  writeFileSync(
    spec,
    readFileSync(spec, 'utf8').replace(mark, (_, a, b) => a + text + b),
  )
}
