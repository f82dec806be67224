import type { Feature } from '../features/feature-set.ts'
import { formatNumber, type Locale } from './format.ts'

/** Writes a feature's sentence part; `before` null: not known. Raw values. */
export type Phrase = (now: number, before: number | null) => string

/** `total_spent` → `total spent`, where a feature has no label. */
export function reasonLabel(feature: Feature, locale: Locale): string {
  return feature.label?.[locale] ?? feature.label?.en ?? feature.name.replaceAll('_', ' ')
}

/**
 * A feature's sentence part in a language. `{now}` and `{before}` of its phrase are filled in; a bracket that speaks of
 * `{before}` is left out where the former value is unknown or reads the same. Without a phrase: label and value.
 */
export function compilePhrase(feature: Feature, locale: Locale): Phrase {
  const given = feature.phrase?.[locale] ?? feature.phrase?.en
  const colon = locale === 'fr' ? '\u00A0: ' : ': '
  const plain = `${reasonLabel(feature, locale)}${colon}{now}`
  const changed = given ?? `${plain} (${locale === 'fr' ? `avant${colon}` : 'was '}{before})`
  const bare = given?.replace(/\s*\([^()]*\{before\}[^()]*\)/g, '')
  const writeChanged = compileTemplate(changed)
  const writeBare = compileTemplate(bare === undefined || bare.includes('{before}') ? plain : bare)
  return (now, before) => {
    const nowText = formatNumber(now, locale)
    const beforeText = before === null ? nowText : formatNumber(before, locale)
    return beforeText === nowText ? writeBare(nowText, '') : writeChanged(nowText, beforeText)
  }
}

/** Splits a template at its two places once. */
function compileTemplate(template: string): (now: string, before: string) => string {
  const parts = template.split(/(\{now\}|\{before\})/)
  return (now, before) => {
    let text = ''
    for (const part of parts) text += part === '{now}' ? now : part === '{before}' ? before : part
    return text
  }
}

/** Parts as one line, the first letter large. */
export function sentence(parts: readonly string[]): string {
  const text = parts.join('; ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
