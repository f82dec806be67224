import type { Plan, Read } from '../features/plan.ts'

/** Place of the as-of in a row. */
export const AS_OF = 0

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
  readonly #values: Float64Array

  constructor(plan: Plan, places: Places) {
    const recipes = plan.order.map((feature) => recipeOf(plan.reads[feature] as Read, places))
    this.#feature = Int32Array.from(plan.order)
    this.#column = Int32Array.from(plan.order, (feature) => plan.columnOf[feature] as number)
    this.#op = Int32Array.from(recipes, (r) => r.op)
    this.#at = Int32Array.from(recipes, (r) => r.at)
    this.#by = Float64Array.from(recipes, (r) => r.by)
    this.#unitMs = Float64Array.from(recipes, (r) => r.unitMs)
    this.#other = Float64Array.from(recipes, (r) => r.other)
    this.#values = new Float64Array(plan.reads.length)
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

function recipeOf(read: Read, places: Places): Recipe {
  if (read.from === 'scalar')
    return { op: VALUE, at: places.scalar(read.at), by: read.divisor, unitMs: 1, other: 0 }
  if (read.from === 'lane') {
    return { op: VALUE, at: places.lane(read.at, read.read), by: read.divisor, unitMs: 1, other: 0 }
  }
  if (read.from === 'set') {
    return { op: KEPT, at: places.set(read.at, read.read), by: read.keep, unitMs: 1, other: 0 }
  }
  if (read.from === 'recency') {
    return { op: RECENCY, at: places.scalar(read.at), by: read.stepMs, unitMs: read.unitMs, other: read.cap }
  }
  return { op: RATIO, at: read.over, by: read.under, unitMs: 1, other: read.whenEmpty }
}
