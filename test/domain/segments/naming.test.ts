import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Feature } from '../../../src/domain/features/feature-set.ts'
import { nameSegments, type NamedSegment } from '../../../src/domain/segments/naming.ts'

const KEY = /^[a-z0-9][a-z0-9-]{0,31}$/

const share = (
  name: string,
  where: Record<string, string | string[]>,
  topic?: Feature['label'],
): Feature => ({
  name,
  share: { of: 'views', where },
  whenEmpty: 0,
  ...(topic === undefined ? {} : { topic }),
})
const age = (name: string, on: ('page_viewed' | 'order_completed')[], phrase: [string, string]): Feature => ({
  name,
  aggregate: 'recency',
  on,
  unit: 'day',
  cap: 180,
  phrase: {
    en: `last ${phrase[0]} {now} days ago (was {before})`,
    fr: `${phrase[1]} il y a {now} jours (avant : {before})`,
  },
})
const COLUMNS: Feature[] = [
  {
    name: 'views',
    aggregate: 'count',
    on: ['product_viewed'],
    window: '30d',
    phrase: { en: '{now} views (was {before})', fr: '{now} produits vus (avant : {before})' },
  },
  { name: 'carts', aggregate: 'count', on: ['product_added'], window: '30d' },
  {
    name: 'orders',
    aggregate: 'count',
    on: ['order_completed'],
    window: '90d',
    phrase: { en: '{now} orders (was {before})', fr: '{now} commandes (avant : {before})' },
  },
  {
    name: 'revenue',
    aggregate: 'sum',
    of: 'amount',
    on: ['order_completed'],
    window: '90d',
    phrase: { en: '{now} spent (was {before})', fr: '{now} dépensés (avant : {before})' },
  },
  age('last_visit', ['page_viewed', 'order_completed'], ['seen', 'vus']),
  age('last_order', ['order_completed'], ['order', 'dernière commande']),
  share('kids_share', { category: ['kids', 'toys'] }, { en: 'toys and kids', fr: 'jouets et enfants' }),
  share('weekend_share', { weekday: ['sunday', 'saturday'] }),
  share('winter_share', { season: 'winter' }),
]
const EVERYBODY = [20, 2, 2, 200, 10, 60, 0.2, 0.3, 0.25]
/** Deviation of each feature among users. */
const SPREAD = [10, 1, 2, 200, 10, 60, 0.4, 0.3, 0.25]

/** Segments by their mean raw values, in the order of COLUMNS. */
function named(...raw: number[][]): NamedSegment[] {
  const standardised = raw.map((row) =>
    row.map((x, j) => (x - (EVERYBODY[j] as number)) / (SPREAD[j] as number)),
  )
  return nameSegments({
    columns: COLUMNS,
    standardised,
    raw,
    everybody: EVERYBODY,
    shares: raw.map(() => 1 / raw.length),
  })
}
const one = (...raw: number[]): NamedSegment => named(raw)[0] as NamedSegment

describe('nameSegments', () => {
  it.each([
    // views, carts, orders, revenue, last visit, last order, three shares
    ['loyal-buyers', [22, 3, 5, 400, 3, 8, 0.2, 0.3, 0.25]],
    ['big-spenders', [22, 3, 4, 1200, 3, 8, 0.2, 0.3, 0.25]],
    ['best-customers', [30, 3, 12, 1400, 3, 8, 0.2, 0.3, 0.25]],
    ['bargain-hunters', [12, 2, 2, 40, 8, 30, 0.2, 0.3, 0.25]],
    ['cart-abandoners', [20, 4, 0.1, 10, 5, 175, 0.2, 0.3, 0.25]],
    ['window-shoppers', [28, 1, 0.05, 5, 5, 175, 0.2, 0.3, 0.25]],
    ['passers-by', [8, 0.5, 0.05, 5, 9, 175, 0.2, 0.3, 0.25]],
    ['lapsed-customers', [0, 0, 0.2, 20, 60, 120, 0.2, 0.3, 0.25]],
    ['lapsed-visitors', [0, 0, 0, 0, 60, 180, 0.2, 0.3, 0.25]],
    ['slipping-away', [15, 1, 1, 100, 15, 90, 0.2, 0.3, 0.25]],
    ['occasional-buyers', [15, 1.5, 1, 100, 9, 50, 0.2, 0.3, 0.25]],
    ['regular-customers', [20, 2, 2, 200, 10, 60, 0.2, 0.3, 0.25]],
  ])('%s', (key, raw) => {
    expect(one(...raw).key).toBe(key)
  })

  it('calls nobody lost after a few days, however long that is beside the others', () => {
    const days = (lastVisit: number): string => one(0, 0, 0.5, 50, lastVisit, 120, 0.2, 0.3, 0.25).key
    // both lie at least 0.6 deviations away; the bound is 14 days
    const near = nameSegments({
      columns: [COLUMNS[2] as Feature, COLUMNS[4] as Feature],
      standardised: [[-1, 3]],
      raw: [[0.5, 13.9]],
      everybody: [2, 1],
      shares: [1],
    })
    expect(near[0]?.key).not.toMatch(/^lapsed|^slipping/)
    expect(days(16.1)).toBe('lapsed-customers')
  })

  it('calls nobody a buyer of whom fewer than one in ten ordered, nor loyal who ordered once', () => {
    const few = nameSegments({
      columns: COLUMNS.slice(0, 4),
      standardised: [
        [0.5, 0, 0.5, 0.5],
        [0.5, 0, 0.5, 0.5],
      ],
      raw: [
        [20, 0, 0.09, 9],
        [20, 0, 1, 90],
      ],
      everybody: [10, 0, 0.05, 4],
      shares: [0.5, 0.5],
    })
    expect(few.map((s) => s.key)).toEqual(['window-shoppers', 'buyers'])
  })

  it('gives a kind to one segment only where another kind fits about as well', () => {
    const keys = named([30, 1, 0, 0, 5, 180, 0.2, 0.3, 0.25], [19, 1, 0, 0, 5, 180, 0.2, 0.3, 0.25]).map(
      (s) => s.key,
    )
    expect(keys).toEqual(['window-shoppers', 'passers-by'])
  })

  it('tells two of a kind apart by what sets them most apart, in both languages', () => {
    const [a, b] = named([30, 1, 0, 0, 5, 180, 0.8, 0.3, 0.25], [31, 1, 0, 0, 5, 180, 0.1, 0.3, 0.25])
    expect(a?.label.name).toEqual({
      en: 'Window shoppers, toys and kids',
      fr: 'Flâneurs, jouets et enfants',
    })
    expect(a?.key).toBe('window-shoppers-toys-and-kids')
    expect(b?.label.name).toEqual({ en: 'Window shoppers, more active', fr: 'Flâneurs, plus actifs' })
  })

  it('names customers of whom nothing is known by the columns that set them apart', () => {
    const columns: Feature[] = [
      { name: 'petal length', given: true },
      { name: 'petal width', given: true },
    ]
    const names = nameSegments({
      columns,
      standardised: [
        [1.2, 0.4],
        [-0.3, -0.9],
      ],
      raw: [
        [5, 2],
        [1, 0],
      ],
      everybody: [3, 1],
      shares: [0.5, 0.5],
    }).map((s) => s.label.name)
    expect(names).toEqual([
      { en: 'Customers, more petal length', fr: 'Clients, plus de petal length' },
      { en: 'Customers, less petal length', fr: 'Clients, moins de petal length' },
    ])
  })

  it('reads the columns of a table that somebody made for recency, frequency and money', () => {
    const columns = ['recency', 'frequency', 'monetary'].map((name): Feature => ({ name, given: true }))
    const keys = nameSegments({
      columns,
      standardised: [
        [-0.2, -0.3, -0.2],
        [-0.8, 1.5, 1.6],
        [1.5, -0.4, -0.4],
      ],
      raw: [
        [40, 3, 900],
        [10, 20, 9000],
        [240, 1.5, 500],
      ],
      everybody: [90, 4, 2000],
      shares: [0.6, 0.1, 0.3],
    }).map((s) => s.key)
    expect(keys).toEqual(['regular-customers', 'loyal-buyers', 'lapsed-customers'])
  })

  it('gives every segment a name and a key of its own that the bundle accepts, in both languages', () => {
    const row = fc.tuple(...EVERYBODY.map((x) => fc.double({ min: 0, max: 4 * x, noNaN: true })))
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (raw) => {
        const segments = named(...raw)
        expect(new Set(segments.map((s) => s.key)).size).toBe(raw.length)
        expect(new Set(segments.map((s) => s.label.name['en'])).size).toBe(raw.length)
        expect(new Set(segments.map((s) => s.label.name['fr'])).size).toBe(raw.length)
        for (const { key } of segments) expect(key).toMatch(KEY)
        expect(named(...raw)).toEqual(segments)
      }),
    )
  })
})

describe('descriptions', () => {
  it('tell the kind, what makes them so beside everybody, and what they like', () => {
    expect(one(22, 2, 5.04, 1412, 3, 8.26, 0.926, 0.3, 0.25).label.description).toEqual({
      en: 'Spend a lot at a time: 1,412 spent (average 200), 5 orders (average 2), last order 8.3 days ago (average 60); mostly toys and kids (93 %).',
      fr: 'Dépensent beaucoup à la fois\u00A0: 1\u00A0412 dépensés (moyenne 200), 5 commandes (moyenne 2), dernière commande il y a 8,3 jours (moyenne 60)\u00A0; surtout jouets et enfants (93\u00A0%).',
    })
  })

  it('say nothing of the last order of those who never had one', () => {
    expect(one(28, 1, 0, 0, 5, 180, 0.2, 0.3, 0.25).label.description['en']).not.toContain([
      'order',
      'dernière commande',
    ])
  })

  it('take no season for a liking of those who stopped coming in it', () => {
    const winter = (lastVisit: number): string =>
      one(0, 0, 1, 100, lastVisit, 70, 0.2, 0.3, 0.9).label.description['en'] as string
    expect(winter(5)).toContain('mostly winter (90 %)')
    expect(winter(60)).not.toContain('winter')
  })

  it('say once what two features say alike', () => {
    const twice = COLUMNS.map((f): Feature =>
      f.name === 'carts' ? { ...(COLUMNS[2] as Feature), name: 'again' } : f,
    )
    const [first] = nameSegments({
      columns: twice,
      standardised: [[0, 1, 1, 1, 0, 0, 0, 0, 0]],
      raw: [[20, 5, 5, 400, 10, 60, 0.2, 0.3, 0.25]],
      everybody: EVERYBODY.with(1, 2),
      shares: [1],
    })
    expect(first?.label.description['en']?.match(/5 orders/g)).toHaveLength(1)
  })
})
