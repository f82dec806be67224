export type Locale = 'en' | 'fr'

/** No-break space between groups of thousands, and before a percent sign, in French. */
const NBSP = '\u00A0'

/**
 * A number as people read it: three significant digits below 100 (at most six decimals), whole above, groups of thousands, decimal comma in French.
 * Written by hand, not by Intl, whose output depends on the machine's locale data.
 */
export function formatNumber(x: number, locale: Locale): string {
  if (!Number.isFinite(x)) return '–'
  // most are small counts
  if (x >= 0 && x < 1000 && Number.isInteger(x)) return String(x)
  const magnitude = Math.abs(x)
  const digits = digitsAfterPoint(magnitude)
  let [whole = '0', fraction = ''] = magnitude.toFixed(digits).split('.')
  fraction = fraction.replace(/0+$/, '')
  if (magnitude >= 1e21) return `${x < 0 ? '−' : ''}${whole}`
  whole = whole.replace(/\B(?=(\d{3})+$)/g, locale === 'fr' ? NBSP : ',')
  const sign = x < 0 && (whole !== '0' || fraction !== '') ? '−' : ''
  return sign + whole + (fraction === '' ? '' : (locale === 'fr' ? ',' : '.') + fraction)
}

function digitsAfterPoint(magnitude: number): number {
  if (Number.isInteger(magnitude) || magnitude >= 100) return 0
  if (magnitude >= 10) return 1
  if (magnitude >= 1) return 2
  if (magnitude >= 0.1) return 3
  return magnitude >= 0.01 ? 4 : 6
}

/** 0.123 → `12.3 %`. */
export function formatShare(x: number, locale: Locale): string {
  return formatNumber(Math.round(x * 1000) / 10, locale) + (locale === 'fr' ? NBSP : ' ') + '%'
}
