import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { covariance, columnMeans } from './covariance.ts'
import { matrixOf, rowsOf, type Matrix } from './matrix.ts'

/** Principal components of a matrix (n × F). Shapes: C kept components. */
export interface Pca {
  /** Column means, F. */
  readonly mean: number[]
  /** C × F, orthonormal rows in order of descending variance; in each the loading of the largest magnitude is positive. */
  readonly components: number[][]
  /** Variance along each component, divisor n − 1; length C. */
  readonly explainedVariance: number[]
  /** The same as a share of the total variance. */
  readonly explainedVarianceRatio: number[]
}

/**
 * Principal component analysis (Pearson 1901; Hotelling 1933) by the eigenvalues of the covariance matrix, as scikit-learn's
 * `covariance_eigh`. It inverts nothing, so dependent columns are welcome: they give components of variance 0.
 *
 * @param keep number of components (≥ 1), or a share of variance in (0, 1): as many as it takes to keep more than it.
 */
export function fitPca(x: Matrix, keep: number): Pca {
  const F = x.cols
  const mean = columnMeans(x)
  const cov = covariance(x, mean)
  const evd = new EigenvalueDecomposition(new DenseMatrix(rowsOf(cov)), { assumeSymmetric: true })
  // ascending; a rank-deficient matrix gives eigenvalues of about −1e-16
  const variances = evd.realEigenvalues.map((v) => Math.max(0, v)).reverse()
  const total = variances.reduce((a, b) => a + b, 0)
  const ratios = variances.map((v) => (total > 0 ? v / total : 0))
  const C = keep < 1 ? countForShare(ratios, keep) : Math.min(keep, F)
  const vectors = evd.eigenvectorMatrix
  const components = Array.from({ length: C }, (_, c) =>
    fixSign(Array.from({ length: F }, (_, j) => vectors.get(j, F - 1 - c))),
  )
  return {
    mean: Array.from(mean),
    components,
    explainedVariance: variances.slice(0, C),
    explainedVarianceRatio: ratios.slice(0, C),
  }
}

function countForShare(ratios: readonly number[], share: number): number {
  let sum = 0
  for (let c = 0; c < ratios.length; c++) {
    sum += ratios[c] as number
    if (sum > share) return c + 1
  }
  return ratios.length
}

/** An eigenvector's sign is arbitrary: the loading of the largest magnitude, the first of equals, becomes positive. */
function fixSign(v: number[]): number[] {
  let at = 0
  v.forEach((x, j) => {
    if (Math.abs(x) > Math.abs(v[at] as number)) at = j
  })
  return (v[at] as number) < 0 ? v.map((x) => -x) : v
}

/** Rows (n × F) → scores (n × C). */
export function projectRows(x: Matrix, pca: Pick<Pca, 'mean' | 'components'>): Matrix {
  const F = x.cols
  const C = pca.components.length
  const out = matrixOf(x.rows, C)
  const p = Float64Array.from(pca.components.flat())
  const offsets = pca.components.map((row) => row.reduce((sum, w, j) => sum + w * (pca.mean[j] as number), 0))
  const { data } = x
  const z = out.data
  for (let i = 0, at = 0, to = 0; i < x.rows; i++, at += F, to += C) {
    let c = 0
    for (; c + 1 < C; c += 2) {
      let a = 0
      let b = 0
      for (let j = 0, w = c * F; j < F; j++, w++) {
        const v = data[at + j] as number
        a += (p[w] as number) * v
        b += (p[w + F] as number) * v
      }
      z[to + c] = a - (offsets[c] as number)
      z[to + c + 1] = b - (offsets[c + 1] as number)
    }
    if (c < C) {
      let a = 0
      for (let j = 0, w = c * F; j < F; j++, w++) a += (p[w] as number) * (data[at + j] as number)
      z[to + c] = a - (offsets[c] as number)
    }
  }
  return out
}
