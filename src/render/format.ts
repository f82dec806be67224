import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/base/duration.ts'

/** Thin text for people: no locale of the machine, so that the same run prints the same words everywhere. */

/** 1234567 → `1,234,567`; with `digits` decimals, rounded. NaN and infinities → `–`. */
export function number(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–'
  const [whole = '0', part] = Math.abs(value).toFixed(digits).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  const text = part === undefined ? grouped : `${grouped}.${part}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

/** As `number`, with a plus before what is above zero. */
export function signed(value: number, digits = 0): string {
  const text = number(value, digits)
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

/** A share 0–1 → `44.0 %`. */
export function percent(share: number, digits = 1): string {
  return `${number(share * 100, digits)} %`
}

/** Minor units of a two-decimal currency → `€ 1,234` (whole) or `€ 12.34`. */
export function euros(minor: number, digits: 0 | 2 = 0): string {
  return `€ ${number(minor / 100, digits)}`
}

/** A length of time in its two largest units: `1.9 s`, `2 min 05 s`, `3 h 10 min`, `61 d`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms < 0) return `−${duration(-ms)}`
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < MINUTE_MS - SECOND_MS / 20) return `${number(ms / SECOND_MS, 1)} s`
  const two = (value: number): string => String(value).padStart(2, '0')
  if (ms < HOUR_MS - SECOND_MS / 2) {
    const s = Math.round(ms / SECOND_MS)
    return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  }
  if (ms < DAY_MS - MINUTE_MS / 2) {
    const min = Math.round(ms / MINUTE_MS)
    return `${Math.floor(min / 60)} h ${two(min % 60)} min`
  }
  return `${number(Math.round(ms / DAY_MS))} d`
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units: 1,740,000 → `1.7 MB`. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${number(value, unit === 0 || value >= 99.5 ? 0 : 1)} ${BYTE_UNITS[unit]}`
}

/** `12 users`, `1 user`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}

/** UTC day of an instant: `2025-03-31`. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** "2025-03-31 09:15 UTC" */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
