import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/duration.ts'
import { UTC, offsetAt } from '../base/zone.ts'
import type { ZoneTable } from '../base/zone.ts'

/** Text or number of a record → Unix milliseconds; undefined where it does not have the format. */
export type TimeReader = (value: string) => number | undefined

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** Two-digit years are those of this century: nothing before 2000 is accepted. */
const CENTURY = 2000

/** A field of a date pattern: its place among the parts of a time, its form, and its value where that is not its number. */
type PatternField = readonly [part: number, form: string, value?: (text: string) => number]

const fraction = (digits: number): PatternField => [
  6,
  `(\\d{${digits}})`,
  (text) => Number(`${text}00`.slice(0, 3)),
]
const offset: PatternField = [
  8,
  String.raw`(Z|[+-]\d\d(?::?\d\d)?)`,
  (text) => (text === 'Z' ? 0 : offsetMs(text)),
]

/** Letters of Unicode's date patterns (UTS 35) that are understood; names of months and halves of days are English. */
const PATTERN_FIELDS: Readonly<Record<string, PatternField>> = {
  yyyy: [0, '(\\d{4})'],
  yy: [0, '(\\d\\d)', (text) => CENTURY + Number(text)],
  MMM: [1, `(${MONTHS.join('|')})`, (text) => MONTHS.indexOf(text) + 1],
  MM: [1, '(\\d\\d)'],
  M: [1, '(\\d\\d?)'],
  dd: [2, '(\\d\\d)'],
  d: [2, '(\\d\\d?)'],
  HH: [3, '(\\d\\d)'],
  H: [3, '(\\d\\d?)'],
  // hours of half a day: 12 is its first
  hh: [3, '(0[1-9]|1[0-2])', (text) => Number(text) % 12],
  h: [3, '([1-9]|1[0-2])', (text) => Number(text) % 12],
  a: [7, '([AaPp]\\.?[Mm]\\.?)', (text) => (/^p/i.test(text) ? 12 : 0)],
  mm: [4, '(\\d\\d)'],
  m: [4, '(\\d\\d?)'],
  ss: [5, '(\\d\\d)'],
  S: fraction(1),
  SS: fraction(2),
  SSS: fraction(3),
  SSSSSS: fraction(6),
  SSSSSSSSS: fraction(9),
}
const OFFSET_TOKEN = /^[Xx]{1,3}$/
const PATTERN_TOKEN = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g
/** An hour of half a day needs to know which. */
const HALF_DAY = new Set(['h', 'hh'])

/**
 * A reader for `iso` (ISO 8601, its offset or else the zone), `epoch-s`, `epoch-ms`, `epoch-us`, `epoch-ns`, or a pattern
 * such as `yyyy-MM-dd HH:mm:ss 'UTC'` (local time of the zone). Undefined where the format itself is not understood.
 */
export function timeReader(format: string, zone: ZoneTable = UTC): TimeReader | undefined {
  if (format === 'iso') return (value) => parseIso(value, zone)
  const places = EPOCH_PLACES[format]
  return places === undefined ? patternReader(format, zone) : (value) => parseEpoch(value, places)
}

/** Decimal places by which the point of such a time moves to make it milliseconds; to the left where negative. */
const EPOCH_PLACES: Readonly<Record<string, number>> = {
  'epoch-s': 3,
  'epoch-ms': 0,
  'epoch-us': -3,
  'epoch-ns': -6,
}

/** By the digits alone: nanoseconds are no exact doubles. What is less than a millisecond is cut off. */
function parseEpoch(value: string, places: number): number | undefined {
  const m = /^(\d{1,19})(?:\.(\d{1,9}))?$/.exec(value)
  if (m === null) return undefined
  const [, whole = '', fraction = ''] = m
  const digits = places < 0 ? whole.slice(0, places) : whole + fraction.padEnd(places, '0').slice(0, places)
  return Number(digits)
}

function parseIso(value: string, zone: ZoneTable): number | undefined {
  const m = ISO.exec(value)
  if (m === null) return undefined
  const millis = Number(`${m[7] ?? ''}000`.slice(0, 3))
  const wall = wallMs(
    Number(m[1]),
    Number(m[2]),
    Number(m[3]),
    Number(m[4]),
    Number(m[5]),
    Number(m[6] ?? 0),
    millis,
  )
  if (wall === undefined) return undefined
  const offset = m[8]
  if (offset === undefined) return utcOf(wall, zone)
  return offset === 'Z' ? wall : wall - offsetMs(offset)
}

function offsetMs(offset: string): number {
  const size =
    Number(offset.slice(1, 3)) * HOUR_MS + Number(offset.slice(3).replace(':', '') || 0) * MINUTE_MS
  return offset.startsWith('-') ? -size : size
}

function patternReader(pattern: string, zone: ZoneTable): TimeReader | undefined {
  const fields: PatternField[] = []
  let source = ''
  let halfDay = false
  for (const [token, quoted, letter] of pattern.matchAll(PATTERN_TOKEN)) {
    const field = letter === undefined ? undefined : OFFSET_TOKEN.test(token) ? offset : PATTERN_FIELDS[token]
    if (field) {
      fields.push(field)
      source += field[1]
      halfDay ||= HALF_DAY.has(token)
    } else if (letter === undefined) source += (quoted ?? token).replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    else return undefined
  }
  const has = (part: number): boolean => fields.some((field) => field[0] === part)
  if (![0, 1, 2].every(has) || has(7) !== halfDay) return undefined
  const expression = new RegExp(`^${source}$`)
  return (value) => {
    const m = expression.exec(value)
    if (m === null) return undefined
    const parts: number[] = [0, 1, 1, 0, 0, 0, 0, 0, Number.NaN]
    for (let i = 0; i < fields.length; i++) {
      const [part, , valueOf = Number] = fields[i] as PatternField
      parts[part] = valueOf(m[i + 1] as string)
    }
    return instantOf(parts, zone)
  }
}

/** Year, month, day, hour, minute, second, milliseconds, hours of the half day, offset (NaN: that of the zone) → Unix ms. */
function instantOf(parts: readonly number[], zone: ZoneTable): number | undefined {
  const [year, month, day, hour, minute, second, millis, half, offsetMs] = parts as Nine
  const wall = wallMs(year, month, day, hour + half, minute, second, millis)
  if (wall === undefined) return undefined
  return Number.isNaN(offsetMs) ? utcOf(wall, zone) : wall - offsetMs
}

type Nine = [number, number, number, number, number, number, number, number, number]

/** Calendar fields → milliseconds as if they were UTC; undefined for a 30th of February or 24:00. */
function wallMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millis: number,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return (
    civilDay(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + millis
  )
}

const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (DAYS_IN[month - 1] as number)
}

/** Days since 1970-01-01 in the Gregorian calendar (H. Hinnant, days_from_civil). */
function civilDay(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/**
 * Local time of a zone → UTC. A local time that happens twice is its first; one that is skipped is read with the offset
 * before the change, and so lands as far behind the change.
 */
function utcOf(wall: number, zone: ZoneTable): number {
  if (zone.offsets.length === 1) return wall - (zone.offsets[0] as number)
  const before = offsetAt(zone, wall - DAY_MS)
  const after = offsetAt(zone, wall + DAY_MS)
  const early = wall - before
  if (offsetAt(zone, early) === before) return early
  const late = wall - after
  return offsetAt(zone, late) === after ? late : early
}
