import { transformByCode, TRANSFORM_CODES } from '../model/transform.ts'
import type { Feature } from '../features/feature-set.ts'
import { columnsOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'
import type { Locale } from './format.ts'
import { compilePhrase, reasonLabel, sentence, type Phrase } from './phrase.ts'
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
  const lens = lensOf(bundle)
  const pulls = pullsOf(move)
  const texts = (lens.texts[locale] ??= lens.columns.map((f) => ({
    label: reasonLabel(f, locale),
    phrase: compilePhrase(f, locale),
  })))
  const reasons = strongest(pulls).map((j): Reason => {
    const feature = lens.columns[j] as Feature
    const { label, phrase } = texts[j] as FeatureText
    const nowValue = now[j] as number
    const beforeValue = before === undefined ? null : (before[j] as number)
    return {
      feature: feature.name,
      label,
      unit: feature.unit ?? null,
      before: beforeValue,
      now: nowValue,
      pull: pulls[j] as number,
      text: phrase(nowValue, beforeValue),
    }
  })
  return { reasons, summary: sentence(reasons.map((r) => r.text)) }
}

/** Indices of the largest pulls, strongest first, ties in column order; only pulls above 0, but always one. */
function strongest(pulls: Float64Array): number[] {
  const chosen: number[] = []
  while (chosen.length < Math.min(MAX_REASONS, pulls.length)) {
    let best = -1
    for (let j = 0; j < pulls.length; j++) {
      if (!chosen.includes(j) && (best < 0 || (pulls[j] as number) > (pulls[best] as number))) best = j
    }
    if (chosen.length > 0 && !((pulls[best] as number) > 0)) break
    chosen.push(best)
  }
  return chosen
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
export function pullsOf({
  bundle,
  before,
  now,
  fromIndex,
  toIndex,
}: Omit<MoveToExplain, 'locale'>): Float64Array {
  const lens = lensOf(bundle)
  const s = standardised(lens, bundle, now)
  const left = fromIndex ?? secondNearest(bundle, project(bundle, s), toIndex)
  const b = lens.lifted[toIndex] as Float64Array
  if (left === toIndex) return shares(distanceParts(bundle, s, b))
  const a = lens.lifted[left] as Float64Array
  const parts = partsBetween(s, a, b)
  if (before !== undefined && sum(parts) > 0) {
    const start = standardised(lens, bundle, before)
    if (sum(partsBetween(start, a, b)) < 0)
      return shares(s.map((x, j) => ((b[j] as number) - (a[j] as number)) * (x - (start[j] as number))))
  }
  return shares(parts)
}

/** 2·w_j·(s_j − r_j) against the midpoint; a and b as points of feature space. */
function partsBetween(s: Float64Array, a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(s.length)
  for (let j = 0; j < s.length; j++) {
    const from = a[j] as number
    const to = b[j] as number
    out[j] = 2 * (to - from) * ((s[j] as number) - (from + to) / 2)
  }
  return out
}

function distanceParts(bundle: Bundle, s: Float64Array, b: Float64Array): Float64Array {
  // Pᵀ(z − b) = Pᵀz − Pᵀb
  const here = lift(bundle, project(bundle, s))
  return s.map((x, j) => (x - (b[j] as number)) * ((here[j] as number) - (b[j] as number)))
}

/** Below this share of their sizes the sum of parts is rounding. */
const CANCELLED = 1e-12

/** Parts of the whole. Where they cancel out (a tie, or a move against the distances) they are measured by their sizes. */
function shares(parts: Float64Array): Float64Array {
  let total = 0
  let sizes = 0
  for (const x of parts) {
    total += x
    sizes += Math.abs(x)
  }
  const whole = total > CANCELLED * sizes ? total : sizes
  if (whole > 0) for (let j = 0; j < parts.length; j++) parts[j] = (parts[j] as number) / whole
  return parts
}

interface FeatureText {
  readonly label: string
  readonly phrase: Phrase
}

/** What explaining needs of a bundle, computed once. */
interface Lens {
  readonly columns: readonly Feature[]
  readonly codes: Uint8Array
  readonly caps: Float64Array
  /** Pᵀ·centroid, K rows of F. */
  readonly lifted: readonly Float64Array[]
  readonly texts: Partial<Record<Locale, readonly FeatureText[]>>
}

/** Keyed by the bundle object itself, so that nothing outlives it. */
const lenses = new WeakMap<Bundle, Lens>()

function lensOf(bundle: Bundle): Lens {
  const known = lenses.get(bundle)
  if (known !== undefined) return known
  const columns = columnsOf(bundle.featureSet)
  const lens: Lens = {
    columns,
    codes: Uint8Array.from(columns, (f) => TRANSFORM_CODES[f.transform ?? 'none']),
    caps: Float64Array.from(columns, (f) => f.cap ?? Number.POSITIVE_INFINITY),
    lifted: bundle.centroids.map((c) => lift(bundle, c)),
    texts: {},
  }
  lenses.set(bundle, lens)
  return lens
}

/** Transformed and scaled, less the PCA mean: what the components are applied to. */
function standardised({ codes, caps }: Lens, { scaler, pca }: Bundle, raw: Float64Array): Float64Array {
  const s = new Float64Array(codes.length)
  for (let j = 0; j < s.length; j++) {
    const t = transformByCode(codes[j] as number, Math.min(raw[j] as number, caps[j] as number))
    s[j] = (t - (scaler.mean[j] as number)) / (scaler.scale[j] as number) - (pca.mean[j] as number)
  }
  return s
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
  let total = 0
  for (const x of values) total += x
  return total
}
