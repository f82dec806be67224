import type { ZoneTable } from '../../domain/base/zone.ts'
import { isBehaviour, type Event } from '../../domain/events/event.ts'
import {
  Calendar,
  HOURS_PER_DAY,
  MONTHS_PER_YEAR,
  SEASONS,
  WEEKDAYS,
} from '../../domain/features/calendar.ts'

/** Where one dimension's values stand in a customer's row of counts. */
interface Place {
  readonly at: number
  readonly size: number
}

const HOUR: Place = { at: 0, size: HOURS_PER_DAY }
const WEEKDAY: Place = { at: HOUR.at + HOUR.size, size: WEEKDAYS.length }
const MONTH: Place = { at: WEEKDAY.at + WEEKDAY.size, size: MONTHS_PER_YEAR }
const SEASON: Place = { at: MONTH.at + MONTH.size, size: SEASONS.length }
const WIDTH = SEASON.at + SEASON.size

/** Dimensions of time, with how many values each has: hours from 0, weekdays from Monday, months from January, seasons as in `SEASONS`. */
export const TIME_DIMENSIONS = { hour: HOUR, weekday: WEEKDAY, month: MONTH, season: SEASON } as const
export type TimeDimension = keyof typeof TIME_DIMENSIONS

/** Category codes that fit beside a slot in one key. */
const CATEGORIES_MAX = 1 << 16

/** How often each customer did something, by the shop's clock and by broad category. Customers are slots: small numbers from 0. */
export class Activity {
  readonly #local: Calendar
  readonly #time = new Float64Array(1)
  readonly #codes = new Map<string, number>()
  readonly #categories = new Map<number, number>()
  #counts = new Uint32Array(1024 * WIDTH)

  constructor(zone: ZoneTable) {
    this.#local = new Calendar(zone)
  }

  /** Names of the categories seen, by code. */
  get categories(): readonly string[] {
    return [...this.#codes.keys()]
  }

  take(slot: number, event: Event): void {
    if (!isBehaviour(event.kind)) return
    this.#grow(slot)
    this.#time[0] = event.eventTime
    this.#local.set(this.#time, 0)
    this.#add(slot, HOUR, this.#local.hour)
    this.#add(slot, WEEKDAY, this.#local.weekday)
    this.#add(slot, MONTH, this.#local.month)
    this.#add(slot, SEASON, this.#local.season)
    if (event.lines === undefined) this.#addCategory(slot, event.category)
    else for (const line of event.lines) this.#addCategory(slot, line.category)
  }

  /** Counts of one dimension's values, for one customer. */
  time(slot: number, dimension: TimeDimension): Uint32Array {
    const { at, size } = TIME_DIMENSIONS[dimension]
    const base = slot * WIDTH + at
    return base < this.#counts.length ? this.#counts.subarray(base, base + size) : new Uint32Array(size)
  }

  /** Counts per category code, for one customer. */
  category(slot: number): Uint32Array {
    const found = new Uint32Array(this.#codes.size)
    for (let code = 0; code < found.length; code++)
      found[code] = this.#categories.get(slot * CATEGORIES_MAX + code) ?? 0
    return found
  }

  #add(slot: number, place: Place, value: number): void {
    const at = slot * WIDTH + place.at + value
    this.#counts[at] = (this.#counts[at] as number) + 1
  }

  #addCategory(slot: number, path: string | undefined): void {
    if (path === undefined) return
    const name = path.split('.', 1)[0] as string
    let code = this.#codes.get(name)
    if (code === undefined) {
      if (this.#codes.size === CATEGORIES_MAX) return
      code = this.#codes.size
      this.#codes.set(name, code)
    }
    const key = slot * CATEGORIES_MAX + code
    this.#categories.set(key, (this.#categories.get(key) ?? 0) + 1)
  }

  #grow(slot: number): void {
    if ((slot + 1) * WIDTH <= this.#counts.length) return
    const larger = new Uint32Array(Math.max(2 * this.#counts.length, (slot + 1) * WIDTH))
    larger.set(this.#counts)
    this.#counts = larger
  }
}
