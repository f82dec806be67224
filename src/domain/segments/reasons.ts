import { transformValue } from '../model/transform.ts'
import { columnsOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'
import type { Locale } from './format.ts'
import { reasonLabel, reasonText, sentence } from './phrase.ts'
import type { Reason } from './transition.ts'

/** How many reasons a move carries at most. */
export const MAX_REASONS = 3

export interface MoveToExplain {
  readonly bundle: Bundle
  /** Raw vector (F) when the user entered the segment he leaves; undefined: not known, or a first assignment. */
  readonly before: Float64Array | undefined
  /** Raw vector (F) of the deciding evaluation. */
  readonly now: Float64Array
  /** Centroid left; undefined: the second nearest to `now`. */
  readonly fromIndex: number | undefined
  readonly toIndex: number
  readonly locale: Locale
}

export interface Explained {
  /** Strongest first, at most `MAX_REASONS`. */
  readonly reasons: Reason[]
  /** The reasons' texts as one line. */
  readonly summary: string
}

/** Says which features pushed a user from one centroid to another, in numbers and in words. */
export function explainMove(move: MoveToExplain): Explained {
  const { bundle, before, now, locale } = move
  const pulls = pullsOf(move)
  const columns = columnsOf(bundle.featureSet)
  const reasons = columns
    .map((feature, j) => ({ feature, j, pull: pulls[j] as number }))
    .sort((a, b) => b.pull - a.pull || a.j - b.j)
    .filter(({ pull }, rank) => pull > 0 || rank === 0)
    .slice(0, MAX_REASONS)
    .map(({ feature, j, pull }): Reason => {
      const values = { now: now[j] as number, before: before === undefined ? null : (before[j] as number) }
      const unit = feature.unit ?? null
      return {
        feature: feature.name,
        label: reasonLabel(feature, locale),
        unit,
        ...values,
        pull,
        text: reasonText(feature, values, locale),
      }
    })
  return { reasons, summary: sentence(reasons.map((r) => r.text)) }
}

/**
 * Each feature's share (F numbers, sum 1) of D = d_from² − d_to², the squared distances to centroid a (left) and b (entered).
 *
 * With s the scaled vector less the PCA mean, z = P·s and w = Pᵀ(b − a), D is linear in s:
 * D(s) = |z − a|² − |z − b|² = 2·(z − (a+b)/2)·(b − a) = 2·Σ_j w_j·s_j − const. So against any reference point r with
 * D(r) = 0 the parts 2·w_j·(s_j − r_j) sum to D exactly, and nothing is left over to be spread. r is
 *
 * - where his straight path from `before` to `now` crosses the boundary between the two centroids, if it does
 *   (D(before) < 0 < D(now)): then the parts are proportional to w_j·(s_j − before_j), and a feature that has not changed
 *   has no part in the move;
 * - otherwise the midpoint of the centroids, carried back to the features by r = Pᵀ·(a+b)/2 (the rows of P are orthonormal,
 *   so P·r is the midpoint): the parts say what makes him more like b than like a.
 *
 * Where both centroids are one (an outlier explained by his nearest centroid) the parts are those of his squared distance
 * to it, Σ_j (s_j − (Pᵀb)_j)·(Pᵀ(z − b))_j.
 */
export function pullsOf(move: Omit<MoveToExplain, 'locale'>): Float64Array {
  const { bundle, before, now, toIndex } = move
  const s = standardised(bundle, now)
  const b = bundle.centroids[toIndex] as number[]
  const fromIndex = move.fromIndex ?? secondNearest(bundle, project(bundle, s), toIndex)
  if (fromIndex === toIndex) return shares(distanceParts(bundle, s, b))
  const a = bundle.centroids[fromIndex] as number[]
  const w = lift(
    bundle,
    b.map((x, c) => x - (a[c] as number)),
  )
  const middle = lift(
    bundle,
    b.map((x, c) => (x + (a[c] as number)) / 2),
  )
  const against = (r: Float64Array): Float64Array =>
    s.map((x, j) => 2 * (w[j] as number) * (x - (r[j] as number)))
  const parts = against(middle)
  if (before !== undefined && sum(parts) > 0) {
    const start = standardised(bundle, before)
    const startD = sum(start.map((x, j) => 2 * (w[j] as number) * (x - (middle[j] as number))))
    if (startD < 0) return shares(against(start))
  }
  return shares(parts)
}

/** Parts of the whole. Where they cancel out (a tie, or a move against the distances) they are measured by their sizes. */
function shares(parts: Float64Array): Float64Array {
  const total = sum(parts)
  const sizes = sum(parts.map(Math.abs))
  if (total > 1e-12 * sizes) return parts.map((x) => x / total)
  return sizes > 0 ? parts.map((x) => x / sizes) : parts
}

function distanceParts(bundle: Bundle, s: Float64Array, b: readonly number[]): Float64Array {
  const z = project(bundle, s)
  const centre = lift(bundle, b)
  const away = lift(
    bundle,
    b.map((x, c) => (z[c] as number) - x),
  )
  return s.map((x, j) => (x - (centre[j] as number)) * (away[j] as number))
}

/** Transformed and scaled, less the PCA mean: what the components are applied to. */
function standardised(bundle: Bundle, raw: Float64Array): Float64Array {
  const { mean, scale } = bundle.scaler
  return Float64Array.from(columnsOf(bundle.featureSet), (f, j) => {
    const t = transformValue(
      f.transform ?? 'none',
      Math.min(raw[j] as number, f.cap ?? Number.POSITIVE_INFINITY),
    )
    return (t - (mean[j] as number)) / (scale[j] as number) - (bundle.pca.mean[j] as number)
  })
}

/** P·s */
function project(bundle: Bundle, s: Float64Array): number[] {
  return bundle.pca.components.map((p) => s.reduce((z, x, j) => z + (p[j] as number) * x, 0))
}

/** Pᵀ·v */
function lift(bundle: Bundle, v: readonly number[]): Float64Array {
  const out = new Float64Array(bundle.scaler.mean.length)
  bundle.pca.components.forEach((p, c) => {
    for (let j = 0; j < out.length; j++) out[j] = (out[j] as number) + (p[j] as number) * (v[c] as number)
  })
  return out
}

function secondNearest(bundle: Bundle, z: readonly number[], nearest: number): number {
  let best = nearest
  let least = Number.POSITIVE_INFINITY
  bundle.centroids.forEach((centre, k) => {
    const d = centre.reduce((sum, x, c) => sum + (x - (z[c] as number)) ** 2, 0)
    if (k !== nearest && d < least) {
      least = d
      best = k
    }
  })
  return best
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0)
}
