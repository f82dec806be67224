import { assert } from '../../errors.ts'
import { seededRandom } from '../base/random.ts'
import type { Matrix } from './matrix.ts'
import { fitScaler } from './scaler.ts'
import { seedCentres } from './seeding.ts'
import { newSweep, sweepRows, type Sweep } from './sweep.ts'

export const DEFAULT_STARTS = 10
export const DEFAULT_TOLERANCE = 1e-4
export const MAX_ITERATIONS = 300

export interface Clustering {
  /** K × C, row-major. */
  readonly centres: Float64Array
  /** Index of the nearest centre, per row. */
  readonly labels: Int32Array
  /** Weighted sum of squared distances to the nearest centre. */
  readonly inertia: number
  /** Passes made, the confirming one included. */
  readonly iterations: number
  /** false: stopped by `maxIterations`. */
  readonly converged: boolean
}

export interface LloydOptions {
  /** Stop when the centres' squared shifts sum to at most this × the mean column variance; 0: only at a fixed point. */
  readonly tolerance?: number
  readonly maxIterations?: number
  /** Per row, ≥ 0. */
  readonly weights?: Float64Array | undefined
}

/**
 * Lloyd's (1982) k-means from given centres (K × C), by scikit-learn's rules: every pass labels with the old centres, then
 * moves them to their rows' means; an empty cluster takes the row farthest from its centre; it ends when no label changes, or
 * when the centres shift less than the tolerance (then rows are labelled once more, so that labels and centres agree).
 */
export function kmeansFrom(x: Matrix, start: Float64Array, options: LloydOptions = {}): Clustering {
  const run = lloyd(x, start, absoluteTolerance(x, options.tolerance), options)
  assert(run !== undefined, 'a run without known states goes to its end')
  return run
}

export interface KmeansOptions extends LloydOptions {
  readonly k: number
  readonly seed: number
  readonly starts?: number
  /** Called after each start with the number done. */
  readonly onStart?: ((done: number) => void) | undefined
}

/**
 * The best of several greedy k-means++ starts by inertia; ties: the first. A start that comes upon centres which an earlier one
 * has passed through (in any order) would repeat the rest of it and is given up: on well separated data most starts end so
 * after a pass or two.
 */
export function kmeans(x: Matrix, options: KmeansOptions): Clustering {
  const random = seededRandom(options.seed)
  const tolerance = absoluteTolerance(x, options.tolerance)
  const seen = new Set<string>()
  let best: Clustering | undefined
  for (let s = 0; s < (options.starts ?? DEFAULT_STARTS); s++) {
    const run = lloyd(x, seedCentres(x, options.k, random, options.weights), tolerance, options, seen)
    if (run !== undefined && (best === undefined || run.inertia < best.inertia)) best = run
    options.onStart?.(s + 1)
  }
  assert(best !== undefined, 'the first start goes to its end')
  return best
}

function absoluteTolerance(x: Matrix, tolerance = DEFAULT_TOLERANCE): number {
  return tolerance === 0 ? 0 : (tolerance * fitScaler(x).variance.reduce((a, b) => a + b, 0)) / x.cols
}

function lloyd(
  x: Matrix,
  start: Float64Array,
  tolerance: number,
  { weights, maxIterations = MAX_ITERATIONS }: LloydOptions,
  seen?: Set<string>,
): Clustering | undefined {
  const K = start.length / x.cols
  const labels = new Int32Array(x.rows).fill(-1)
  const sweep = newSweep(K, x.cols)
  let centres = start
  for (let i = 1; ; i++) {
    sweepRows(x, centres, labels, sweep, weights)
    if (sweep.changed === 0)
      return { centres, labels, inertia: sweep.inertia, iterations: i, converged: true }
    const next = nextCentres(x, centres, labels, sweep, weights)
    const shift = squaredShift(centres, next)
    centres = next
    if (shift <= tolerance || i >= maxIterations) {
      sweepRows(x, centres, labels, sweep, weights)
      return { centres, labels, inertia: sweep.inertia, iterations: i, converged: shift <= tolerance }
    }
    if (seen !== undefined && alreadySeen(centres, x.cols, seen)) return undefined
  }
}

function alreadySeen(centres: Float64Array, cols: number, seen: Set<string>): boolean {
  const rows: string[] = []
  for (let at = 0; at < centres.length; at += cols) rows.push(centres.subarray(at, at + cols).join(','))
  const state = rows.sort().join(';')
  if (seen.has(state)) return true
  seen.add(state)
  return false
}

function nextCentres(
  x: Matrix,
  centres: Float64Array,
  labels: Int32Array,
  sweep: Sweep,
  weights?: Float64Array,
): Float64Array {
  relocateEmpty(x, centres, labels, sweep, weights)
  return centres.map((old, at) => {
    const w = sweep.weights[Math.floor(at / x.cols)] as number
    return w > 0 ? (sweep.sums[at] as number) / w : old
  })
}

/**
 * Gives each empty cluster the row farthest from its own centre, and takes it out of that centre's sum; farthest first, ties: the
 * lowest row. Where every row sits on its centre (fewer distinct rows than clusters) the cluster stays empty.
 */
export function relocateEmpty(
  x: Matrix,
  centres: Float64Array,
  labels: Int32Array,
  sweep: Sweep,
  weights?: Float64Array,
): void {
  const empty = Array.from(sweep.weights.keys()).filter((k) => sweep.weights[k] === 0)
  if (empty.length === 0) return
  const { data, rows, cols } = x
  const distances = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let d = 0
    for (let c = 0; c < cols; c++)
      d += ((data[i * cols + c] as number) - (centres[(labels[i] as number) * cols + c] as number)) ** 2
    distances[i] = d
  }
  for (const k of empty) {
    let row = 0
    for (let i = 1; i < rows; i++) if ((distances[i] as number) > (distances[row] as number)) row = i
    if ((distances[row] as number) <= 0) return
    distances[row] = 0
    const old = labels[row] as number
    const w = weights === undefined ? 1 : (weights[row] as number)
    for (let c = 0; c < cols; c++) {
      const v = w * (data[row * cols + c] as number)
      sweep.sums[old * cols + c] = (sweep.sums[old * cols + c] as number) - v
      sweep.sums[k * cols + c] = v
    }
    sweep.weights[old] = (sweep.weights[old] as number) - w
    sweep.weights[k] = w
  }
}

function squaredShift(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + (x - (b[i] as number)) ** 2, 0)
}
