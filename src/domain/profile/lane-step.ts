import { COUNT_ONE, type Measure } from '../features/measure.ts'
import { partOf, type OrderPart } from '../features/reversal.ts'
import type { CellState, LaneRead, Rule } from '../features/states.ts'
import type { Readout } from './readout.ts'

/** Rules by code. */
export const RULES: readonly Rule[] = ['add', 'seen', 'any', 'min', 'max', 'slots']
export const ADD = RULES.indexOf('add')
export const SEEN = RULES.indexOf('seen')
export const ANY = RULES.indexOf('any')
export const MIN = RULES.indexOf('min')
export const MAX = RULES.indexOf('max')
export const SLOTS = RULES.indexOf('slots')

/** One number that the events of one kind feed. */
export interface Step {
  /** Place in an entry. */
  readonly at: number
  readonly predicate: number
  readonly hops: number
  readonly rule: number
  readonly one: boolean
  readonly measure: Measure
  /** Which part of an order it holds; −1: none that is taken back. */
  readonly part: number
  /** [place, hops] pairs of the plain sums that a value is added to. */
  readonly sums: Int32Array
  /** What else reads the cell. */
  readonly others: readonly Readout[]
}

/** Takes a value into a cell; false where it changes nothing. In the array, since a double in a call would go to the heap. */
export function merge(numbers: Float64Array, at: number, rule: number, value: number): boolean {
  const old = numbers[at] as number
  if (rule === ADD || rule === SEEN) numbers[at] = old + value
  else if (rule === ANY) {
    if (old !== 0) return false
    numbers[at] = 1
  } else {
    if (old !== 0 && (rule === MIN ? old <= value : old >= value)) return false
    numbers[at] = value
  }
  return true
}

export function stepOf(
  c: CellState,
  cell: number,
  readouts: ReadonlyMap<LaneRead, Readout>,
  parts: readonly OrderPart[],
): Step {
  const rule = RULES.indexOf(c.rule)
  const own = [...readouts].filter(([read]) => read.cell === cell).map(([, readout]) => readout)
  return {
    at: cell + 1,
    predicate: c.predicate,
    hops: c.hops,
    rule,
    one: rule === ADD && c.measure.code === COUNT_ONE.code,
    measure: c.measure,
    part: partOf(parts, c),
    sums: Int32Array.from(own.filter((r) => r.additive).flatMap((r) => [r.place, r.hops])),
    others: own.filter((r) => !r.additive),
  }
}
