import type { Matrix } from './matrix.ts'

/** What one pass over the rows found. Reused between passes; shapes: K centres, C columns. */
export interface Sweep {
  /** Rows whose label changed. */
  changed: number
  /** Weighted sum of squared distances to the nearest centre. */
  inertia: number
  /** Weighted sum of the rows of each label, K × C. */
  readonly sums: Float64Array
  /** Weight of each label, K. */
  readonly weights: Float64Array
}

export function newSweep(K: number, C: number): Sweep {
  return { changed: 0, inertia: 0, sums: new Float64Array(K * C), weights: new Float64Array(K) }
}

const NARROW_COLS = 5

/**
 * Labels every row with its nearest centre (K × C, row-major; ties: lowest index) and gathers the sums for the next centres, in
 * one pass in row order. Two columns and three to five have loops of their own whose row stays in registers: several times
 * faster, and most models have that few components.
 */
export function sweepRows(
  x: Matrix,
  centres: Float64Array,
  labels: Int32Array,
  out: Sweep,
  weights?: Float64Array,
): void {
  out.sums.fill(0)
  out.weights.fill(0)
  if (weights !== undefined || x.cols > NARROW_COLS || x.cols < 2) sweepAny(x, centres, labels, out, weights)
  else if (x.cols === 2) sweepPlane(x, centres, labels, out)
  else sweepNarrow(x, centres, labels, out)
}

function sweepPlane({ data, rows }: Matrix, centres: Float64Array, labels: Int32Array, out: Sweep): void {
  const K = out.weights.length
  const { sums, weights } = out
  let changed = 0
  let inertia = 0
  for (let i = 0, at = 0; i < rows; i++, at += 2) {
    const x0 = data[at] as number
    const x1 = data[at + 1] as number
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let k = 0; k < K; k++) {
      const a = x0 - (centres[2 * k] as number)
      const b = x1 - (centres[2 * k + 1] as number)
      const d = a * a + b * b
      if (d < least) {
        least = d
        best = k
      }
    }
    inertia += least
    if (labels[i] !== best) {
      labels[i] = best
      changed++
    }
    weights[best] = (weights[best] as number) + 1
    sums[2 * best] = (sums[2 * best] as number) + x0
    sums[2 * best + 1] = (sums[2 * best + 1] as number) + x1
  }
  out.changed = changed
  out.inertia = inertia
}

/** Three to five columns, computed as five: the missing ones are 0 on both sides, which changes no bit of a sum. */
function sweepNarrow(
  { data, rows, cols }: Matrix,
  centres: Float64Array,
  labels: Int32Array,
  out: Sweep,
): void {
  const K = out.weights.length
  const wide = new Float64Array(K * NARROW_COLS)
  const sums = new Float64Array(K * NARROW_COLS)
  for (let k = 0; k < K; k++) wide.set(centres.subarray(k * cols, (k + 1) * cols), k * NARROW_COLS)
  let changed = 0
  let inertia = 0
  for (let i = 0, at = 0; i < rows; i++, at += cols) {
    const x0 = data[at] as number
    const x1 = data[at + 1] as number
    const x2 = data[at + 2] as number
    const x3 = cols > 3 ? (data[at + 3] as number) : 0
    const x4 = cols > 4 ? (data[at + 4] as number) : 0
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let k = 0, q = 0; k < K; k++, q += NARROW_COLS) {
      const a = x0 - (wide[q] as number)
      const b = x1 - (wide[q + 1] as number)
      const c = x2 - (wide[q + 2] as number)
      const d = x3 - (wide[q + 3] as number)
      const e = x4 - (wide[q + 4] as number)
      const distance = a * a + b * b + c * c + d * d + e * e
      if (distance < least) {
        least = distance
        best = k
      }
    }
    inertia += least
    if (labels[i] !== best) {
      labels[i] = best
      changed++
    }
    out.weights[best] = (out.weights[best] as number) + 1
    const q = best * NARROW_COLS
    sums[q] = (sums[q] as number) + x0
    sums[q + 1] = (sums[q + 1] as number) + x1
    sums[q + 2] = (sums[q + 2] as number) + x2
    sums[q + 3] = (sums[q + 3] as number) + x3
    sums[q + 4] = (sums[q + 4] as number) + x4
  }
  out.changed = changed
  out.inertia = inertia
  for (let k = 0; k < K; k++) out.sums.set(sums.subarray(k * NARROW_COLS, k * NARROW_COLS + cols), k * cols)
}

function sweepAny(
  x: Matrix,
  centres: Float64Array,
  labels: Int32Array,
  out: Sweep,
  rowWeights?: Float64Array,
): void {
  const { data, rows, cols } = x
  const K = out.weights.length
  const { sums, weights } = out
  const whole = cols - (cols % 4)
  let changed = 0
  let inertia = 0
  for (let i = 0, at = 0; i < rows; i++, at += cols) {
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let k = 0, q = 0; k < K; k++, q += cols) {
      let distance = 0
      let c = 0
      for (; c < whole; c += 4) {
        const a = (data[at + c] as number) - (centres[q + c] as number)
        const b = (data[at + c + 1] as number) - (centres[q + c + 1] as number)
        const d = (data[at + c + 2] as number) - (centres[q + c + 2] as number)
        const e = (data[at + c + 3] as number) - (centres[q + c + 3] as number)
        distance += a * a + b * b + d * d + e * e
      }
      for (; c < cols; c++) {
        const a = (data[at + c] as number) - (centres[q + c] as number)
        distance += a * a
      }
      if (distance < least) {
        least = distance
        best = k
      }
    }
    const w = rowWeights === undefined ? 1 : (rowWeights[i] as number)
    inertia += w * least
    if (labels[i] !== best) {
      labels[i] = best
      changed++
    }
    weights[best] = (weights[best] as number) + w
    for (let c = 0, q = best * cols; c < cols; c++, q++)
      sums[q] = (sums[q] as number) + w * (data[at + c] as number)
  }
  out.changed = changed
  out.inertia = inertia
}
