import { DAY_MS, HOUR_MS } from '../base/duration.ts'
import { OffsetClock, type ZoneTable } from '../base/zone.ts'

/** Days of the week by number, Monday 0. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

/** Meteorological seasons of the northern hemisphere by number: spring is March to May. */
export const SEASONS = ['spring', 'summer', 'autumn', 'winter'] as const

export const HOURS_PER_DAY = 24

export const MONTHS_PER_YEAR = 12
const MONTHS_PER_SEASON = 3
const MARCH = 2

/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_DAY_0 = 3

/** What the clock and the calendar on the shop's wall show at an instant. */
export class Calendar {
  /** 0 to 23. */
  hour = 0
  /** Index of WEEKDAYS. */
  weekday = 0
  /** 0 is January. */
  month = 0
  /** Index of SEASONS. */
  season = 0
  readonly #clock: OffsetClock
  #day = Number.NaN

  constructor(zone: ZoneTable) {
    this.#clock = new OffsetClock(zone.starts, zone.offsets)
  }

  /** Takes the time in `times[at]`. */
  set(times: Float64Array, at: number): void {
    const t = times[at] as number
    const local = t + this.#clock.at(t)
    const day = Math.floor(local / DAY_MS)
    this.hour = Math.floor((local - day * DAY_MS) / HOUR_MS)
    if (day === this.#day) return
    this.#day = day
    this.weekday = (((day + WEEKDAY_OF_DAY_0) % 7) + 7) % 7
    const fromMarch = monthFromMarch(day)
    this.month = (fromMarch + MARCH) % MONTHS_PER_YEAR
    this.season = Math.floor(fromMarch / MONTHS_PER_SEASON)
  }
}

/** Months since March of a day numbered from 1970, by Hinnant's civil_from_days: in years that begin in March a season is three months. */
function monthFromMarch(day: number): number {
  const z = day + 719_468
  const dayOfEra = z - Math.floor(z / 146_097) * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  return Math.floor((5 * dayOfYear + 2) / 153)
}
