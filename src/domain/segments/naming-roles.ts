import type { Feature } from '../features/feature-set.ts'

/** What a feature measures about a customer, as far as names care. */
export type Role =
  | 'visits'
  | 'carts'
  | 'orders'
  | 'spend'
  | 'basket'
  | 'lastVisit'
  | 'lastOrder'
  | 'tenure'
  | 'breadth'

/** When or for what a customer has a liking. */
export interface Liking {
  readonly key: string
  readonly en: string
  readonly fr: string
  /** Of the year: who stopped coming in one did not like it most. */
  readonly season?: boolean
}

const ORDERS = new Set(['order_completed'])
const CARTS = new Set(['product_added', 'checkout_started'])

type Kinds = readonly string[]
const only = (kinds: Kinds, allowed: ReadonlySet<string>): boolean => kinds.every((kind) => allowed.has(kind))

/** Read from a feature's definition, or from the name of a column that a table gives; undefined: its own label has to say it. */
export function roleOf(f: Feature): Role | undefined {
  if ('given' in f) return givenRole(f.name)
  if (!('aggregate' in f) || f.where !== undefined) return undefined
  const buys = only(f.on, ORDERS)
  if (f.aggregate === 'recency') return buys ? 'lastOrder' : 'lastVisit'
  if (f.aggregate === 'tenure') return 'tenure'
  if (f.aggregate === 'distinct') {
    if (f.of === 'category') return 'breadth'
    return buys ? undefined : 'visits'
  }
  if ('of' in f) {
    if (!buys || f.of !== 'amount') return undefined
    return f.aggregate === 'sum' || f.aggregate === 'decayedSum' ? 'spend' : 'basket'
  }
  if (buys) return 'orders'
  return only(f.on, CARTS) ? 'carts' : 'visits'
}

const GIVEN_ROLES: readonly (readonly [pattern: RegExp, role: Role])[] = [
  [/recency|since.*last|last.*order/i, 'lastOrder'],
  [/monetary|revenue|spen[dt]|amount|turnover/i, 'spend'],
  [/frequency|orders|purchases|invoices/i, 'orders'],
  [/carts?\b|basket/i, 'carts'],
  [/views|visits|sessions|events/i, 'visits'],
  [/categor/i, 'breadth'],
]

function givenRole(name: string): Role | undefined {
  return GIVEN_ROLES.find(([pattern]) => pattern.test(name))?.[1]
}

const CALENDAR_WORDS: Readonly<Record<string, Liking>> = {
  winter: { key: 'winter', en: 'winter', fr: 'hiver', season: true },
  spring: { key: 'spring', en: 'spring', fr: 'printemps', season: true },
  summer: { key: 'summer', en: 'summer', fr: 'été', season: true },
  autumn: { key: 'autumn', en: 'autumn', fr: 'automne', season: true },
  'saturday,sunday': { key: 'weekends', en: 'weekends', fr: 'week-end' },
}

/**
 * What a share is a share of: its `topic`, else a season or the weekend, else the shop's own words for its categories, which are
 * the same in every language. Undefined for what is no share.
 */
export function likingOf(f: Feature): Liking | undefined {
  if (!('share' in f)) return undefined
  const values = Object.values(f.share.where).flat().map(String)
  const plain: Liking = CALENDAR_WORDS[values.toSorted().join()] ?? {
    key: values.join('-'),
    en: values.join(', '),
    fr: values.join(', '),
  }
  const en = f.topic?.en ?? plain.en
  return { ...plain, en, fr: f.topic?.fr ?? f.topic?.en ?? plain.fr }
}
