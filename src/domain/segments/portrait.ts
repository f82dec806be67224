import type { Feature } from '../features/feature-set.ts'
import type { Portrait } from './naming-kinds.ts'
import { roleOf, type Role } from './naming-roles.ts'

/** What segments are named and described by. Shapes: K segments, F columns. */
export interface SegmentProfiles {
  readonly columns: readonly Feature[]
  /** Mean of the standardised features per segment, K × F: how many standard deviations it lies from everybody. */
  readonly standardised: readonly (readonly number[])[]
  /** Mean raw values per segment, K × F. */
  readonly raw: readonly (readonly number[])[]
  /** Mean raw values of everybody, F. */
  readonly everybody: readonly number[]
  /** K, descending. */
  readonly shares: readonly number[]
}

const DAYS_PER_UNIT: Readonly<Record<string, number>> = {
  day: 1,
  hour: 1 / 24,
  minute: 1 / 1440,
  second: 1 / 86_400,
}
/** Of everybody's orders or spend: less is nobody's habit. */
const BOUGHT_FROM = 0.05
/** Nobody is lost after a few days, however long that is beside the others. */
const DAYS_LOST = 14
const AWAY_LOST = 0.6
/** Of the cap of an age: a mean beyond it says that for most it never began. */
const NEVER_FROM = 0.9

/** Segment k as names see it. */
export function portraitOf(p: SegmentProfiles, k: number): Portrait {
  const raw = p.raw[k] as readonly number[]
  const z = p.standardised[k] as readonly number[]
  const withRole = (role: Role): number[] => p.columns.flatMap((f, j) => (roleOf(f) === role ? [j] : []))
  const measures = (role: Role): boolean => withRole(role).length > 0
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const ratio = (j: number): number => {
    const all = p.everybody[j] as number
    return all > 0 ? Math.max(0, raw[j] as number) / all : 1
  }
  const times = (role: Role): number => {
    const [orders] = withRole('orders')
    const [spend] = withRole('spend')
    // money by orders says more than a mean of averages, in which those without an order count as nothing
    if (role === 'basket' && orders !== undefined && spend !== undefined && ratio(orders) > 0)
      return ratio(spend) / ratio(orders)
    const [first] = withRole(role)
    return first === undefined ? 1 : ratio(first)
  }
  const age = (role: Role): { days: number; never: boolean } | undefined => {
    const [j] = withRole(role)
    const f = j === undefined ? undefined : p.columns[j]
    if (j === undefined || f === undefined) return undefined
    const unit = 'aggregate' in f && f.aggregate === 'recency' ? f.unit : 'day'
    return {
      days: (raw[j] as number) * (DAYS_PER_UNIT[unit] as number),
      never: f.cap !== undefined && (raw[j] as number) >= NEVER_FROM * f.cap,
    }
  }
  const lastOrder = age('lastOrder')
  const zOf = (role: Role): number => (measures(role) ? mean(withRole(role).map((j) => z[j] as number)) : 0)
  const away = zOf(measures('lastVisit') ? 'lastVisit' : 'lastOrder')
  const daysAway = (age('lastVisit') ?? lastOrder)?.days ?? 0
  const [counted] = withRole('orders')
  const money = (['orders', 'spend'] as const).filter(measures)
  return {
    z: zOf,
    times,
    measures,
    orders: counted === undefined ? Number.POSITIVE_INFINITY : (raw[counted] as number),
    bought: money.some((role) => times(role) > BOUGHT_FROM) || (lastOrder !== undefined && !lastOrder.never),
    away,
    daysAway,
    lost: away > AWAY_LOST && daysAway >= DAYS_LOST,
  }
}
