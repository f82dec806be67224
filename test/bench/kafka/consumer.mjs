// Our own consumers, as processes, watched through the port that operators ask.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuOf, peakOf, redisCpu } from './measure.mjs'

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const WATCH_MS = 100
const WAIT_MS = 10 * 60 * 1000

/** Runs `segmentation` to its end; throws what it said where that was not 0. */
export async function segmentation(...args) {
  const child = spawn(process.execPath, [MAIN, ...args])
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text))
  const code = await new Promise((done) => child.once('close', done))
  if (code !== 0) throw new Error(`segmentation ${args.join(' ')} ended with ${code}: ${said}`)
}

export class Consumer {
  #port
  #summary = ''
  words = ''

  /** `node`: more arguments for it, such as --cpu-prof. */
  constructor(config, { log, node = [] }) {
    this.started = performance.now()
    this.child = spawn(process.execPath, [...node, MAIN, 'stream', '--config', config, '--ops-port', '0'])
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.words += text
      appendFileSync(log, text)
    })
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.#summary += text))
    this.ended = new Promise((done) => this.child.once('close', done))
  }

  /** Records folded and revisions published per task; empty while nothing can be asked. */
  async tasks() {
    this.#port ??= /answers at http:\/\/[^ ]*:(\d+):? /.exec(this.words)?.[1]
    if (this.#port === undefined) return []
    const answer = await fetch(`http://127.0.0.1:${this.#port}/tasks`).catch(() => undefined)
    return (await answer?.json())?.tasks ?? []
  }

  get cpu() {
    return cpuOf(this.child.pid)
  }

  get peak() {
    return peakOf(this.child.pid)
  }

  /** Moves of all its tasks, once it has ended as asked. */
  moves() {
    return JSON.parse(this.#summary).tasks.reduce((sum, { moves }) => sum + moves, 0)
  }

  async end(signal = 'SIGTERM') {
    this.child.kill(signal)
    await this.ended
  }
}

/** Records of a topic that consumers have folded, and of these published. */
export async function folded(consumers, topic) {
  const tasks = (await Promise.all(consumers.map((c) => c.tasks()))).flat()
  const records = tasks.reduce((sum, task) => sum + (task.positions[topic] ?? 0), 0)
  return { records, settled: tasks.every((task) => task.folded === task.published) }
}

/** Watches consumers until `total` records are folded and published; what the way there cost, all of it and the second half. */
export async function catchUp(consumers, { topic, total, redis }) {
  const end = performance.now() + WAIT_MS
  const marks = []
  for (;;) {
    const { records, settled } = await folded(consumers, topic)
    const cpu = consumers.reduce((sum, c) => sum + c.cpu, 0)
    if (records > 0) marks.push({ records, cpu, at: performance.now(), redis: await redisCpu(redis) })
    if (records >= total && settled) break
    if (performance.now() > end || consumers.some((c) => c.child.exitCode !== null))
      throw new Error(
        `the consumers stand at ${records} of ${total}: ${consumers.map((c) => c.words.slice(-2000)).join('\n')}`,
      )
    await sleep(WATCH_MS)
  }
  const [first] = marks
  const last = marks.at(-1)
  const middle = marks.find(({ records }) => records >= total / 2) ?? first
  const between = (a, b) => ({
    node: (b.cpu - a.cpu) / (b.records - a.records),
    redis: (b.redis - a.redis) / (b.records - a.records),
    rate: (b.records - a.records) / ((b.at - a.at) / 1000),
  })
  const peak = Math.max(...consumers.map((c) => c.peak))
  return { whole: between(first, last), warm: between(middle, last), peak }
}
