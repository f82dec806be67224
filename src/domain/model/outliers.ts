import type { Matrix } from './matrix.ts'
import { quantile, quantileOfSorted } from './quantile.ts'

/**
 * Indices of the rows that survive the percentile cut, column by column: of the rows still there, those between the column's
 * `cut` and 1 − `cut` quantiles, both included. The first notebooks cut one component after the other, each among what the former
 * had left, which keeps fewer rows than quantiles of all rows would.
 */
export function rowsWithinQuantiles(x: Matrix, cut: number): Int32Array {
  let kept = allRows(x)
  for (let c = 0; c < x.cols; c++) {
    const value = (i: number): number => x.data[i * x.cols + c] as number
    const sorted = Float64Array.from(kept, value).sort()
    const low = quantileOfSorted(sorted, cut)
    const high = quantileOfSorted(sorted, 1 - cut)
    kept = kept.filter((i) => value(i) >= low && value(i) <= high)
  }
  return kept
}

/**
 * Indices of the rows within the adjusted fences of every column. Unlike a percentile, a fence cuts nobody where nobody is
 * strange, and unlike a fence by the median absolute deviation or by Mahalanobis distances (which take everything for a bell)
 * it bears the long tails of a shop: of exponential data it cuts 0.3 % where Tukey's fence cuts 4.8 %.
 */
export function rowsWithinFences(x: Matrix): Int32Array {
  const fences = Array.from({ length: x.cols }, (_, c) =>
    adjustedFences(Float64Array.from({ length: x.rows }, (_, i) => x.data[i * x.cols + c] as number).sort()),
  )
  return allRows(x).filter((i) =>
    fences.every(([low, high], c) => {
      const value = x.data[i * x.cols + c] as number
      return value >= low && value <= high
    }),
  )
}

const allRows = (x: Matrix): Int32Array => Int32Array.from({ length: x.rows }, (_, i) => i)

/**
 * Fences [low, high] of ascending values by the adjusted boxplot (Hubert & Vandervieren 2008, "An adjusted boxplot for skewed
 * distributions"): Tukey's 1.5 interquartile ranges, stretched on the side of the tail and shortened on the other by
 * exponentials of the medcouple. Where half of the values are equal nothing can be said, and everybody is within.
 */
export function adjustedFences(sorted: Float64Array): readonly [low: number, high: number] {
  const q1 = quantileOfSorted(sorted, 0.25)
  const q3 = quantileOfSorted(sorted, 0.75)
  const reach = 1.5 * (q3 - q1)
  if (!(reach > 0)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const mc = medcouple(sorted)
  const [below, above] = mc >= 0 ? [-4, 3] : [-3, 4]
  return [q1 - reach * Math.exp(below * mc), q3 + reach * Math.exp(above * mc)]
}

/** The medcouple compares all pairs across the median: of more values as many equally spaced ranks stand for them. */
const MEDCOUPLE_RANKS = 1_001

/**
 * Medcouple of ascending values (Brys, Hubert & Struyf 2004, "A robust measure of skewness"), −1 to 1, 0 for symmetric ones: the
 * median over all pairs a ≤ median ≤ b of how much farther b lies from it than a, ((b − m) − (m − a)) / (b − a); pairs of two
 * medians count by the order of their ranks.
 */
export function medcouple(sorted: Float64Array): number {
  const n = Math.min(sorted.length, MEDCOUPLE_RANKS)
  if (n < 2) return 0
  const v = Float64Array.from({ length: n }, (_, i) =>
    quantileOfSorted(sorted, n === sorted.length ? i / (n - 1) : (i + 0.5) / n),
  )
  const m = quantileOfSorted(v, 0.5)
  const lower = v.filter((a) => a <= m)
  const upper = v.filter((b) => b >= m)
  const ties = lower.length + upper.length - n
  const pairs = new Float64Array(lower.length * upper.length)
  let at = 0
  lower.forEach((a, i) => {
    upper.forEach((b, j) => {
      // ties stand last among the lower and first among the upper
      pairs[at++] =
        b > a ? (b - m - (m - a)) / (b - a) : Math.sign(i - (lower.length - ties) + j - (ties - 1))
    })
  })
  return quantile(pairs, 0.5)
}
