import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { ROOT, run, type Run } from '../cli/run.ts'

const MAIN = join(ROOT, 'dist/main.js')
const WAIT_MS = 60_000

/** A running program, and what it has said so far. */
export interface Program {
  readonly pid: number
  readonly err: () => string
  readonly write: (text: string | Uint8Array) => void
  readonly closeInput: () => void
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Run>
}

const running = new Set<Program>()

/** Starts the built program without waiting for its end; it never outlives the tests of the file. */
export function start(args: readonly string[]): Program {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  // a program that stops early closes the pipe that is still written to
  child.stdin.on('error', () => undefined)
  const program: Program = {
    pid: child.pid as number,
    err: () => err,
    write: (text) => void child.stdin.write(text),
    closeInput: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    ended: new Promise((done, failed) => {
      child.on('error', failed).on('close', (code) => {
        running.delete(program)
        done({ code, out, err })
      })
    }),
  }
  running.add(program)
  return program
}

/** For the tests of a file: whatever was started and still runs is killed at their end. */
export function leaveNothingRunning(): void {
  afterAll(async () => {
    const left = [...running]
    for (const program of left) program.kill('SIGKILL')
    await Promise.all(left.map((program) => program.ended))
  })
}

/** Waits until `is` holds; at most a minute. `what` is named where it does not come. */
export async function until(what: string, is: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!is()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await sleep(5)
  }
}

/** Runs `stream` to its end, which must be `code`. */
export async function stream(code: number, ...args: string[]): Promise<Run> {
  const result = await run(['stream', ...args])
  expect({ code: result.code, err: result.code === code ? '' : result.err }).toEqual({ code, err: '' })
  return result
}

export interface Outputs {
  readonly changed: string
  readonly segments: string
  readonly refused: string
}

/** What a run has published so far. */
export function outputsOf(dir: string): Outputs {
  const text = (name: string): string =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : ''
  return {
    changed: text('segment-changed.ndjson'),
    segments: text('user-segments.ndjson'),
    refused: text('dead-letter.ndjson'),
  }
}

/** Position of an input after the last published revision. */
export function positionIn(dir: string, topic: string): number {
  const path = join(dir, 'journal.ndjson')
  const last = existsSync(path) ? jsonLines(readFileSync(path, 'utf8')).at(-1) : undefined
  return ((last?.['positions'] ?? {}) as Record<string, number>)[topic] ?? 0
}

export function linesIn(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Sums up a failure for comparison: exit code, and those of the parts that the message does not hold. */
export function failure({ code, err }: Run, parts: readonly (string | RegExp)[]): object {
  const missing = parts.filter((part) => (typeof part === 'string' ? !err.includes(part) : !part.test(err)))
  return { code, missing, said: missing.length === 0 ? '' : err }
}

/** Ids of the generated shop: they never appear in what is said. */
export const USER_ID = /\bu-\d{5}\b/
