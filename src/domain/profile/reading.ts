import type { Plan, Read } from '../features/plan.ts'

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

interface Reader {
  readonly op: number
  /** Place in the row; for a ratio the feature above the line. */
  readonly at: number
  /** Divisor of a value; most of a distinct count; step of a recency; for a ratio the feature below the line. */
  readonly by: number
  readonly unitMs: number
  /** Cap of a recency; value of a ratio of nothing. */
  readonly other: number
  readonly feature: number
  readonly column: number
}

/** Reads the vector of features from a row. Has one scratch: not for two readings at a time. */
export class Reading {
  readonly #readers: readonly Reader[]
  readonly #recencies: readonly Reader[]
  readonly #values: Float64Array

  constructor(plan: Plan, places: Places) {
    this.#readers = plan.order.map((feature) => ({
      ...readerOf(plan.reads[feature] as Read, places),
      feature,
      column: plan.columnOf[feature] as number,
    }))
    this.#recencies = this.#readers.filter((r) => r.op === RECENCY)
    this.#values = new Float64Array(plan.reads.length)
  }

  /** F raw values in column order; the row has been advanced to `asOf`. */
  vector(row: Float64Array, base: number, asOf: number, out: Float64Array): void {
    const values = this.#values
    for (let i = 0; i < this.#readers.length; i++) {
      const r = this.#readers[i] as Reader
      let value: number
      if (r.op === VALUE) value = (row[base + r.at] as number) / r.by
      else if (r.op === KEPT) value = Math.min(row[base + r.at] as number, r.by)
      else if (r.op === RECENCY) value = ageOf(r, row[base + r.at] as number, asOf)
      else {
        const under = values[r.by] as number
        value = under === 0 ? r.other : (values[r.at] as number) / under
      }
      values[r.feature] = value
      if (r.column >= 0) out[r.column] = value
    }
  }

  /** First instant after `asOf` at which an age takes its next step; Infinity if all are at their cap or empty. */
  nextStep(row: Float64Array, base: number, asOf: number): number {
    let next = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#recencies.length; i++) {
      const r = this.#recencies[i] as Reader
      const seen = row[base + r.at] as number
      if (seen === 0) continue
      const last = seen - 1
      const steps = Math.floor((asOf - last) / r.by)
      if ((steps * r.by) / r.unitMs < r.other) next = Math.min(next, last + (steps + 1) * r.by)
    }
    return next
  }
}

/** Time since the newest event, floored to whole steps, in units, at most the cap; the cap where there was none. */
function ageOf(r: Reader, seen: number, asOf: number): number {
  if (seen === 0) return r.other
  return Math.min(r.other, (Math.floor((asOf - (seen - 1)) / r.by) * r.by) / r.unitMs)
}

function readerOf(read: Read, places: Places): Omit<Reader, 'feature' | 'column'> {
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
