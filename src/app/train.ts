import { fail } from '../errors.ts'
import type { FeatureSet } from '../domain/features/feature-set.ts'
import { calinskiHarabasz, clusterMeans, daviesBouldin } from '../domain/model/indices.ts'
import { DEFAULT_STARTS, DEFAULT_TOLERANCE, kmeans } from '../domain/model/kmeans.ts'
import { matrixOf, rowsOf, selectRows, type Matrix } from '../domain/model/matrix.ts'
import { fitPca } from '../domain/model/pca.ts'
import { compileProjector } from '../domain/model/projector.ts'
import { fitScaler, standardise } from '../domain/model/scaler.ts'
import { silhouetteScore } from '../domain/model/silhouette.ts'
import { CUT_QUANTILE, radiiOf, rowsWithinQuantiles } from '../domain/model/spread.ts'
import { newSweep, sweepRows } from '../domain/model/sweep.ts'
import { transformValue } from '../domain/model/transform.ts'
import { columnsOf, projectionOf } from '../domain/segments/assigner.ts'
import { BUNDLE_FORMAT, sealBundle, type Bundle } from '../domain/segments/bundle.ts'
import { completeLabels } from '../domain/segments/label.ts'
import type { Labels } from '../domain/segments/labels.ts'
import { nameSegments } from '../domain/segments/naming.ts'
import { DEFAULT_POLICY, type Policy } from '../domain/segments/policy.ts'
import { eligibleRows, type FeatureTable } from './training-table.ts'

/** How a bundle is trained. Times are ISO 8601. */
export interface TrainOptions extends Policy {
  readonly k: number
  /** A number of components, or a share of variance to keep in (0, 1). */
  readonly components: number
  readonly seed: number
  readonly starts: number
  readonly tolerance: number
  /** `percentile`: centroids are fitted without the rows beyond the 1st and 99th percentile of any component. */
  readonly outlierCut: 'none' | 'percentile'
  /** Where the table comes from, for the card. */
  readonly source: string
  readonly asOf: string
  /** Version of the bundle that this one succeeds. */
  readonly parent: string | null
}

export const TRAIN_DEFAULTS = {
  k: 4,
  components: 2,
  seed: 1,
  ...DEFAULT_POLICY,
  starts: DEFAULT_STARTS,
  tolerance: DEFAULT_TOLERANCE,
  outlierCut: 'none',
  parent: null,
} as const satisfies Omit<TrainOptions, 'source' | 'asOf'>

export interface TrainInput {
  readonly featureSet: FeatureSet
  /** Raw values, the columns of `featureSet` in its order (see `alignTable`). */
  readonly table: FeatureTable
  readonly options: TrainOptions
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** One row of the choice of k. */
export interface ClusterQuality {
  readonly k: number
  readonly inertia: number
  readonly silhouette: number
  readonly daviesBouldin: number
  readonly calinskiHarabasz: number
  readonly smallestShare: number
}

export interface Trained {
  readonly bundle: Bundle
  readonly labels: Labels
  readonly metrics: Readonly<Record<string, number>>
  /** Centroid index per row of the table; −1: left out for fewer than `minEvents` events. */
  readonly assigned: Int32Array
  readonly qualities: readonly ClusterQuality[]
}

/**
 * Trains a bundle from a feature table: transform → scale → PCA → k-means → radii, profiles, names. A function of its input:
 * the same table, options and seed give the same version. Rejects with `training-data` where the table cannot carry a model.
 * Everybody with enough events counts for scaler, components, shares, profiles and radii; the percentile cut concerns the
 * centroids alone.
 */
export function trainBundle({ featureSet, table, options, onProgress }: TrainInput): Trained {
  const rows = eligibleRows(table, featureSet, options)
  const raw = selectRows(
    matrixOf(table.values.length / table.columns.length, table.columns.length, table.values),
    rows,
  )
  const steps = options.starts + 3
  const { scaler, scaled, pca } = fitProjection(raw, featureSet, options.components)
  onProgress?.(1, steps)

  const projection = { scaler: { mean: Array.from(scaler.mean), scale: Array.from(scaler.scale) }, pca }
  const z = projectAll(raw, { featureSet, ...projection })
  const { centres, labels, fitted, iterations } = fitCentroids(z, options, (done) =>
    onProgress?.(1 + done, steps),
  )
  const sizes = clusterMeans(z, labels, options.k).sizes
  const shares = Array.from(sizes, (n) => n / z.rows)
  const radii = radiiOf(z, labels, centres)
  onProgress?.(2 + options.starts, steps)

  const profile = rowsOf(clusterMeans(raw, labels, options.k).means)
  const everybody = rowsOf(clusterMeans(raw, new Int32Array(raw.rows), 1).means)[0] as number[]
  const standardised = rowsOf(clusterMeans(scaled, labels, options.k).means)
  const named = nameSegments({
    columns: columnsOf(featureSet),
    standardised,
    raw: profile,
    everybody,
    shares,
  })
  const quality = qualityOf(z, labels, centres, options)
  const metrics = {
    ...quality,
    iterations,
    cutUsers: z.rows - fitted,
    leftOutUsers: table.values.length / table.columns.length - z.rows,
    varianceKept: pca.explainedVarianceRatio.reduce((a, b) => a + b, 0),
  }
  const { minEvents, marginRatio, dwellMs, confirmForMs, outlier, source, asOf, seed, parent } = options
  const currency = table.currency ?? null
  const bundle = sealBundle({
    format: BUNDLE_FORMAT,
    featureSet,
    ...projection,
    centroids: rowsOf(matrixOf(options.k, z.cols, centres)),
    radii,
    segments: named.map(({ key }, k) => ({
      key,
      share: shares[k] as number,
      profile: profile[k] as number[],
    })),
    policy: { minEvents, marginRatio, dwellMs, confirmForMs, outlier },
    training: { source, asOf, currency, users: z.rows, seed, metrics },
    lineage: { parent },
  })
  const assigned = new Int32Array(table.values.length / table.columns.length).fill(-1)
  rows.forEach((row, i) => (assigned[row] = labels[i] as number))
  onProgress?.(steps, steps)
  const given = Object.fromEntries(named.map(({ key, label }) => [key, label]))
  return {
    bundle,
    labels: completeLabels(Object.keys(given), given),
    metrics,
    assigned,
    qualities: [quality],
  }
}

function fitProjection(raw: Matrix, featureSet: FeatureSet, components: number) {
  const columns = columnsOf(featureSet)
  const scaled = matrixOf(raw.rows, raw.cols)
  for (let at = 0; at < raw.data.length; at++) {
    const f = columns[at % raw.cols]
    scaled.data[at] = transformValue(
      f?.transform ?? 'none',
      Math.min(raw.data[at] as number, f?.cap ?? Number.POSITIVE_INFINITY),
    )
  }
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

/** Scores (n × C) by the very code that serves, so that training and serving agree to the last bit. */
function projectAll(raw: Matrix, parts: Pick<Bundle, 'featureSet' | 'scaler' | 'pca'>): Matrix {
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

/** Centroids in order of descending share of everybody (ties: by coordinates), and everybody's label. */
function fitCentroids(
  z: Matrix,
  { k, seed, starts, tolerance, outlierCut }: TrainOptions,
  onStart: (done: number) => void,
) {
  const kept = outlierCut === 'percentile' ? selectRows(z, rowsWithinQuantiles(z, CUT_QUANTILE)) : z
  requireDistinct(kept, k)
  const run = kmeans(kept, { k, seed, starts, tolerance, onStart })
  const sweep = newSweep(k, z.cols)
  const labels = new Int32Array(z.rows).fill(-1)
  sweepRows(z, run.centres, labels, sweep)
  const row = (q: number): Float64Array => run.centres.subarray(q * z.cols, (q + 1) * z.cols)
  const order = Array.from(sweep.weights.keys()).sort(
    (a, b) => (sweep.weights[b] as number) - (sweep.weights[a] as number) || compareRows(row(a), row(b)),
  )
  if (sweep.weights.some((n) => n === 0))
    fail('training-data', `k-means found fewer than ${k} groups: the data holds no ${k} that differ`)
  const centres = new Float64Array(run.centres.length)
  order.forEach((q, at) => centres.set(row(q), at * z.cols))
  // once more with the final order, so that ties go to the lowest index as they will when serving
  sweepRows(z, centres, labels, sweep)
  return { centres, labels, fitted: kept.rows, iterations: run.iterations }
}

function compareRows(a: Float64Array, b: Float64Array): number {
  for (let c = 0; c < a.length; c++) {
    const d = (a[c] as number) - (b[c] as number)
    if (d !== 0) return d
  }
  return 0
}

function requireDistinct(z: Matrix, k: number): void {
  const seen = new Set<string>()
  for (let i = 0; i < z.rows && seen.size < k; i++)
    seen.add(z.data.subarray(i * z.cols, (i + 1) * z.cols).join())
  if (seen.size < k)
    fail('training-data', `${z.rows} users take only ${seen.size} different positions, but k is ${k}`)
}

function qualityOf(
  z: Matrix,
  labels: Int32Array,
  centres: Float64Array,
  { k, seed }: TrainOptions,
): ClusterQuality {
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
