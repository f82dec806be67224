import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { zoneTable } from '../../src/adapters/system/zone.ts'
import { localDay, startOfLocalDay } from '../../src/domain/base/zone.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { jsonLines } from '../inputs/program.ts'

// Rolling windows of every customer of Online Retail at six dates, against pandas: 7, 30 and 90 days of London's calendar,
// half-open. The data is not part of the repository.
const DATA = resolve(ROOT, '../shared/data')
const INVOICES = join(DATA, 'orders/online_retail.csv.gz')
const GOLDEN = join(DATA, 'golden/online_retail_rolling_windows.csv.gz')
const HERE = existsSync(INVOICES) && existsSync(GOLDEN)

const DAYS = [7, 30, 90]
const TOLERANCE = 1e-9
const LONDON = zoneTable('Europe/London')

const folder = tempFolder()
const at = (name: string): string => join(folder, name)

type Row = Readonly<Record<string, string>>

function rowsOf(text: string): Row[] {
  const [head = '', ...lines] = text.trimEnd().split(/\r?\n/)
  const columns = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])))
}

const numberOf = (row: Row | undefined, column: string): number => Number(row?.[column] ?? 0)

/** The midnight in London that many days before a date. */
function midnight(date: string, daysBefore = 0): number {
  const noon = Date.parse(`${date}T12:00:00Z`)
  return startOfLocalDay(LONDON, localDay(LONDON, noon) - daysBefore)
}

it.runIf(!HERE)('Online Retail is not here: the rolling windows are skipped', ({ skip }) => {
  skip(`${INVOICES} or ${GOLDEN} is missing`)
})

/** Orders and money of a window; gross: what went back stands in a column of its own. */
const featureSet = {
  name: 'rolling',
  version: 1,
  zone: 'Europe/London',
  features: DAYS.flatMap((days) => {
    const window = `${days}d`
    const orders = { on: ['order_completed'], window }
    return [
      { name: `orders_${window}`, aggregate: 'count', ...orders },
      { name: `revenue_${window}`, aggregate: 'sum', of: 'amount', ...orders },
      { name: `returned_${window}`, aggregate: 'sum', of: 'amount', on: ['order_refunded'], window },
    ]
  }),
}

describe.runIf(HERE)('rolling windows of Online Retail', () => {
  let golden: Row[]
  let dates: string[]

  beforeAll(async () => {
    golden = rowsOf(gunzipSync(readFileSync(GOLDEN)).toString('utf8'))
    dates = [...new Set(golden.map((row) => row['asof'] as string))].sort()
    const { code, err } = await run([
      'ingest',
      INVOICES,
      '--mapping',
      'online-retail',
      '--out',
      at('events.ndjson'),
    ])
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  })

  it('the golden file has six dates, and all windows', () => {
    expect(dates).toHaveLength(6)
    expect(golden.length).toBeGreaterThan(20_000)
  })

  it('the events hold them all: orders, lines, products, pieces, money, and what went back', () => {
    const byUser = new Map<string, Event[]>()
    for (const event of jsonLines(readFileSync(at('events.ndjson'), 'utf8')) as unknown as Event[]) {
      const events = byUser.get(event.userId)
      if (events) events.push(event)
      else byUser.set(event.userId, [event])
    }
    const wrong: Row[] = []
    for (const row of golden) {
      const until = midnight(row['asof'] as string)
      const from = midnight(row['asof'] as string, numberOf(row, 'window_days'))
      const events = (byUser.get(row['CustomerID'] as string) ?? []).filter(
        ({ eventTime }) => eventTime >= from && eventTime < until,
      )
      const orders = events.filter(({ kind }) => kind === 'order_completed')
      const lines = orders.flatMap((order) => order.lines ?? [])
      const refunds = events.filter(({ kind }) => kind === 'order_refunded')
      const found = {
        orders: orders.length,
        lines: lines.length,
        products: new Set(lines.map(({ product }) => product)).size,
        units: lines.reduce((sum, { quantity }) => sum + quantity, 0),
        revenue: major(orders),
        cancel_lines: refunds.flatMap((refund) => refund.lines ?? []).length,
        cancel_amount: -major(refunds),
      }
      const same = Object.entries(found).every(
        ([column, value]) => Math.abs(value - numberOf(row, column)) < TOLERANCE,
      )
      if (!same) wrong.push(row)
    }
    expect(wrong).toEqual([])
  })

  it('the command `features` computes them, for every customer at every date', async () => {
    writeFileSync(at('rolling.json'), JSON.stringify(featureSet))
    const how = ['--feature-set', at('rolling.json'), '--as-of', dates.join(','), '--out', at('features.csv')]
    const { code, err } = await run(['features', '--events', at('events.ndjson'), ...how])
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    const theirs = new Map(
      golden.map((row) => [`${row['CustomerID']} ${row['asof']} ${row['window_days']}`, row]),
    )
    const ours = rowsOf(readFileSync(at('features.csv'), 'utf8'))
    const wrong: string[] = []
    let met = 0
    for (const row of ours) {
      const date = dates.find((one) => midnight(one) === Date.parse(row['as_of'] as string))
      for (const days of DAYS) {
        const key = `${row['user_id']} ${date} ${days}`
        const expected = theirs.get(key)
        if (expected !== undefined) met++
        const off = [
          numberOf(row, `orders_${days}d`) - numberOf(expected, 'orders'),
          numberOf(row, `revenue_${days}d`) - numberOf(expected, 'revenue'),
          numberOf(row, `returned_${days}d`) + numberOf(expected, 'cancel_amount'),
        ]
        if (off.some((one) => Math.abs(one) >= TOLERANCE)) wrong.push(`${date} ${days}: ${off.join(', ')}`)
      }
    }
    expect(wrong).toEqual([])
    expect(met).toBe(golden.length)
  })
})

const major = (events: readonly Event[]): number =>
  events.reduce((sum, { amountMinor = 0 }) => sum + amountMinor, 0) / 100
