import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import { run } from '../cli/run.ts'

/** A small shop in one file, and a bundle for it. */
export interface SmallShop {
  readonly path: string
  readonly lines: readonly string[]
  readonly model: string
}

export interface ShopSize {
  readonly users: number
  readonly days: number
}

export const SMALL: ShopSize = { users: 80, days: 14 }

/** Files `shop.ndjson` and `model/` in `dir`. */
export async function smallShop(dir: string, size = SMALL): Promise<SmallShop> {
  const path = join(dir, 'shop.ndjson')
  const lines = [...generateShop({ ...size, seed: 5, startMs: SHOP_START_MS })].map((e) => JSON.stringify(e))
  writeFileSync(path, textOf(lines))
  const model = join(dir, 'model')
  await train(path, model)
  return { path, lines, model }
}

export async function train(events: string, out: string, ...more: string[]): Promise<void> {
  const { code, err } = await run([
    'train',
    '--events',
    events,
    '--min-events',
    '3',
    '--dwell',
    'none',
    '--out',
    out,
    ...more,
  ])
  if (code !== 0) throw new Error(err)
}

/** Lines as the text of a file. */
export const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
