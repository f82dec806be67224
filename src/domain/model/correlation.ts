import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { columnMeans, covariance } from './covariance.ts'
import { matrixOf, rowsOf, type Matrix } from './matrix.ts'

/** Pearson's r of all pairs of columns (cols × cols); 0 beside a constant column, its own 1. */
export function correlations(x: Matrix): Matrix {
  const cov = covariance(x, columnMeans(x))
  const F = x.cols
  const deviation = Float64Array.from({ length: F }, (_, j) => Math.sqrt(cov.data[j * F + j] as number))
  const out = matrixOf(F, F)
  for (let i = 0; i < F; i++) {
    for (let j = 0; j < F; j++) {
      const by = (deviation[i] as number) * (deviation[j] as number)
      const r = by > 0 ? (cov.data[i * F + j] as number) / by : 0
      out.data[i * F + j] = i === j ? 1 : Math.max(-1, Math.min(1, r))
    }
  }
  return out
}

/** A column that the others tell already. */
export interface Dependence {
  readonly column: number
  /** R² of its regression on all others; 1 − 1 / the variance inflation factor. */
  readonly explained: number
  /** Those with the largest standardised coefficients, largest first. */
  readonly by: number[]
}

/** Added to every eigenvalue, so that the inverse exists where columns depend on each other exactly; moves R² by about as much. */
const RIDGE = 1e-9
/** Standardised coefficient below which a column does not count as what another is made of. */
const COUNTS = 0.1
const MOST_NAMED = 4

/** Columns of which the others explain at least `from` of the variance, in order, from correlations (F × F). */
export function dependences(r: Matrix, from: number): Dependence[] {
  const F = r.cols
  // by eigenvalues: elimination would spread the error of the smallest over all
  const evd = new EigenvalueDecomposition(new DenseMatrix(rowsOf(r)), { assumeSymmetric: true })
  const vectors = evd.eigenvectorMatrix
  const weights = evd.realEigenvalues.map((value) => 1 / (Math.max(0, value) + RIDGE))
  const inverted = vectors.mmul(DenseMatrix.diag(weights)).mmul(vectors.transpose())
  return Array.from({ length: F }, (_, column): Dependence => {
    const own = inverted.get(column, column)
    const weight = (j: number): number => Math.abs(inverted.get(column, j) / own)
    return {
      column,
      explained: Math.max(0, Math.min(1, 1 - 1 / own)),
      by: Array.from({ length: F }, (_, j) => j)
        .filter((j) => j !== column && weight(j) >= COUNTS)
        .sort((a, b) => weight(b) - weight(a) || a - b)
        .slice(0, MOST_NAMED),
    }
  }).filter((d) => d.explained >= from)
}
