import { TRANSFORM_CODES, transformByCode } from '../model/transform.ts'
import { projectionOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'

/** Rounding of the sums below, relative to their terms: far more than they can lose. */
const ROUNDING = 1e-9

/** Proves that a box of raw vectors lies on one centroid's side, or does not: it never says yes wrongly. */
export interface Keeper {
  /**
   * Is centroid `a` strictly the nearest, and where the policy has outliers within its radius, for every raw vector between
   * `low` and `high` (F each)? False where that cannot be shown.
   */
  readonly keeps: (a: number, low: Float64Array, high: Float64Array) => boolean
}

/**
 * With t the transformed, centred vector and z = W·t − b, the difference d_B² − d_A² = |z − c_B|² − |z − c_A|² is linear in t:
 * Σ u_j·t_j + v with u = 2·Wᵀ(c_A − c_B) and v = |c_B|² − |c_A|² − 2·b·(c_A − c_B). Over a box its smallest value is the sum
 * of the smaller product per feature, since transforms are increasing. A positive bound for every B means that nothing
 * inside the box can move a user away from A, whatever the margin.
 */
export function compileKeeper(bundle: Bundle): Keeper {
  const { transforms, caps, scaler, pca } = projectionOf(bundle)
  const F = scaler.mean.length
  const C = pca.components.length
  const K = bundle.centroids.length
  const codes = transforms.map((t) => TRANSFORM_CODES[t])
  const weights = new Float64Array(C * F)
  const offset = new Float64Array(C)
  pca.components.forEach((row, c) => {
    row.forEach((p, j) => {
      weights[c * F + j] = p / (scaler.scale[j] as number)
      offset[c] = (offset[c] as number) + p * (pca.mean[j] as number)
    })
  })
  const centre = (k: number, c: number): number => bundle.centroids[k]?.[c] as number
  const u = new Float64Array(K * K * F)
  const v = new Float64Array(K * K)
  for (let a = 0; a < K; a++) {
    for (let b = 0; b < K; b++) {
      for (let c = 0; c < C; c++) {
        const apart = centre(a, c) - centre(b, c)
        v[a * K + b] =
          (v[a * K + b] as number) + centre(b, c) ** 2 - centre(a, c) ** 2 - 2 * (offset[c] as number) * apart
        for (let j = 0; j < F; j++)
          u[(a * K + b) * F + j] =
            (u[(a * K + b) * F + j] as number) + 2 * apart * (weights[c * F + j] as number)
      }
    }
  }
  const lo = new Float64Array(F)
  const hi = new Float64Array(F)
  const prepare = (raw: Float64Array, out: Float64Array): void => {
    for (let j = 0; j < F; j++) {
      out[j] =
        transformByCode(codes[j] as number, Math.min(raw[j] as number, caps[j] as number)) -
        (scaler.mean[j] as number)
    }
  }

  /** Is B farther than A everywhere in the box? */
  function farther(a: number, b: number): boolean {
    const at = (a * K + b) * F
    let sum = v[a * K + b] as number
    let size = Math.abs(sum)
    for (let j = 0; j < F; j++) {
      const w = u[at + j] as number
      if (w === 0) continue
      const term = w * ((w > 0 ? lo[j] : hi[j]) as number)
      sum += term
      size += Math.abs(term)
    }
    return sum > ROUNDING * (1 + size)
  }

  /** Is every corner of the box's projection within A's radius? */
  function within(a: number): boolean {
    let far = 0
    for (let c = 0; c < C; c++) {
      let low = -(offset[c] as number) - centre(a, c)
      let high = low
      for (let j = 0; j < F; j++) {
        const w = weights[c * F + j] as number
        if (w === 0) continue
        low += w * ((w > 0 ? lo[j] : hi[j]) as number)
        high += w * ((w > 0 ? hi[j] : lo[j]) as number)
      }
      far += Math.max(low * low, high * high)
    }
    return far < (bundle.radii[a] as number) ** 2 * (1 - ROUNDING)
  }

  return {
    keeps(a, low, high) {
      prepare(low, lo)
      prepare(high, hi)
      for (let b = 0; b < K; b++) if (b !== a && !farther(a, b)) return false
      return bundle.policy.outlier === 'ignore' || within(a)
    },
  }
}
