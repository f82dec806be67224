// `stream` from a file of events, state and outputs on disk, beside reading and JSON.parse of the same file in the same process.
// Run after `npm run build`: node test/bench/stream.mjs [users] [days]
import { createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openBundleFiles } from '../../dist/adapters/files/bundles.js'
import { snapshots, wholeTable } from '../../dist/app/features.js'
import { generateShop, SHOP_DEFAULTS } from '../../dist/app/generate/shop.js'
import { Stream } from '../../dist/app/stream.js'
import { trainBundle, TRAIN_DEFAULTS } from '../../dist/app/train.js'
import { loadFeatureSet } from '../../dist/cli/declarations.js'
import { openRun } from '../../dist/compose.js'
import { UTC } from '../../dist/domain/base/zone.js'
import { compilePlan } from '../../dist/domain/features/plan.js'

const users = Number(process.argv[2] ?? 10_000)
const days = Number(process.argv[3] ?? 60)
const dir = mkdtempSync(join(tmpdir(), 'segmentation-bench-'))
const path = join(dir, 'shop.ndjson')

const events = [...generateShop({ ...SHOP_DEFAULTS, users, days })]
const fd = openSync(path, 'w')
for (let i = 0; i < events.length; i += 5000) {
  writeSync(
    fd,
    events
      .slice(i, i + 5000)
      .map((e) => `${JSON.stringify(e)}\n`)
      .join(''),
  )
}

async function timed(work) {
  const before = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - started) / 1000
  return { cpu: (user + system) / events.length, rate: events.length / seconds, result }
}

async function parseOnly() {
  let n = 0
  for await (const line of createInterface({ input: createReadStream(path) }))
    n += JSON.parse(line).eventTime > 0 ? 1 : 0
  return n
}

async function stream(name, k) {
  const set = loadFeatureSet(name)
  const [snapshot] = await snapshots(compilePlan(set, UTC), events, [events.at(-1).eventTime + 1])
  const table = wholeTable(snapshot)
  const options = { ...TRAIN_DEFAULTS, k, source: 'bench', asOf: '' }
  const { bundle, labels } = trainBundle({ featureSet: set, table, options })
  await openBundleFiles().save(bundle, labels, join(dir, name))
  const counts = new Map()
  const telemetry = {
    point() {},
    notice() {},
    count: (what, _labels, by) => counts.set(what, (counts.get(what) ?? 0) + by),
    observe() {},
  }
  const inputs = [{ topic: 'shop', path, format: 'ndjson', mapping: null }]
  const run = await openRun({
    dir: join(dir, `run-${name}`),
    asked: { follow: false, inputs, model: join(dir, name) },
    telemetry,
  })
  const task = new Stream(run.ports, { optionsOf: () => run.options, endsWithInputs: true })
  const t = await timed(() => task.run())
  await run.close()
  return {
    ...t,
    wakes: (counts.get('segmentation_wakes_total') ?? 0) / events.length,
    moves: t.result.heads.get(0).counts.moves / events.length,
  }
}

const number = (n) => Math.round(n).toLocaleString('en')
console.log(`${number(events.length)} events of ${number(users)} users in ${days} days`)
console.log('| what | µs CPU/event | events/s | of read + JSON.parse | wakes/event | moves/event |')
console.log('|---|--:|--:|--:|--:|--:|')
await parseOnly()
const base = await timed(parseOnly)
console.log(`| read + JSON.parse | ${base.cpu.toFixed(2)} | ${number(base.rate)} | 1.00 | – | – |`)
for (const [name, k] of [
  ['seed', 4],
  ['default', 5],
]) {
  const r = await stream(name, k)
  console.log(
    `| stream, ${name} | ${r.cpu.toFixed(2)} | ${number(r.rate)} | ${(r.rate / base.rate).toFixed(2)} | ${r.wakes.toFixed(2)} | ${r.moves.toFixed(3)} |`,
  )
}
console.log(
  `\npeak memory ${number(process.resourceUsage().maxRSS / 1024)} MB, the events of the benchmark among them`,
)
rmSync(dir, { recursive: true, force: true })
