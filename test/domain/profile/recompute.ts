import { DAY_MS, HOUR_MS, MINUTE_MS, parseDurationMs } from '../../../src/domain/base/duration.ts'
import type { ZoneTable } from '../../../src/domain/base/zone.ts'
import { localDay, offsetAt, startOfLocalDay } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { AggregateFeature, Feature, FeatureSet } from '../../../src/domain/features/feature-set.ts'

/**
 * The columns of a set by plain filter-and-sum over one user's raw events: slow, obvious, and independent of the plan. `kept`: the
 * events with orders as refunds have left them.
 */
export function recompute(
  set: FeatureSet,
  zone: ZoneTable,
  events: readonly Event[],
  asOf: number,
  kept: readonly Event[] = events,
): number[] {
  const heeded = (f: AggregateFeature): readonly Event[] =>
    REVERSIBLE.includes(f.aggregate) && (f as { reversals?: string }).reversals !== 'ignore' ? kept : events
  const named = (name: string): Feature => set.features.find((g) => g.name === name) as Feature
  const value = (f: Feature): number => {
    if ('given' in f) throw new Error('no event feeds it')
    if ('aggregate' in f) return aggregate(f, zone, heeded(f), asOf)
    if ('difference' in f) return value(named(f.difference[0])) - value(named(f.difference[1]))
    if ('share' in f) {
      const whole = named(f.share.of) as AggregateFeature
      const meeting = heeded(whole).filter((e) => wanted(f.share.where, zone, e))
      const under = value(whole)
      if (under === 0) return f.whenEmpty
      return aggregate(whole, zone, meeting, asOf) / under
    }
    const under = value(named(f.ratio[1]))
    return under === 0 ? f.whenEmpty : value(named(f.ratio[0])) / under
  }
  return set.features.filter((f) => f.column !== false).map(value)
}

/** All others keep the fact that something happened. */
const REVERSIBLE = ['count', 'sum', 'mean', 'decayedCount', 'decayedSum']

function aggregate(f: AggregateFeature, zone: ZoneTable, all: readonly Event[], asOf: number): number {
  const events = all.filter(
    (e) =>
      e.eventTime < asOf &&
      (f.on as string[]).includes(e.kind) &&
      wanted(f.where ?? {}, zone, e) &&
      inside(f, zone, e.eventTime, asOf),
  )
  if (f.aggregate === 'count') return events.length
  if (f.aggregate === 'distinctDays') return new Set(events.map((e) => dayOf(zone, e.eventTime))).size
  if (f.aggregate === 'sessions') return runsOf(f.window, zone, events)
  if (f.aggregate === 'decayedCount') return decayed(f.halfLife, zone, events, asOf, () => 1)
  if (f.aggregate === 'recency' || f.aggregate === 'tenure') return ageOf(f, events, asOf)
  if (f.aggregate === 'distinct') {
    const values = events.flatMap((e) => textsOf(f.of, zone, e)).filter((v) => v !== undefined && v !== '')
    return Math.min(f.keep ?? 64, new Set(values).size)
  }
  const divisor = divisorOf(f.of)
  if (f.aggregate === 'decayedSum')
    return decayed(f.halfLife, zone, events, asOf, (e) => sum(integersOf(f.of, zone, [e]))) / divisor
  const found = integersOf(f.of, zone, events)
  if (f.aggregate === 'sum') return sum(found) / divisor
  if (found.length === 0) return f.whenEmpty
  if (f.aggregate === 'mean') return sum(found) / divisor / found.length
  return Math[f.aggregate](...found) / divisor
}

function ageOf(
  f: Extract<AggregateFeature, { aggregate: 'recency' | 'tenure' }>,
  events: readonly Event[],
  asOf: number,
): number {
  if (events.length === 0) return f.aggregate === 'recency' ? f.cap : 0
  const times = events.map((e) => e.eventTime)
  const since = f.aggregate === 'recency' ? Math.max(...times) : Math.min(...times)
  const step = parseDurationMs(f.step ?? '1h') as number
  const unit = { day: DAY_MS, hour: HOUR_MS, minute: MINUTE_MS, second: 1000 }[f.unit]
  return Math.min(f.cap, (Math.floor((asOf - since) / step) * step) / unit)
}

/** Per day, oldest first, weighed by 2^(−age / half-life). */
function decayed(
  halfLife: string,
  zone: ZoneTable,
  events: readonly Event[],
  asOf: number,
  of: (e: Event) => number,
): number {
  const days = (parseDurationMs(halfLife) as number) / DAY_MS
  const byDay = new Map<number, number>()
  for (const e of events) {
    const day = dayOf(zone, e.eventTime)
    byDay.set(day, (byDay.get(day) ?? 0) + of(e))
  }
  return [...byDay]
    .sort(([a], [b]) => a - b)
    .reduce((total, [day, value]) => total + value * 2 ** ((day - dayOf(zone, asOf)) / days), 0)
}

/** Occupied half-hours, counted from the start of their hop, of which one follows the other, are one run. */
function runsOf(window: string, zone: ZoneTable, events: readonly Event[]): number {
  const days = (parseDurationMs(window) as number) > 14 * DAY_MS
  const startOf = (t: number): number =>
    days ? startOfLocalDay(zone, localDay(zone, t)) : Math.floor(t / HOUR_MS) * HOUR_MS
  const lengthOf = (start: number): number =>
    days ? startOfLocalDay(zone, localDay(zone, start) + 1) - start : HOUR_MS
  const half = 30 * MINUTE_MS
  const slots = new Set(
    events.map((e) => {
      const start = startOf(e.eventTime)
      return start + Math.floor((e.eventTime - start) / half) * half
    }),
  )
  // the slot behind it, which is the first of the next hop where it would reach into that
  const next = (slot: number): number => {
    const start = startOf(slot)
    return Math.min(slot + half, start + lengthOf(start))
  }
  const followers = new Set([...slots].map(next))
  return [...slots].filter((slot) => !followers.has(slot)).length
}

export function inside(f: AggregateFeature, zone: ZoneTable, t: number, asOf: number): boolean {
  const back = (days: number): boolean => dayOf(zone, t) >= dayOf(zone, asOf) - days
  if (f.aggregate === 'distinctDays') return back((parseDurationMs(f.window) as number) / DAY_MS)
  if ('halfLife' in f) return back((8 * (parseDurationMs(f.halfLife) as number)) / DAY_MS)
  return 'window' in f ? inWindow(f.window, zone, t, asOf) : true
}

function inWindow(window: string, zone: ZoneTable, t: number, asOf: number): boolean {
  if (window === 'lifetime') return true
  const w = parseDurationMs(window) as number
  if (w > 14 * DAY_MS) return dayOf(zone, t) >= dayOf(zone, asOf) - w / DAY_MS
  const hop = w > 12 * HOUR_MS ? HOUR_MS : 5 * MINUTE_MS
  return t >= Math.floor((asOf - w) / hop) * hop
}

const dayOf = localDay

function wanted(where: NonNullable<AggregateFeature['where']>, zone: ZoneTable, e: Event): boolean {
  return Object.entries(where).every(([field, value]) => {
    const values: unknown[] = Array.isArray(value) ? value : [value]
    if (field === 'categoryPath')
      return values.some((v) => `${e.category ?? ''}.`.startsWith(`${String(v)}.`))
    return textsOf(field, zone, e).some((text) => values.includes(text))
  })
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const SEASONS = ['winter', 'spring', 'summer', 'autumn']

function textsOf(of: string, zone: ZoneTable, e: Event): unknown[] {
  // what stands on the wall, as a date in UTC
  const wall = new Date(e.eventTime + offsetAt(zone, e.eventTime))
  if (of === 'hourOfDay') return [wall.getUTCHours()]
  if (of === 'weekday') return [WEEKDAYS[wall.getUTCDay()]]
  if (of === 'season') return [SEASONS[Math.floor(((wall.getUTCMonth() + 1) % 12) / 3)]]
  if (of === 'category') return [e.category?.split('.')[0]]
  if (of === 'lines.product') return (e.lines ?? []).map((line) => line.product)
  if (of === 'lines.category') return (e.lines ?? []).map((line) => line.category?.split('.')[0])
  if (of.startsWith('attributes.')) return [e.attributes?.[of.slice('attributes.'.length)]]
  return [e[of as 'product']]
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

function divisorOf(of: string): number {
  if (of === 'lines' || of === 'hourOfDay') return 1
  return of === 'quantity' || of === 'lines.quantity' || of.startsWith('attributes.') ? 1000 : 100
}

function integersOf(of: string, zone: ZoneTable, events: readonly Event[]): number[] {
  return events.flatMap((e) => numbersOf(of, zone, e)).filter((n) => typeof n === 'number')
}

function numbersOf(of: string, zone: ZoneTable, e: Event): unknown[] {
  const thousandths = (n: unknown): unknown => (typeof n === 'number' ? Math.round(n * 1000) + 0 : n)
  if (of === 'amount') return [e.amountMinor]
  if (of === 'discount') return [e.discountMinor]
  if (of === 'quantity') return [thousandths(e.quantity)]
  if (of === 'lines') return [e.lines?.length]
  if (of === 'lines.amount') return (e.lines ?? []).map((line) => line.amountMinor)
  if (of === 'lines.quantity') return (e.lines ?? []).map((line) => thousandths(line.quantity))
  if (of === 'hourOfDay') return textsOf(of, zone, e)
  return [thousandths(e.attributes?.[of.slice('attributes.'.length)])]
}
