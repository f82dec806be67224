import type { Policy } from './bundle.ts'

/** Where a user stands, relative to one bundle: a centroid's index, or one of these. */
export const UNASSIGNED = -1
/** In a segment that this bundle does not have. */
export const FOREIGN = -2
/** The outlier segment; a number beyond every centroid. */
export const OUTLYING = -3

/** Verdict of `decide`: where he stands from now on, and whether a move was wished for but held back. */
export interface Verdict {
  to: number
  suppressed: boolean
}

/**
 * Decides one user's standing from his squared distances to all centroids.
 *
 * - Fewer than `minEvents` events: stays unassigned (evidence first).
 * - Outlier, where the policy has it: enter at d > r of the nearest centroid, leave at d ≤ (1 − marginRatio) · r.
 * - Otherwise from A to the nearest B: only where d_B ≤ (1 − marginRatio) · d_A (hysteresis).
 *
 * Writes into `verdict` and allocates nothing. `distances2`: K squared distances, `radii`: K.
 */
export function decide(
  policy: Policy,
  radii: Float64Array,
  current: number,
  events: number,
  nearest: number,
  distances2: Float64Array,
  verdict: Verdict,
): void {
  verdict.to = current
  verdict.suppressed = false
  if (current === UNASSIGNED && events < policy.minEvents) return
  const keep = 1 - policy.marginRatio
  const d = Math.sqrt(distances2[nearest] as number)
  if (policy.outlier === 'segment') {
    const r = radii[nearest] as number
    if (current === OUTLYING) {
      if (d <= keep * r) verdict.to = nearest
      else verdict.suppressed = d <= r
      return
    }
    if (d > r) {
      verdict.to = OUTLYING
      return
    }
  }
  if (current === nearest) return
  if (current < 0 || d <= keep * Math.sqrt(distances2[current] as number)) verdict.to = nearest
  else verdict.suppressed = true
}
