import { expect, it } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { Calendar, SEASONS, WEEKDAYS } from '../../../src/domain/features/calendar.ts'

const MONTH_SEASONS = [
  'winter',
  'winter',
  'spring',
  'spring',
  'spring',
  'summer',
  'summer',
  'summer',
  'autumn',
  'autumn',
  'autumn',
  'winter',
]

/** What the machine's own calendar says. */
function wall(zone: string): (t: number) => unknown[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    month: 'numeric',
    hour: 'numeric',
    hourCycle: 'h23',
  })
  return (t) => {
    const parts = Object.fromEntries(format.formatToParts(t).map((p) => [p.type, p.value]))
    const month = Number(parts['month'])
    return [Number(parts['hour']), parts['weekday']?.toLowerCase(), month - 1, MONTH_SEASONS[month - 1]]
  }
}

function read(calendar: Calendar, t: number): unknown[] {
  calendar.set(Float64Array.of(t), 0)
  return [calendar.hour, WEEKDAYS[calendar.weekday], calendar.month, SEASONS[calendar.season]]
}

it.each(['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'])(
  'hour, weekday, month and season are those on the wall in %s, also on the days on which clocks change',
  (name) => {
    const calendar = new Calendar(zoneTable(name))
    const expected = wall(name)
    for (let t = Date.UTC(2000, 0, 2); t < Date.UTC(2032, 0, 1); t += 5 * DAY_MS + 7 * HOUR_MS + 12_345)
      expect([t, ...read(calendar, t)]).toEqual([t, ...expected(t)])
    for (const start of zoneTable(name).starts.slice(1, 60)) {
      for (const off of [-DAY_MS, -HOUR_MS, -1, 0, HOUR_MS - 1, HOUR_MS, DAY_MS])
        expect([off, ...read(calendar, start + off)]).toEqual([off, ...expected(start + off)])
    }
  },
)

it.each([
  ['2024-02-29T23:59:59.999Z', 'thursday', 'winter'],
  ['2024-03-01T00:00:00.000Z', 'friday', 'spring'],
  ['2024-05-31T23:59:59.999Z', 'friday', 'spring'],
  ['2024-06-01T00:00:00.000Z', 'saturday', 'summer'],
  ['2024-09-01T00:00:00.000Z', 'sunday', 'autumn'],
  ['2024-12-01T00:00:00.000Z', 'sunday', 'winter'],
  ['2100-02-28T12:00:00.000Z', 'sunday', 'winter'],
  ['2100-03-01T12:00:00.000Z', 'monday', 'spring'],
])('%s is a %s in %s', (text, weekday, season) => {
  const month = Number(text.slice(5, 7)) - 1
  expect(read(new Calendar(zoneTable('UTC')), Date.parse(text)).slice(1)).toEqual([weekday, month, season])
})
