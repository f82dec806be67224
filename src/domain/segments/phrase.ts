import type { Feature } from '../features/feature-set.ts'
import { formatNumber, type Locale } from './format.ts'

export interface BeforeAndNow {
  /** Raw value; null: not known. */
  readonly before: number | null
  readonly now: number
}

/** `total_spent` → `total spent`, where a feature has no label. */
export function reasonLabel(feature: Feature, locale: Locale): string {
  return feature.label?.[locale] ?? feature.label?.en ?? feature.name.replaceAll('_', ' ')
}

/**
 * A feature's sentence part. `{now}` and `{before}` of its phrase are filled in; a bracket that speaks of `{before}` is left
 * out where the former value is unknown or reads the same. Without a phrase: label and value.
 */
export function reasonText(feature: Feature, values: BeforeAndNow, locale: Locale): string {
  const now = formatNumber(values.now, locale)
  const before = values.before === null ? now : formatNumber(values.before, locale)
  const was = before === now ? '' : locale === 'fr' ? ' (avant\u00A0: {before})' : ' (was {before})'
  let phrase = feature.phrase?.[locale] ?? feature.phrase?.en
  if (phrase !== undefined && before === now) phrase = phrase.replace(/\s*\([^()]*\{before\}[^()]*\)/g, '')
  if (phrase === undefined || (before === now && phrase.includes('{before}'))) {
    phrase = `${reasonLabel(feature, locale)}${locale === 'fr' ? '\u00A0' : ''}: {now}${was}`
  }
  return phrase.replaceAll('{now}', now).replaceAll('{before}', before)
}

/** Parts as one line, the first letter large. */
export function sentence(parts: readonly string[]): string {
  const text = parts.join('; ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
