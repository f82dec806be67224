import { DAY_MS } from '../domain/base/duration.ts'
import { startOfLocalDay, type ZoneTable } from '../domain/base/zone.ts'
import { fail } from '../errors.ts'

const EXPECTED = 'expected a day (2025-03-31) or an instant with its offset (2025-03-31T09:31:00Z)'

/**
 * A time of the command line → Unix milliseconds. A bare day is its midnight in `zone`, so that it means the same as the
 * day-sized windows of the feature set. Throws `usage`.
 */
export function parseTime(text: string, zone: ZoneTable): number {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (day) {
    const utc = Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]))
    if (new Date(utc).toISOString().slice(0, 10) !== text)
      fail('usage', `time ${text}: no such day; ${EXPECTED}`)
    return startOfLocalDay(zone, utc / DAY_MS)
  }
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text)
  const ms = instant ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) fail('usage', `time ${text}: ${EXPECTED}`)
  return ms
}

/** `TIME[,TIME…]` → instants in ascending order, each once. */
export function parseTimes(text: string, zone: ZoneTable): number[] {
  const times = text.split(',').map((part) => parseTime(part.trim(), zone))
  return [...new Set(times)].sort((a, b) => a - b)
}
