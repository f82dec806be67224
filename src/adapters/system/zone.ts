import { DAY_MS, SECOND_MS } from '../../domain/base/duration.ts'
import type { ZoneTable } from '../../domain/base/zone.ts'
import { UTC } from '../../domain/base/zone.ts'
import { EARLIEST_EVENT_MS } from '../../domain/events/event.ts'
import { fail } from '../../errors.ts'

/** Offsets are asked for this often; no zone has changed its offset and back within less. */
const PROBE_MS = 7 * DAY_MS
const LAST_MS = Date.UTC(2100, 0, 1)

const tables = new Map<string, ZoneTable>([['UTC', UTC]])

/**
 * A zone's offset changes between 2000 and 2100, to the second, from this machine's zone database. Throws `config-invalid` for a
 * name that it does not know. Made once per name.
 */
export function zoneTable(name: string): ZoneTable {
  const known = tables.get(name)
  if (known !== undefined) return known
  const offset = offsetReader(name)
  const starts = [EARLIEST_EVENT_MS]
  const offsets = [offset(EARLIEST_EVENT_MS)]
  for (let t = EARLIEST_EVENT_MS; t < LAST_MS; t += PROBE_MS) {
    const until = Math.min(t + PROBE_MS, LAST_MS)
    if (offset(until) === offsets.at(-1)) continue
    const change = firstChange(offset, t, until)
    starts.push(change)
    offsets.push(offset(change))
  }
  const table: ZoneTable = { name, starts, offsets }
  tables.set(name, table)
  return table
}

/** The second in (from, to] at which the offset becomes another than at `from`, by halving. */
function firstChange(offset: (t: number) => number, from: number, to: number): number {
  const before = offset(from)
  let lo = from
  let hi = to
  while (hi - lo > SECOND_MS) {
    const mid = lo + Math.floor((hi - lo) / (2 * SECOND_MS)) * SECOND_MS
    if (offset(mid) === before) lo = mid
    else hi = mid
  }
  return hi
}

function offsetReader(name: string): (t: number) => number {
  const format = dateTimeFormat(name)
  return (t) => {
    const n: Record<string, number> = {}
    for (const part of format.formatToParts(t)) n[part.type] = Number(part.value)
    const wall = Date.UTC(
      n['year'] as number,
      (n['month'] as number) - 1,
      n['day'],
      n['hour'],
      n['minute'],
      n['second'],
    )
    return wall - t
  }
}

function dateTimeFormat(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    return fail(
      'config-invalid',
      `time zone "${name}": expected an IANA name such as "Europe/Paris" or "UTC"`,
      error,
    )
  }
}
