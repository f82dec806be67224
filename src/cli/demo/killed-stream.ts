import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../../errors.ts'

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url))
const POLL_MS = 20
/** The end of a journal that surely holds its last whole line. */
const TAIL_BYTES = 1 << 20

/** Records folded and published so far, by the last whole line of a run folder's journal. */
function published(dir: string, topic: string): number {
  let fd: number
  try {
    fd = openSync(join(dir, 'journal.ndjson'), 'r')
  } catch {
    return 0
  }
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(fd, bytes, 0, bytes.length, size - bytes.length)
    const lines = bytes.toString('utf8').split('\n')
    const line = lines.at(-2)
    const position = line === undefined ? undefined : /"positions":(\{[^}]*\})/.exec(line)?.[1]
    return position === undefined ? 0 : ((JSON.parse(position) as Record<string, number>)[topic] ?? 0)
  } finally {
    closeSync(fd)
  }
}

export interface StreamJob {
  readonly args: readonly string[]
  readonly dir: string
  readonly topic: string
  /** Kill the process without warning when so many records are published; each once, ascending. */
  readonly killAt: readonly number[]
  readonly onProgress?: (records: number) => void
}

export interface Streamed {
  readonly kills: number
  /** Flips held back, by what held them. */
  readonly suppressed: Readonly<Record<string, number>>
}

/** What `stream --json` says at its end, as far as it is read here. */
type Summary = Pick<Streamed, 'suppressed'>

/** Runs `segmentation stream` as a process of its own, kills it where asked, and starts it again until it is through. */
export async function killedStream(job: StreamJob): Promise<Streamed> {
  const pending = [...job.killAt]
  let kills = 0
  for (;;) {
    const said = await runOnce(job, pending)
    if (said !== undefined) return { kills, suppressed: said.suppressed }
    kills++
  }
}

/** Resolves to its summary; undefined: it was killed. */
function runOnce(job: StreamJob, pending: number[]): Promise<Summary | undefined> {
  return new Promise<Summary | undefined>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...process.execArgv, MAIN, 'stream', ...job.args, '--state', job.dir, '--json'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let summary = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (summary += text))
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
    let killed = false
    const timer = setInterval(() => {
      const done = published(job.dir, job.topic)
      job.onProgress?.(done)
      if (killed || pending[0] === undefined || done < pending[0]) return
      pending.shift()
      killed = true
      child.kill('SIGKILL')
    }, POLL_MS)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      if (killed && code === null) resolve(undefined)
      else if (code === 0) resolve(JSON.parse(summary) as Summary)
      else reject(new Error(`stream ended with ${String(code)}: ${words}`))
    })
  }).catch((error: unknown) => fail('check-failed', `✗ ${(error as Error).message}`, error))
}
