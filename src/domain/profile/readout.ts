import type { LaneRead, Rule } from '../features/states.ts'
import { decayWeights } from './decay.ts'
import { goesOn, isFirst, isLast, runs } from './slots.ts'

const SUM = 0
const LEAST = 1
const GREATEST = 2
const RUNS = 3
const DECAYED = 4

/**
 * One number that features read of the entries inside a window: a sum, the smallest or largest, the runs of half-hours, or a
 * sum weighted by age. It stands in the row at `place`. A weighted sum adds the oldest first, so that its bits do not depend
 * on the order of events; what is older than the newest bucket is kept beside it, at `place + 1`.
 */
export class Readout {
  /** Numbers taken in a row. */
  readonly width: number
  readonly place: number
  readonly hops: number
  readonly cell: number
  /** A value added to an entry is added to it. */
  readonly additive: boolean
  readonly decays: boolean
  /** What leaves can be taken out of it. */
  readonly subtractive: boolean
  readonly #how: number
  readonly #weights: Float64Array

  constructor(read: LaneRead, rule: Rule, place: number) {
    this.place = place
    this.hops = read.hops
    this.cell = read.cell
    this.#how = howOf(read, rule)
    this.additive = this.#how === SUM
    this.decays = this.#how === DECAYED
    this.subtractive = this.#how === SUM || this.#how === RUNS
    this.width = this.decays ? 2 : 1
    this.#weights = this.decays ? decayWeights(read.halfLifeDays, read.hops) : new Float64Array(0)
  }

  /** Takes out what the entries from `start` to `until` hold, which have left the window that ends at `end`. */
  subtract(
    row: Float64Array,
    from: number,
    numbers: Float64Array,
    start: number,
    until: number,
    end: number,
    stride: number,
  ): void {
    let value = row[from + this.place] as number
    for (let e = start; e < until; e += stride) {
      const x = numbers[e + 1 + this.cell] as number
      if (this.#how === SUM) value -= x
      else if (x !== 0) value -= runs(x) - (e + stride < end ? this.#joins(numbers, e, e + stride) : 0)
    }
    row[from + this.place] = value
  }

  /** One run for two entries: the later follows the earlier at once, and a run goes on from it. */
  #joins(numbers: Float64Array, earlier: number, later: number): number {
    if ((numbers[earlier] as number) + 1 !== numbers[later]) return 0
    const cell = 1 + this.cell
    return goesOn(numbers[earlier + cell] as number, numbers[later + cell] as number) ? 1 : 0
  }

  /** The entry has a half-hour more, which made `more` runs in its bucket; the window's entries go from `start` to `end`. */
  occupied(
    row: Float64Array,
    from: number,
    numbers: Float64Array,
    entry: number,
    start: number,
    end: number,
    stride: number,
    code: number,
    more: number,
  ): void {
    let joined = 0
    if (isFirst(code) && entry > start) joined += this.#joins(numbers, entry - stride, entry)
    if (isLast(code) && entry + stride < end) joined += this.#joins(numbers, entry, entry + stride)
    row[from + this.place] = (row[from + this.place] as number) + more - joined
  }

  /** Reads the entries from `start` to `end`, all of the window, as of a bucket's number. */
  refresh(
    row: Float64Array,
    from: number,
    numbers: Float64Array,
    start: number,
    end: number,
    stride: number,
    index: number,
  ): void {
    if (this.decays) return this.#weigh(row, from, numbers, start, end, stride, index)
    let value = 0
    for (let e = start; e < end; e += stride) {
      const x = numbers[e + 1 + this.cell] as number
      if (this.#how === SUM) value += x
      else if (x === 0) continue
      else if (this.#how === LEAST) value = value === 0 || x < value ? x : value
      else if (this.#how === GREATEST) value = value === 0 || x > value ? x : value
      else value += runs(x) - (e > start ? this.#joins(numbers, e - stride, e) : 0)
    }
    row[from + this.place] = value
  }

  #weigh(
    row: Float64Array,
    from: number,
    numbers: Float64Array,
    start: number,
    end: number,
    stride: number,
    index: number,
  ): void {
    let past = 0
    let newest = 0
    for (let e = start; e < end; e += stride) {
      const age = index - (numbers[e] as number)
      const x = numbers[e + 1 + this.cell] as number
      if (age === 0) newest = x
      else past += x * (this.#weights[age] as number)
    }
    row[from + this.place + 1] = past
    row[from + this.place] = past + newest
  }

  /** The bucket of the as-of itself, whose weight is 1, now holds what is in `numbers[at]`. */
  newest(row: Float64Array, from: number, numbers: Float64Array, at: number): void {
    row[from + this.place] = (row[from + this.place + 1] as number) + (numbers[at] as number)
  }
}

function howOf(read: LaneRead, rule: Rule): number {
  if (read.halfLifeDays > 0) return DECAYED
  if (rule === 'min') return LEAST
  if (rule === 'max') return GREATEST
  return rule === 'slots' ? RUNS : SUM
}
