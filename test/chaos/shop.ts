import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { run } from '../cli/run.ts'

export const APP = 'chaos'
/** Short, so that quiet users are looked at often. */
export const MAX_SLEEP = '12h'

/** A transition as it is published, less where its record lay: embedded inputs have other names for that. */
export interface Move {
  readonly [field: string]: unknown
  readonly id: string
  readonly userId: string
  readonly sequence: number
  readonly from: string | null
  readonly to: string | null
  readonly occurredAt: string
}

/** Events, a model trained on them, and what an undisturbed run without servers makes of them. */
export interface Shop {
  readonly model: string
  readonly events: readonly Event[]
  readonly expected: readonly Move[]
}

export const isOrder = (event: Event): boolean => event.kind.startsWith('order_')

export function moveOf(line: string): Move {
  const move = JSON.parse(line) as Move
  return Object.fromEntries(Object.entries(move).filter(([name]) => !name.startsWith('source'))) as Move
}

export async function makeShop(folder: string, size: { users: number; days: number }): Promise<Shop> {
  const events = [...generateShop({ ...size, seed: 5, startMs: SHOP_START_MS })]
  const paths = [join(folder, 'clicks'), join(folder, 'orders')] as const
  const lines = (some: readonly Event[]): string => some.map((e) => `${JSON.stringify(e)}\n`).join('')
  writeFileSync(paths[0], lines(events.filter((e) => !isOrder(e))))
  writeFileSync(paths[1], lines(events.filter(isOrder)))
  const model = join(folder, 'model')
  const state = join(folder, 'embedded')
  await command(
    'train',
    ['--events', ...paths, '--feature-set', 'default', '--as-of', '2025-01-15', '--dwell', 'none'],
    '--out',
    model,
  )
  await command('stream', paths, '--model', model, '--state', state, '--app', APP, '--max-sleep', MAX_SLEEP)
  const text = readFileSync(join(state, 'segment-changed.ndjson'), 'utf8')
  return { model, events, expected: text.split('\n').slice(0, -1).map(moveOf) }
}

/** Runs a command of the built program; anything but success throws what it said. */
export async function command(name: string, ...args: (string | readonly string[])[]): Promise<void> {
  const { code, err } = await run([name, ...args.flat()])
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${err}`)
}
