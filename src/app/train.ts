import type { FeatureSet } from '../domain/features/feature-set.ts'
import { chooseK, type Candidate } from '../domain/model/choose-k.ts'
import { clusterMeans } from '../domain/model/indices.ts'
import { DEFAULT_STARTS, DEFAULT_TOLERANCE } from '../domain/model/kmeans.ts'
import { matrixOf, rowsOf, selectRows, type Matrix } from '../domain/model/matrix.ts'
import { radiiOf } from '../domain/model/spread.ts'
import { columnsOf } from '../domain/segments/assigner.ts'
import { BUNDLE_FORMAT, sealBundle, type Bundle } from '../domain/segments/bundle.ts'
import { completeLabels } from '../domain/segments/label.ts'
import type { Labels } from '../domain/segments/labels.ts'
import { nameSegments } from '../domain/segments/naming.ts'
import { DEFAULT_POLICY, type Policy } from '../domain/segments/policy.ts'
import { candidatesOf, MAX_K, MIN_K } from './choose-k.ts'
import {
  fitCentroids,
  fitProjection,
  givenCentroids,
  givenProjection,
  projectAll,
  qualityOf,
  type FitOptions,
} from './fit.ts'
import type { Fitted } from './fitted.ts'
import { eligibleRows, type FeatureTable } from './training-table.ts'

/** How a bundle is trained. Times are ISO 8601. */
export interface TrainOptions extends Policy, Omit<FitOptions, 'k'> {
  /** `auto`: by the rule of `chooseK`. */
  readonly k: number | 'auto'
  /** A number of components, or a share of variance to keep in (0, 1). */
  readonly components: number
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
  clustering: 'auto',
  parent: null,
} as const satisfies Omit<TrainOptions, 'source' | 'asOf'>

export interface TrainInput {
  readonly featureSet: FeatureSet
  /** Raw values, the columns of `featureSet` in its order (see `alignTable`). */
  readonly table: FeatureTable
  readonly options: TrainOptions
  /** Numbers of another program: nothing is fitted, k and components are theirs. */
  readonly fitted?: Fitted | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface Trained {
  readonly bundle: Bundle
  readonly labels: Labels
  readonly metrics: Readonly<Record<string, number>>
  /** Centroid index per row of the table; −1: left out for fewer than `minEvents` events. */
  readonly assigned: Int32Array
  /** What `auto` chose among; empty where k was given. */
  readonly candidates: readonly Candidate[]
  /** How its groups were found. */
  readonly fit: FitOptions
}

/**
 * Trains a bundle from a feature table: transform → scale → PCA → k-means → radii, profiles, names. A function of its input:
 * the same table, options and seed give the same version. Rejects with `training-data` where the table cannot carry a model.
 * Everybody with enough events counts for scaler, components, shares, profiles and radii; a cut concerns the centroids alone.
 */
export function trainBundle({ featureSet, table, options: given, fitted, onProgress }: TrainInput): Trained {
  const shape = fitted && { k: fitted.centroids.length, components: fitted.pca.components.length }
  const wanted = { ...given, ...shape }
  const auto = wanted.k === 'auto'
  const rows = eligibleRows(table, featureSet, { ...wanted, k: wanted.k === 'auto' ? MIN_K : wanted.k })
  const raw = selectRows(
    matrixOf(table.values.length / table.columns.length, table.columns.length, table.values),
    rows,
  )
  const tried = auto ? MAX_K - MIN_K + 1 : 0
  const steps = tried + wanted.starts + 3
  const { scaler, scaled, pca } = fitted
    ? givenProjection(raw, featureSet, fitted)
    : fitProjection(raw, featureSet, wanted.components)
  onProgress?.(1, steps)

  const projection = { scaler: { mean: Array.from(scaler.mean), scale: Array.from(scaler.scale) }, pca }
  const z = projectAll(raw, { featureSet, ...projection })
  const candidates = auto ? candidatesOf(z, wanted, (done) => onProgress?.(1 + done, steps)) : []
  const options = { ...wanted, k: wanted.k === 'auto' ? chosenOf(candidates) : wanted.k }
  const groups = fitted
    ? givenCentroids(z, fitted)
    : fitCentroids(z, options, (done) => onProgress?.(1 + tried + done, steps))
  const { centres, labels } = groups
  onProgress?.(2 + tried + options.starts, steps)

  const { segments, first } = describe(featureSet, { raw, scaled, labels, k: options.k })
  const quality = qualityOf(z, labels, centres, options)
  const { asOf, source, seed, starts, tolerance, outlierCut } = options
  const { minEvents, marginRatio, dwellMs, confirmForMs, outlier } = options
  const metrics = {
    ...quality,
    iterations: groups.iterations,
    cutUsers: groups.cut,
    outlierUsers: groups.flagged,
    leftOutUsers: table.values.length / table.columns.length - z.rows,
    varianceKept: pca.explainedVarianceRatio.reduce((a, b) => a + b, 0),
  }
  const bundle = sealBundle({
    format: BUNDLE_FORMAT,
    featureSet,
    ...projection,
    centroids: rowsOf(matrixOf(options.k, z.cols, centres)),
    radii: radiiOf(z, labels, centres),
    segments,
    policy: { minEvents, marginRatio, dwellMs, confirmForMs, outlier },
    training: {
      source,
      asOf,
      currency: table.currency ?? null,
      users: z.rows,
      seed,
      settings: { outlierCut, clustering: groups.clustering, starts, tolerance },
      metrics,
      ...(auto ? { candidates } : {}),
    },
    lineage: { parent: options.parent },
  })
  const assigned = new Int32Array(table.values.length / table.columns.length).fill(-1)
  rows.forEach((row, i) => (assigned[row] = labels[i] as number))
  onProgress?.(steps, steps)
  return {
    bundle,
    labels: completeLabels(Object.keys(first), first),
    metrics,
    assigned,
    candidates,
    fit: options,
  }
}

/** Where not even the fewest can be told apart the fit itself says why. */
const chosenOf = (candidates: readonly Candidate[]): number =>
  candidates.length > 0 ? chooseK(candidates) : MIN_K

interface Grouped {
  /** n × F. */
  readonly raw: Matrix
  /** n × F. */
  readonly scaled: Matrix
  readonly labels: Int32Array
  readonly k: number
}

/** Key, share and profile of each segment, and its first label. */
function describe(
  featureSet: FeatureSet,
  { raw, scaled, labels, k }: Grouped,
): { segments: Bundle['segments']; first: Labels } {
  const { means, sizes } = clusterMeans(raw, labels, k)
  const profiles = rowsOf(means)
  const shares = Array.from(sizes, (n) => n / raw.rows)
  const named = nameSegments({
    columns: columnsOf(featureSet),
    standardised: rowsOf(clusterMeans(scaled, labels, k).means),
    raw: profiles,
    everybody: rowsOf(clusterMeans(raw, new Int32Array(raw.rows), 1).means)[0] as number[],
    shares,
  })
  const segments = named.map(({ key }, i) => ({
    key,
    share: shares[i] as number,
    profile: profiles[i] as number[],
  }))
  return { segments, first: Object.fromEntries(named.map(({ key, label }) => [key, label])) }
}
