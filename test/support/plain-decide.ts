import type { Bundle } from '../../src/domain/segments/bundle.ts'
import { OUTLIER } from '../../src/domain/segments/transition.ts'

/** Where one user stands, in words. */
export interface Stand {
  readonly segment: string | null
  readonly since: number
  readonly challenger: string | null
  readonly challengedAt: number
}

export const NEWCOMER: Stand = { segment: null, since: 0, challenger: null, challengedAt: 0 }

/** One evaluation: `first` under this bundle or not, as of when, with how many events, how far from each centroid. */
export interface Look {
  readonly bundle: Bundle
  readonly first: boolean
  readonly asOf: number
  readonly events: number
  readonly distances: readonly number[]
}

export type Outcome = Stand & { readonly held?: 'margin' | 'confirmation' | 'dwell' }

/** The rules of src/domain/segments/SPEC.md, written down once more the plain way. */
export function plainDecide(before: Stand, { bundle, first, asOf, events, distances }: Look): Outcome {
  const { minEvents, marginRatio, dwellMs, confirmForMs, outlier } = bundle.policy
  const stand = first ? { ...before, challenger: null, challengedAt: 0 } : before
  if (stand.segment === null && events < minEvents) return stand
  const keys = bundle.segments.map((s) => s.key)
  const least = Math.min(...distances)
  const nearest = distances.indexOf(least)
  const radius = outlier === 'segment' ? (bundle.radii[nearest] as number) : Infinity
  const wish = least > radius ? OUTLIER : (keys[nearest] as string)
  const moved = { segment: wish, since: asOf, challenger: null, challengedAt: 0 }
  if (wish === stand.segment) return { ...stand, challenger: null, challengedAt: 0 }
  if (stand.segment === null || (stand.segment !== OUTLIER && !keys.includes(stand.segment))) return moved
  const own = stand.segment === OUTLIER ? radius : (distances[keys.indexOf(stand.segment)] as number)
  const byMargin = wish === OUTLIER || least <= (1 - marginRatio) * own
  const challengedAt = stand.challenger === wish ? stand.challengedAt : asOf
  const confirmed = confirmForMs !== null && asOf - challengedAt >= confirmForMs
  const dwelt = first || asOf - stand.since >= dwellMs
  if ((byMargin || confirmed) && dwelt) return moved
  const held = byMargin || confirmed ? 'dwell' : confirmForMs === null ? 'margin' : 'confirmation'
  return { ...stand, challenger: wish, challengedAt, held }
}
