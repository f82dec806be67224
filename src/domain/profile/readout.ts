import type { LaneRead, Rule } from '../features/states.ts'
import { decayWeights } from './decay.ts'
import { goesOn, runs } from './slots.ts'

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
  readonly #how: number
  readonly #weights: Float64Array

  constructor(read: LaneRead, rule: Rule, place: number) {
    this.place = place
    this.hops = read.hops
    this.cell = read.cell
    this.#how = howOf(read, rule)
    this.additive = this.#how === SUM
    this.decays = this.#how === DECAYED
    this.width = this.decays ? 2 : 1
    this.#weights = this.decays ? decayWeights(read.halfLifeDays, read.hops) : new Float64Array(0)
  }

  /** Takes out what entries hold that have left the window. */
  subtract(
    row: Float64Array,
    from: number,
    numbers: Float64Array,
    start: number,
    end: number,
    stride: number,
  ): void {
    let sum = row[from + this.place] as number
    for (let e = start; e < end; e += stride) sum -= numbers[e + 1 + this.cell] as number
    row[from + this.place] = sum
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
    let last = start
    for (let e = start; e < end; e += stride) {
      const x = numbers[e + 1 + this.cell] as number
      if (this.#how === SUM) value += x
      else if (x === 0) continue
      else if (this.#how === LEAST) value = value === 0 || x < value ? x : value
      else if (this.#how === GREATEST) value = value === 0 || x > value ? x : value
      else {
        value += runs(x)
        const follows = last < e && (numbers[last] as number) + 1 === numbers[e]
        if (follows && goesOn(numbers[last + 1 + this.cell] as number, x)) value--
        last = e
      }
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
