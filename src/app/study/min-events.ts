import type { Assigner } from '../../domain/segments/assigner.ts'
import type { Study } from './study.ts'
import type { History } from './watch.ts'

/** Events after which a user's later segment is looked at: well beyond those that make him count. */
export function laterEvents(minEvents: number): number {
  return Math.max(20, 3 * minEvents)
}

/** Share of users whose early segment has to be the later one, for it to be worth something. */
const ENOUGH_KEPT = 0.8

/** How soon the segment of a user's first events agrees with the later one; null where nobody made enough events. */
export function minEventsStudy({ early }: History, assigner: Assigner, chosen: number): Study['minEvents'] {
  const later = early[0]?.length
  if (later === undefined) return null
  const kept = new Float64Array(later)
  for (const vectors of early) {
    const segments = vectors.map((vector) => assigner.assign(vector))
    const last = segments[later - 1]
    segments.forEach((segment, i) => {
      if (segment === last) kept[i] = (kept[i] as number) + 1
    })
  }
  const curve = Array.from(kept, (n, i) => ({ events: i + 1, kept: n / early.length }))
  const enough = curve.find((_, i) => curve.slice(i).every((point) => point.kept >= ENOUGH_KEPT))?.events
  return { chosen, later, users: early.length, curve, enough: { kept: ENOUGH_KEPT, events: enough ?? later } }
}
