// Makes each defect of mutants.ts in turn (or those named) and runs its tests: each must turn them red.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from 'vitest/node'

const CONFIG = 'test/config/mutants.config.ts'
/** A mutant that never ends is noticed, too. */
const PATIENCE_MS = 180_000
const AT_ONCE = 2

const root = fileURLToPath(new URL('../..', import.meta.url))
const { viteConfig } = await resolveConfig({ config: CONFIG, root })
const all = viteConfig.plugins.find((plugin) => plugin.name === 'mutant').api.mutants
const names = process.argv.slice(2)
const unknown = names.filter((name) => !all.some((mutant) => mutant.name === name))
if (unknown.length > 0) throw new Error(`no mutant is called ${unknown.join(', ')}`)
const queue = all.filter(({ name }) => names.length === 0 || names.includes(name))

// eslint-disable-next-line no-control-regex
const plain = (text) => text.replaceAll(/\u001B\[[\d;]*m/g, '')

/** Why the tests turned red, in a line; undefined: they did not. */
function verdict(code, text) {
  if (code === 0) return undefined
  const line = /seed \d+: [^\n]*/.exec(text) ?? /(Assertion)?Error: [^\n]*/.exec(text)
  return line?.[0] ?? 'red'
}

function run({ name, tests }) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
    const env = { ...process.env, MUTANT: name }
    const child = spawn(process.execPath, [vitest, 'run', '--config', CONFIG, tests], {
      cwd: root,
      env,
      detached: true,
    })
    let text = ''
    let late = false
    child.stdout.on('data', (data) => (text += data))
    child.stderr.on('data', (data) => (text += data))
    const timer = setTimeout(() => {
      late = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, PATIENCE_MS)
    child.on('close', (code) => {
      clearTimeout(timer)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      if (!late && !/^ *Test Files/m.test(plain(text)))
        return reject(new Error(`the tests did not run:\n${text}`))
      return resolve({ name, seconds, why: late ? 'never ended' : verdict(code, plain(text)) })
    })
  })
}

const survivors = []
async function work() {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const { name, seconds, why } = await run(mutant)
    if (why === undefined) survivors.push(name)
    process.stdout.write(
      `${why === undefined ? '✗' : '✓'} ${name.padEnd(34)} ${seconds.padStart(6)} s  ${(why ?? 'SURVIVED').slice(0, 90)}\n`,
    )
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
if (survivors.length > 0) {
  process.stdout.write(`${survivors.length} survived: ${survivors.join(', ')}\n`)
  process.exitCode = 1
}
