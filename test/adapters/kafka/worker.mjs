// One life of a task on Kafka: its inputs, its outputs and its journal there, its state in a folder. It may kill itself at the
// n-th passing of a named point.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonEncoders } from '../../../dist/adapters/kafka/encode.js'
import { KafkaOutlet } from '../../../dist/adapters/kafka/outlet.js'
import { KafkaSource } from '../../../dist/adapters/kafka/source.js'
import { systemClock as clock } from '../../../dist/adapters/system/clock.js'
import { Stream } from '../../../dist/app/stream.js'
import { openRun } from '../../../dist/compose.js'

/** @type {import('./lives.ts').KafkaLife} */
const life = JSON.parse(process.argv[2])
const access = { brokers: life.brokers, clientId: life.app }
/** @type {Record<string, number>} */
const passed = {}
const telemetry = {
  /** @param {number} _task @param {string} name */
  point(_task, name) {
    passed[name] = (passed[name] ?? 0) + 1
    if (name === life.kill?.point && passed[name] === life.kill.nth) process.kill(process.pid, 'SIGKILL')
  },
  /** @param {{ level: string, text: string }} notice */
  notice({ level, text }) {
    if (level === 'error') process.stderr.write(`${text}\n`)
  },
  count() {},
  observe() {},
}

const run = await openRun({ dir: life.dir, asked: life.asked, telemetry })
/** @param {string} name */
const real = (name) => life.topics[name] ?? name
const inputs = run.options.inputs.map((input) => ({ ...input, topic: real(input.topic) }))
const memberFile = join(life.dir, 'member')
const source = new KafkaSource({
  access,
  clock,
  groupId: life.app,
  memberName: 'worker',
  topics: inputs.map(({ topic }) => topic),
  formerMemberId: existsSync(memberFile) ? readFileSync(memberFile, 'utf8') : undefined,
  onMemberId: (id) => writeFileSync(memberFile, id),
  onCrash: (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  },
})
const outlet = new KafkaOutlet({
  access,
  clock,
  app: life.app,
  encode: jsonEncoders(run.config.app),
  lagGroupId: life.app,
})
const options = { ...run.options, ...life.options, inputs }
const ports = { source, outlet, store: run.ports.store, clock, telemetry }
const stream = new Stream(ports, { optionsOf: () => options, endsWithInputs: false })
const watch = setInterval(() => {
  const loop = stream.loops.get(0)
  const at = loop?.fold?.memory.positions()
  if (at && Object.entries(life.ends).every(([topic, end]) => (at[topic] ?? 0) >= end)) stream.end()
}, 20)
try {
  await stream.run()
} finally {
  clearInterval(watch)
  await source.close()
  await outlet.close()
  await run.close()
}
process.stdout.write(`${JSON.stringify(passed)}\n`)
