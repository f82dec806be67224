import type { Matrix } from './matrix.ts'
import { quantileOfSorted } from './quantile.ts'

/** Share of the training rows that lie within their centroid's radius. */
export const RADIUS_QUANTILE = 0.99

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
