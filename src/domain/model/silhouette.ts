import { seededRandom } from '../base/random.ts'
import { matrixOf, selectRows, type Matrix } from './matrix.ts'

/** Up to this many rows the silhouette is exact; above, it is that of a seeded sample of as many rows. */
export const SILHOUETTE_EXACT_ROWS = 10_000

/**
 * Silhouette of every row (Rousseeuw 1987): (b − a) / max(a, b), where a is the mean distance to the rest of its cluster and
 * b the least mean distance to another cluster; 0 in a cluster of one. `labels` are 0 … K−1; O(n²).
 */
export function silhouettes(x: Matrix, labels: ArrayLike<number>, K: number): Float64Array {
  const order = Array.from({ length: x.rows }, (_, i) => i).sort(
    (a, b) => (labels[a] as number) - (labels[b] as number) || a - b,
  )
  const sorted = selectRows(x, order)
  const cluster = Int32Array.from(order, (i) => labels[i] as number)
  const sums = distanceSums(sorted, cluster, K)
  const values = silhouettesFromSums(sums, cluster, K)
  const out = new Float64Array(x.rows)
  order.forEach((i, at) => (out[i] = values[at] as number))
  return out
}

/** The same from n × n distances. */
export function silhouettesFromDistances(
  distances: Matrix,
  labels: ArrayLike<number>,
  K: number,
): Float64Array {
  const n = distances.rows
  const sums = matrixOf(n, K)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * K + (labels[j] as number)
      sums.data[at] = (sums.data[at] as number) + (distances.data[i * n + j] as number)
    }
  }
  return silhouettesFromSums(sums, Int32Array.from(labels), K)
}

/** Mean silhouette; of a sample drawn by `seed` where there are more than `SILHOUETTE_EXACT_ROWS` rows. */
export function silhouetteScore(x: Matrix, labels: ArrayLike<number>, K: number, seed: number): number {
  if (x.rows <= SILHOUETTE_EXACT_ROWS) return mean(silhouettes(x, labels, K))
  const rows = sampleRows(x.rows, SILHOUETTE_EXACT_ROWS, seed)
  return mean(
    silhouettes(
      selectRows(x, rows),
      Int32Array.from(rows, (i) => labels[i] as number),
      K,
    ),
  )
}

/** `size` of `n` row indices, ascending, each subset equally likely (selection sampling: Knuth, TAOCP 2, algorithm S). */
export function sampleRows(n: number, size: number, seed: number): Int32Array {
  const random = seededRandom(seed)
  const out = new Int32Array(Math.min(size, n))
  for (let i = 0, taken = 0; taken < out.length; i++) {
    if ((n - i) * random.next() < out.length - taken) out[taken++] = i
  }
  return out
}

/** Sum of the distances of each row to each cluster (n × K); rows in order of their cluster. */
function distanceSums(x: Matrix, cluster: Int32Array, K: number): Matrix {
  const { data, rows, cols } = x
  const sums = matrixOf(rows, K)
  const s = sums.data
  for (let i = 0; i < rows; i++) {
    const own = cluster[i] as number
    const at = i * cols
    for (let j = i + 1, to = j * cols; j < rows; j++) {
      let d = 0
      for (let c = 0; c < cols; c++) {
        const e = (data[at + c] as number) - (data[to++] as number)
        d += e * e
      }
      d = Math.sqrt(d)
      const mine = i * K + (cluster[j] as number)
      s[mine] = (s[mine] as number) + d
      const theirs = j * K + own
      s[theirs] = (s[theirs] as number) + d
    }
  }
  return sums
}

function silhouettesFromSums(sums: Matrix, cluster: Int32Array, K: number): Float64Array {
  const counts = new Float64Array(K)
  for (const k of cluster) counts[k] = (counts[k] as number) + 1
  return Float64Array.from(cluster, (own, i) => {
    const size = counts[own] as number
    if (size < 2) return 0
    const a = (sums.data[i * K + own] as number) / (size - 1)
    let b = Number.POSITIVE_INFINITY
    for (let k = 0; k < K; k++) {
      const n = counts[k] as number
      if (k !== own && n > 0) b = Math.min(b, (sums.data[i * K + k] as number) / n)
    }
    const larger = Math.max(a, b)
    return larger > 0 && Number.isFinite(b) ? (b - a) / larger : 0
  })
}

function mean(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}
