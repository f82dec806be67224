import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Event } from '../../src/domain/events/event.ts'
import { ROOT, run } from '../cli/run.ts'

/** How long anything that is waited for may take. */
export const END_MS = 60_000

export interface Move {
  readonly [field: string]: unknown
  readonly userId: string
  readonly sequence: number
  readonly occurredAt: string
  readonly to: string
}

/** Moves as both kinds of doors must agree on them: all but where their records lay. */
export const agreed = (lines: readonly string[]): Move[] =>
  lines
    .map((line) => JSON.parse(line) as Move)
    .map(
      (move) =>
        Object.fromEntries(Object.entries(move).filter(([k]) => !k.startsWith('source'))) as unknown as Move,
    )
    .sort((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : a.sequence - b.sequence))

/** A shop in files, trained on and streamed without any server, in `folder`; its moves. */
export async function embedded(folder: string, app: string, events: readonly Event[]): Promise<Move[]> {
  const lines = (some: readonly Event[]): string => some.map((e) => `${JSON.stringify(e)}\n`).join('')
  const orders = events.filter((e) => e.kind === 'order_completed')
  const clicks = events.filter((e) => e.kind !== 'order_completed')
  writeFileSync(join(folder, 'clicks'), lines(clicks))
  writeFileSync(join(folder, 'orders'), lines(orders))
  const paths = [join(folder, 'clicks'), join(folder, 'orders')]
  const train = [
    'train',
    '--events',
    ...paths,
    '--feature-set',
    'default',
    '--as-of',
    '2025-01-15',
    '--dwell',
    'none',
    '--out',
    join(folder, 'model'),
  ]
  expect(await run(train)).toMatchObject({ code: 0 })
  const stream = [
    'stream',
    ...paths,
    '--model',
    join(folder, 'model'),
    '--state',
    join(folder, 'run'),
    '--app',
    app,
    '--max-sleep',
    '24h',
  ]
  expect(await run(stream)).toMatchObject({ code: 0 })
  return agreed(readFileSync(join(folder, 'run/segment-changed.ndjson'), 'utf8').split('\n').slice(0, -1))
}

export interface Consumer {
  readonly child: () => ChildProcess
  readonly out: () => string
  readonly words: () => string
  readonly ended: Promise<number | null>
}

/** A consumer from its first join on, also on a cluster whose coordinator is still loading. */
export function consume(
  path: string,
  children: ChildProcess[],
  env: NodeJS.ProcessEnv = {},
  opsPort = 0,
): Consumer {
  let out = ''
  let words = ''
  const main = join(ROOT, 'dist/main.js')
  const args = [main, 'stream', '--config', path, '--ops-port', String(opsPort)]
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } })
  children.push(child)
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text))
  const ended = new Promise<number | null>((done) => child.on('close', done))
  return { child: () => child, out: () => out, words: () => words, ended }
}

/** What a consumer answers on its ops port; undefined while it has none. */
export async function ask(consumer: Consumer, path: string): Promise<unknown> {
  const port = /answers at http:\/\/[^ ]*:(\d+):? /.exec(consumer.words())?.[1]
  if (port === undefined) return undefined
  return (await fetch(`http://127.0.0.1:${port}${path}`)).json()
}

export async function until(
  what: string,
  is: () => Promise<boolean>,
  where?: () => Promise<string>,
): Promise<void> {
  const end = Date.now() + END_MS
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}: ${(await where?.()) ?? ''}`)
    await sleep(250)
  }
}
