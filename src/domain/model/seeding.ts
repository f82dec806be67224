import type { Random } from '../base/random.ts'
import { matrixOf, type Matrix } from './matrix.ts'

/** Above this many rows the starting centres are drawn from a random sample of as many (with replacement). */
export const SEEDING_ROWS = 65_536

/**
 * Starting centres (k × cols) by greedy k-means++: each next centre is the best of 2 + ⌊ln k⌋ candidates drawn with
 * probability proportional to weight × squared distance to the centres so far (Arthur & Vassilvitskii 2007; the greedy form is
 * scikit-learn's). Plain k-means++ draws one candidate and is often markedly worse.
 */
export function seedCentres(x: Matrix, k: number, random: Random, weights?: Float64Array): Float64Array {
  const { rows: sample, weights: w } = sampled(x, random, weights)
  const { rows: n, cols } = sample
  const trials = 2 + Math.floor(Math.log(k))
  const centres = new Float64Array(k * cols)
  const cumulative = new Float64Array(n)
  let closest: Float64Array = new Float64Array(n).fill(1)
  const place = (at: number, row: number): void =>
    centres.set(sample.data.subarray(row * cols, (row + 1) * cols), at * cols)

  accumulate(closest, w, cumulative)
  const first = search(cumulative, random.next() * (cumulative[n - 1] as number))
  place(0, first)
  closest.fill(Number.POSITIVE_INFINITY)
  lowerTo(sample, first, closest, closest)
  let trial = new Float64Array(n)
  let best = new Float64Array(n)
  for (let c = 1; c < k; c++) {
    accumulate(closest, w, cumulative)
    const total = cumulative[n - 1] as number
    const candidates = Array.from({ length: trials }, () => search(cumulative, random.next() * total))
    let least = Number.POSITIVE_INFINITY
    let chosen = candidates[0] as number
    for (const row of candidates) {
      lowerTo(sample, row, closest, trial)
      const potential = weightedSum(trial, w)
      if (potential < least) {
        least = potential
        chosen = row
        ;[best, trial] = [trial, best]
      }
    }
    place(c, chosen)
    ;[closest, best] = [best, closest as Float64Array<ArrayBuffer>]
  }
  return centres
}

function sampled(
  x: Matrix,
  random: Random,
  weights?: Float64Array,
): { rows: Matrix; weights: Float64Array | undefined } {
  if (x.rows <= SEEDING_ROWS) return { rows: x, weights }
  const rows = matrixOf(SEEDING_ROWS, x.cols)
  const w = weights === undefined ? undefined : new Float64Array(SEEDING_ROWS)
  for (let i = 0; i < SEEDING_ROWS; i++) {
    const from = random.below(x.rows)
    for (let c = 0; c < x.cols; c++) rows.data[i * x.cols + c] = x.data[from * x.cols + c] as number
    if (w !== undefined && weights !== undefined) w[i] = weights[from] as number
  }
  return { rows, weights: w }
}

/** out = min(closest, squared distance to a row). */
function lowerTo({ data, rows, cols }: Matrix, row: number, closest: Float64Array, out: Float64Array): void {
  const q = row * cols
  for (let i = 0, at = 0; i < rows; i++) {
    let d = 0
    for (let c = 0; c < cols; c++) {
      const e = (data[at++] as number) - (data[q + c] as number)
      d += e * e
    }
    const before = closest[i] as number
    out[i] = d < before ? d : before
  }
}

function accumulate(values: Float64Array, weights: Float64Array | undefined, out: Float64Array): void {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    sum += (values[i] as number) * (weights === undefined ? 1 : (weights[i] as number))
    out[i] = sum
  }
}

function weightedSum(values: Float64Array, weights: Float64Array | undefined): number {
  let sum = 0
  for (let i = 0; i < values.length; i++)
    sum += (values[i] as number) * (weights === undefined ? 1 : (weights[i] as number))
  return sum
}

/** First index whose cumulative value exceeds `target`, so that a row of weight 0 is never drawn while others remain. */
function search(cumulative: Float64Array, target: number): number {
  let lo = 0
  let hi = cumulative.length - 1
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if ((cumulative[mid] as number) > target) hi = mid
    else lo = mid + 1
  }
  return lo
}
