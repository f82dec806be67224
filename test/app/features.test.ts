import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { zoneTable } from '../../src/adapters/system/zone.ts'
import {
  featureCsv,
  snapshots,
  tableBlocks,
  wholeTable,
  type FeatureTable,
  type Snapshot,
} from '../../src/app/features.ts'
import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import { DAY_MS } from '../../src/domain/base/duration.ts'
import { startOfLocalDay } from '../../src/domain/base/zone.ts'
import type { Event, EventKind } from '../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../src/domain/features/plan.ts'
import { event, seedPlan } from '../domain/profile/support.ts'

const T = Date.UTC(2024, 4, 1)

async function featureTable(...given: Parameters<typeof snapshots>): Promise<FeatureTable[]> {
  return (await snapshots(...given)).map((s) => wholeTable(s))
}

describe('feature tables', () => {
  const at = (userId: string, eventTime: number): Event =>
    event({ userId, eventTime, kind: 'product_viewed' })
  const list = [at('b', T + 5), at('é', T), at('a', T + 9), at('b', T - DAY_MS), at('Z', T + 10)]

  it('hold who had an event before the as-of, by UTF-8 bytes, and nothing from later', async () => {
    const tables = await featureTable(seedPlan, list, [T + 10, T + 9, T])
    expect(tables.map((t) => t.users)).toEqual([['a', 'b', 'é'], ['b', 'é'], ['b']])
    expect(tables.map((t) => Array.from(t.users, (_, i) => t.values[i * 7]))).toEqual([
      [1, 2, 1],
      [2, 1],
      [1],
    ])
  })

  it('are the same from a stream and in any order', async () => {
    async function* stream(): AsyncIterable<Event> {
      for (const e of list.toReversed()) yield await Promise.resolve(e)
    }
    expect(await featureTable(seedPlan, stream(), [T + 10, T])).toEqual(
      await featureTable(seedPlan, list, [T + 10, T]),
    )
  })

  it.each([1, 2, 3, 4])('are the same in blocks of %d rows', async (rows) => {
    const [snapshot] = await snapshots(seedPlan, list, [T + 20])
    const whole = wholeTable(snapshot as Snapshot)
    const blocks = [...tableBlocks(snapshot as Snapshot, rows)]
    expect(blocks.map((b) => b.users.length).every((n) => n <= rows)).toBe(true)
    expect(blocks.flatMap((b) => b.users)).toEqual(whole.users)
    expect(blocks.flatMap((b) => [...b.values])).toEqual([...whole.values])
  })

  it('are written as CSV, a strange user id quoted', async () => {
    const order = event({
      userId: 'x,"y"',
      eventTime: T,
      kind: 'order_completed',
      amountMinor: 1999,
      category: 'a.b',
    })
    const lines = [...featureCsv(seedPlan.columns, await featureTable(seedPlan, [order], [T + DAY_MS]))]
    expect(lines).toEqual([
      `user_id,as_of,${seedPlan.columns.join(',')}\n`,
      '"x,""y""",2024-05-02T00:00:00.000Z,1,0,0,1,19.99,1,1\n',
    ])
  })
})

const data = resolve('../shared/data')

function rows(file: string): Record<string, string>[] {
  const [header, ...lines] = gunzipSync(readFileSync(resolve(data, file)))
    .toString('utf8')
    .trimEnd()
    .split(/\r?\n/)
  const names = (header as string).split(',')
  return lines.map((line) => {
    const cells = line.includes('"') ? quotedCells(line) : line.split(',')
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']))
  })
}

function quotedCells(line: string): string[] {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []
  return cells.map((cell) => cell.replace(/,$/, '').replace(/^"|"$/g, ''))
}

const rees46 = 'clickstream/rees46_2019-10-01_first_170min.csv.gz'
const rees46Golden = 'golden/rees46_first_170min_seed7_features.csv.gz'
const KINDS: Readonly<Record<string, EventKind>> = {
  view: 'product_viewed',
  cart: 'product_added',
  purchase: 'order_completed',
}

describe.skipIf(!existsSync(resolve(data, rees46)))(
  'REES46, 1 October 2019 (skipped where the data is missing)',
  () => {
    it('the seed set gives the reference features of every user', async () => {
      const events = rows(rees46).map((r) =>
        event({
          userId: r['user_id'] as string,
          eventTime: Date.parse((r['event_time'] as string).replace(' UTC', 'Z').replace(' ', 'T')),
          kind: KINDS[r['event_type'] as string] as EventKind,
          category: r['category_code'] === '' ? undefined : r['category_code'],
          product: r['product_id'],
          amountMinor: Math.round(Number(r['price']) * 100),
        }),
      )
      expect(events).toHaveLength(17_434)
      const [table] = await featureTable(seedPlan, events, [Date.UTC(2019, 9, 2)])
      const golden = new Map(rows(rees46Golden).map((r) => [r['user_id'] as string, r]))
      expect(golden.size).toBe(4504)
      expect(table?.users).toEqual([...golden.keys()].sort(compareUtf8))
      table?.users.forEach((user, i) => {
        const row = golden.get(user) as Record<string, string>
        const ours = [...table.values.subarray(i * 7, i * 7 + 7)]
        expect(ours.slice(0, 6)).toEqual(
          seedPlan.columns.slice(0, 6).map((name) => expect.closeTo(Number(row[name]), 9) as number),
        )
        // floored to whole hours
        const days = Number(row['days_since_last_event'])
        expect(ours[6]).toBeCloseTo(Math.floor(days * 24 + 1e-9) / 24, 12)
      })
    })
  },
)

const retail = 'orders/online_retail.csv.gz'
const retailGolden = 'golden/online_retail_rolling_windows.csv.gz'

describe.skipIf(!existsSync(resolve(data, retail)))(
  'Online Retail, rolling windows (skipped where the data is missing)',
  () => {
    const zone = zoneTable('Europe/London')
    const on: EventKind[] = ['order_completed']
    const windows = ['7d', '30d', '90d']
    const features = windows.flatMap((window) => [
      { name: `orders_${window}`, aggregate: 'distinct', of: 'session', on, window, keep: 1024 },
      { name: `lines_${window}`, aggregate: 'count', on, window },
      { name: `units_${window}`, aggregate: 'sum', of: 'quantity', on, window },
      { name: `revenue_${window}`, aggregate: 'sum', of: 'amount', on, window },
    ])
    const plan = compilePlan(
      parseFeatureSet({ name: 'rolling', version: 1, zone: zone.name, features }, 'rolling'),
      zone,
    )

    it('at midnights in London the windows hold what half-open windows hold', async () => {
      const events = rows(retail)
        .filter(
          (r) =>
            r['CustomerID'] !== '' &&
            !(r['InvoiceNo'] as string).startsWith('C') &&
            Number(r['UnitPrice']) > 0,
        )
        .map((r) => lineOf(r))
      const golden = rows(retailGolden).filter((r) => Number(r['orders']) > 0)
      const asOf = [...new Set(golden.map((r) => r['asof'] as string))].sort()
      const moments = asOf.map((day) => startOfLocalDay(zone, Date.parse(`${day}T00:00:00Z`) / DAY_MS))
      const tables = await featureTable(plan, events, moments)
      const places = tables.map((t) => new Map(t.users.map((user, i) => [user, i])))
      let compared = 0
      for (const r of golden) {
        const moment = asOf.indexOf(r['asof'] as string)
        const at = places[moment]?.get(r['CustomerID'] as string) as number
        const columns = ['orders', 'lines', 'units', 'revenue'].map((name) =>
          plan.columns.indexOf(`${name}_${r['window_days']}d`),
        )
        const ours = columns.map((c) => tables[moment]?.values[at * plan.columns.length + c])
        const reference = [Number(r['orders']), Number(r['lines']), Number(r['units'])]
        if (ours.slice(0, 3).join() !== reference.join()) expect(ours.slice(0, 3)).toEqual(reference)
        // each of our lines is rounded to a penny
        expect(Math.abs((ours[3] as number) - Number(r['revenue']))).toBeLessThanOrEqual(
          0.005 * Number(r['lines']) + 0.005,
        )
        compared++
      }
      expect(compared).toBeGreaterThan(5000)
    })

    const midnights = new Map<number, number>()
    function midnight(day: number): number {
      const known = midnights.get(day) ?? startOfLocalDay(zone, day)
      midnights.set(day, known)
      return known
    }

    function lineOf(r: Record<string, string>): Event {
      // the file has London wall-clock times
      const wall = Date.parse(`${(r['InvoiceDate'] as string).replace(' ', 'T').slice(0, 19)}Z`)
      const day = Math.floor(wall / DAY_MS)
      return event({
        userId: r['CustomerID'] as string,
        eventTime: midnight(day) + (wall - day * DAY_MS),
        kind: 'order_completed',
        session: r['InvoiceNo'],
        quantity: Number(r['Quantity']),
        amountMinor: Math.round(Number(r['Quantity']) * Number(r['UnitPrice']) * 100),
      })
    }
  },
)
