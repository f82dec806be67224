import { assert } from '../../errors.ts'
import type { Matrix } from './matrix.ts'

/** Count, mean and sum of squared deviations per column, of the rows seen so far. Merges and grows; never overflows into a negative variance. */
export interface Moments {
  readonly n: number
  readonly mean: Float64Array
  readonly m2: Float64Array
}

/** Standardisation x → (x − mean) / scale, per column. */
export interface Scaler {
  readonly mean: Float64Array
  /** Divisor n, as scikit-learn's StandardScaler. */
  readonly variance: Float64Array
  /** √variance; 1 for a constant column. */
  readonly scale: Float64Array
  readonly constant: readonly boolean[]
}

/** Rows taken together before they are merged into the running moments; small enough for the first-level cache. */
const BLOCK_ROWS = 256

export function noMoments(cols: number): Moments {
  return { n: 0, mean: new Float64Array(cols), m2: new Float64Array(cols) }
}

/**
 * Moments of two disjoint sets of rows together: Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm
 * for computing sample variances"; with one row on one side it is Welford's (1962) update.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const mean = new Float64Array(a.mean.length)
  const m2 = new Float64Array(a.mean.length)
  for (let j = 0; j < mean.length; j++) {
    const delta = (b.mean[j] as number) - (a.mean[j] as number)
    mean[j] = (a.mean[j] as number) + delta * (b.n / n)
    m2[j] = (a.m2[j] as number) + (b.m2[j] as number) + delta * delta * ((a.n * b.n) / n)
  }
  return { n, mean, m2 }
}

/** The moments after more rows (n × cols), in blocks of two passes each. */
export function addMoments(before: Moments, x: Matrix): Moments {
  assert(before.mean.length === x.cols, 'as many columns as before')
  let moments = before
  for (let from = 0; from < x.rows; from += BLOCK_ROWS) {
    moments = mergeMoments(moments, blockMoments(x, from, Math.min(from + BLOCK_ROWS, x.rows)))
  }
  return moments
}

function blockMoments({ data, cols }: Matrix, from: number, to: number): Moments {
  const n = to - from
  const mean = new Float64Array(cols)
  const m2 = new Float64Array(cols)
  for (let at = from * cols; at < to * cols; at += cols) {
    for (let j = 0; j < cols; j++) mean[j] = (mean[j] as number) + (data[at + j] as number)
  }
  for (let j = 0; j < cols; j++) mean[j] = (mean[j] as number) / n
  for (let at = from * cols; at < to * cols; at += cols) {
    for (let j = 0; j < cols; j++) {
      const d = (data[at + j] as number) - (mean[j] as number)
      m2[j] = (m2[j] as number) + d * d
    }
  }
  return { n, mean, m2 }
}

/** The standardisation that moments ask for. A column counts as constant by scikit-learn's rule: its variance is rounding noise. */
export function scalerOf({ n, mean, m2 }: Moments): Scaler {
  const variance = m2.map((x) => x / n)
  const constant = Array.from(
    variance,
    (v, j) => v <= n * Number.EPSILON * v + (n * (mean[j] as number) * Number.EPSILON) ** 2,
  )
  const scale = variance.map((v, j) => (constant[j] ? 1 : Math.sqrt(v)))
  return { mean: Float64Array.from(mean), variance, scale, constant }
}

/** Fits a standardisation to a matrix (n × cols, n ≥ 1). */
export function fitScaler(x: Matrix): Scaler {
  return scalerOf(addMoments(noMoments(x.cols), x))
}

/** Standardises every row; into `out`, which may be `x` itself. */
export function standardise(x: Matrix, { mean, scale }: Pick<Scaler, 'mean' | 'scale'>, out: Matrix): void {
  const { data, cols } = x
  const to = out.data
  for (let at = 0; at < data.length; at += cols) {
    for (let j = 0; j < cols; j++)
      to[at + j] = ((data[at + j] as number) - (mean[j] as number)) / (scale[j] as number)
  }
}
