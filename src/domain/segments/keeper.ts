import { foldProjection, type FoldedProjection } from '../model/projector.ts'
import { projectionOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'

/** Rounding of the sums below, relative to their terms: far more than they can lose. */
const ROUNDING = 1e-9

/**
 * Proves that a box of raw vectors lies on one centroid's side, or does not: it never says yes wrongly.
 *
 * With t the transformed, centred vector and z = W·t − b, the difference d_B² − d_A² = |z − c_B|² − |z − c_A|² is linear in t:
 * Σ u_j·t_j + v with u = 2·Wᵀ(c_A − c_B) and v = |c_B|² − |c_A|² − 2·b·(c_A − c_B). Over a box its smallest value is the sum
 * of the smaller product per feature, since transforms are increasing. A positive bound for every B means that nothing
 * inside the box can move a user away from A, whatever the margin.
 */
export class Keeper {
  readonly #bundle: Bundle
  readonly #chain: FoldedProjection
  readonly #K: number
  /** u, K × K × F, and v, K × K. */
  readonly #slopes: Float64Array
  readonly #heights: Float64Array
  /** Size of what each height is made of: far centroids that lie close together leave little of it but its rounding. */
  readonly #bulks: Float64Array
  readonly #lo: Float64Array
  readonly #hi: Float64Array

  constructor(bundle: Bundle) {
    this.#bundle = bundle
    this.#chain = foldProjection(projectionOf(bundle))
    const { F } = this.#chain
    this.#K = bundle.centroids.length
    this.#slopes = new Float64Array(this.#K * this.#K * F)
    this.#heights = new Float64Array(this.#K * this.#K)
    this.#bulks = new Float64Array(this.#K * this.#K)
    this.#lo = new Float64Array(F)
    this.#hi = new Float64Array(F)
    for (let a = 0; a < this.#K; a++) for (let b = 0; b < this.#K; b++) this.#prepare(a, b)
  }

  /**
   * Is centroid `a` strictly the nearest, and where the policy has outliers within its radius, for every raw vector between
   * `low` and `high` (F each)? False where that cannot be shown.
   */
  keeps(a: number, low: Float64Array, high: Float64Array): boolean {
    this.#chain.prepare(low, this.#lo)
    this.#chain.prepare(high, this.#hi)
    for (let b = 0; b < this.#K; b++) if (b !== a && !this.#farther(a, b)) return false
    return this.#bundle.policy.outlier === 'ignore' || this.#within(a)
  }

  #centre(k: number, c: number): number {
    return this.#bundle.centroids[k]?.[c] as number
  }

  #prepare(a: number, b: number): void {
    const { F, C, weights, offset } = this.#chain
    const pair = a * this.#K + b
    let height = 0
    let bulk = 0
    for (let c = 0; c < C; c++) {
      const apart = this.#centre(a, c) - this.#centre(b, c)
      bulk += this.#centre(b, c) ** 2 + this.#centre(a, c) ** 2 + 2 * Math.abs((offset[c] as number) * apart)
      height += this.#centre(b, c) ** 2 - this.#centre(a, c) ** 2 - 2 * (offset[c] as number) * apart
      for (let j = 0; j < F; j++) {
        const at = pair * F + j
        this.#slopes[at] = (this.#slopes[at] as number) + 2 * apart * (weights[c * F + j] as number)
      }
    }
    this.#heights[pair] = height
    this.#bulks[pair] = bulk
  }

  /** Is B farther than A everywhere in the box? */
  #farther(a: number, b: number): boolean {
    const { F } = this.#chain
    const pair = a * this.#K + b
    let sum = this.#heights[pair] as number
    let size = this.#bulks[pair] as number
    for (let j = 0; j < F; j++) {
      const slope = this.#slopes[pair * F + j] as number
      if (slope === 0) continue
      const term = slope * ((slope > 0 ? this.#lo[j] : this.#hi[j]) as number)
      sum += term
      size += Math.abs(term)
    }
    return sum > ROUNDING * (1 + size)
  }

  /** Is every corner of the box's projection within A's radius? */
  #within(a: number): boolean {
    const { F, C, weights, offset } = this.#chain
    let far = 0
    for (let c = 0; c < C; c++) {
      let low = -(offset[c] as number) - this.#centre(a, c)
      let high = low
      for (let j = 0; j < F; j++) {
        const w = weights[c * F + j] as number
        if (w === 0) continue
        low += w * ((w > 0 ? this.#lo[j] : this.#hi[j]) as number)
        high += w * ((w > 0 ? this.#hi[j] : this.#lo[j]) as number)
      }
      far += Math.max(low * low, high * high)
    }
    return far < (this.#bundle.radii[a] as number) ** 2 * (1 - ROUNDING)
  }
}
