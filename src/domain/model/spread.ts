import type { Matrix } from './matrix.ts'
import { quantileOfSorted } from './quantile.ts'

/** Share of the training rows that lie within their centroid's radius. */
export const RADIUS_QUANTILE = 0.99
/** What the percentile cut leaves out on each side of each component. */
export const CUT_QUANTILE = 0.01

/** Per centre (K × cols, row-major), the `q`-quantile of its rows' Euclidean distances; 0 for a centre without rows. */
export function radiiOf(
  x: Matrix,
  labels: ArrayLike<number>,
  centres: Float64Array,
  q = RADIUS_QUANTILE,
): number[] {
  const K = centres.length / x.cols
  const distances: number[][] = Array.from({ length: K }, () => [])
  for (let i = 0, at = 0; i < x.rows; i++) {
    const k = labels[i] as number
    let d = 0
    for (let c = 0; c < x.cols; c++) {
      const e = (x.data[at++] as number) - (centres[k * x.cols + c] as number)
      d += e * e
    }
    distances[k]?.push(Math.sqrt(d))
  }
  return distances.map((ds) => (ds.length === 0 ? 0 : quantileOfSorted(Float64Array.from(ds).sort(), q)))
}

/**
 * Indices of the rows that survive the percentile cut, column by column: of the rows still there, those between the column's
 * `cut` and 1 − `cut` quantiles, both included. The first notebooks cut one component after the other, each among what the former
 * had left, which keeps fewer rows than quantiles of all rows would.
 */
export function rowsWithinQuantiles(x: Matrix, cut = CUT_QUANTILE): Int32Array {
  let kept = Int32Array.from({ length: x.rows }, (_, i) => i)
  for (let c = 0; c < x.cols; c++) {
    const value = (i: number): number => x.data[i * x.cols + c] as number
    const sorted = Float64Array.from(kept, value).sort()
    const low = quantileOfSorted(sorted, cut)
    const high = quantileOfSorted(sorted, 1 - cut)
    kept = kept.filter((i) => value(i) >= low && value(i) <= high)
  }
  return kept
}
