// Runs every benchmark, one after the other, and writes what they print into test/bench/RESULTS.md: figures of one run on one
// machine, to be compared with each other. Run by `npm run bench`.
import { spawnSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @type {readonly (readonly [name: string, title: string, args: string[]])[]} */
const BENCHES = [
  ['fold', 'The bare fold: events in memory to a vector', ['1000000', '20000']],
  ['duties', 'The fold with all its duties', ['30000', '60']],
  ['time', 'That time passes', []],
  ['guards', 'A tracker that dies for six hours', ['3000', '48']],
  ['decode', 'From bytes to events', []],
  ['stream', 'Whole runs from files, state and outputs on disk', ['30000', '60']],
  ['embedded', 'The doors of a run folder', []],
  ['train', 'Training', []],
]

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
/** @param {number} bytes */
const gib = (bytes) => (bytes / 2 ** 30).toFixed(0)
/** @type {{ version: string }} */
const { version } = JSON.parse(readFileSync(here('../../package.json'), 'utf8'))
const parts = [
  '# Benchmarks',
  '',
  `Written by \`npm run bench\`. Version ${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, ${gib(totalmem())} GiB. Ratios within a run are worth more than rates.`,
]
for (const [name, title, args] of BENCHES) {
  process.stderr.write(`${name} …\n`)
  const run = spawnSync(process.execPath, ['--expose-gc', here(`${name}.mjs`), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  process.stderr.write(run.stderr)
  if (run.status !== 0) {
    process.stderr.write(`${name} failed\n`)
    process.exitCode = 1
    continue
  }
  const text = run.stdout.trim()
  const block = text.includes('\n|') ? text.replace(/\n(?=\|)(?<!\|\n)/, '\n\n') : `\`\`\`\n${text}\n\`\`\``
  parts.push('', `## ${title}`, '', block)
}
writeFileSync(here('RESULTS.md'), `${parts.join('\n')}\n`)
process.stdout.write(`${parts.join('\n')}\n`)
