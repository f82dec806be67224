import { readCustomers } from '../../../src/app/report/customers.ts'
import { makeReport, type Report } from '../../../src/app/report/report.ts'
import { snapshots, wholeTable } from '../../../src/app/features.ts'
import { trainBundle, TRAIN_DEFAULTS } from '../../../src/app/train.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { event, order } from '../../app/report/events.ts'
import { madeUpStudy } from './fixture.ts'

const AS_OF = Date.UTC(2025, 2, 1)
const USERS = 90

/** A little shop: a third only looks, a third buys a little, a third buys much. One name holds what HTML must escape. */
function shop(): Event[] {
  const random = seededRandom(3)
  const events: Event[] = []
  for (let u = 0; u < USERS; u++) {
    const userId = `customer-${u}`
    const kind = u % 3
    const category = ['toys <&> "games"', 'books', 'garden'][kind] as string
    for (let i = 0; i < 6 + 6 * kind + random.below(4); i++) {
      const eventTime = AS_OF - 1 - random.below(50) * DAY_MS - random.below(24) * HOUR_MS
      events.push(event({ userId, eventTime, category: random.below(5) === 0 ? 'books' : category }))
      if (random.below(3) < kind)
        events.push(order(userId, eventTime, `${u}-${i}`, 500 + random.below(4000) * kind))
    }
  }
  return events
}

const set = parseFeatureSet(
  {
    name: 'small',
    version: 1,
    zone: 'UTC',
    features: [
      {
        name: 'views',
        aggregate: 'count',
        on: ['product_viewed'],
        window: '30d',
        transform: 'log1p',
        label: { en: 'Views & looks', fr: 'Vues & regards' },
      },
      { name: 'orders', aggregate: 'count', on: ['order_completed'], window: '90d', transform: 'sqrt' },
      {
        name: 'spend',
        aggregate: 'sum',
        of: 'amount',
        on: ['order_completed'],
        window: '90d',
        transform: 'log1p',
      },
      { name: 'last', aggregate: 'recency', on: ['product_viewed'], unit: 'day', cap: 60 },
    ],
  },
  'test',
)

/** A report with every part of it. */
export async function madeReport(): Promise<Report> {
  const events = shop()
  const plan = compilePlan(set, UTC)
  const [snapshot] = await snapshots(plan, events, [AS_OF])
  if (snapshot === undefined) throw new Error('one as-of, one snapshot')
  const options = { ...TRAIN_DEFAULTS, k: 3, source: 'shop.ndjson', asOf: new Date(AS_OF).toISOString() }
  const { bundle, labels } = trainBundle({
    featureSet: set,
    table: { ...wholeTable(snapshot), currency: 'EUR' },
    options,
  })
  const keys = bundle.segments.map((s) => s.key)
  return makeReport({
    bundle,
    labels,
    study: madeUpStudy(bundle),
    customers: await readCustomers({ plan, zone: UTC, asOf: AS_OF, events }),
    read: {
      source: 'shop.ndjson',
      records: events.length + 3,
      skipped: [['not-json', 3]],
      currency: 'EUR',
      zone: UTC,
    },
    movement: {
      segments: keys,
      flows: [
        { from: keys[0] ?? '', to: keys[1] ?? '', users: 40, spendMinor: 120_000 },
        { from: keys[1] ?? '', to: keys[0] ?? '', users: 12, spendMinor: null },
        { from: keys[2] ?? '', to: null, users: 3, spendMinor: null },
      ],
      causes: [
        ['behaviour', 30],
        ['first', 90],
      ],
      stays: keys.map((segment, i) => ({ segment, stays: 30 * i, medianDays: i === 1 ? 12.5 : null })),
      firstDays: [1, 2.5, 7],
      firstAt: '2025-02-01T00:00:00.000Z',
      lastAt: '2025-03-01T00:00:00.000Z',
    },
    program: 'segmentation 1.2.3',
  })
}
