import { mix32 } from '../../domain/base/hash.ts'
import { seededRandom } from '../../domain/base/random.ts'
import { DEPARTMENTS, type Department } from './catalog.ts'
import { FOUNDING_SHARE, LAPSE_AFTER_DAYS, LAPSE_RANGE, PERSONAS, type Persona } from './personas.ts'

/** One invented customer: a function of (seed, index, days) alone, so that more users never change the others. */
export interface Person {
  readonly userId: string
  readonly persona: Persona
  /** Day of the first possible visit, 0-based. */
  readonly joinDay: number
  /** First day on which no visit begins any more; Infinity: never lapses. */
  readonly lapseDay: number
  /** Own days from one visit to the next; median the persona's. */
  readonly everyDays: number
  /** Own place on the shelf, 0–1. */
  readonly priceLevel: number
  readonly favourite: Department
  readonly country: string
  /** Probability that a visit is made in the app, not in a browser. */
  readonly app: number
  /** Gets the newsletter. */
  readonly subscribed: boolean
}

const COUNTRIES = ['FR', 'FR', 'FR', 'BE', 'DE', 'CH'] as const
/** Some have the app and hardly use a browser; most never open it. */
const APP = { owners: 0.35, ownersUse: 0.85, othersUse: 0.05 } as const
const SUBSCRIBED_SHARE = 0.5

export function userIdOf(index: number): string {
  return `u-${String(index + 1).padStart(5, '0')}`
}

export function personAt(seed: number, index: number, days: number): Person {
  const random = seededRandom(mix32(mix32(seed) ^ Math.imul(index + 1, 0x9e3779b1)))
  const persona = personaBy(random.next())
  const founding = random.next() < FOUNDING_SHARE
  const joinDay = founding ? 0 : random.below(days)
  const [from, to] = LAPSE_RANGE
  const lapse = Math.floor(days * (from + (to - from) * random.next()))
  const everyDays = persona.visitEveryDays * Math.exp(0.2 * random.normal())
  const priceLevel = Math.min(1, Math.max(0, persona.priceLevel + 0.06 * random.normal()))
  const taste = random.next()
  const at = taste < 0.65 ? 0 : 1
  const country = COUNTRIES[random.below(COUNTRIES.length)] as string
  const app = random.next() < APP.owners ? APP.ownersUse : APP.othersUse
  const lapses = random.next() < persona.lapses
  return {
    userId: userIdOf(index),
    persona,
    joinDay,
    lapseDay: lapses ? Math.max(lapse, joinDay + LAPSE_AFTER_DAYS) : Number.POSITIVE_INFINITY,
    everyDays,
    priceLevel,
    favourite: persona.departments[at] ?? DEPARTMENTS[0],
    country,
    app,
    subscribed: random.next() < SUBSCRIBED_SHARE,
  }
}

function personaBy(chance: number): Persona {
  let sum = 0
  for (const p of PERSONAS) {
    sum += p.share
    if (chance < sum) return p
  }
  return PERSONAS[PERSONAS.length - 1] as Persona
}
