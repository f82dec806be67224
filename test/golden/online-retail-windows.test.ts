import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { zoneTable } from '../../src/adapters/system/zone.ts'
import { HOUR_MS } from '../../src/domain/base/duration.ts'
import { localDay, offsetAt, startOfLocalDay } from '../../src/domain/base/zone.ts'
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
/** Hours are printed to six decimals. */
const SIX_DECIMALS = 1e-6
const ONE_MINUTE = 1 / 60
/** Those who have an invoice whose lines carry two times. */
const CUSTOMERS_OF_TWO_MINUTES = 28
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

/** Most distinct values that a feature remembers. */
const KEEP = 1024

/** Gross: what went back stands in columns of its own. Two sets, because a profile of all of them could grow too large. */
const orders = { on: ['order_completed'] }
const FEATURE_SETS = {
  orders: [
    ...inWindows('orders', { aggregate: 'count', ...orders, reversals: 'ignore' }),
    ...inWindows('lines', { aggregate: 'sum', of: 'lines', ...orders, reversals: 'ignore' }),
    ...inWindows('units', { aggregate: 'sum', of: 'lines.quantity', ...orders, reversals: 'ignore' }),
    ...inWindows('revenue', { aggregate: 'sum', of: 'amount', ...orders, reversals: 'ignore' }),
    ...inWindows('cancel_lines', { aggregate: 'sum', of: 'lines', on: ['order_refunded'] }),
    ...inWindows('cancel_amount', { aggregate: 'sum', of: 'amount', on: ['order_refunded'] }),
    { name: 'since_last', aggregate: 'recency', ...orders, unit: 'hour', step: '1m', cap: 1e6 },
  ],
  products: inWindows('products', { aggregate: 'distinct', of: 'lines.product', keep: KEEP, ...orders }),
}

function inWindows(name: string, feature: object): object[] {
  return DAYS.map((days) => ({ name: `${name}_${days}d`, ...feature, window: `${days}d` }))
}

/** Columns of a window: what the golden file says of our value. */
const COLUMNS: Readonly<Record<string, (golden: number) => number>> = {
  orders: (n) => n,
  lines: (n) => n,
  products: (n) => Math.min(n, KEEP),
  units: (n) => n,
  revenue: (n) => n,
  cancel_lines: (n) => n,
  cancel_amount: (n) => -n,
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
    const ours = await computed(dates)
    const theirs = new Map(
      golden.map((row) => [`${row['CustomerID']} ${row['asof']} ${row['window_days']}`, row]),
    )
    const wrong: string[] = []
    let met = 0
    const apart = new Set<string | undefined>()
    for (const row of ours) {
      const date = dates.find((one) => midnight(one) === Date.parse(row['as_of'] as string))
      for (const days of DAYS) {
        const expected = theirs.get(`${row['user_id']} ${date} ${days}`)
        const off = Object.entries(COLUMNS).map(
          ([column, of]) => numberOf(row, `${column}_${days}d`) - of(numberOf(expected, column)),
        )
        if (off.some((one) => Math.abs(one) >= TOLERANCE)) wrong.push(`${date} ${days}: ${off.join(', ')}`)
        if (expected === undefined) continue
        met++
        const age = expected['hours_since_last'] ?? ''
        if (age === '') continue
        // An invoice's lines may be a minute apart: to us the first line's time counts, to pandas the last one's
        const late = clockHours(row) - Number(age)
        if (!(late > -SIX_DECIMALS && late < ONE_MINUTE + SIX_DECIMALS)) wrong.push(`${date}: ${late} h`)
        if (late >= SIX_DECIMALS) apart.add(row['user_id'])
      }
    }
    expect(wrong).toEqual([])
    expect(met).toBe(golden.length)
    expect(apart.size).toBeLessThanOrEqual(CUSTOMERS_OF_TWO_MINUTES)
  })

  it('online-retail-rfm-published: invoices, lines and money of the first five customers, and how many there are', () => {
    const found = new Map<string, [orders: number, money: number, lines: number]>()
    for (const event of jsonLines(readFileSync(at('events.ndjson'), 'utf8')) as unknown as Event[]) {
      if (event.kind !== 'order_completed') continue
      const [orders, money, lines] = found.get(event.userId) ?? [0, 0, 0]
      const { amountMinor = 0 } = event
      found.set(event.userId, [orders + 1, money + amountMinor, lines + (event.lines?.length ?? 0)])
    }
    expect(found.size).toBe(4338)
    expect([...found.values()].reduce((sum, [, , lines]) => sum + lines, 0)).toBe(397_884)
    expect(['12346', '12347', '12348', '12349', '12350'].map((user) => found.get(user))).toEqual([
      [1, 7_718_360, 1],
      [7, 431_000, 182],
      [4, 179_724, 31],
      [1, 175_755, 73],
      [1, 33_440, 17],
    ])
  })

  it('a distinct count rests at what it remembers: six windows hold more products', () => {
    expect(golden.filter((row) => numberOf(row, 'products') > KEEP)).toHaveLength(6)
  })
})

/** Hours on London's clocks since the last order: pandas subtracts what they showed, ours is the time that passed. */
function clockHours(row: Row): number {
  const asOf = Date.parse(row['as_of'] as string)
  const last = asOf - numberOf(row, 'since_last') * HOUR_MS
  return numberOf(row, 'since_last') + (offsetAt(LONDON, asOf) - offsetAt(LONDON, last)) / HOUR_MS
}

/** The rows of both sets, side by side. */
async function computed(dates: readonly string[]): Promise<Row[]> {
  const tables: Row[][] = []
  for (const [name, features] of Object.entries(FEATURE_SETS)) {
    const set = { name, version: 1, zone: 'Europe/London', features }
    writeFileSync(at(`${name}.json`), JSON.stringify(set))
    const how = ['--feature-set', at(`${name}.json`), '--as-of', dates.join(','), '--out', at(`${name}.csv`)]
    const { code, err } = await run(['features', '--events', at('events.ndjson'), ...how])
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    tables.push(rowsOf(readFileSync(at(`${name}.csv`), 'utf8')))
  }
  const [left = [], right = []] = tables
  const keyOf = (row: Row): string => `${row['user_id']} ${row['as_of']}`
  const products = new Map(right.map((row) => [keyOf(row), row]))
  return left.map((row) => ({ ...row, ...products.get(keyOf(row)) }))
}

const major = (events: readonly Event[]): number =>
  events.reduce((sum, { amountMinor = 0 }) => sum + amountMinor, 0) / 100
