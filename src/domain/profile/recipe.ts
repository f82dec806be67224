import type { Node, Source } from '../features/plan.ts'

/** How nodes are read from an advanced row: places and constants in the order of evaluation, all flat. */
export const SUM = 0
export const DISTINCT = 1
export const LEAST = 2
export const GREATEST = 3
export const RECENCY = 4
export const TENURE = 5
export const RATIO = 6
export const DIFFERENCE = 7

/** Where the states of a plan stand in a row. */
export interface Places {
  scalar(at: number): number
  lane(at: number, read: number): number
  set(at: number, read: number): number
}

/** One node's recipe. */
export interface Recipe {
  readonly op: number
  /** Place in the row; for what is made of nodes the first of them. */
  readonly at: number
  /** Divisor; most of a distinct count; step of an age; for what is made of nodes the second of them. */
  readonly by: number
  /** Unit of an age, ms. */
  readonly unitMs: number
  /** Cap of an age; value where there is nothing. */
  readonly other: number
  /** May its parts be negative, so that a window that loses some can rise? */
  readonly signed: boolean
  /** A ratio of a part to the whole. */
  readonly part: boolean
}

export function recipeOf(node: Node, places: Places): Recipe {
  const plain = { unitMs: 1, other: 0, signed: false, part: false }
  const placeOf = (s: Source): number => (s.in === 'scalar' ? places.scalar(s.at) : places.lane(s.at, s.read))
  if (node.is === 'sum')
    return { ...plain, op: SUM, at: placeOf(node.of), by: node.divisor, signed: node.signed }
  if (node.is === 'distinct')
    return { ...plain, op: DISTINCT, at: places.set(node.at, node.read), by: node.keep }
  if (node.is === 'difference') return { ...plain, op: DIFFERENCE, at: node.from, by: node.less }
  if (node.is === 'ratio') {
    const { over, under, whenEmpty, part } = node
    return { ...plain, op: RATIO, at: over, by: under, other: whenEmpty, part }
  }
  if ('stepMs' in node) {
    const op = node.is === 'recency' ? RECENCY : TENURE
    const { stepMs, unitMs, cap } = node
    return { ...plain, op, at: places.scalar(node.at), by: stepMs, unitMs, other: cap }
  }
  const op = node.is === 'min' ? LEAST : GREATEST
  return { ...plain, op, at: placeOf(node.of), by: node.divisor, other: node.whenEmpty }
}
