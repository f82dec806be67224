import { DAY_MS } from '../../domain/base/duration.ts'
import type { Event } from '../../domain/events/event.ts'
import { fail } from '../../errors.ts'
import { personAt, type Person } from './people.ts'
import { LAPSED } from './personas.ts'
import { campaignsOf, EXPOSED_SHARE, isExposed, promotionsOf, type Promotion } from './promotions.ts'
import { Visits, type Surroundings } from './visits.ts'

export interface ShopOptions {
  readonly users: number
  readonly days: number
  /** Integer; the same seed gives the same shop, event for event. */
  readonly seed: number
  /** First instant, Unix milliseconds; a midnight in UTC. */
  readonly startMs: number
  /** Default: those of `promotionsOf`. With none, all that they did not cause is the same. */
  readonly promotions?: readonly Promotion[]
}

/** 2025-01-01T00:00:00Z, a Wednesday. */
export const SHOP_START_MS = Date.UTC(2025, 0, 1)
export const SHOP_DEFAULTS: ShopOptions = { users: 20_000, days: 120, seed: 7, startMs: SHOP_START_MS }

/** What was planted, for those who check what was found. Times in Unix ms. */
export interface ShopTruth {
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly startMs: number
  readonly promotions: readonly PromotionTruth[]
  readonly campaigns: readonly CampaignTruth[]
  readonly people: Readonly<Record<string, PersonTruth>>
}
/** The others are its control. See `Promotion` for what `lift` means. */
export interface PromotionTruth extends Pick<Promotion, 'name' | 'coupon' | 'lift'> {
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  readonly exposedShare: number
}
export interface CampaignTruth {
  readonly name: string
  /** Midnight before it went out. */
  readonly dayMs: number
  /** Visits that it caused. */
  readonly lift: 0
}
export interface PersonTruth {
  readonly persona: string
  readonly joinedMs: number
  /** No visit begins from here on; null: never. Goods may still go back. */
  readonly lapsedMs: number | null
  /** Names of the promotions that he sees if he comes in their days. */
  readonly exposed: readonly string[]
}

/**
 * The events of an invented shop in order of time, a day at a time in memory. A user's visits depend on (seed, user, days)
 * alone: more users add events and change none. Throws `usage` where an option is out of range.
 */
export function* generateShop(options: ShopOptions): Generator<Event, void, undefined> {
  checkOptions(options)
  const { days, startMs } = options
  const around = surroundingsOf(options)
  const visits = peopleOf(options).map((person, i) => new Visits(around, i, person))
  /** What happens on days to come, and visits past midnight. */
  const later = new Map<number, Event[]>()
  for (let day = 0; day < days; day++) {
    // an array of its own: one that has grown old would keep the events of the day in memory
    const today = [...(later.get(day) ?? [])]
    later.delete(day)
    const made: Event[] = []
    for (const campaign of around.campaigns) {
      if (campaign.day === day) for (const v of visits) v.mail(made, campaign)
    }
    for (const v of visits) if (v.day === day) v.push(made)
    for (const e of made) {
      const on = Math.floor((e.eventTime - startMs) / DAY_MS)
      if (on === day) today.push(e)
      else if (later.get(on)?.push(e) === undefined) later.set(on, [e])
    }
    yield* today.sort((a, b) => a.eventTime - b.eventTime)
  }
}

function surroundingsOf({ seed, startMs, days, promotions }: ShopOptions): Surroundings {
  return { seed, startMs, promotions: promotions ?? promotionsOf(days), campaigns: campaignsOf(days) }
}

/** What `generateShop` planted under the same options. */
export function shopTruth(options: ShopOptions): ShopTruth {
  checkOptions(options)
  const { users, days, seed, startMs } = options
  const at = (day: number): number => startMs + day * DAY_MS
  const { promotions, campaigns } = surroundingsOf(options)
  const people: Record<string, PersonTruth> = {}
  for (const { userId, persona, joinDay, lapseDay } of peopleOf(options)) {
    const lapsedMs = lapseDay < days ? at(lapseDay) : null
    const exposed = promotions.filter((p) => isExposed(seed, p, userId)).map((p) => p.name)
    people[userId] = { persona: persona.name, joinedMs: at(joinDay), lapsedMs, exposed }
  }
  return {
    users,
    days,
    seed,
    startMs,
    promotions: promotions.map(({ fromDay, toDay, ...p }) => ({
      ...p,
      fromMs: at(fromDay),
      toMs: at(toDay),
      exposedShare: EXPOSED_SHARE,
    })),
    campaigns: campaigns.map(({ name, day }) => ({ name, dayMs: at(day), lift: 0 as const })),
    people,
  }
}

/** The kind of a customer at `ms`, as a perfect observer sees it: who has stopped is one who stops, whatever he was before. */
export function kindAt({ persona, lapsedMs }: PersonTruth, ms: number): string {
  return lapsedMs !== null && lapsedMs <= ms ? LAPSED : persona
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
