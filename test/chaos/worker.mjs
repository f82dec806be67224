// One life of a consumer on Kafka and Redis, composed as `stream --config` does, that may give itself a signal at the n-th
// passing of a named point.
import { readFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKafkajs } from '../../dist/adapters/kafka/repairs.js'
import { RedisConnection } from '../../dist/adapters/redis/client.js'
import { Stream } from '../../dist/app/stream.js'
import { resume } from '../../dist/app/task/resume.js'
import { parseLiveConfig } from '../../dist/live-config.js'
import { openLive } from '../../dist/live.js'
import { redirect, watchWire } from './wire.mjs'

/** @type {import('./life.ts').Life} */
const life = JSON.parse(process.argv[2])
let passed = 0
/** Tasks that have published in this life: the others are recovering, and not slowed down. */
const published = new Set()

/** @param {import('./life.ts').Told} told */
const tell = (told) => void writeSync(1, `${JSON.stringify(told)}\n`)

/** @param {import('./points.ts').ChaosPoint} point */
function pass(point) {
  if (point !== life.at?.point || ++passed !== life.at.nth) return
  tell({ type: 'signal', point, at: Date.now() })
  process.kill(process.pid, life.at.signal)
}

/** @type {Stream | undefined} */
let stream
process.on('SIGTERM', () => (stream ? stream.end() : process.exit(0)))
tell({ type: 'up' })
redirect(life.through ?? {})
watchWire(loadKafkajs(), RedisConnection.prototype, pass)

const telemetry = {
  /** @type {import('../../src/ports/telemetry.ts').Telemetry['point']} */
  point(task, name) {
    if (name === 'published') published.add(task)
    if (name === 'fenced' || name === 'tail-read' || name === 'published') {
      tell({ type: name, task, at: Date.now() })
    }
    pass(name)
  },
  /** @type {import('../../src/ports/telemetry.ts').Telemetry['notice']} */
  notice({ level, task, code, text }) {
    tell({ type: 'notice', task, level, text, ...(code === undefined ? {} : { code }) })
  },
  count() {},
  observe() {},
}

/** @param {{ code: string, message: string }} error */
function crash(error) {
  telemetry.notice({ level: 'error', task: -1, code: error.code, text: error.message })
  process.exit(1)
}

const run = await openLive({
  config: parseLiveConfig(readFileSync(life.config, 'utf8'), life.config),
  mappings: new Map(),
  telemetry,
  onCrash: crash,
}).catch(crash)
for (let task = 0; life.rebuild === true && task < run.partitions; task++) {
  const what = /** @type {const} */ ({ task, accept: 'rebuild', startAt: {}, rehash: false })
  // a task that has published nothing yet has nothing to rebuild
  await resume(run.ports, run.optionsOf(task), what).catch((/** @type {any} */ error) => {
    if (error.code !== 'check-failed') crash(error)
  })
}
const { source } = run.ports
const poll = source.poll.bind(source)
source.poll = async (task, ...asked) => {
  const chunk = await poll(task, ...asked)
  const records = Object.values(chunk.records).reduce((sum, some) => sum + some.length, 0)
  if (records > 0 && published.has(task)) await sleep((1000 * records) / life.rate)
  return chunk
}
stream = new Stream(run.ports, {
  optionsOf: (task) => ({
    ...run.optionsOf(task),
    revisionSteps: 100,
    pollLimit: { records: life.pollRecords ?? Math.min(100, Math.ceil(life.rate)), bytes: 1_000_000 },
  }),
  endsWithInputs: false,
  onStopped: (task, error) =>
    telemetry.notice({ level: 'error', task, code: error.code, text: `stopped: ${error.message}` }),
})
try {
  await stream.run().catch(crash)
} finally {
  await run.close()
}
