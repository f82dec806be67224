import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { seededRandom, type Random } from '../base/random.ts'
import { quantile } from './quantile.ts'

export interface ParallelOptions {
  readonly seed: number
  readonly replicates?: number
}

const REPLICATES = 200
/** Of the replicates: the mean, Horn's own, keeps too many (Glorfeld 1995). */
const RANK = 0.95

/**
 * Parallel analysis (Horn 1965, "A rationale and test for the number of factors in factor analysis"): what the eigenvalues of the
 * correlation matrix of `cols` unrelated normal columns of n rows would be, descending, at the 95th percentile of replicates.
 * A component of real data below it says no more than chance. The correlation matrices are drawn themselves, not the rows: their
 * scatter is a Wishart matrix L·Lᵀ with χ on the diagonal of L and normals below (Bartlett 1933), whatever n is.
 */
export function parallelEigenvalues(n: number, cols: number, options: ParallelOptions): number[] {
  const { seed, replicates = REPLICATES } = options
  const random = seededRandom(seed)
  const drawn = Array.from({ length: replicates }, () => randomEigenvalues(n, cols, random))
  return Array.from({ length: cols }, (_, c) =>
    quantile(
      Float64Array.from(drawn, (values) => values[c] as number),
      RANK,
    ),
  )
}

function randomEigenvalues(n: number, cols: number, random: Random): number[] {
  const factor = DenseMatrix.zeros(cols, cols)
  for (let i = 0; i < cols; i++) {
    for (let j = 0; j < i; j++) factor.set(i, j, random.normal())
    // n − 1 degrees of freedom are left beside the mean
    factor.set(i, i, Math.sqrt(2 * gamma(Math.max(1, n - 1 - i) / 2, random)))
  }
  const scatter = factor.mmul(factor.transpose())
  const r = scatter.clone()
  for (let i = 0; i < cols; i++) {
    for (let j = 0; j < cols; j++)
      r.set(i, j, scatter.get(i, j) / Math.sqrt(scatter.get(i, i) * scatter.get(j, j)))
  }
  return new EigenvalueDecomposition(r, { assumeSymmetric: true }).realEigenvalues.reverse()
}

/** Gamma of a shape ≥ 1/2 and scale 1 (Marsaglia & Tsang 2000, "A simple method for generating gamma variables"). */
function gamma(shape: number, random: Random): number {
  // below 1 by a power of a uniform from the shape above
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.next()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}

/** How many leading eigenvalues lie above those of chance. */
export function aboveChance(eigenvalues: readonly number[], parallel: readonly number[]): number {
  const first = eigenvalues.findIndex((value, c) => value <= (parallel[c] ?? 0))
  return first < 0 ? eigenvalues.length : first
}
