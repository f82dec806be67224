import { matrixOf, type Matrix } from './matrix.ts'

/** Means (K × cols) and sizes (K) of clusters; an empty cluster has mean 0. */
export function clusterMeans(
  x: Matrix,
  labels: ArrayLike<number>,
  K: number,
): { means: Matrix; sizes: Float64Array } {
  const means = matrixOf(K, x.cols)
  const sizes = new Float64Array(K)
  for (let i = 0, at = 0; i < x.rows; i++) {
    const k = labels[i] as number
    sizes[k] = (sizes[k] as number) + 1
    for (let c = 0, to = k * x.cols; c < x.cols; c++, to++) {
      means.data[to] = (means.data[to] as number) + (x.data[at++] as number)
    }
  }
  for (let to = 0; to < means.data.length; to++) {
    const n = sizes[Math.floor(to / x.cols)] as number
    if (n > 0) means.data[to] = (means.data[to] as number) / n
  }
  return { means, sizes }
}

function distance2(a: Float64Array, i: number, b: Float64Array, j: number, cols: number): number {
  let d = 0
  for (let c = 0; c < cols; c++) {
    const e = (a[i * cols + c] as number) - (b[j * cols + c] as number)
    d += e * e
  }
  return d
}

/**
 * Davies & Bouldin (1979): the mean over the clusters of the worst (s_i + s_j) / d_ij, with s the mean distance to the cluster's
 * mean and d the distance of the means; small is good. Empty clusters are left out, and 0 stands for fewer than two.
 */
export function daviesBouldin(x: Matrix, labels: ArrayLike<number>, K: number): number {
  const { means, sizes } = clusterMeans(x, labels, K)
  const spread = new Float64Array(K)
  for (let i = 0; i < x.rows; i++) {
    const k = labels[i] as number
    spread[k] =
      (spread[k] as number) + Math.sqrt(distance2(x.data, i, means.data, k, x.cols)) / (sizes[k] as number)
  }
  const used = Array.from(sizes.keys()).filter((k) => (sizes[k] as number) > 0)
  const worst = used.map((i) => {
    let most = 0
    for (const j of used) {
      const d = i === j ? 0 : Math.sqrt(distance2(means.data, i, means.data, j, x.cols))
      if (d > 0) most = Math.max(most, ((spread[i] as number) + (spread[j] as number)) / d)
    }
    return most
  })
  return worst.length < 2 ? 0 : worst.reduce((a, b) => a + b, 0) / worst.length
}

/**
 * Caliński & Harabasz (1974): variance between the clusters over variance within them, each by its degrees of freedom; large is
 * good. 1 where nothing varies within a cluster (as scikit-learn), NaN for fewer than two clusters.
 */
export function calinskiHarabasz(x: Matrix, labels: ArrayLike<number>, K: number): number {
  const { means, sizes } = clusterMeans(x, labels, K)
  const grand = clusterMeans(x, new Int32Array(x.rows), 1).means
  let between = 0
  for (let k = 0; k < K; k++) {
    if ((sizes[k] as number) > 0)
      between += (sizes[k] as number) * distance2(means.data, k, grand.data, 0, x.cols)
  }
  let within = 0
  for (let i = 0; i < x.rows; i++) within += distance2(x.data, i, means.data, labels[i] as number, x.cols)
  const used = sizes.filter((n) => n > 0).length
  if (used < 2) return Number.NaN
  return within === 0 ? 1 : (between * (x.rows - used)) / (within * (used - 1))
}

/**
 * Adjusted Rand index (Hubert & Arabie 1985) of two labellings with labels 0 … : 1 for the same partition, about 0 for
 * independent ones.
 */
export function adjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const both = new Map<string, number>()
  const left = new Map<number, number>()
  const right = new Map<number, number>()
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    both.set(`${x},${y}`, (both.get(`${x},${y}`) ?? 0) + 1)
    left.set(x, (left.get(x) ?? 0) + 1)
    right.set(y, (right.get(y) ?? 0) + 1)
  }
  const together = pairs(both.values())
  const inA = pairs(left.values())
  const inB = pairs(right.values())
  const expected = (inA * inB) / ((a.length * (a.length - 1)) / 2)
  const most = (inA + inB) / 2
  // two trivial partitions (one cluster, or all alone) agree completely
  return most === expected || a.length < 2 ? 1 : (together - expected) / (most - expected)
}

function pairs(sizes: Iterable<number>): number {
  let sum = 0
  for (const n of sizes) sum += (n * (n - 1)) / 2
  return sum
}
