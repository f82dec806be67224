import type { Event } from '../events/event.ts'
import { EVENT_KINDS } from '../events/event.ts'
import { measure, ONE } from '../features/fields.ts'
import type { ScalarState } from '../features/states.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

const ADD_ONE = 0
const ADD = 1
const LATEST = 2

/** What the events of one kind do, flat: [state, predicate or −1, rule] per step. */
const STEP = 3

/**
 * Counts and sums of a lifetime, and newest event times. A newest time is kept as the first as-of that sees it (time + 1 ms);
 * 0: none.
 */
export class Scalars {
  readonly width: number
  readonly #at: number
  readonly #states: readonly ScalarState[]
  readonly #steps: readonly Int32Array[]

  constructor(states: readonly ScalarState[], at: number) {
    this.#states = states
    this.#at = at
    this.width = states.length
    this.#steps = EVENT_KINDS.map((_, kind) =>
      Int32Array.from(
        states.flatMap((s, i) => {
          const rule = s.rule === 'latest' ? LATEST : s.measure.code === ONE ? ADD_ONE : ADD
          return s.kinds.includes(kind) ? [i, s.predicate, rule] : []
        }),
      ),
    )
  }

  /** Place of a state's number in a row. */
  place(state: number): number {
    return this.#at + state
  }

  fresh(row: Float64Array, base: number): void {
    row.fill(0, base + this.#at, base + this.#at + this.width)
  }

  /** Takes one event of the kind. `pass[i]`: predicate i holds. */
  fold(row: Float64Array, base: number, kind: number, e: Event, pass: Uint8Array): void {
    const steps = this.#steps[kind] as Int32Array
    const from = base + this.#at
    for (let i = 0; i < steps.length; i += STEP) {
      const predicate = steps[i + 1] as number
      if (predicate >= 0 && pass[predicate] === 0) continue
      const state = steps[i] as number
      const rule = steps[i + 2] as number
      const at = from + state
      if (rule === ADD_ONE) row[at] = (row[at] as number) + 1
      else if (rule === LATEST) {
        if (e.eventTime >= (row[at] as number)) row[at] = e.eventTime + 1
      } else row[at] = (row[at] as number) + measure((this.#states[state] as ScalarState).measure, e)
    }
  }

  write(row: Float64Array, base: number, asOf: number, out: ByteWriter): void {
    for (let i = 0; i < this.#states.length; i++) {
      const { rule, measure: m } = this.#states[i] as ScalarState
      const value = row[base + this.#at + i] as number
      if (rule === 'latest') out.uint(value === 0 ? 0 : asOf - value + 1)
      else if (m.code === ONE) out.uint(value)
      else out.int(value)
    }
  }

  read(row: Float64Array, base: number, asOf: number, from: ByteReader): void {
    for (let i = 0; i < this.#states.length; i++) {
      const { rule, measure: m } = this.#states[i] as ScalarState
      const at = base + this.#at + i
      if (rule === 'latest') {
        const age = from.uint()
        row[at] = age === 0 ? 0 : asOf + 1 - age
      } else row[at] = m.code === ONE ? from.uint() : from.int()
    }
  }
}
