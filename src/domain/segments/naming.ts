import type { Feature } from '../features/feature-set.ts'
import { formatNumber, formatShare, type Locale } from './format.ts'
import { segmentColour } from './label.ts'
import type { SegmentLabel } from './labels.ts'
import { reasonLabel } from './phrase.ts'

/** What a first name is made from. Shapes: K segments, F columns. */
export interface SegmentProfiles {
  readonly columns: readonly Feature[]
  /** Mean of the standardised features per segment, K × F: how many standard deviations it lies from everybody. */
  readonly standardised: readonly (readonly number[])[]
  /** Mean raw values per segment, K × F. */
  readonly raw: readonly (readonly number[])[]
  /** Mean raw values of everybody, F. */
  readonly everybody: readonly number[]
  /** K, descending. */
  readonly shares: readonly number[]
}

export interface NamedSegment {
  readonly key: string
  readonly label: SegmentLabel
}

interface Name {
  readonly key: string
  readonly en: string
  readonly fr: string
}

/** Below this many standard deviations in every feature a segment is called typical. */
const TYPICAL_BELOW = 0.25
const MAX_KEY_LENGTH = 32
/** Features named in a description. */
const DESCRIBED_FEATURES = 3

const TYPICAL: Name = { key: 'typical', en: 'Typical customers', fr: 'Clients types' }

type Role = 'recency' | 'spend' | 'purchases' | 'carts' | 'views' | 'activity' | 'breadth'
const name = (key: string, en: string, fr: string): Name => ({ key, en, fr })

/** What customers with much, and with little, of something are called. */
const ROLE_NAMES: Readonly<Record<Role, { readonly high: Name; readonly low: Name }>> = {
  recency: {
    high: name('dormant', 'Dormant', 'Dormants'),
    low: name('recent', 'Recently active', 'Actifs récents'),
  },
  spend: {
    high: name('big-spenders', 'Big spenders', 'Gros acheteurs'),
    low: name('small-spenders', 'Small spenders', 'Petits budgets'),
  },
  purchases: {
    high: name('frequent-buyers', 'Frequent buyers', 'Acheteurs fréquents'),
    low: name('rare-buyers', 'Rare buyers', 'Acheteurs rares'),
  },
  carts: {
    high: name('cart-fillers', 'Cart fillers', 'Paniers bien remplis'),
    low: name('few-carts', 'Few carts', 'Peu de paniers'),
  },
  views: {
    high: name('browsers', 'Keen browsers', 'Grands flâneurs'),
    low: name('light-browsers', 'Light browsers', 'Petits flâneurs'),
  },
  activity: {
    high: name('very-active', 'Very active', 'Très actifs'),
    low: name('barely-active', 'Barely active', 'Peu actifs'),
  },
  breadth: {
    high: name('explorers', 'Explorers', 'Explorateurs'),
    low: name('focused', 'Focused', 'Ciblés'),
  },
}

/** What a feature measures, read from its definition; undefined where only its own label can say it. */
function roleOf(f: Feature): Role | undefined {
  if (!('aggregate' in f) || f.where !== undefined) return undefined
  if (f.aggregate === 'recency') return 'recency'
  if (f.aggregate === 'distinct') return f.of === 'category' ? 'breadth' : undefined
  if (f.aggregate === 'sum' || f.aggregate === 'decayedSum' || f.aggregate === 'mean')
    return f.of === 'amount' && f.on.every((k) => k === 'order_completed') ? 'spend' : undefined
  if (f.aggregate !== 'count' && f.aggregate !== 'decayedCount') return undefined
  if (f.on.every((k) => k === 'order_completed')) return 'purchases'
  if (f.on.every((k) => k === 'product_added')) return 'carts'
  if (f.on.every((k) => k === 'product_viewed' || k === 'page_viewed')) return 'views'
  return f.on.length > 1 ? 'activity' : undefined
}

/**
 * First names for fresh segments: after the feature in which a segment's mean lies farthest from everybody's, in standard
 * deviations. The most extreme segment chooses first; a name that is taken passes the choice to its next feature. The rule is
 * deterministic, and people are expected to rename: names are labels, keys only have to stay.
 */
export function nameSegments(p: SegmentProfiles): NamedSegment[] {
  const ranked = p.standardised.map((z) =>
    z.map((value, j) => ({ value, j })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.j - b.j),
  )
  const strength = (k: number): number => Math.abs(ranked[k]?.[0]?.value ?? 0)
  const order = Array.from(ranked.keys()).sort((a, b) => strength(b) - strength(a) || a - b)
  const names = new Map<number, Name>()
  const taken = new Set<string>()
  for (const k of order) {
    const wishes = (ranked[k] ?? []).map(({ value, j }) => nameFor(p.columns[j] as Feature, value))
    if (strength(k) < TYPICAL_BELOW) wishes.unshift(TYPICAL)
    const chosen = wishes.find((w) => !taken.has(w.key)) ?? numbered(wishes[0] ?? TYPICAL, taken)
    taken.add(chosen.key)
    names.set(k, chosen)
  }
  return ranked.map((features, k) => {
    const { key, en, fr } = names.get(k) as Name
    const told = features.slice(0, DESCRIBED_FEATURES).map(({ j }) => j)
    const description = { en: describe(p, k, told, 'en'), fr: describe(p, k, told, 'fr') }
    return { key, label: { name: { en, fr }, description, colour: segmentColour(k) } }
  })
}

function nameFor(f: Feature, z: number): Name {
  const level = z < 0 ? 'low' : 'high'
  const role = roleOf(f)
  if (role !== undefined) return ROLE_NAMES[role][level]
  const slug = f.name.replaceAll('_', '-').replace(/-+/g, '-')
  return {
    key: `${level}-${slug}`.slice(0, MAX_KEY_LENGTH).replace(/-$/, ''),
    en: `${level === 'low' ? 'Low' : 'High'}: ${reasonLabel(f, 'en')}`,
    fr: `${level === 'low' ? 'Faible' : 'Élevé'}\u00A0: ${reasonLabel(f, 'fr')}`,
  }
}

function numbered(base: Name, taken: ReadonlySet<string>): Name {
  for (let i = 2; ; i++) {
    const suffix = `-${i}`
    const key = base.key.slice(0, MAX_KEY_LENGTH - suffix.length) + suffix
    if (!taken.has(key)) return { key, en: `${base.en} ${i}`, fr: `${base.fr} ${i}` }
  }
}

function describe(p: SegmentProfiles, k: number, features: readonly number[], locale: Locale): string {
  const average = locale === 'fr' ? 'moyenne' : 'average'
  const parts = features.map((j) => {
    const label = reasonLabel(p.columns[j] as Feature, locale)
    const own = formatNumber(p.raw[k]?.[j] ?? Number.NaN, locale)
    return `${label} ${own} (${average} ${formatNumber(p.everybody[j] as number, locale)})`
  })
  const share = formatShare(p.shares[k] as number, locale)
  return locale === 'fr'
    ? `${share} des clients\u00A0: ${parts.join(', ')}.`
    : `${share} of customers: ${parts.join(', ')}.`
}
