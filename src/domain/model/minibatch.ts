import { seededRandom } from '../base/random.ts'
import { kmeans, type Clustering } from './kmeans.ts'
import { selectRows, type Matrix } from './matrix.ts'
import { SEEDING_ROWS } from './seeding.ts'
import { sampleRows } from './silhouette.ts'
import { newSweep, sweepRows } from './sweep.ts'

const BATCH_ROWS = 4_096
/** It ends after so many batches whose smoothed inertia set no new low, or when every row was drawn so often on average. */
const PATIENCE_BATCHES = 10
const MAX_DRAWS_PER_ROW = 100

export interface MiniBatchOptions {
  readonly k: number
  readonly seed: number
  /** Of the k-means on the sample that the batches go on from. */
  readonly starts: number
  readonly batchRows?: number
  /** Called after each start with the number done. */
  readonly onStart?: ((done: number) => void) | undefined
}

/**
 * k-means by mini-batches (Sculley 2010, "Web-scale k-means clustering"), for more rows than passes over all of them are worth:
 * random batches move the centres, each with a rate of one over the rows it has seen. They go on from k-means on a sample, whose
 * rows count as seen: from the bare k-means++ starts of the paper the result is a few per cent looser where groups overlap.
 * Ends as scikit-learn's does, by an exponentially smoothed inertia of the batches.
 */
export function miniBatchKmeans(x: Matrix, options: MiniBatchOptions): Clustering {
  const { k, seed, batchRows = BATCH_ROWS } = options
  const sample = kmeans(selectRows(x, sampleRows(x.rows, SEEDING_ROWS, seed)), options)
  const centres = Float64Array.from(sample.centres)
  const counts = new Float64Array(k)
  for (const label of sample.labels) counts[label] = (counts[label] as number) + 1

  const random = seededRandom(seed)
  const smoothing = Math.min(1, (2 * batchRows) / (x.rows + 1))
  const most = Math.ceil((MAX_DRAWS_PER_ROW * x.rows) / batchRows)
  let smoothed: number | undefined
  let lowest = Number.POSITIVE_INFINITY
  let iterations = 0
  for (let idle = 0; idle < PATIENCE_BATCHES && iterations < most; iterations++) {
    const batch = selectRows(
      x,
      Int32Array.from({ length: batchRows }, () => random.below(x.rows)),
    )
    const inertia = addBatch(batch, centres, counts) / batchRows
    smoothed = smoothed === undefined ? inertia : smoothed + smoothing * (inertia - smoothed)
    idle = smoothed < lowest ? 0 : idle + 1
    lowest = Math.min(lowest, smoothed)
  }
  const sweep = newSweep(k, x.cols)
  const labels = new Int32Array(x.rows).fill(-1)
  sweepRows(x, centres, labels, sweep)
  return { centres, labels, inertia: sweep.inertia, iterations, converged: iterations < most }
}

/**
 * Moves centres (K × cols) by one batch: all of it is assigned to the centres as they were, then each becomes
 * (centre · count + sum) / (count + n) of its n new rows. Counts (K) start at 0, so the first rows replace the start.
 * Returns the batch's inertia before the move.
 */
export function addBatch(batch: Matrix, centres: Float64Array, counts: Float64Array): number {
  const K = counts.length
  const sweep = newSweep(K, batch.cols)
  sweepRows(batch, centres, new Int32Array(batch.rows), sweep)
  for (let k = 0; k < K; k++) {
    const n = sweep.weights[k] as number
    if (n === 0) continue
    const before = counts[k] as number
    for (let at = k * batch.cols; at < (k + 1) * batch.cols; at++)
      centres[at] = ((centres[at] as number) * before + (sweep.sums[at] as number)) / (before + n)
    counts[k] = before + n
  }
  return sweep.inertia
}
