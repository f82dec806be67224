import { EVENT_KINDS, type EventKind } from '../events/event.ts'
import { COUNT_ONE, refundedBy, type Measure, type Refundable } from './measure.ts'
import type { CellState, Lane, ScalarState } from './states.ts'

/** What cancellations and refunds take back from. */
export const REVERSIBLE: EventKind = 'order_completed'
const REVERSIBLE_KIND = EVENT_KINDS.indexOf(REVERSIBLE)

/** A number that an order adds to counts and sums: a cancellation takes back what is left of it. */
export interface OrderPart {
  readonly rule: 'add' | 'seen'
  readonly measure: Measure
  /** What of a refund takes back from it, too; null: nothing does. */
  readonly refundedBy: Refundable | null
}

/** What has to be known of an order so that it can be undone. */
export interface Reversible {
  /** Each once; the first is the order itself, counted 1. */
  readonly parts: readonly OrderPart[]
  /** The plan's predicates that decide about it, each once. */
  readonly predicates: readonly number[]
  /** Can a refund change anything? Then the lines of orders are to be remembered, for it may name some of them. */
  readonly refundable: boolean
}

type Undone = Pick<ScalarState | CellState, 'rule' | 'measure' | 'kinds' | 'predicate' | 'gross'>

const ITSELF: OrderPart = { rule: 'add', measure: COUNT_ONE, refundedBy: null }

export function reversibleOf(states: {
  readonly scalars: readonly ScalarState[]
  readonly lanes: readonly Lane[]
}): Reversible {
  const undone = [...states.scalars, ...states.lanes.flatMap((lane) => lane.cells)].filter(isReversible)
  const parts = [ITSELF]
  for (const s of undone) {
    const rule = s.rule as OrderPart['rule']
    if (partOf(parts, s) >= 0) continue
    parts.push({ rule, measure: s.measure, refundedBy: rule === 'add' ? refundedBy(s.measure) : null })
  }
  const predicates = [...new Set(undone.map((s) => s.predicate).filter((p) => p >= 0))].sort((a, b) => a - b)
  return { parts, predicates, refundable: parts.some((part) => part.refundedBy !== null) }
}

/** Counts and sums of orders are, unless they are to be gross; all else keeps the fact that an order was made. */
function isReversible(s: Undone): boolean {
  return s.kinds.includes(REVERSIBLE_KIND) && !s.gross && (s.rule === 'add' || s.rule === 'seen')
}

/** Index of the part that a state holds of an order; −1: nothing is taken back from it. */
export function partOf(parts: readonly OrderPart[], s: Undone): number {
  if (!isReversible(s)) return -1
  const { rule, measure } = s
  return parts.findIndex(
    (p) => p.rule === rule && p.measure.code === measure.code && p.measure.attribute === measure.attribute,
  )
}
