import { describe, expect, it } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { ZoneTable } from '../../../src/domain/base/zone.ts'
import { localDay, startOfLocalDay, UTC } from '../../../src/domain/base/zone.ts'
import { expiryIndex, firstBucket, HopClock, parseWindow } from '../../../src/domain/features/window.ts'

describe('the length of a window chooses its hops', () => {
  it.each([
    ['5m', '5m', 1],
    ['30m', '5m', 6],
    ['12h', '5m', 144],
    ['13h', '1h', 13],
    ['1d', '1h', 24],
    ['14d', '1h', 336],
    ['2w', '1h', 336],
    ['15d', '1d', 15],
    ['90d', '1d', 90],
    ['360h', '1d', 15],
  ] as const)('%s: hops of %s, %i of them', (text, hop, hops) => {
    expect(parseWindow(text)).toEqual({ hop, hops })
  })

  it('a lifetime has none', () => expect(parseWindow('lifetime')).toBeNull())

  it.each(['7m', '725m', '400h', '1m'])('%s is not a whole number of hops', (text) => {
    expect(parseWindow(text)).toMatch(/is not a whole number of its hops/)
  })

  it.each(['', '0d', '-1d', '1.5d', '30', '30s', '90 d', 'forever'])('%s is no window', (text) => {
    expect(parseWindow(text)).toMatch(/expected "lifetime" or a duration/)
  })
})

/** The rule in use: is an event of time t inside a window of `hops` as of asOf? */
function holds(clock: HopClock, hops: number, t: number, asOf: number): boolean {
  return clock.index(t) >= firstBucket(clock.index(asOf), hops)
}

describe('the boundary rule', () => {
  const paris = zoneTable('Europe/Paris')
  const noon = Date.UTC(2024, 4, 10, 12)
  const midnight = Date.UTC(2024, 4, 10)
  // 2024-03-31 has 23 hours in Paris, 2024-10-27 has 25
  const afterSpring = Date.UTC(2024, 3, 2, 22)
  const afterAutumn = Date.UTC(2024, 9, 28, 23)
  it.each<readonly [string, string, ZoneTable, number, number]>([
    // window, zone, as-of, first instant inside
    ['as-of on an hour: exactly [asOf − w, asOf)', '1d', UTC, noon, noon - DAY_MS],
    ['as-of 1 ms after an hour: the tail stays on the hour', '1d', UTC, noon + 1, noon - DAY_MS],
    ['as-of 1 ms before an hour: cut at the hour before', '1d', UTC, noon - 1, noon - DAY_MS - HOUR_MS],
    ['five minutes', '30m', UTC, noon, noon - 30 * MINUTE_MS],
    ['five minutes, 1 ms before', '30m', UTC, noon - 1, noon - 35 * MINUTE_MS],
    ['as-of at midnight: exactly the n days before', '30d', UTC, midnight, midnight - 30 * DAY_MS],
    ['as-of during a day: n whole days and today so far', '30d', UTC, noon, midnight - 30 * DAY_MS],
    ['as-of 1 ms before midnight', '30d', UTC, midnight - 1, midnight - 31 * DAY_MS],
    [
      'local midnight over a day of 23 hours: 30 days are an hour less',
      '30d',
      paris,
      afterSpring,
      afterSpring - 30 * DAY_MS + HOUR_MS,
    ],
    [
      'local midnight over a day of 25 hours: 30 days are an hour more',
      '30d',
      paris,
      afterAutumn,
      afterAutumn - 30 * DAY_MS - HOUR_MS,
    ],
    ['hours do not follow the local clock', '7d', paris, afterSpring, afterSpring - 7 * DAY_MS],
  ])('%s', (_, text, zone, asOf, first) => {
    const { hop, hops } = parseWindow(text) as { hop: '5m' | '1h' | '1d'; hops: number }
    const clock = new HopClock(hop, zone)
    expect(holds(clock, hops, first, asOf)).toBe(true)
    expect(holds(clock, hops, first - 1, asOf)).toBe(false)
    // and the first as-of that no longer holds it
    const gone = clock.start(expiryIndex(clock.index(first), hops))
    expect(gone).toBeGreaterThan(asOf)
    expect(holds(clock, hops, first, gone - 1)).toBe(true)
    expect(holds(clock, hops, first, gone)).toBe(false)
  })
})

describe('day hops', () => {
  it.each([
    'UTC',
    'Europe/Paris',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'America/Sao_Paulo',
    'Pacific/Apia',
  ])('are the local days of %s', (name) => {
    const zone = zoneTable(name)
    const clock = new HopClock('1d', zone)
    for (let t = Date.UTC(2010, 0, 1); t < Date.UTC(2019, 0, 1); t += 53 * HOUR_MS + 1) {
      const day = localDay(zone, t)
      expect(clock.index(t)).toBe(day)
      expect(clock.start(day)).toBe(startOfLocalDay(zone, day))
      expect(clock.index(clock.start(day + 1) - 1)).toBe(day)
    }
  })

  it('a day that a zone leaves out starts where the next one does', () => {
    // Samoa went from 29 to 31 December 2011
    const clock = new HopClock('1d', zoneTable('Pacific/Apia'))
    const skipped = Date.UTC(2011, 11, 30) / DAY_MS
    expect(clock.start(skipped)).toBe(Date.UTC(2011, 11, 30, 10))
    expect(clock.start(skipped + 1)).toBe(clock.start(skipped))
    expect(clock.index(clock.start(skipped) - 1)).toBe(skipped - 1)
  })

  it('never go back, though the clock was set back over midnight', () => {
    // Newfoundland until 2011: at 00:01 back to 23:01 of the day before
    const zone = zoneTable('America/St_Johns')
    const change = Date.UTC(2010, 10, 7, 2, 31)
    expect(localDay(zone, change)).toBe(localDay(zone, change - 1) - 1)
    const clock = new HopClock('1d', zone)
    const day = localDay(zone, change - 1)
    expect(
      [-61_000, -1, 0, HOUR_MS - MINUTE_MS - 1, HOUR_MS].map((d) => clock.index(change + d) - day),
    ).toEqual([-1, 0, 0, 0, 0])
    expect(clock.start(day)).toBe(change - MINUTE_MS)
  })
})
