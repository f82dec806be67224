import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/domain/events/event.ts'
import reference from '../reference/online_retail_cancellations.json' with { type: 'json' }
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { jsonLines } from '../inputs/program.ts'

// The 9,288 cancellation lines of Online Retail against pandas (test/reference/online_retail_cancellations.py). An invoice of
// cancellations does not say which order it cancels: it is a refund that reverses nothing, and is counted as such. The data is not
// part of the repository.
const INVOICES = resolve(ROOT, '../shared/data/orders/online_retail.csv.gz')
const HERE = existsSync(INVOICES)

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

it.runIf(!HERE)('Online Retail is not here: its cancellations are skipped', ({ skip }) => {
  skip(`${INVOICES} is missing`)
})

const money = (name: string, on: string): object => ({
  name,
  aggregate: 'sum',
  of: 'amount',
  on: [on],
  window: 'lifetime',
})
const SET = {
  name: 'net',
  version: 1,
  zone: 'Europe/London',
  features: [
    money('bought', 'order_completed'),
    money('returned', 'order_refunded'),
    { name: 'refunds', aggregate: 'count', on: ['order_refunded'], window: 'lifetime' },
    { name: 'net', difference: ['bought', 'returned'] },
  ],
}

describe.runIf(HERE)('what Online Retail took back', () => {
  let refunds: Event[]
  let uncounted: Record<string, number>
  const table = new Map<string, { bought: number; returned: number; refunds: number; net: number }>()

  beforeAll(async () => {
    const ingested = await run([
      'ingest',
      INVOICES,
      '--mapping',
      'online-retail',
      '--out',
      at('events.ndjson'),
    ])
    expect({ code: ingested.code, err: ingested.code === 0 ? '' : ingested.err }).toEqual({
      code: 0,
      err: '',
    })
    const events = jsonLines(readFileSync(at('events.ndjson'), 'utf8')) as unknown as Event[]
    refunds = events.filter((e) => e.kind === 'order_refunded')
    writeFileSync(at('set.json'), JSON.stringify(SET))
    const flags = ['--feature-set', at('set.json'), '--as-of', '2011-12-10', '--json']
    const { out } = await run(['features', '--events', at('events.ndjson'), ...flags, '--out', at('net.csv')])
    uncounted = (JSON.parse(out) as { rows: [{ uncounted: Record<string, number> }] }).rows[0].uncounted
    for (const line of readFileSync(at('net.csv'), 'utf8').trimEnd().split('\n').slice(1)) {
      const [user = '', , bought, returned, count, net] = line.split(',')
      table.set(user, {
        bought: Number(bought),
        returned: Number(returned),
        refunds: Number(count),
        net: Number(net),
      })
    }
  })

  it('is its invoices, lines, pieces and pence, of as many customers', () => {
    const lines = refunds.flatMap((e) => e.lines ?? [])
    expect({
      lines: lines.length,
      invoices: new Set(refunds.map((e) => e.eventId)).size,
      customers: new Set(refunds.map((e) => e.userId)).size,
      pieces: sum(lines.map((line) => line.quantity)),
      pence: sum(lines.map((line) => line.amountMinor)),
    }).toEqual(reference.kept)
    expect(reference.kept.lines + reference.withoutCustomer + reference.withoutPrice).toBe(reference.lines)
  })

  it('is in the features of every customer, who never bought more for it', () => {
    const rows = [...table.values()]
    expect(sum(rows.map((row) => Math.round(row.bought * 100)))).toBe(reference.boughtPence)
    expect(sum(rows.map((row) => Math.round(row.returned * 100)))).toBe(reference.kept.pence)
    expect(rows.filter((row) => Math.round(row.net * 100) < 0)).toHaveLength(reference.inTheRed)
    expect(
      reference.largest.map(([user]) => {
        const row = table.get(String(user))
        return [user, Math.round((row?.returned ?? 0) * 100), Math.round((row?.net ?? 0) * 100)]
      }),
    ).toEqual(reference.largest)
  })

  it('reverses no order, for none is named, and says so', () => {
    expect(uncounted).toEqual({ 'order-unknown': reference.kept.invoices })
    expect(sum([...table.values()].map((row) => row.refunds))).toBe(reference.kept.invoices)
  })
})
