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

/** Factor on everybody's sessions per weekday, Sunday first. */
const WEEK = [1.2, 0.95, 0.9, 0.95, 0.95, 1, 1.1] as const

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
 * The events of an invented shop in order of time, a day at a time in memory. A user's days depend on (seed, user, day,
 * days) alone: more users add events and change none.
 * Throws `usage` where an option is out of range.
 */
export function* generateShop(options: ShopOptions): Generator<Event, void, undefined> {
  checkOptions(options)
  const people = peopleOf(options)
  let rest: Event[] = []
  for (let day = 0; day < options.days; day++) {
    const start = options.startMs + day * DAY_MS
    const events = rest
    for (let i = 0; i < people.length; i++)
      pushUserDay(events, people[i] as Person, i, day, start, options.seed)
    events.sort((a, b) => a.eventTime - b.eventTime)
    rest = []
    for (const e of events) {
      // a visit that runs past midnight belongs among the next day's events
      if (e.eventTime < start + DAY_MS) yield e
      else rest.push(e)
    }
  }
}

function pushUserDay(
  out: Event[],
  person: Person,
  index: number,
  day: number,
  start: number,
  seed: number,
): void {
  if (day < person.joinDay || day >= person.lapseDay) return
  const weekday = new Date(start).getUTCDay()
  const weekend = weekday === 0 || weekday === 6 ? person.persona.weekend : 1
  const rate = person.persona.sessionsPerDay * person.pace * weekend * (WEEK[weekday] as number)
  const hash = mix32(mix32(seed ^ Math.imul(index + 1, 0x85ebca77)) + Math.imul(day + 1, 0xc2b2ae3d))
  // the first day is a visit: that is what joining means
  const newcomer = day === person.joinDay && day > 0
  const active = 1 - Math.exp(-rate)
  if (!newcomer && hash / 0x1_0000_0000 >= active) return
  const random = seededRandom(mix32(hash ^ 0x27d4eb2f))
  const id = `${index.toString(36)}-${day.toString(36)}`
  pushSession(out, person, random, start, `${id}a`)
  if (random.next() < active) pushSession(out, person, random, start, `${id}b`)
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
