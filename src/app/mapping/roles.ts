import { minorDigits } from '../../domain/events/currency.ts'
import { isNumberLike, numberShare } from './amounts.ts'
import { textsOf, type Column } from './columns.ts'
import { guessTime } from './times.ts'
import { COLUMN_WORDS, KIND_WORDS, LANGUAGE_WORDS, plain, ROLES, type Role } from './words.ts'

/** A column and how sure it is that it means this: 1 by name and content, less by one alone. */
export interface Meaning {
  readonly column: Column
  readonly score: number
  readonly why: string
}

export type Meanings = Partial<Record<Role, Meaning>>

/** From this on a column is taken. */
const ENOUGH = 0.35
/** From this on nobody needs to look. */
export const SURE = 0.8

/** What the columns mean, each at most one thing, the surest first. */
export function findRoles(columns: readonly Column[], roles: readonly Role[] = ROLES): Meanings {
  const found: Meanings = {}
  const taken = new Set<Column>()
  const candidates = roles
    .flatMap((role, rank) =>
      columns.flatMap((column) => {
        const name = nameScore(column.name, role)
        const score = name === 0 ? 0 : name * contentFits(column, role)
        if (role === 'kind' && score < ENOUGH && saysKinds(column))
          return [{ role, rank, column, score: SURE, why: `what "${column.name}" holds` }]
        return score < ENOUGH ? [] : [{ role, rank, column, score, why: `called "${column.name}"` }]
      }),
    )
    .sort((a, b) => b.score - a.score || a.rank - b.rank)
  for (const { role, column, score, why } of candidates) {
    if (found[role] !== undefined || taken.has(column)) continue
    found[role] = { column, score, why }
    taken.add(column)
  }
  return found
}

/** The language of the columns' names; undefined where it is English or cannot be told. */
export function languageOf(columns: readonly Column[]): 'de' | 'fr' | 'es' | undefined {
  const names = new Set(columns.map(({ name }) => plain(name)))
  const [best] = (['de', 'fr', 'es'] as const)
    .map((language) => ({
      language,
      hits: LANGUAGE_WORDS[language].filter((word) => names.has(word)).length,
    }))
    .sort((a, b) => b.hits - a.hits)
  return best !== undefined && best.hits >= 2 ? best.language : undefined
}

/** The last step of a path counts, the whole of it a little more; a word of the list within a longer name counts half. */
function nameScore(name: string, role: Role): number {
  const list = COLUMN_WORDS[role]
  const whole = plain(name)
  const last = plain(name.split('.').at(-1) ?? name)
  const exact = Math.min(
    ...[whole, last].map((one) => list.indexOf(one)).map((at) => (at < 0 ? Infinity : at)),
  )
  if (exact !== Infinity) return 1 - (0.1 * exact) / list.length
  const inside = list.some((word) => word.length > 3 && `_${whole}_`.includes(`_${word}_`))
  return inside ? 0.6 : 0
}

/** How well the values fit, 0 to 1. */
function contentFits(column: Column, role: Role): number {
  const { filled, distinct } = column
  if (filled === 0) return 0
  const texts = textsOf(column)
  const of = (fits: (text: string) => boolean): number => texts.filter(fits).length / texts.length
  if (role === 'time') return guessTime(column, undefined)?.share ?? 0
  if (AMOUNTS.has(role)) return numberShare(column) ** 2
  if (role === 'currency') return of((text) => minorDigits(text.toUpperCase()) !== undefined)
  // a flag is no name of a visit
  if (role === 'session') return of((text) => !/^[01]$/.test(text))
  if (role === 'user') return distinct > 1 ? 1 : 0.5
  if (role === 'eventId') return distinct === filled && filled === column.values.length ? 1 : 0
  if (role !== 'kind') return 1
  if (distinct > MOST_KINDS) return 0
  const fits = of((text) => kindOf(text) !== undefined || !isNumberLike(text))
  return distinct > 1 || texts.some((text) => kindOf(text) !== undefined) ? fits : fits / 2
}

/** Its values alone say what was done, whatever it is called. */
function saysKinds(column: Column): boolean {
  if (column.distinct < 2 || column.distinct > MOST_KINDS) return false
  const texts = textsOf(column)
  return texts.filter((text) => kindOf(text) !== undefined).length > 0.9 * texts.length
}

const AMOUNTS: ReadonlySet<Role> = new Set(['price', 'total', 'quantity', 'discount'])
const MOST_KINDS = 50

/** What a shop's word says that somebody did. */
export function kindOf(text: string): keyof typeof KIND_WORDS | undefined {
  const word = plain(text)
  const kinds = Object.keys(KIND_WORDS) as (keyof typeof KIND_WORDS)[]
  return kinds.find((kind) => KIND_WORDS[kind]?.includes(word))
}
