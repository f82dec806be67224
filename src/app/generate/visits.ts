import { DAY_MS, HOUR_MS } from '../../domain/base/duration.ts'
import { hash32, mix32 } from '../../domain/base/hash.ts'
import { seededRandom } from '../../domain/base/random.ts'
import type { Event } from '../../domain/events/event.ts'
import type { Person } from './people.ts'
import { isExposed, WELCOME, type Campaign, type Promotion } from './promotions.ts'
import { daysToWeekend, pauseDays } from './rhythm.ts'
import { pushVisit, type Visit } from './session.ts'
import { Trail } from './trail.ts'

/** What everybody in a shop meets. */
export interface Surroundings {
  readonly seed: number
  readonly startMs: number
  readonly promotions: readonly Promotion[]
  readonly campaigns: readonly Campaign[]
}

/** Mails go out at this hour, UTC, over this time. */
const MAIL_HOUR = 7
const MAIL_SPREAD_MS = HOUR_MS
/** Of the subscribers who come within so many days after a mail, so many come by its link. */
const LINK_DAYS = 2
const LINK_SHARE = 0.4
/** Makes another stream of chance from the seed of a visit. */
const OFFER_SALT = 0x27d4eb2f

/** One person's visits, one after the other. */
export class Visits {
  /** Day of the next visit; Infinity: none is left. */
  day: number
  readonly #person: Person
  readonly #index: number
  readonly #around: Surroundings
  readonly #seed: number
  /** Those promotions that he may see. */
  readonly #promotions: readonly Promotion[]
  #visits = 0
  #welcome: boolean
  /** The last promotion that he saw. */
  #seen: Promotion | undefined

  constructor(around: Surroundings, index: number, person: Person) {
    this.#person = person
    this.#index = index
    this.#around = around
    this.#seed = mix32(mix32(around.seed) ^ Math.imul(index + 1, 0x85ebca77))
    this.#promotions = around.promotions.filter((p) => isExposed(around.seed, p, person.userId))
    // who joins later joins with a visit; the founders are met somewhere in their rhythm
    const founder = person.joinDay === 0
    this.#welcome = !founder
    this.day = founder ? Math.floor((this.#seed / 0x1_0000_0000) * person.everyDays) : person.joinDay
  }

  /** The visit of `day`, appended to `out`; then `day` is that of the next. */
  push(out: Event[]): void {
    const person = this.#person
    const seed = mix32(this.#seed + Math.imul(this.#visits + 1, 0xc2b2ae3d))
    const random = seededRandom(seed)
    const dayStartMs = this.#around.startMs + this.day * DAY_MS
    const promotion = this.#promotions.find((p) => p.fromDay <= this.day && this.day < p.toDay)
    const visit: Visit = {
      id: `${this.#index.toString(36)}-${this.#visits.toString(36)}`,
      dayStartMs,
      campaign: this.#linkOf(seed),
      welcome: this.#welcome ? WELCOME : undefined,
      offer: promotion && { promotion, first: promotion !== this.#seen },
    }
    const ordered = pushVisit(out, person, visit, random, seededRandom(mix32(seed ^ OFFER_SALT)))
    if (ordered) this.#welcome = false
    this.#seen = promotion ?? this.#seen
    this.#visits++
    this.day += pauseDays(person, random, dayStartMs)
    const next = this.#around.startMs + this.day * DAY_MS
    if (random.next() < person.persona.weekend) this.day += daysToWeekend(next)
    if (this.day >= person.lapseDay) this.day = Number.POSITIVE_INFINITY
  }

  /** A mail that goes out on its day to whoever has been here before. */
  mail(out: Event[], campaign: Campaign): void {
    const person = this.#person
    if (!person.subscribed || this.#visits === 0) return
    const random = seededRandom(mix32(this.#seed ^ hash32(campaign.name)))
    const spreadMs = Math.floor(random.next() * MAIL_SPREAD_MS)
    const atMs = this.#around.startMs + campaign.day * DAY_MS + MAIL_HOUR * HOUR_MS + spreadMs
    const id = `${this.#index.toString(36)}-${campaign.name}`
    const trail = new Trail(out, { person, channel: 'mail', id, startMs: atMs, random })
    trail.pushLater('campaign_exposed', atMs, { campaign: campaign.name })
  }

  #linkOf(seed: number): string | undefined {
    if (!this.#person.subscribed || this.#visits === 0) return undefined
    const mail = this.#around.campaigns.find(({ day }) => day < this.day && this.day <= day + LINK_DAYS)
    return mail !== undefined && mix32(seed + 1) / 2 ** 32 < LINK_SHARE ? mail.name : undefined
  }
}
