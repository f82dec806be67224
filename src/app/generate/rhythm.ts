import type { Random } from '../../domain/base/random.ts'
import { DEPARTMENTS, SEASONS, type Department } from './catalog.ts'
import type { Person } from './people.ts'
import type { Persona } from './personas.ts'

/** How often people come in each month, January first; the mean of a year is near 1. */
const DEMAND = [0.95, 0.9, 1, 1, 1, 0.95, 0.85, 0.8, 1, 1.05, 1.25, 1.25] as const

/** Visits come in the person's rhythm, each this much (standard deviation, share of the rhythm) early or late. */
const JITTER = 0.25

/** Share of the favourite department, of those of the persona, of all departments; then the season has its say. */
const TASTE = { favourite: 0.6, persona: 0.3, all: 0.1 } as const

const monthOf = (ms: number): number => new Date(ms).getUTCMonth()

/** Days from a visit to the next, at least 1. `startMs` is the midnight of the visit's day. */
export function pauseDays(person: Person, random: Random, startMs: number): number {
  const demand = DEMAND[monthOf(startMs)] as number
  const pause = (person.everyDays * (1 + JITTER * random.normal())) / demand
  return Math.max(1, Math.round(pause))
}

/** 0 on a Saturday or Sunday, else the days until Saturday. */
export function daysToWeekend(ms: number): number {
  const weekday = new Date(ms).getUTCDay()
  return weekday === 0 ? 0 : 6 - weekday
}

/** Hour of the day, 0–24 UTC, at which a visit begins. */
export function hourOf({ hours }: Persona, random: Random): number {
  let chance = random.next()
  const peak = hours.find(({ share }) => (chance -= share) < 0) ?? hours[0]
  const hour = (peak?.hour ?? 0) + (peak?.spread ?? 0) * random.normal()
  return ((hour % 24) + 24) % 24
}

/** Share of each department, in their order, as the person's taste and the month of `ms` have it; adds up to 1. */
export function tasteOf({ persona, favourite }: Person, ms: number): readonly number[] {
  const month = monthOf(ms)
  const key = `${persona.name}/${favourite}/${month}`
  const known = tastes.get(key)
  if (known !== undefined) return known
  const { departments } = persona
  const weights = DEPARTMENTS.map((department) => {
    const own = department === favourite ? TASTE.favourite : 0
    const shared = departments.includes(department) ? TASTE.persona / departments.length : 0
    const taste = own + shared + TASTE.all / DEPARTMENTS.length
    return taste * (SEASONS[department][month] as number)
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  const shares = weights.map((weight) => weight / sum)
  tastes.set(key, shares)
  return shares
}

const tastes = new Map<string, readonly number[]>()

/** One department by its share. */
export function pickDepartment(shares: readonly number[], random: Random): Department {
  let chance = random.next()
  for (let i = 0; i < DEPARTMENTS.length; i++) {
    chance -= shares[i] as number
    if (chance < 0) return DEPARTMENTS[i] as Department
  }
  return DEPARTMENTS[0]
}
