import { hash32 } from '../../domain/base/hash.ts'
import { DAY_MS, HOUR_MS } from '../../domain/base/duration.ts'
import { isBehaviour, type Event } from '../../domain/events/event.ts'
import type { Profiles } from '../../domain/profile/profiles.ts'

/** Users whose first vectors are kept. */
const WATCHED_USERS = 2_000
/** More behaviour in a day, or in more hours of a day, than a person has. */
export const BOT_EVENTS_PER_DAY = 500
export const BOT_HOURS_PER_DAY = 20

/** What a table of features no longer shows: how its users began, and who is no person. */
export interface History {
  /** Events folded. */
  readonly events: number
  /** Vectors (raw, F) after each of the first events of a sample of users who made as many as were kept. */
  readonly early: readonly (readonly Float64Array[])[]
  readonly botUsers: number
  readonly botEvents: number
}

interface Day {
  day: number
  events: number
  /** A bit an hour. */
  hours: number
  total: number
  bot: boolean
}

/**
 * Looks on while events are folded. The sample is of the users with the smallest hashes, so that it does not hang on the order of
 * the events; days are those of UTC, and an event of a day before his newest counts in no day.
 */
export class Watch {
  readonly #later: number
  readonly #days = new Map<string, Day>()
  readonly #early = new Map<string, Float64Array[]>()
  #bound = 2 ** 32
  #events = 0

  /** Vectors are kept after each of the first `later` events. */
  constructor(later: number) {
    this.#later = later
  }

  /** After an event of his has been folded. */
  readonly folded = (profiles: Profiles, slot: number, event: Event): void => {
    this.#events++
    if (!isBehaviour(event.kind)) return
    this.#count(event)
    if (hash32(event.userId) < this.#bound) this.#keep(profiles, slot, event.userId)
  }

  result(): History {
    if (this.#early.size > WATCHED_USERS) this.#thin()
    const bots = [...this.#days.values()].filter((d) => d.bot)
    return {
      events: this.#events,
      early: [...this.#early]
        .filter(([, vectors]) => vectors.length === this.#later)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, vectors]) => vectors),
      botUsers: bots.length,
      botEvents: bots.reduce((sum, d) => sum + d.total, 0),
    }
  }

  #count({ userId, eventTime }: Event): void {
    const day = Math.floor(eventTime / DAY_MS)
    let d = this.#days.get(userId)
    if (d === undefined) {
      d = { day, events: 0, hours: 0, total: 0, bot: false }
      this.#days.set(userId, d)
    }
    d.total++
    if (day < d.day) return
    if (day > d.day) {
      d.day = day
      d.events = 0
      d.hours = 0
    }
    d.events++
    d.hours |= 1 << Math.floor((eventTime % DAY_MS) / HOUR_MS)
    if (d.events > BOT_EVENTS_PER_DAY || bits(d.hours) > BOT_HOURS_PER_DAY) d.bot = true
  }

  #keep(profiles: Profiles, slot: number, user: string): void {
    let vectors = this.#early.get(user)
    if (vectors === undefined) {
      vectors = []
      this.#early.set(user, vectors)
      if (this.#early.size > 2 * WATCHED_USERS) this.#thin()
    }
    if (vectors.length >= this.#later) return
    const vector = new Float64Array(profiles.plan.columns.length)
    profiles.vector(slot, profiles.asOf(slot), vector)
    vectors.push(vector)
  }

  /** Keeps those with the smallest hashes. */
  #thin(): void {
    const hashes = [...this.#early.keys()].map((user) => hash32(user)).sort((a, b) => a - b)
    this.#bound = hashes[WATCHED_USERS] as number
    for (const user of this.#early.keys()) if (hash32(user) >= this.#bound) this.#early.delete(user)
  }
}

function bits(x: number): number {
  let n = 0
  for (let rest = x; rest !== 0; rest &= rest - 1) n++
  return n
}
