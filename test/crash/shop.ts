import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { commandLine } from '../../src/app/control.ts'
import { openBundleFiles } from '../../src/adapters/files/bundles.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import { DAY_MS } from '../../src/domain/base/duration.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { Asked } from '../../src/first-start.ts'
import { run } from '../cli/run.ts'

/** Inputs, bundle and commands that every life of the crash tests shares. */
export interface Shop {
  readonly asked: Asked
  readonly commands: string
  readonly events: number
  readonly broken: number
}

const SIZE = { users: 300, days: 20, seed: 11, startMs: SHOP_START_MS } as const
const day = (n: number): number => SHOP_START_MS + n * DAY_MS

/** Lines that are no events, by the number of the event that they follow. */
const BROKEN: readonly (readonly [after: number, line: string])[] = [
  [3, 'no json at all'],
  [400, '{"eventId":"x1","userId":"","eventTime":1736000000000,"kind":"page_viewed"}'],
  [401, '{"eventId":"x2","userId":"u","eventTime":32503680000000,"kind":"page_viewed"}'],
  [1200, '{"eventId":"x3","userId":"u","eventTime":0,"kind":"page_viewed"}'],
  [1200, '{"eventId":"x4"'],
]

function linesOf(events: readonly Event[]): string {
  return events.map((event, i) => [JSON.stringify(event), ...brokenAfter(i)].join('\n') + '\n').join('')
}

const brokenAfter = (i: number): string[] => BROKEN.filter(([after]) => after === i).map(([, line]) => line)

/**
 * A shop in two files, the second one gzipped, both with lines that cannot be read; two bundles, of which the second is
 * promoted in the middle; labels, a hold and its release on the way.
 */
export async function makeShop(dir: string): Promise<Shop> {
  mkdirSync(dir, { recursive: true })
  const all = [...generateShop(SIZE)]
  const money = new Set([
    'order_completed',
    'order_refunded',
    'order_cancelled',
    'product_added',
    'product_removed',
  ])
  const parts = [all.filter((e) => !money.has(e.kind)), all.filter((e) => money.has(e.kind))] as const
  const [clicks, orders] = [join(dir, 'clicks.ndjson'), join(dir, 'orders.ndjson.gz')]
  writeFileSync(clicks, linesOf(parts[0]))
  writeFileSync(orders, gzipSync(linesOf(parts[1])))
  await train(dir, [clicks, orders], 'first', '4', '2025-01-10')
  await train(dir, [clicks, orders], 'second', '3', '2025-01-20')
  return {
    asked: {
      follow: false,
      model: join(dir, 'first'),
      inputs: [
        { topic: 'clicks', path: clicks, format: 'ndjson', mapping: null },
        { topic: 'orders', path: orders, format: 'ndjson', mapping: null },
      ],
    },
    commands: await commandsOf(join(dir, 'second')),
    events: all.length,
    broken: parts.reduce((sum, events) => sum + BROKEN.filter(([after]) => after < events.length).length, 0),
  }
}

async function train(
  dir: string,
  events: readonly string[],
  name: string,
  k: string,
  asOf: string,
): Promise<void> {
  const how = ['--feature-set', 'default', '--k', k, '--min-events', '3', '--dwell', 'none', '--as-of', asOf]
  const { code, err } = await run(['train', '--events', ...events, ...how, '--out', join(dir, name)])
  if (code !== 0) throw new Error(err)
}

async function commandsOf(model: string): Promise<string> {
  const { bundle, labels } = await openBundleFiles().load(model)
  const renamed = JSON.parse(readFileSync(join(model, 'labels.json'), 'utf8')) as typeof labels
  const name = { en: 'Renamed', fr: 'Renommé' }
  const [first] = Object.keys(renamed)
  const labelled = Object.fromEntries(
    Object.entries(renamed).map(([key, label]) => [key, key === first ? { ...label, name } : label]),
  )
  return [
    commandLine({ command: 'hold', commandId: 'c1', issuedAt: day(6), reason: 'the input is repaired' }),
    commandLine({ command: 'release', commandId: 'c2', issuedAt: day(8) }),
    commandLine({ command: 'promote', commandId: 'c3', issuedAt: day(12), bundle, labels }),
    commandLine({ command: 'labels', commandId: 'c4', issuedAt: day(15), labels: labelled }),
  ].join('')
}
