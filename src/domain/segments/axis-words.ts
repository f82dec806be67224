import type { Feature } from '../features/feature-set.ts'
import type { Words } from './naming-kinds.ts'
import { likingOf, roleOf, type Role } from './naming-roles.ts'
import { reasonLabel } from './phrase.ts'

/** What an axis sorts people by, and who stands at its ends. */
export interface AxisWords {
  readonly name: Words
  readonly high: Words
  readonly low: Words
}

interface Theme {
  readonly name: Words
  readonly much: Words
  readonly little: Words
}

const THEMES: Readonly<Record<'activity' | 'buying' | 'price' | 'breadth' | 'tenure', Theme>> = {
  activity: {
    name: { en: 'activity', fr: 'activité' },
    much: { en: 'very active', fr: 'très actifs' },
    little: { en: 'hardly active', fr: 'peu actifs' },
  },
  buying: {
    name: { en: 'buying', fr: 'achats' },
    much: { en: 'buy a lot', fr: 'achètent beaucoup' },
    little: { en: 'hardly buy', fr: 'achètent peu' },
  },
  price: {
    name: { en: 'order value', fr: 'panier moyen' },
    much: { en: 'large orders', fr: 'gros paniers' },
    little: { en: 'small orders', fr: 'petits paniers' },
  },
  breadth: {
    name: { en: 'breadth', fr: 'variété' },
    much: { en: 'many categories', fr: 'beaucoup de rayons' },
    little: { en: 'few categories', fr: 'peu de rayons' },
  },
  tenure: {
    name: { en: 'time as a customer', fr: 'ancienneté' },
    much: { en: 'long known', fr: 'anciens' },
    little: { en: 'new', fr: 'nouveaux' },
  },
}

/** The theme that a role speaks of, and whether much of it is little of that. */
const THEME_OF: Readonly<Record<Role, readonly [theme: keyof typeof THEMES, sign: 1 | -1]>> = {
  visits: ['activity', 1],
  lastVisit: ['activity', -1],
  orders: ['buying', 1],
  spend: ['buying', 1],
  carts: ['buying', 1],
  lastOrder: ['buying', -1],
  basket: ['price', 1],
  breadth: ['breadth', 1],
  tenure: ['tenure', 1],
}

function themeOf(f: Feature): { readonly theme: Theme; readonly sign: 1 | -1 } {
  const role = roleOf(f)
  if (role !== undefined) {
    const [theme, sign] = THEME_OF[role]
    return { theme: THEMES[theme], sign }
  }
  const { en, fr } = likingOf(f) ?? { en: reasonLabel(f, 'en'), fr: reasonLabel(f, 'fr') }
  return {
    theme: {
      name: { en, fr },
      much: { en: `more ${en}`, fr: `plus\u00A0: ${fr}` },
      little: { en: `less ${en}`, fr: `moins\u00A0: ${fr}` },
    },
    sign: 1,
  }
}

/** Of the strongest theme of an axis: one that weighs this much is named beside it. */
const NAMED_FROM = 0.5
const MOST_THEMES = 2

interface Weighed {
  readonly theme: Theme
  /** Share of the axis. */
  weight: number
  /** Loadings, each turned to the theme's own direction. */
  pull: number
}

/**
 * An axis in words, from its loadings (F): its features speak of themes (activity, buying, a liking …), and the strongest themes
 * name it, those that pull the other way after "against".
 */
export function axisWords(columns: readonly Feature[], loadings: readonly number[]): AxisWords {
  const weighed = new Map<string, Weighed>()
  columns.forEach((f, j) => {
    const v = loadings[j] as number
    const { theme, sign } = themeOf(f)
    const w = weighed.get(theme.name.en) ?? { theme, weight: 0, pull: 0 }
    w.weight += v * v
    w.pull += sign * v
    weighed.set(theme.name.en, w)
  })
  const ranked = [...weighed.values()].sort((a, b) => b.weight - a.weight)
  const strongest = ranked[0]?.weight ?? 0
  const named = ranked.slice(0, MOST_THEMES).filter((w) => w.weight >= NAMED_FROM * strongest)
  const up = named.filter((w) => w.pull >= 0)
  const down = named.filter((w) => w.pull < 0)
  const list = (locale: 'en' | 'fr', words: readonly Words[]): string =>
    words.map((w) => w[locale]).join(', ')
  const name = (locale: 'en' | 'fr'): string => {
    const against = locale === 'fr' ? ' contre ' : ' against '
    const parts = [up, down].map((side) =>
      list(
        locale,
        side.map((w) => w.theme.name),
      ),
    )
    return parts.filter((part) => part !== '').join(against)
  }
  const end = (locale: 'en' | 'fr', high: boolean): string =>
    named.map((w) => (w.pull >= 0 === high ? w.theme.much : w.theme.little)[locale]).join(', ')
  return {
    name: { en: name('en'), fr: name('fr') },
    high: { en: end('en', true), fr: end('fr', true) },
    low: { en: end('en', false), fr: end('fr', false) },
  }
}
