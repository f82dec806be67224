import { Profiles } from '../../../src/domain/profile/profiles.ts'
import type { Segmenter } from '../../../src/domain/profile/segmenter.ts'
import { compileAssigner } from '../../../src/domain/segments/assigner.ts'
import type { Bundle } from '../../../src/domain/segments/bundle.ts'
import { plainDecide } from '../../support/plain-decide.ts'

/**
 * The first instant after a user's as-of, up to the last, at which he moves or is challenged otherwise: by trying them all on a
 * copy. `grainMs`: his events lie on multiples of it, and whatever the features count in is one, so that a vector changes on
 * one; what he waits for ends so long after it began.
 */
export function bruteForce(
  { profiles, segments }: Segmenter,
  bundle: Bundle,
  slot: number,
  lastMs: number,
  grainMs: number,
): number | undefined {
  const copies = new Profiles(profiles.plan)
  const copy = copies.load('copy', profiles.save(slot))
  const assigner = compileAssigner(bundle)
  const keyOf = (code: number): string | null => (code === 0 ? null : (segments[code] ?? null))
  const stand = {
    segment: keyOf(copies.segment(copy)),
    since: copies.since(copy),
    challenger: keyOf(copies.challenger(copy)),
    challengedAt: copies.challengedAt(copy),
  }
  const raw = new Float64Array(copies.plan.columns.length)
  const asOf = copies.asOf(copy)
  const offsets = new Set([0, stand.since % grainMs, stand.challengedAt % grainMs])
  const sorted = [...offsets].sort((a, b) => a - b)
  for (let grain = Math.floor(asOf / grainMs) * grainMs; grain <= lastMs; grain += grainMs) {
    for (const offset of sorted) {
      const t = grain + offset
      if (t <= asOf || t > lastMs) continue
      copies.vector(copy, t, raw)
      assigner.assign(raw)
      const distances = Array.from(assigner.distances2, Math.sqrt)
      const look = { bundle, first: false, asOf: t, events: copies.events(copy), distances }
      const next = plainDecide(stand, look)
      if (
        next.since !== stand.since ||
        next.segment !== stand.segment ||
        next.challenger !== stand.challenger
      )
        return t
    }
  }
  return undefined
}
