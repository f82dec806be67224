import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/duration.ts'
import { UTC, offsetAt } from '../base/zone.ts'
import type { ZoneTable } from '../base/zone.ts'

/** Text or number of a record → Unix milliseconds; undefined where it does not have the format. */
export type TimeReader = (value: string) => number | undefined

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/

/** Letters of Unicode's date patterns (UTS 35) that are understood: the field they fill and the digits they take. */
const PATTERN_FIELDS: Readonly<Record<string, readonly [field: number, digits: string]>> = {
  yyyy: [0, '(\\d{4})'],
  MM: [1, '(\\d\\d)'],
  M: [1, '(\\d\\d?)'],
  dd: [2, '(\\d\\d)'],
  d: [2, '(\\d\\d?)'],
  HH: [3, '(\\d\\d)'],
  H: [3, '(\\d\\d?)'],
  mm: [4, '(\\d\\d)'],
  ss: [5, '(\\d\\d)'],
  SSS: [6, '(\\d{3})'],
}
const PATTERN_TOKEN = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g

/**
 * A reader for `iso` (ISO 8601, its offset or else the zone), `epoch-s`, `epoch-ms`, or a pattern such as
 * `yyyy-MM-dd HH:mm:ss 'UTC'` (local time of the zone). Undefined where the format itself is not understood.
 */
export function timeReader(format: string, zone: ZoneTable = UTC): TimeReader | undefined {
  if (format === 'iso') return (value) => parseIso(value, zone)
  if (format === 'epoch-ms') return (value) => parseEpoch(value, 1)
  if (format === 'epoch-s') return (value) => parseEpoch(value, SECOND_MS)
  return patternReader(format, zone)
}

function parseEpoch(value: string, unitMs: number): number | undefined {
  return /^\d{1,16}(\.\d{1,9})?$/.test(value) ? Math.floor(Number(value) * unitMs) : undefined
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
  const fields: number[] = []
  let source = ''
  for (const [token, quoted, letter] of pattern.matchAll(PATTERN_TOKEN)) {
    const field = letter === undefined ? undefined : PATTERN_FIELDS[token]
    if (field) {
      fields.push(field[0])
      source += field[1]
    } else if (letter === undefined) source += (quoted ?? token).replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    else return undefined
  }
  if (![0, 1, 2].every((field) => fields.includes(field))) return undefined
  const expression = new RegExp(`^${source}$`)
  return (value) => {
    const m = expression.exec(value)
    if (m === null) return undefined
    const parts = [0, 1, 1, 0, 0, 0, 0]
    for (let i = 0; i < fields.length; i++) parts[fields[i] as number] = Number(m[i + 1])
    const [year, month, day, hour, minute, second, millis] = parts as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const wall = wallMs(year, month, day, hour, minute, second, millis)
    return wall === undefined ? undefined : utcOf(wall, zone)
  }
}

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
