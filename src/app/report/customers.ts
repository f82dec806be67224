import { compareUtf8 } from '../../domain/base/canonical.ts'
import type { ZoneTable } from '../../domain/base/zone.ts'
import type { Event } from '../../domain/events/event.ts'
import type { Plan } from '../../domain/features/plan.ts'
import { Profiles } from '../../domain/profile/profiles.ts'
import { compileAssigner } from '../../domain/segments/assigner.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { OUTLIER } from '../../domain/segments/transition.ts'
import { Activity } from './activity.ts'
import { Orders } from './value.ts'

/** What the events before one time say. Times are Unix ms. */
export interface Customers {
  readonly asOf: number
  readonly profiles: Profiles
  readonly activity: Activity
  readonly orders: Orders
  readonly events: number
  /** Events at or after `asOf`, which count for nothing here. */
  readonly later: number
  readonly firstAt: number
  readonly lastAt: number
  /** Events by kind, in order of the kind's name. */
  readonly kinds: readonly (readonly [kind: string, events: number])[]
  /** Events that count less than they say, by reason; duplicates are in no other number here. */
  readonly uncounted: readonly (readonly [reason: string, events: number])[]
  /** Time of a user's first event; undefined: none was read. */
  readonly firstEventOf: (user: string) => number | undefined
  /** What a user spent in the year before the as-of, minor units; undefined: no event of his was read. */
  readonly spendOf: (user: string) => number | undefined
}

export interface CustomersInput {
  readonly plan: Plan
  readonly zone: ZoneTable
  readonly asOf: number
  readonly events: AsyncIterable<Event> | Iterable<Event>
}

/** Reads the events once, in any order. */
export async function readCustomers({ plan, zone, asOf, events }: CustomersInput): Promise<Customers> {
  const profiles = new Profiles(plan)
  const activity = new Activity(zone)
  const orders = new Orders(asOf)
  const kinds = new Map<string, number>()
  const first: number[] = []
  let later = 0
  let firstAt = Number.POSITIVE_INFINITY
  let lastAt = Number.NEGATIVE_INFINITY
  for await (const event of events) {
    if (event.eventTime >= asOf) {
      later++
      continue
    }
    const slot = profiles.open(event.userId)
    if (!profiles.fold(slot, event)) continue
    activity.take(slot, event)
    orders.take(slot, event)
    first[slot] = Math.min(first[slot] ?? Number.POSITIVE_INFINITY, event.eventTime)
    kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1)
    firstAt = Math.min(firstAt, event.eventTime)
    lastAt = Math.max(lastAt, event.eventTime)
  }
  for (const slot of profiles.slots()) {
    profiles.setAsOf(slot, asOf)
    profiles.settle(slot)
  }
  const uncounted = Object.entries(profiles.uncounted.take() ?? {}).sort(([a], [b]) => compareUtf8(a, b))
  const counted = [...kinds].sort(([a], [b]) => compareUtf8(a, b))
  const read = counted.reduce((sum, [, n]) => sum + n, 0)
  const firstEventOf = (user: string): number | undefined => first[profiles.find(user)]
  const spendOf = (user: string): number | undefined => {
    const slot = profiles.find(user)
    return slot < 0 ? undefined : orders.spendOf(slot)
  }
  const found = { profiles, activity, orders, uncounted, firstEventOf, spendOf }
  return { asOf, ...found, events: read, later, firstAt, lastAt, kinds: counted }
}

/** Keys of the segments that customers can be in: the bundle's, and `outlier` where its policy has it. */
export function segmentKeys(bundle: Bundle): string[] {
  const keys = bundle.segments.map((s) => s.key)
  return bundle.policy.outlier === 'segment' ? [...keys, OUTLIER] : keys
}

/** Index of each slot's segment among `segmentKeys`, without history; −1: fewer events than the policy asks for. */
export function assignAll({ profiles, asOf }: Customers, bundle: Bundle): Int32Array {
  const assigner = compileAssigner(bundle)
  const outlier = bundle.policy.outlier === 'segment' ? bundle.segments.length : undefined
  const vector = new Float64Array(assigner.F)
  const found = new Int32Array(profiles.capacity).fill(-1)
  for (const slot of profiles.slots()) {
    if (profiles.events(slot) < bundle.policy.minEvents) continue
    profiles.vector(slot, asOf, vector)
    const nearest = assigner.assign(vector)
    const distance = Math.sqrt(assigner.distances2[nearest] as number)
    found[slot] = outlier !== undefined && distance > (bundle.radii[nearest] as number) ? outlier : nearest
  }
  return found
}

/** Raw vector (F) of the customer with a segment whose first event is the latest; undefined: nobody has a segment. */
export function newestOf(
  { profiles, asOf, firstEventOf }: Customers,
  segmentOf: Int32Array,
): number[] | undefined {
  const users = [...profiles.slots()]
    .filter((slot) => (segmentOf[slot] as number) >= 0)
    .map((slot) => profiles.user(slot))
  const since = (user: string): number => firstEventOf(user) as number
  const newest = users.reduce<string | undefined>((best, user) => {
    if (best === undefined) return user
    const later = since(user) - since(best) || compareUtf8(best, user)
    return later > 0 ? user : best
  }, undefined)
  if (newest === undefined) return undefined
  const vector = new Float64Array(profiles.plan.columns.length)
  profiles.vector(profiles.find(newest), asOf, vector)
  return Array.from(vector)
}
