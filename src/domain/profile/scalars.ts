import { EVENT_KINDS, type Event } from '../events/event.ts'
import { COUNT_ONE, extreme, numbersIn, total } from '../features/measure.ts'
import { partOf, type OrderPart } from '../features/reversal.ts'
import type { ScalarState } from '../features/states.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { AS_OF } from './row.ts'
import type { Hops, Incoming, Part } from './store.ts'
import { takenOf, type Undoing } from './undo.ts'

const ADD_ONE = 0
const ADD = 1
const SEEN = 2
const MIN = 3
const MAX = 4
const LATEST = 5
const EARLIEST = 6

/** What the events of one kind do, flat: [state, predicate or −1, rule] per step. */
const STEP = 3

/**
 * Numbers of a lifetime: counts and sums, smallest and largest as ranks, newest and oldest event times. A time is kept as the
 * first as-of that sees it (time + 1 ms); 0: none.
 */
export class Scalars implements Part {
  readonly width: number
  readonly #at: number
  readonly #states: readonly ScalarState[]
  readonly #rules: readonly number[]
  readonly #steps: readonly Int32Array[]

  /** Which part of an order a state holds; −1: none that is taken back. */
  readonly #parts: readonly number[]

  /** `parts`: what is kept of orders. */
  constructor(states: readonly ScalarState[], at: number, parts: readonly OrderPart[]) {
    this.#states = states
    this.#parts = states.map((s) => partOf(parts, s))
    this.#at = at
    this.width = states.length
    this.#rules = states.map(ruleOf)
    this.#steps = EVENT_KINDS.map((_, kind) =>
      Int32Array.from(
        states.flatMap((s, i) => (s.kinds.includes(kind) ? [i, s.predicate, this.#rules[i] as number] : [])),
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

  release(row: Float64Array, base: number): void {
    this.fresh(row, base)
  }

  fold(row: Float64Array, base: number, event: Event, incoming: Incoming): void {
    const steps = this.#steps[incoming.kind] as Int32Array
    const { pass } = incoming
    const from = base + this.#at
    for (let i = 0; i < steps.length; i += STEP) {
      const predicate = steps[i + 1] as number
      if (predicate >= 0 && pass[predicate] === 0) continue
      const at = from + (steps[i] as number)
      const rule = steps[i + 2] as number
      if (rule === ADD_ONE) row[at] = (row[at] as number) + 1
      else if (rule === LATEST) {
        if (event.eventTime >= (row[at] as number)) row[at] = event.eventTime + 1
      } else if (rule === EARLIEST) {
        if (row[at] === 0 || event.eventTime + 1 < (row[at] as number)) row[at] = event.eventTime + 1
      } else this.#measured(row, at, rule, steps[i] as number, event, incoming)
    }
  }

  /** Takes back what goes of an order. */
  undo(row: Float64Array, base: number, back: Undoing): void {
    this.#parts.forEach((part, i) => {
      if (part < 0) return
      const at = base + this.#at + i
      row[at] = (row[at] as number) - takenOf(back, part, (this.#states[i] as ScalarState).predicate)
    })
  }

  #measured(
    row: Float64Array,
    at: number,
    rule: number,
    state: number,
    event: Event,
    { local }: Incoming,
  ): void {
    const { measure } = this.#states[state] as ScalarState
    const old = row[at] as number
    if (rule === ADD) row[at] = old + total(measure, event, local)
    else if (rule === SEEN) row[at] = old + numbersIn(measure, event)
    else {
      const sign = rule === MIN ? 1 : -1
      const rank = extreme(measure, event, sign, local)
      if (rank !== 0 && (old === 0 || sign * rank < sign * old)) row[at] = rank
    }
  }

  write(row: Float64Array, base: number, _now: Hops, out: ByteWriter): void {
    const asOf = row[base + AS_OF] as number
    for (let i = 0; i < this.#rules.length; i++) {
      const rule = this.#rules[i] as number
      const value = row[base + this.#at + i] as number
      if (rule >= LATEST) out.uint(value === 0 ? 0 : asOf - value + 1)
      else if (rule === ADD_ONE || rule === SEEN) out.uint(value)
      else out.int(value)
    }
  }

  read(row: Float64Array, base: number, _now: Hops, from: ByteReader): void {
    const asOf = row[base + AS_OF] as number
    for (let i = 0; i < this.#rules.length; i++) {
      const rule = this.#rules[i] as number
      const at = base + this.#at + i
      if (rule >= LATEST) {
        const age = from.uint()
        row[at] = age === 0 ? 0 : asOf + 1 - age
      } else row[at] = rule === ADD_ONE || rule === SEEN ? from.uint() : from.int()
    }
  }
}

function ruleOf(s: ScalarState): number {
  if (s.rule === 'add') return s.measure.code === COUNT_ONE.code ? ADD_ONE : ADD
  if (s.rule === 'latest') return LATEST
  if (s.rule === 'earliest') return EARLIEST
  if (s.rule === 'seen') return SEEN
  return s.rule === 'min' ? MIN : MAX
}
