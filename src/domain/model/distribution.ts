import { quantileOfSorted } from './quantile.ts'

/** How values lie. */
export interface Distribution {
  readonly mean: number
  /** Divisor n. */
  readonly deviation: number
  /** Fisher's g₁ of the sample, m₃ / m₂^1.5 (as scipy.stats.skew); 0 where nothing varies. */
  readonly skewness: number
  readonly quantiles: number[]
  /** Counts of equal bins, with one edge more; the last bin holds its upper edge (as numpy.histogram). */
  readonly histogram: { readonly edges: number[]; readonly counts: number[] }
}

/** Of values in any order (n ≥ 1), with the quantiles of these ranks and so many bins. */
export function distributionOf(values: Float64Array, ranks: readonly number[], bins: number): Distribution {
  const n = values.length
  const mean = values.reduce((a, b) => a + b, 0) / n
  let m2 = 0
  let m3 = 0
  for (const x of values) {
    const d = x - mean
    m2 += d * d
    m3 += d * d * d
  }
  const variance = m2 / n
  const sorted = Float64Array.from(values).sort()
  return {
    mean,
    deviation: Math.sqrt(variance),
    skewness: variance > (Number.EPSILON * mean) ** 2 ? m3 / n / variance ** 1.5 : 0,
    quantiles: ranks.map((q) => quantileOfSorted(sorted, q)),
    histogram: histogramOf(sorted, bins),
  }
}

/** Where all values are the same, one bin around them. */
function histogramOf(sorted: Float64Array, bins: number): Distribution['histogram'] {
  const low = sorted[0] as number
  const high = sorted[sorted.length - 1] as number
  if (low === high) return { edges: [low - 0.5, high + 0.5], counts: [sorted.length] }
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins)
  edges[bins] = high
  const counts = edges.slice(1).map(() => 0)
  let bin = 0
  for (const x of sorted) {
    while (bin < bins - 1 && x >= (edges[bin + 1] as number)) bin++
    counts[bin] = (counts[bin] as number) + 1
  }
  return { edges, counts }
}
