import { expect } from 'vitest'
import { snapshots, wholeTable } from '../../../src/app/features.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { event } from '../profile/support.ts'

/** User, day, money. */
type Order = readonly [number, string, number]

interface RfmCase {
  readonly input: {
    readonly transactions: readonly Order[]
    readonly end: string
    readonly calibration_end: string
  }
  readonly expected: Record<string, unknown>
}

/** Cases of recency, frequency and money, read with features: the case of an id comes from the reference file. */
export function rfmChecks(caseOf: (id: string) => unknown): Readonly<Record<string, () => Promise<void>>> {
  const of = (id: string): RfmCase => caseOf(id) as RfmCase
  const daily = (): readonly Order[] => of('rfm-daily').input.transactions
  const merged = (): readonly Order[] => [...daily(), [4, '2015-02-05', 6]]
  return {
    'rfm-daily': async () => {
      const { input, expected } = of('rfm-daily')
      expect(await summaries(daily(), input.end)).toEqual(expected['rows'])
    },
    'rfm-same-day-merge': async () => {
      const { input, expected } = of('rfm-same-day-merge')
      const [, ...found] = (await summaries(merged(), input.end)).find(([user]) => user === 4) ?? []
      const { frequency, recency, T, monetary } = expected['customer_4'] as Record<string, number>
      expect(found).toEqual([frequency, recency, T, monetary])
    },
    'rfm-include-first': async () => {
      const { input, expected } = of('rfm-include-first')
      const users = await readings(merged(), input.end)
      const rows = [...users].map(([user, { days, since, money }]) => [user, days, since, money / days])
      expect(rows).toEqual(expected['rows'])
    },
    'rfm-order-independence': async () => {
      const { input, expected } = of('rfm-order-independence')
      const [a, b, c] = input.transactions as [Order, Order, Order]
      for (const orders of [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
      ])
        expect((await summaries(orders, '2014-05-31'))[0]?.[4]).toBe(expected['monetary'])
    },
    'rfm-holdout': async () => {
      const { input, expected } = of('rfm-holdout')
      const before = await readings(daily(), dayAfter(input.calibration_end))
      const until = await readings(daily(), dayAfter(input.end))
      const held = (user: number): number => (until.get(user)?.days ?? 0) - (before.get(user)?.days ?? 0)
      const wanted = Object.entries(expected['frequency_holdout'] as Record<string, number>)
      expect(wanted.map(([user]) => [user, held(Number(user))])).toEqual(wanted)
      expect([...until.keys()].filter((user) => !before.has(user))).toEqual(expected['absent'])
    },
  }
}

const orders = { on: ['order_completed'] }
const CAP_DAYS = 3650
const plan = compilePlan(
  parseFeatureSet(
    {
      name: 'rfm',
      version: 1,
      zone: 'UTC',
      features: [
        { name: 'days', aggregate: 'distinctDays', ...orders, window: '90d' },
        { name: 'since', aggregate: 'recency', ...orders, unit: 'day', cap: CAP_DAYS },
        { name: 'age', aggregate: 'tenure', ...orders, unit: 'day', cap: CAP_DAYS },
        { name: 'money', aggregate: 'sum', of: 'amount', ...orders, window: 'lifetime' },
      ],
    },
    'rfm',
  ),
  UTC,
)

interface Readings {
  readonly days: number
  readonly since: number
  readonly age: number
  readonly money: number
}

/** The features of everybody at a midnight, by user. */
async function readings(of: readonly Order[], day: string): Promise<Map<number, Readings>> {
  const events = of.map(([user, on, money]) =>
    event({
      userId: `${user}`,
      eventTime: Date.parse(on),
      kind: 'order_completed',
      amountMinor: money * 100,
    }),
  )
  const [snapshot] = await snapshots(plan, events, [Date.parse(day)])
  if (snapshot === undefined) throw new Error('a time has its snapshot')
  const { users, values, columns } = wholeTable(snapshot)
  return new Map(
    users.map((user, i) => {
      const [days, since, age, money] = values.subarray(i * columns.length) as unknown as [
        number,
        number,
        number,
        number,
      ]
      return [Number(user), { days, since, age, money }]
    }),
  )
}

/** id, frequency (days after the first), recency (first to last, days), T (first to end, days), mean money of those days. */
async function summaries(of: readonly Order[], end: string): Promise<number[][]> {
  const rows: number[][] = []
  for (const [user, { days, since, age, money }] of await readings(of, end)) {
    const first = new Date(Date.parse(end) - age * DAY_MS).toISOString()
    const then = (await readings(of, dayAfter(first))).get(user)
    const repeats = days - 1
    rows.push([user, repeats, age - since, age, repeats === 0 ? 0 : (money - (then?.money ?? 0)) / repeats])
  }
  return rows
}

const dayAfter = (day: string): string => new Date(Date.parse(day) + DAY_MS).toISOString()
