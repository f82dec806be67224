import { NUMBER_ATTRIBUTE } from '../features/fields.ts'
import type { Plan, Read } from '../features/plan.ts'
import { AS_OF } from './row.ts'

/** How the features are read from an advanced row: places and constants in the order of evaluation, all flat. */
const VALUE = 0
const KEPT = 1
const RECENCY = 2
const RATIO = 3

/** Where the states of a plan stand in a row. */
export interface Places {
  scalar(at: number): number
  lane(at: number, read: number): number
  set(at: number, read: number): number
}

/** One feature's recipe. */
interface Recipe {
  readonly op: number
  /** Place in the row; for a ratio the feature above the line. */
  readonly at: number
  /** Divisor of a value; most of a distinct count; step of a recency; for a ratio the feature below the line. */
  readonly by: number
  /** Unit of a recency, ms. */
  readonly unitMs: number
  /** Cap of a recency; value of a ratio of nothing. */
  readonly other: number
  /** May its parts be negative, so that a window that loses some can rise? */
  readonly signed: boolean
}

/** Reads the vector of features from a row. Has one scratch: not for two readings at a time. */
export class Reading {
  // typed arrays, since numbers of mixed kinds in objects would be put on the heap one by one
  readonly #feature: Int32Array
  readonly #column: Int32Array
  readonly #op: Int32Array
  readonly #at: Int32Array
  readonly #by: Float64Array
  readonly #unitMs: Float64Array
  readonly #other: Float64Array
  readonly #signed: Uint8Array
  readonly #values: Float64Array
  readonly #low: Float64Array
  readonly #high: Float64Array

  constructor(plan: Plan, places: Places) {
    const recipes = plan.order.map((feature) => recipeOf(plan, plan.reads[feature] as Read, places))
    this.#feature = Int32Array.from(plan.order)
    this.#column = Int32Array.from(plan.order, (feature) => plan.columnOf[feature] as number)
    this.#op = Int32Array.from(recipes, (r) => r.op)
    this.#at = Int32Array.from(recipes, (r) => r.at)
    this.#by = Float64Array.from(recipes, (r) => r.by)
    this.#unitMs = Float64Array.from(recipes, (r) => r.unitMs)
    this.#other = Float64Array.from(recipes, (r) => r.other)
    this.#signed = Uint8Array.from(recipes, (r) => (r.signed ? 1 : 0))
    this.#values = new Float64Array(plan.reads.length)
    this.#low = new Float64Array(plan.reads.length)
    this.#high = new Float64Array(plan.reads.length)
  }

  /** F raw values in column order; the row has been advanced to its as-of. */
  vector(row: Float64Array, base: number, out: Float64Array): void {
    const values = this.#values
    const asOf = row[base + AS_OF] as number
    for (let i = 0; i < this.#op.length; i++) {
      const op = this.#op[i] as number
      const at = this.#at[i] as number
      const by = this.#by[i] as number
      let value = 0
      if (op === VALUE) value = (row[base + at] as number) / by
      else if (op === KEPT) value = Math.min(row[base + at] as number, by)
      else if (op === RECENCY) {
        // time since the newest event, floored to whole steps; the cap where there was none
        const seen = row[base + at] as number
        value = this.#other[i] as number
        if (seen !== 0)
          value = Math.min(value, (Math.floor((asOf - seen + 1) / by) * by) / (this.#unitMs[i] as number))
      } else {
        const under = values[by] as number
        value = under === 0 ? (this.#other[i] as number) : (values[at] as number) / under
      }
      values[this.#feature[i] as number] = value
      const column = this.#column[i] as number
      if (column >= 0) out[column] = value
    }
  }

  /** Takes the earlier end of a `range`: a row advanced to it. */
  begin(row: Float64Array, low: Float64Array): void {
    this.vector(row, 0, low)
    this.#low.set(this.#values)
  }

  /**
   * Bounds of the F raw values for every instant between two as-ofs at which nothing happens: `begin` has been given the
   * earlier, `later` has been advanced to the later. While nothing happens counts, distinct counts and sums of what is not negative only fall,
   * and ages only rise, so the two ends bound all between; a ratio lies between the quotients of its parts' bounds. A sum
   * that may rise is unbounded.
   */
  range(later: Float64Array, lo: Float64Array, hi: Float64Array): void {
    const low = this.#low
    const high = this.#high
    this.vector(later, 0, hi)
    high.set(this.#values)
    for (let i = 0; i < this.#op.length; i++) {
      const feature = this.#feature[i] as number
      const op = this.#op[i] as number
      if (op === RATIO) this.#ratioRange(i, feature)
      else if (this.#signed[i] === 1) this.#unbounded(feature)
      else if ((low[feature] as number) > (high[feature] as number)) {
        const swap = low[feature] as number
        low[feature] = high[feature] as number
        high[feature] = swap
      }
      const column = this.#column[i] as number
      if (column < 0) continue
      lo[column] = low[feature] as number
      hi[column] = high[feature] as number
    }
  }

  #unbounded(feature: number): void {
    this.#low[feature] = Number.NEGATIVE_INFINITY
    this.#high[feature] = Number.POSITIVE_INFINITY
  }

  /** Parts that are not negative: over / under lies between low / high and high / low, and may be `whenEmpty` where under can be 0. */
  #ratioRange(i: number, feature: number): void {
    const over = this.#at[i] as number
    const under = this.#by[i] as number
    const whenEmpty = this.#other[i] as number
    const least = this.#low[under] as number
    const most = this.#high[under] as number
    if (!((this.#low[over] as number) >= 0 && least >= 0)) return this.#unbounded(feature)
    if (most === 0) {
      this.#low[feature] = whenEmpty
      this.#high[feature] = whenEmpty
      return
    }
    const low = (this.#low[over] as number) / most
    // where the lower part can be 0, its smallest value above 0 is not known here
    const high =
      least > 0 ? (this.#high[over] as number) / least : this.#high[over] === 0 ? 0 : Number.POSITIVE_INFINITY
    this.#low[feature] = least > 0 ? low : Math.min(low, whenEmpty)
    this.#high[feature] = least > 0 ? high : Math.max(high, whenEmpty)
  }

  /** First instant after the as-of at which an age takes its next step; Infinity if all are at their cap or empty. */
  nextStep(row: Float64Array, base: number): number {
    const asOf = row[base + AS_OF] as number
    let next = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#op.length; i++) {
      if (this.#op[i] !== RECENCY) continue
      const seen = row[base + (this.#at[i] as number)] as number
      if (seen === 0) continue
      const stepMs = this.#by[i] as number
      const steps = Math.floor((asOf - seen + 1) / stepMs)
      if ((steps * stepMs) / (this.#unitMs[i] as number) >= (this.#other[i] as number)) continue
      next = Math.min(next, seen - 1 + (steps + 1) * stepMs)
    }
    return next
  }
}

function recipeOf(plan: Plan, read: Read, places: Places): Recipe {
  const plain = { unitMs: 1, other: 0, signed: false }
  if (read.from === 'scalar') return { ...plain, op: VALUE, at: places.scalar(read.at), by: read.divisor }
  if (read.from === 'lane') {
    const lane = plan.lanes[read.at]
    const cell = lane?.cells[lane.reads[read.read]?.cell ?? 0]
    const signed = cell?.measure.code === NUMBER_ATTRIBUTE
    return { ...plain, op: VALUE, at: places.lane(read.at, read.read), by: read.divisor, signed }
  }
  if (read.from === 'set') return { ...plain, op: KEPT, at: places.set(read.at, read.read), by: read.keep }
  if (read.from === 'recency') {
    return {
      ...plain,
      op: RECENCY,
      at: places.scalar(read.at),
      by: read.stepMs,
      unitMs: read.unitMs,
      other: read.cap,
    }
  }
  return { ...plain, op: RATIO, at: read.over, by: read.under, other: read.whenEmpty }
}
