import { describe, expect, it } from 'vitest'
import { assignAll, newestOf, readCustomers, segmentKeys } from '../../../src/app/report/customers.ts'
import { predict } from '../../../src/app/predict.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { OUTLIER } from '../../../src/domain/segments/transition.ts'
import { madeReport } from '../../render/report/made.ts'
import { event } from './events.ts'

const { bundle, labels, data } = await madeReport()
const AS_OF = data?.asOf ?? 0
const plan = compilePlan(bundle.featureSet, UTC)

/** So many views of a user, a second apart, the last of them `before` the as-of. */
function views(userId: string, count: number, beforeMs: number): Event[] {
  return Array.from({ length: count }, (_, i) => event({ userId, eventTime: AS_OF - beforeMs - 1000 * i }))
}

const read = (events: readonly Event[]): ReturnType<typeof readCustomers> =>
  readCustomers({ plan, zone: UTC, asOf: AS_OF, events })

describe('customers as of one time', () => {
  it('the as-of itself is after it: its events count as later', async () => {
    const found = await read([...views('a', 1, 0), ...views('a', 1, 1)])
    expect([found.events, found.later, found.profiles.size]).toEqual([1, 1, 1])
    expect([found.firstAt, found.lastAt]).toEqual([AS_OF - 1, AS_OF - 1])
  })

  it('an event that comes again counts nowhere but among what is not counted', async () => {
    const once = views('a', 3, 5)
    const [one, twice] = [await read(once), await read([...once, ...once])]
    expect(twice.uncounted).toEqual([['duplicate', 3]])
    expect([twice.events, twice.kinds]).toEqual([one.events, one.kinds])
    expect(twice.activity.time(0, 'hour')).toEqual(one.activity.time(0, 'hour'))
  })

  it('are in the segment that predict names, from the minimum of events on', async () => {
    const { minEvents } = bundle.policy
    const found = await read([...views('few', minEvents - 1, 5), ...views('enough', minEvents, 5)])
    const segmentOf = assignAll(found, bundle)
    const slot = found.profiles.find('enough')
    const vector = new Float64Array(plan.columns.length)
    found.profiles.vector(slot, AS_OF, vector)
    const keys = segmentKeys(bundle)
    expect(keys[segmentOf[slot] ?? -1]).toBe(predict(bundle, labels, vector).segment)
    expect(segmentOf[found.profiles.find('few')]).toBe(-1)
  })

  it('are outliers beyond the radius where the policy says so', async () => {
    const strict = {
      ...bundle,
      radii: bundle.radii.map(() => 0),
      policy: { ...bundle.policy, outlier: 'segment' as const },
    }
    const found = await read(views('a', bundle.policy.minEvents, 5))
    expect(segmentKeys(strict)[assignAll(found, strict)[0] ?? -1]).toBe(OUTLIER)
  })

  it('the newest is whose first event is the latest, of those with a segment', async () => {
    const old = views('old', 10, 1)
    const late = views('late', 10, 5)
    const few = views('few', 1, 1)
    const found = await read([...old, event({ userId: 'old', eventTime: AS_OF - 9e6 }), ...late, ...few])
    const vector = new Float64Array(plan.columns.length)
    found.profiles.vector(found.profiles.find('late'), AS_OF, vector)
    expect(newestOf(found, assignAll(found, bundle))).toEqual(Array.from(vector))
    expect(newestOf(found, new Int32Array(found.profiles.capacity).fill(-1))).toBeUndefined()
  })

  it('whoever is read knows his first event and what he spent; a stranger does not', async () => {
    const found = await read([...views('a', 3, 5)])
    expect([found.firstEventOf('a'), found.spendOf('a')]).toEqual([AS_OF - 5 - 2000, 0])
    expect([found.firstEventOf('b'), found.spendOf('b')]).toEqual([undefined, undefined])
  })
})
