import { DIFFERENCE, RATIO, type Recipe, SUM } from './recipe.ts'

/**
 * Bounds of every node's value between two as-ofs at which nothing happens, made from the values at both ends. While nothing
 * happens counts, distinct counts and sums of what is not negative only fall, ages and smallest values only rise and largest
 * only fall, so that the ends bound all between; what is made of others lies between what their bounds make. Where a sum may
 * rise, or a smallest or largest value ends, nothing is known.
 */
export class Ranges {
  readonly low: Float64Array
  readonly high: Float64Array
  readonly #recipes: readonly Recipe[]
  readonly #begin: Float64Array
  readonly #emptyAtBegin: Uint8Array

  constructor(recipes: readonly Recipe[]) {
    this.#recipes = recipes
    this.low = new Float64Array(recipes.length)
    this.high = new Float64Array(recipes.length)
    this.#begin = new Float64Array(recipes.length)
    this.#emptyAtBegin = new Uint8Array(recipes.length)
  }

  /** Takes the values at the earlier end; `empty`: 1 for a smallest or largest of nothing. */
  begin(values: Float64Array, empty: Uint8Array): void {
    this.#begin.set(values)
    this.#emptyAtBegin.set(empty)
  }

  /** Takes those at the later end; `low` and `high` then hold the bounds. */
  end(values: Float64Array, empty: Uint8Array): void {
    for (let i = 0; i < this.#recipes.length; i++) {
      const r = this.#recipes[i] as Recipe
      const first = this.#begin[i] as number
      const last = values[i] as number
      if (r.op === RATIO) this.#ratio(i, r)
      else if (r.op === DIFFERENCE) {
        const low = (this.low[r.at] as number) - (this.high[r.by] as number)
        this.#set(i, low, (this.high[r.at] as number) - (this.low[r.by] as number))
      } else if (r.op === SUM && r.signed) this.#unbounded(i)
      else if (empty[i] !== this.#emptyAtBegin[i]) this.#unbounded(i)
      else this.#set(i, Math.min(first, last), Math.max(first, last))
    }
  }

  #set(i: number, low: number, high: number): void {
    // bounds of both kinds may be infinite: their difference is then no number
    this.low[i] = Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low
    this.high[i] = Number.isNaN(high) ? Number.POSITIVE_INFINITY : high
  }

  #unbounded(i: number): void {
    this.#set(i, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  /** Parts that are not negative: over / under lies between low / high and high / low, and may be `whenEmpty` where under can be 0. */
  #ratio(i: number, { at: over, by: under, other: whenEmpty, part }: Recipe): void {
    const least = this.low[under] as number
    const most = this.high[under] as number
    if (!((this.low[over] as number) >= 0 && least >= 0)) return this.#unbounded(i)
    if (most === 0) return this.#set(i, whenEmpty, whenEmpty)
    const low = (this.low[over] as number) / most
    const mostOver = this.high[over] as number
    const limit = part ? 1 : Number.POSITIVE_INFINITY
    // where the lower part can be 0, its smallest value above 0 is not known here
    const high = least > 0 ? Math.min(limit, mostOver / least) : mostOver === 0 ? 0 : limit
    if (least > 0) this.#set(i, low, high)
    else this.#set(i, Math.min(low, whenEmpty), Math.max(high, whenEmpty))
  }
}
