import { valueOfRank } from '../features/measure.ts'
import type { Plan } from '../features/plan.ts'
import { Ranges } from './ranges.ts'
import {
  DIFFERENCE,
  DISTINCT,
  GREATEST,
  LEAST,
  RATIO,
  RECENCY,
  recipeOf,
  SUM,
  TENURE,
  type Places,
} from './recipe.ts'
import { AS_OF } from './row.ts'

/** Reads the vector of features from a row. Has one scratch: not for two readings at a time. */
export class Reading {
  // typed arrays, since numbers of mixed kinds in objects would be put on the heap one by one
  readonly #op: Uint8Array
  readonly #at: Int32Array
  readonly #by: Float64Array
  readonly #unitMs: Float64Array
  readonly #other: Float64Array
  readonly #columnNode: Int32Array
  readonly #values: Float64Array
  /** 1 where a smallest or largest value is that of nothing. */
  readonly #empty: Uint8Array
  readonly #ranges: Ranges

  constructor(plan: Plan, places: Places) {
    const recipes = plan.nodes.map((node) => recipeOf(node, places))
    this.#op = Uint8Array.from(recipes, (r) => r.op)
    this.#at = Int32Array.from(recipes, (r) => r.at)
    this.#by = Float64Array.from(recipes, (r) => r.by)
    this.#unitMs = Float64Array.from(recipes, (r) => r.unitMs)
    this.#other = Float64Array.from(recipes, (r) => r.other)
    this.#columnNode = Int32Array.from(plan.columnNodes)
    this.#values = new Float64Array(recipes.length)
    this.#empty = new Uint8Array(recipes.length)
    this.#ranges = new Ranges(recipes)
  }

  /** F raw values in column order; the row has been advanced to its as-of. */
  vector(row: Float64Array, base: number, out: Float64Array): void {
    this.#evaluate(row, base)
    for (let i = 0; i < this.#columnNode.length; i++)
      out[i] = this.#values[this.#columnNode[i] as number] as number
  }

  /** Values of all nodes of the plan, in its order, until the next reading; the row has been advanced to its as-of. */
  nodes(row: Float64Array, base: number): Float64Array {
    this.#evaluate(row, base)
    return this.#values
  }

  #evaluate(row: Float64Array, base: number): void {
    const values = this.#values
    const asOf = row[base + AS_OF] as number
    for (let i = 0; i < this.#op.length; i++) {
      const op = this.#op[i] as number
      const at = this.#at[i] as number
      const by = this.#by[i] as number
      const other = this.#other[i] as number
      let value = 0
      if (op === SUM) value = (row[base + at] as number) / by
      else if (op === RATIO) {
        const under = values[by] as number
        value = under === 0 ? other : (values[at] as number) / under
      } else if (op === DISTINCT) value = Math.min(row[base + at] as number, by)
      else if (op === DIFFERENCE) value = (values[at] as number) - (values[by] as number)
      else {
        const kept = row[base + at] as number
        if (op === LEAST || op === GREATEST) {
          this.#empty[i] = kept === 0 ? 1 : 0
          value = kept === 0 ? other : valueOfRank(kept) / by
        }
        // time since the event, floored to whole steps
        else if (kept !== 0)
          value = Math.min(other, (Math.floor((asOf - kept + 1) / by) * by) / (this.#unitMs[i] as number))
        else value = op === RECENCY ? other : 0
      }
      values[i] = value
    }
  }

  /** Takes the earlier end of a `range`: a row advanced to it. */
  begin(row: Float64Array): void {
    this.#evaluate(row, 0)
    this.#ranges.begin(this.#values, this.#empty)
  }

  /**
   * Bounds of the F raw values for every instant between two as-ofs at which nothing happens: `begin` has been given the
   * earlier, `later` has been advanced to the later.
   */
  range(later: Float64Array, lo: Float64Array, hi: Float64Array): void {
    this.#evaluate(later, 0)
    this.#ranges.end(this.#values, this.#empty)
    for (let i = 0; i < this.#columnNode.length; i++) {
      const node = this.#columnNode[i] as number
      lo[i] = this.#ranges.low[node] as number
      hi[i] = this.#ranges.high[node] as number
    }
  }

  /** First instant after the as-of at which an age takes its next step; Infinity if all are at their cap or empty. */
  nextStep(row: Float64Array, base: number): number {
    const asOf = row[base + AS_OF] as number
    let next = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#op.length; i++) {
      if (this.#op[i] !== RECENCY && this.#op[i] !== TENURE) continue
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
