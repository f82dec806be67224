import { fail, SegmentationError } from '../errors.ts'
import type { FeatureSet } from '../domain/features/feature-set.ts'
import type { Candidate } from '../domain/model/choose-k.ts'
import { calinskiHarabasz, daviesBouldin } from '../domain/model/indices.ts'
import { kmeans } from '../domain/model/kmeans.ts'
import { matrixOf, selectRows, type Matrix } from '../domain/model/matrix.ts'
import { miniBatchKmeans } from '../domain/model/minibatch.ts'
import { rowsWithinFences, rowsWithinQuantiles } from '../domain/model/outliers.ts'
import { fitPca, type Pca } from '../domain/model/pca.ts'
import { compileProjector } from '../domain/model/projector.ts'
import { fitScaler, standardise, type Scaler } from '../domain/model/scaler.ts'
import { silhouetteScore } from '../domain/model/silhouette.ts'
import { newSweep, sweepRows } from '../domain/model/sweep.ts'
import { transformValue } from '../domain/model/transform.ts'
import { columnsOf, projectionOf } from '../domain/segments/assigner.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import type { Fitted } from './fitted.ts'

/** How rows in component space are grouped. */
export interface FitOptions {
  readonly k: number
  readonly seed: number
  readonly starts: number
  readonly tolerance: number
  /**
   * Rows that the centroids are fitted without: none (outliers are counted only), those beyond the adjusted fences of a
   * component (`robust`), or this share on each side of each component.
   */
  readonly outlierCut: 'none' | 'robust' | number
  /** `auto`: mini-batches above `MINI_BATCH_ROWS`. */
  readonly clustering: 'auto' | 'full' | 'mini-batch'
}

/** Above this many rows centroids are fitted by mini-batches: ten full starts would take a minute and more. */
export const MINI_BATCH_ROWS = 2_000_000

export interface FittedProjection {
  readonly scaler: Pick<Scaler, 'mean' | 'scale'>
  /** Transformed and standardised, n × F. */
  readonly scaled: Matrix
  readonly pca: Pca
}

export interface FittedCentroids {
  /** K × C, in order of descending share of everybody; ties: by coordinates. */
  readonly centres: Float64Array
  /** Everybody's. */
  readonly labels: Int32Array
  /** Rows that the centres were fitted without. */
  readonly cut: number
  /** Rows beyond the adjusted fences of a component. */
  readonly flagged: number
  readonly clustering: string
  readonly iterations: number
}

/** Transform, standardisation and components of raw rows (n × F); `training-data` where all are the same. */
export function fitProjection(raw: Matrix, featureSet: FeatureSet, components: number): FittedProjection {
  const scaled = transformed(raw, featureSet)
  const scaler = fitScaler(scaled)
  if (scaler.constant.every(Boolean)) {
    fail(
      'training-data',
      `every feature is the same for all ${raw.rows} users: there is nothing to tell them apart by`,
    )
  }
  standardise(scaled, scaler, scaled)
  return { scaler, scaled, pca: fitPca(scaled, components) }
}

/** The same by a chain that another program fitted. */
export function givenProjection(
  raw: Matrix,
  featureSet: FeatureSet,
  { scaler, pca }: Fitted,
): FittedProjection {
  const own = { mean: Float64Array.from(scaler.mean), scale: Float64Array.from(scaler.scale) }
  const scaled = transformed(raw, featureSet)
  standardise(scaled, own, scaled)
  return { scaler: own, scaled, pca }
}

/** Capped and transformed, n × F. */
export function transformed(raw: Matrix, featureSet: FeatureSet): Matrix {
  const columns = columnsOf(featureSet)
  const out = matrixOf(raw.rows, raw.cols)
  for (let at = 0; at < raw.data.length; at++) {
    const f = columns[at % raw.cols]
    const value = Math.min(raw.data[at] as number, f?.cap ?? Number.POSITIVE_INFINITY)
    out.data[at] = transformValue(f?.transform ?? 'none', value)
  }
  return out
}

/** Scores (n × C) by the very code that serves, so that training and serving agree to the last bit. */
export function projectAll(raw: Matrix, parts: Pick<Bundle, 'featureSet' | 'scaler' | 'pca'>): Matrix {
  const { F, C, project } = compileProjector(projectionOf(parts))
  const z = matrixOf(raw.rows, C)
  const row = new Float64Array(F)
  const out = new Float64Array(C)
  for (let i = 0; i < raw.rows; i++) {
    for (let j = 0; j < F; j++) row[j] = raw.data[i * F + j] as number
    project(row, out)
    for (let c = 0; c < C; c++) z.data[i * C + c] = out[c] as number
  }
  return z
}

/** Groups rows (n × C); `training-data` where they take fewer than k positions. */
export function fitCentroids(
  z: Matrix,
  { k, seed, starts, tolerance, outlierCut, clustering }: FitOptions,
  onStart?: (done: number) => void,
): FittedCentroids {
  const within = rowsWithinFences(z)
  const kept = keptRows(z, within, outlierCut)
  requireDistinct(kept, k)
  const full = clustering === 'full' || (clustering === 'auto' && kept.rows <= MINI_BATCH_ROWS)
  const run = full
    ? kmeans(kept, { k, seed, starts, tolerance, onStart })
    : miniBatchKmeans(kept, { k, seed, starts, onStart })
  return {
    ...inOrder(z, run.centres, k),
    cut: z.rows - kept.rows,
    flagged: z.rows - within.length,
    clustering: full ? 'full' : 'mini-batch',
    iterations: run.iterations,
  }
}

/** The same; undefined where the rows do not fall into k groups. */
export function tryFit(z: Matrix, options: FitOptions): FittedCentroids | undefined {
  try {
    return fitCentroids(z, options)
  } catch (error) {
    if (error instanceof SegmentationError && error.code === 'training-data') return undefined
    throw error
  }
}

/** The same by centroids that another program fitted. */
export function givenCentroids(z: Matrix, { centroids, by }: Fitted): FittedCentroids {
  const within = rowsWithinFences(z)
  return {
    ...inOrder(z, Float64Array.from(centroids.flat()), centroids.length),
    cut: 0,
    flagged: z.rows - within.length,
    clustering: by,
    iterations: 0,
  }
}

/** Centres in order of descending share of everybody, ties by coordinates, and everybody's label. */
function inOrder(z: Matrix, found: Float64Array, k: number): Pick<FittedCentroids, 'centres' | 'labels'> {
  const sweep = newSweep(k, z.cols)
  const labels = new Int32Array(z.rows).fill(-1)
  sweepRows(z, found, labels, sweep)
  if (sweep.weights.some((n) => n === 0))
    fail('training-data', `fewer than ${k} groups have a user: the data holds no ${k} that differ`)
  const row = (q: number): Float64Array => found.subarray(q * z.cols, (q + 1) * z.cols)
  const order = Array.from(sweep.weights.keys()).sort(
    (a, b) => (sweep.weights[b] as number) - (sweep.weights[a] as number) || compareRows(row(a), row(b)),
  )
  const centres = new Float64Array(found.length)
  order.forEach((q, at) => centres.set(row(q), at * z.cols))
  // once more with the final order, so that ties go to the lowest index as they will when serving
  sweepRows(z, centres, labels, sweep)
  return { centres, labels }
}

function keptRows(z: Matrix, within: Int32Array, cut: FitOptions['outlierCut']): Matrix {
  if (cut === 'none') return z
  return selectRows(z, cut === 'robust' ? within : rowsWithinQuantiles(z, cut))
}

function compareRows(a: Float64Array, b: Float64Array): number {
  for (let c = 0; c < a.length; c++) {
    const d = (a[c] as number) - (b[c] as number)
    if (d !== 0) return d
  }
  return 0
}

function requireDistinct(z: Matrix, k: number): void {
  const distinct = distinctRows(z, k)
  if (distinct < k)
    fail('training-data', `${z.rows} users take only ${distinct} different positions, but k is ${k}`)
}

/** How many positions the rows take, counted up to `most`. */
export function distinctRows(z: Matrix, most: number): number {
  const seen = new Set<string>()
  for (let i = 0; i < z.rows && seen.size < most; i++)
    seen.add(z.data.subarray(i * z.cols, (i + 1) * z.cols).join())
  return seen.size
}

/** How good a grouping is, but for its stability. */
export function qualityOf(
  z: Matrix,
  labels: Int32Array,
  centres: Float64Array,
  { k, seed }: Pick<FitOptions, 'k' | 'seed'>,
): Omit<Candidate, 'stability'> {
  const sweep = newSweep(k, z.cols)
  sweepRows(z, centres, labels, sweep)
  return {
    k,
    inertia: sweep.inertia,
    silhouette: silhouetteScore(z, labels, k, seed),
    daviesBouldin: daviesBouldin(z, labels, k),
    calinskiHarabasz: calinskiHarabasz(z, labels, k),
    smallestShare: Math.min(...sweep.weights) / z.rows,
  }
}
