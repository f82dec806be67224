// One life of an embedded run, as `stream` composes it, that may kill itself at the n-th passing of a named point.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Stream } from '../../dist/app/stream.js'
import { openRun } from '../../dist/compose.js'

/** @type {import('./life.ts').Life} */
const life = JSON.parse(process.argv[2])
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
    if (level !== 'info') process.stderr.write(`${text}\n`)
  },
  count() {},
  observe() {},
}

const run = await openRun({ dir: life.dir, asked: life.asked, telemetry })
const lines = readFileSync(run.folder.paths.control, 'utf8')
if (lines.trimEnd().split('\n').length === 1) {
  // whole or not at all, as the first start writes it
  writeFileSync(`${run.folder.paths.control}.part`, lines + life.commands)
  renameSync(`${run.folder.paths.control}.part`, run.folder.paths.control)
}
if (life.rollBytes !== undefined) Object.assign(run.folder, { rollBytes: life.rollBytes })
// the first start is written into the journal: runs of one test start at the same time
const clock = { ...run.ports.clock, now: () => life.startedAt }
const options = { ...run.options, ...life.options }
const stream = new Stream({ ...run.ports, clock }, { optionsOf: () => options, endsWithInputs: true })
try {
  await stream.run()
} finally {
  await run.close()
}
process.stdout.write(`${JSON.stringify(passed)}\n`)
