import { DAY_MS } from '../../domain/base/duration.ts'
import { mix32 } from '../../domain/base/hash.ts'
import { seededRandom } from '../../domain/base/random.ts'
import type { Event } from '../../domain/events/event.ts'
import { fail } from '../../errors.ts'
import { personAt, type Person } from './people.ts'
import { pushSession } from './session.ts'

export interface ShopOptions {
  readonly users: number
  readonly days: number
  /** Integer; the same seed gives the same shop, event for event. */
  readonly seed: number
  /** First instant, Unix milliseconds; a midnight in UTC. */
  readonly startMs: number
}

/** 2025-01-01T00:00:00Z, a Wednesday. */
export const SHOP_START_MS = Date.UTC(2025, 0, 1)
export const SHOP_DEFAULTS: ShopOptions = { users: 20_000, days: 120, seed: 7, startMs: SHOP_START_MS }

/** Visits come in the persona's rhythm, each this much (standard deviation, share of the rhythm) early or late. */
const VISIT_JITTER = 0.25

/** What was planted, for those who check what was found. */
export interface ShopTruth extends ShopOptions {
  readonly people: Readonly<Record<string, PersonTruth>>
}
export interface PersonTruth {
  readonly persona: string
  readonly joinedMs: number
  /** Nothing happens from here on; null: never. */
  readonly lapsedMs: number | null
}

/**
 * The events of an invented shop in order of time, a day at a time in memory. A user's visits depend on (seed, user, days)
 * alone: more users add events and change none. Throws `usage` where an option is out of range.
 */
export function* generateShop(options: ShopOptions): Generator<Event, void, undefined> {
  checkOptions(options)
  const people = peopleOf(options)
  const visits = people.map((_, i) => new Visits(options, i, people[i] as Person))
  let rest: Event[] = []
  for (let day = 0; day < options.days; day++) {
    const end = options.startMs + (day + 1) * DAY_MS
    const events = rest
    for (const v of visits) if (v.day === day) v.push(events)
    events.sort((a, b) => a.eventTime - b.eventTime)
    rest = []
    for (const e of events) {
      // a visit that runs past midnight belongs among the next day's events
      if (e.eventTime < end) yield e
      else rest.push(e)
    }
  }
}

/** One person's visits, one after the other. */
class Visits {
  /** Day of the next visit; Infinity: none is left. */
  day: number
  readonly #person: Person
  readonly #index: number
  readonly #seed: number
  readonly #startMs: number
  #visit = 0

  constructor({ seed, startMs }: ShopOptions, index: number, person: Person) {
    this.#person = person
    this.#index = index
    this.#seed = mix32(mix32(seed) ^ Math.imul(index + 1, 0x85ebca77))
    this.#startMs = startMs
    // who joins later joins with a visit; the founders are met somewhere in their rhythm
    const founder = person.joinDay === 0
    this.day = founder ? Math.floor((this.#seed / 0x1_0000_0000) * person.everyDays) : person.joinDay
  }

  push(out: Event[]): void {
    const random = seededRandom(mix32(this.#seed + Math.imul(this.#visit + 1, 0xc2b2ae3d)))
    const dayStart = this.#startMs + this.day * DAY_MS
    pushSession(
      out,
      this.#person,
      random,
      dayStart,
      `${this.#index.toString(36)}-${this.#visit.toString(36)}`,
    )
    this.#visit++
    const { everyDays, lapseDay, persona } = this.#person
    const pause = everyDays * (1 + VISIT_JITTER * random.normal())
    this.day += Math.max(1, Math.round(pause))
    if (random.next() < persona.weekend) this.day += daysToWeekend(this.#startMs + this.day * DAY_MS)
    if (this.day >= lapseDay) this.day = Number.POSITIVE_INFINITY
  }
}

/** 0 on a Saturday or Sunday, else the days until Saturday. */
function daysToWeekend(ms: number): number {
  const weekday = new Date(ms).getUTCDay()
  return weekday === 0 ? 0 : 6 - weekday
}

/** What `generateShop` planted under the same options. */
export function shopTruth(options: ShopOptions): ShopTruth {
  checkOptions(options)
  const at = (day: number): number => options.startMs + day * DAY_MS
  const people: Record<string, PersonTruth> = {}
  for (const p of peopleOf(options)) {
    const lapsedMs = p.lapseDay < options.days ? at(p.lapseDay) : null
    people[p.userId] = { persona: p.persona.name, joinedMs: at(p.joinDay), lapsedMs }
  }
  return { ...options, people }
}

function peopleOf({ users, seed, days }: ShopOptions): Person[] {
  return Array.from({ length: users }, (_, i) => personAt(seed, i, days))
}

function checkOptions(o: ShopOptions): void {
  const want = (ok: boolean, name: string, value: number, expected: string): void => {
    if (!ok) fail('usage', `${name}: expected ${expected}, found ${value}`)
  }
  want(
    Number.isInteger(o.users) && o.users >= 1 && o.users <= 10_000_000,
    'users',
    o.users,
    'an integer from 1 to 10,000,000',
  )
  want(
    Number.isInteger(o.days) && o.days >= 1 && o.days <= 3660,
    'days',
    o.days,
    'an integer from 1 to 3,660',
  )
  want(
    Number.isInteger(o.seed) && o.seed >= 0 && o.seed < 2 ** 32,
    'seed',
    o.seed,
    'an integer from 0 to 4,294,967,295',
  )
  want(Number.isInteger(o.startMs) && o.startMs % DAY_MS === 0, 'start', o.startMs, 'a midnight in UTC')
}
