import { seededRandom } from '../base/random.ts'
import { kmeans } from './kmeans.ts'
import { selectRows, type Matrix } from './matrix.ts'
import { sampleRows } from './silhouette.ts'
import { newSweep, sweepRows } from './sweep.ts'

/** Rows that resamples are drawn from; of more a seeded sample of as many stands for all. */
const STABILITY_ROWS = 2_000
const RESAMPLES = 20
/** Of k-means on a resample: one bad start must not pass for an unstable group. */
const RESAMPLE_STARTS = 3

export interface StabilityOptions {
  readonly seed: number
  readonly resamples?: number
}

/**
 * Stability of each cluster (K), 0 to 1, by bootstrap (Hennig 2007, "Cluster-wise assessment of cluster stability"): rows are
 * drawn with replacement and grouped anew; a cluster's stability is the mean, over the resamples, of its largest Jaccard
 * similarity with a new cluster, each taken as the set of distinct rows drawn. From 0.75 on Hennig calls a cluster stable,
 * below 0.6 not to be trusted. `centres`: K × C, of the clustering to judge.
 */
export function bootstrapJaccard(
  x: Matrix,
  centres: Float64Array,
  { seed, resamples = RESAMPLES }: StabilityOptions,
): Float64Array {
  const K = centres.length / x.cols
  const rows = x.rows > STABILITY_ROWS ? selectRows(x, sampleRows(x.rows, STABILITY_ROWS, seed)) : x
  const labels = new Int32Array(rows.rows)
  sweepRows(rows, centres, labels, newSweep(K, x.cols))
  const random = seededRandom(seed)
  const total = new Float64Array(K)
  for (let b = 0; b < resamples; b++) {
    const drawn = Int32Array.from({ length: rows.rows }, () => random.below(rows.rows))
    const start = random.below(2 ** 31)
    const run = kmeans(selectRows(rows, drawn), { k: K, seed: start, starts: RESAMPLE_STARTS })
    const best = largestJaccard(drawn, labels, run.labels, K)
    for (let k = 0; k < K; k++) total[k] = (total[k] as number) + (best[k] as number)
  }
  return total.map((sum) => sum / resamples)
}

/** Per old cluster the largest Jaccard similarity with a new one, over the distinct rows drawn; 0 where none of its rows was. */
function largestJaccard(drawn: Int32Array, labels: Int32Array, anew: Int32Array, K: number): Float64Array {
  const both = new Float64Array(K * K)
  const seen = new Set<number>()
  drawn.forEach((row, i) => {
    if (seen.has(row)) return
    seen.add(row)
    const at = (labels[row] as number) * K + (anew[i] as number)
    both[at] = (both[at] as number) + 1
  })
  const olds = new Float64Array(K)
  const news = new Float64Array(K)
  both.forEach((n, at) => {
    olds[Math.floor(at / K)] = (olds[Math.floor(at / K)] as number) + n
    news[at % K] = (news[at % K] as number) + n
  })
  return olds.map((size, i) => {
    let most = 0
    for (let j = 0; j < K; j++) {
      const n = both[i * K + j] as number
      if (n > 0) most = Math.max(most, n / (size + (news[j] as number) - n))
    }
    return most
  })
}
