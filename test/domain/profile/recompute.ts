import { DAY_MS, HOUR_MS, MINUTE_MS, parseDurationMs } from '../../../src/domain/base/duration.ts'
import type { ZoneTable } from '../../../src/domain/base/zone.ts'
import { localDay } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { AggregateFeature, Feature, FeatureSet } from '../../../src/domain/features/feature-set.ts'

/** The columns of a set by plain filter-and-sum over one user's raw events: slow, obvious, and independent of the plan. */
export function recompute(
  set: FeatureSet,
  zone: ZoneTable,
  events: readonly Event[],
  asOf: number,
): number[] {
  const value = (f: Feature): number => {
    if ('aggregate' in f) return aggregate(f, zone, events, asOf)
    if ('given' in f) throw new Error(`${f.name}: no event feeds it`)
    const [over, under] = f.ratio.map((name) =>
      value(set.features.find((g) => g.name === name) as Feature),
    ) as [number, number]
    return under === 0 ? f.whenEmpty : over / under
  }
  return set.features.filter((f) => f.column !== false).map(value)
}

function aggregate(f: AggregateFeature, zone: ZoneTable, all: readonly Event[], asOf: number): number {
  const events = all.filter(
    (e) =>
      e.eventTime < asOf &&
      (f.on as string[]).includes(e.kind) &&
      wanted(f, e) &&
      ('window' in f ? inWindow(f.window, zone, e.eventTime, asOf) : true),
  )
  if (f.aggregate === 'count') return events.length
  if (f.aggregate === 'sum')
    return events.reduce((sum, e) => sum + integerOf(f.of, e), 0) / (f.of === 'amount' ? 100 : 1000)
  if (f.aggregate === 'distinct') {
    const values = new Set(events.map((e) => textOf(f.of, e)).filter((v) => v !== undefined && v !== ''))
    return Math.min(f.keep ?? 64, values.size)
  }
  if (events.length === 0) return f.cap
  const last = Math.max(...events.map((e) => e.eventTime))
  const step = parseDurationMs(f.step ?? '1h') as number
  const unit = { day: DAY_MS, hour: HOUR_MS, minute: MINUTE_MS, second: 1000 }[f.unit]
  return Math.min(f.cap, (Math.floor((asOf - last) / step) * step) / unit)
}

export function inWindow(window: string, zone: ZoneTable, t: number, asOf: number): boolean {
  if (window === 'lifetime') return true
  const w = parseDurationMs(window) as number
  if (w > 14 * DAY_MS) return localDay(zone, t) >= localDay(zone, asOf) - w / DAY_MS
  const hop = w > 12 * HOUR_MS ? HOUR_MS : 5 * MINUTE_MS
  return t >= Math.floor((asOf - w) / hop) * hop
}

function wanted(f: AggregateFeature, e: Event): boolean {
  return Object.entries(f.where ?? {}).every(([field, value]) => {
    const values = Array.isArray(value) ? value : [value]
    if (field === 'categoryPath')
      return values.some((v) => `${e.category ?? ''}.`.startsWith(`${String(v)}.`))
    return (values as unknown[]).includes(textOf(field, e))
  })
}

function textOf(of: string, e: Event): unknown {
  if (of === 'category') return e.category?.split('.')[0]
  if (of.startsWith('attributes.')) return e.attributes?.[of.slice('attributes.'.length)]
  return e[of as 'product']
}

function integerOf(of: string, e: Event): number {
  if (of === 'amount') return e.amountMinor ?? 0
  const value = of === 'quantity' ? e.quantity : e.attributes?.[of.slice('attributes.'.length)]
  return typeof value === 'number' ? Math.round(value * 1000) : 0
}
