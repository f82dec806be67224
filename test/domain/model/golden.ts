import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { matrixOf, type Matrix } from '../../../src/domain/model/matrix.ts'

/** Where the shared reference data lies, and whether it is there; tests that need it skip where it is not. */
const DATA = resolve(import.meta.dirname, '../../../../shared/data')
export const HAS_DATA = existsSync(DATA)

export function sharedJson(path: string): unknown {
  return JSON.parse(readFileSync(resolve(DATA, path), 'utf8'))
}

/** Named columns of a gzipped CSV of numbers. */
export function sharedColumns(path: string, names: readonly string[]): Matrix {
  const [head, ...lines] = gunzipSync(readFileSync(resolve(DATA, path)))
    .toString('utf8')
    .trim()
    .split('\n')
  const at = names.map((name) => (head as string).split(',').indexOf(name))
  const rows = lines.map((line) => line.split(','))
  return matrixOf(
    rows.length,
    names.length,
    Float64Array.from(rows.flatMap((r) => at.map((i) => Number(r[i])))),
  )
}

/** A golden file of scikit-learn's numbers. */
export interface Golden {
  readonly rows: number
  readonly features: string[]
  readonly scaler: { mean: number[]; var: number[]; scale: number[] }
  readonly pca_full: {
    components: number[][]
    explained_variance: number[]
    explained_variance_ratio: number[]
  }
  readonly projected_first_5: number[][]
  readonly seed_outlier_filter_1_99: { kept: number }
  readonly kmeans_init: number[][]
  readonly kmeans_tol_1e4: GoldenClusters
  readonly kmeans_tol_0: GoldenClusters
  readonly metrics_on_kmeans_tol_0: { davies_bouldin: number; calinski_harabasz: number; silhouette: number }
}
export interface GoldenClusters {
  readonly centers: number[][]
  readonly inertia: number
  readonly n_iter: number
  readonly counts: number[]
}

/** The largest |a − b| relative to max(1, |b|). */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  return Array.from(a).reduce((most, x, i) => {
    const y = b[i] as number
    const off = Math.abs(x - y) / Math.max(1, Math.abs(y))
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(most, off)
  }, 0)
}
