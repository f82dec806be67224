import { minorDigits } from '../../domain/events/currency.ts'
import type { Locale } from '../../domain/segments/format.ts'
import { number } from '../format.ts'

/** No-break spaces: a number and its unit stay on one line. */
const NBSP = '\u00A0'

/** 1234.5 → `1,234.5` or `1 234,5`, with so many digits after the point. */
export function fixed(x: number, digits: number, locale: Locale): string {
  const text = number(x, digits)
  return locale === 'fr' ? text.replaceAll(',', NBSP).replace('.', ',') : text
}

/** A share 0–1 → `44.0 %`. */
export function share(x: number, locale: Locale, digits = 1): string {
  return Number.isFinite(x) ? `${fixed(100 * x, digits, locale)}${NBSP}%` : '–'
}

const SYMBOLS: Readonly<Record<string, string>> = { EUR: '€', GBP: '£', USD: '$' }
/** From here on money is told without its small change, as nothing is. */
const WHOLE_FROM = 100

/** Minor units → `€1,234` or `1 234 €`; a plain number where the currency is not known. */
export function money(minor: number, currency: string | undefined, locale: Locale): string {
  if (!Number.isFinite(minor)) return '–'
  const places = currency === undefined ? 2 : (minorDigits(currency) ?? 2)
  const units = minor / 10 ** places
  const text = fixed(units, Math.abs(units) >= WHOLE_FROM || units === 0 ? 0 : places, locale)
  if (currency === undefined) return text
  const symbol = SYMBOLS[currency] ?? currency
  if (locale === 'fr') return `${text}${NBSP}${symbol}`
  return symbol.length === 1 ? `${symbol}${text}` : `${symbol}${NBSP}${text}`
}

const MONTH_NAMES = {
  en: 'January February March April May June July August September October November December',
  fr: 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre',
} as const

/** Names of the months, January first. */
export const monthNames = (locale: Locale): readonly string[] => MONTH_NAMES[locale].split(' ')

/** An instant, shifted to the shop's clock, as its day: `31 March 2025`, `31 mars 2025`. */
export function dayText(localMs: number, locale: Locale): string {
  const [year, month, day] = new Date(localMs).toISOString().slice(0, 10).split('-').map(Number)
  const first = locale === 'fr' && day === 1 ? '1er' : String(day)
  return `${first}${NBSP}${monthNames(locale)[(month ?? 1) - 1]} ${year}`
}
