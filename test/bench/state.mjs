// Bytes of a stored profile, of the real data sets (skipped where they are missing) and of made-up shops of many users, each as of
// its last event. Run after `npm run build`: node test/bench/state.mjs [thousands of made-up users]
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { parseFeatureSet } from '../../dist/domain/features/feature-set.js'
import { compilePlan } from '../../dist/domain/features/plan.js'
import { Profiles } from '../../dist/domain/profile/profiles.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DATA = join(ROOT, '../shared/data')
const SHOP_USERS = 50_000
const shops = Math.ceil((Number(process.argv[2] ?? 1000) * 1000) / SHOP_USERS)
const number = (n) => Math.round(n).toLocaleString('en')

const plans = ['seed', 'default'].map((name) => {
  const path = join(ROOT, `models/feature-sets/${name}.json`)
  return [name, compilePlan(parseFeatureSet(JSON.parse(readFileSync(path, 'utf8')), name), UTC)]
})

/** Events of a raw file, by the mapping of its name. */
async function* ingested(path, mapping) {
  const folder = mkdtempSync(join(tmpdir(), 'state-'))
  const out = join(folder, 'events.ndjson')
  try {
    const args = [join(ROOT, 'dist/main.js'), 'ingest', path, '--mapping', mapping, '--out', out]
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore'] })
    for await (const line of createInterface({ input: createReadStream(out) })) yield JSON.parse(line)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const lines = [
  '| events | of | feature set | users | p50 B | p99 B | largest B | bound B |',
  '|---|--:|---|--:|--:|--:|--:|--:|',
]

/** Folds each source on its own; their profiles count together. */
async function measure(title, sources) {
  const sizes = plans.map(() => [])
  let events = 0
  for (const source of sources) {
    const profiles = plans.map(([, plan]) => new Profiles(plan))
    for await (const event of source) {
      events++
      for (const p of profiles) p.fold(p.open(event.userId), event)
    }
    profiles.forEach((p, i) => {
      for (const slot of p.slots()) sizes[i].push(p.save(slot).length)
    })
  }
  plans.forEach(([name, plan], i) => {
    const own = Float64Array.from(sizes[i]).sort()
    const [p50, p99, largest] = [0.5, 0.99, 1].map((q) => number(own[Math.floor(q * (own.length - 1))]))
    const cells = [title, number(events), name, number(own.length), p50, p99, largest, number(plan.maxBytes)]
    lines.push(`| ${cells.join(' | ')} |`)
  })
}

for (const [title, file, mapping] of [
  ['REES46, 170 minutes', 'clickstream/rees46_2019-10-01_first_170min.csv.gz', 'rees46'],
  ['Online Retail, a year', 'orders/online_retail.csv.gz', 'online-retail'],
]) {
  const path = join(DATA, file)
  if (existsSync(path)) await measure(title, [ingested(path, mapping)])
  else process.stderr.write(`${path} is missing: ${title} is skipped\n`)
}
const days = 30
const made = Array.from({ length: shops }, (_, i) =>
  generateShop({ ...SHOP_DEFAULTS, users: SHOP_USERS, days, seed: i + 1 }),
)
await measure(`made up, ${days} days`, made)

const text = `# Bytes of a stored profile

What \`npm run bench:state\` prints: a user's profile as it is stored, as of his last event, without his id. A feature set's part is
bounded by its windows; the newest 128 event ids of a day, the newest 64 orders with at most 256 lines and the refunds that wait
for theirs add at most what the bound says.

${lines.join('\n')}
`
process.stdout.write(text)
if (process.argv[2] === undefined) writeFileSync(join(ROOT, 'test/bench/RESULTS-state.md'), text)
