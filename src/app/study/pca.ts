import type { Feature } from '../../domain/features/feature-set.ts'
import { readAxes } from '../../domain/model/axes.ts'
import { aboveChance, parallelEigenvalues } from '../../domain/model/parallel.ts'
import type { Matrix } from '../../domain/model/matrix.ts'
import { fitPca, projectRows } from '../../domain/model/pca.ts'
import { sampleRows } from '../../domain/model/silhouette.ts'
import { axisWords } from '../../domain/segments/axis-words.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import type { Study } from './study.ts'

/** Points of the biplot. */
const POINTS = 1_500
/** Of the points' spread: how long the arrow of a feature is that the plane shows wholly. */
const ARROW_QUANTILE = 0.95

export interface Placed {
  readonly bundle: Pick<Bundle, 'pca' | 'centroids' | 'radii'>
  readonly columns: readonly Feature[]
  /** Standardised, n × F. */
  readonly scaled: Matrix
  /** Of each row, n. */
  readonly labels: Int32Array
  readonly seed: number
}

/** The principal components as they are read: what they are worth, what they are made of, what the plane of the first two shows. */
export function pcaStudy({ bundle, columns, scaled, labels, seed }: Placed): Study['pca'] {
  const F = scaled.cols
  const full = fitPca(scaled, F)
  const kept = bundle.pca.components.length
  // the model's own axes where it has them, so that a chain fitted elsewhere is read as it is
  const components = full.components.map((row, c) => bundle.pca.components[c] ?? row)
  const mean = bundle.pca.mean
  const z = projectRows(scaled, { mean, components })
  const eigenvalues = full.explainedVariance.map((v) => (v * (scaled.rows - 1)) / scaled.rows)
  const varying = eigenvalues.filter((v) => v > VARIES).length
  const parallel = parallelEigenvalues(scaled.rows, Math.max(1, varying), { seed })
  const axes = readAxes(scaled, z, components).map((axis) => ({
    ...axisWords(columns, axis.loadings),
    ...axis,
  }))
  return {
    kept,
    eigenvalues,
    ratios: full.explainedVarianceRatio,
    parallel: Array.from({ length: F }, (_, c) => parallel[c] ?? 0),
    suggested: aboveChance(eigenvalues, parallel),
    axes,
    biplot: biplot(z, axes, { centroids: bundle.centroids, radii: bundle.radii, labels, seed }),
  }
}

/** An eigenvalue below it is rounding. */
const VARIES = 1e-9

interface Plane extends Pick<Bundle, 'centroids' | 'radii'> {
  readonly labels: Int32Array
  readonly seed: number
}

function biplot(
  z: Matrix,
  axes: readonly { readonly correlations: readonly number[] }[],
  { centroids, radii, labels, seed }: Plane,
): Study['pca']['biplot'] {
  const at = (i: number, c: number): number => (c < z.cols ? (z.data[i * z.cols + c] as number) : 0)
  const points = Array.from(sampleRows(z.rows, Math.min(POINTS, z.rows), seed), (i) => ({
    x: at(i, 0),
    y: at(i, 1),
    segment: labels[i] as number,
  }))
  const reach = points.map(({ x, y }) => Math.hypot(x, y)).sort((a, b) => a - b)
  const length = reach[Math.floor(ARROW_QUANTILE * (reach.length - 1))] ?? 1
  const [first, second] = axes
  return {
    points,
    arrows: (first?.correlations ?? []).map((x, j) => ({
      x: length * x,
      y: length * (second?.correlations[j] ?? 0),
    })),
    centroids: centroids.map((row, k) => ({ x: row[0] ?? 0, y: row[1] ?? 0, radius: radii[k] as number })),
  }
}
