/**
 * The q-quantile (0 ≤ q ≤ 1) of ascending values, linear between the two nearest ranks: position q·(n − 1). Type 7 of
 * Hyndman & Fan (1996), numpy's default. NaN of no values.
 */
export function quantileOfSorted(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN
  const position = q * (sorted.length - 1)
  const i = Math.floor(position)
  const low = sorted[i] as number
  const high = sorted[Math.min(i + 1, sorted.length - 1)] as number
  return low + (high - low) * (position - i)
}

/** The same of values in any order; they are not changed. */
export function quantile(values: Float64Array, q: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), q)
}
