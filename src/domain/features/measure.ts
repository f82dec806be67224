import type { Event, OrderLine } from '../events/event.ts'
import { MAX_AMOUNT_MINOR } from '../events/event.ts'
import type { Calendar } from './calendar.ts'
import { attributeOf } from './fields.ts'

/** Quantities and attributes are kept in thousandths, so that sums are integers and the order of events is no matter. */
const THOUSANDTHS = 1000
const MINOR_PER_MAJOR = 100

const ONE = 0
const AMOUNT = 1
const DISCOUNT = 2
const QUANTITY = 3
const LINES = 4
const LINE_QUANTITY = 5
const LINE_AMOUNT = 6
const HOUR = 7
const ATTRIBUTE = 8

/** A number that events have, as an integer: `divisor` times what people read. Of lines an event has as many as lines. */
export interface Measure {
  readonly code: number
  readonly attribute: string
  readonly divisor: number
  /** May it be negative? */
  readonly signed: boolean
}

export const COUNT_ONE: Measure = measureAs(ONE, 1)

const MEASURES: Readonly<Record<string, Measure>> = {
  amount: measureAs(AMOUNT, MINOR_PER_MAJOR),
  discount: measureAs(DISCOUNT, MINOR_PER_MAJOR),
  quantity: measureAs(QUANTITY, THOUSANDTHS),
  lines: measureAs(LINES, 1),
  'lines.quantity': measureAs(LINE_QUANTITY, THOUSANDTHS),
  'lines.amount': measureAs(LINE_AMOUNT, MINOR_PER_MAJOR),
  hourOfDay: measureAs(HOUR, 1),
}

export const MEASURE_NAMES: readonly string[] = [...Object.keys(MEASURES), 'attributes.<name>']

function measureAs(code: number, divisor: number): Measure {
  return { code, attribute: '', divisor, signed: false }
}

/** The measure of a name; undefined for one that has none. */
export function measureOf(of: string): Measure | undefined {
  const attribute = attributeOf(of)
  if (attribute !== undefined) return { code: ATTRIBUTE, attribute, divisor: THOUSANDTHS, signed: true }
  return Object.hasOwn(MEASURES, of) ? MEASURES[of] : undefined
}

/** What a refund may take back: its amount and quantity, or those of its lines. */
export type Refundable = 'amount' | 'quantity' | 'lineAmount' | 'lineQuantity'

/** What of a refund takes back from a measure; null: nothing does. */
export function refundedBy({ code }: Measure): Refundable | null {
  if (code === AMOUNT) return 'amount'
  if (code === QUANTITY) return 'quantity'
  if (code === LINE_AMOUNT) return 'lineAmount'
  return code === LINE_QUANTITY ? 'lineQuantity' : null
}

/** How many numbers the event has. */
export function numbersIn(m: Measure, e: Event): number {
  switch (m.code) {
    case AMOUNT:
      return e.amountMinor === undefined ? 0 : 1
    case DISCOUNT:
      return e.discountMinor === undefined ? 0 : 1
    case QUANTITY:
      return e.quantity === undefined ? 0 : 1
    case LINES:
      return e.lines === undefined ? 0 : 1
    case LINE_QUANTITY:
    case LINE_AMOUNT:
      return e.lines === undefined ? 0 : e.lines.length
    case ATTRIBUTE:
      return typeof e.attributes?.[m.attribute] === 'number' ? 1 : 0
    default:
      return 1
  }
}

/** Number `i` of those in the event. */
export function numberAt(m: Measure, e: Event, i: number, local: Calendar): number {
  switch (m.code) {
    case AMOUNT:
      return e.amountMinor as number
    case DISCOUNT:
      return e.discountMinor as number
    case QUANTITY:
      return thousandths(e.quantity as number)
    case LINES:
      return (e.lines as readonly OrderLine[]).length
    case LINE_QUANTITY:
      return thousandths((e.lines as readonly OrderLine[])[i]?.quantity as number)
    case LINE_AMOUNT:
      return (e.lines as readonly OrderLine[])[i]?.amountMinor as number
    case HOUR:
      return local.hour
    case ATTRIBUTE:
      return thousandths(e.attributes?.[m.attribute] as number)
    default:
      return 1
  }
}

/** Sum of the numbers in the event; 0 where it has none. */
export function total(m: Measure, e: Event, local: Calendar): number {
  if (m.code === ONE) return 1
  let sum = 0
  const n = numbersIn(m, e)
  for (let i = 0; i < n; i++) sum += numberAt(m, e, i, local)
  return sum
}

/** Smallest (`sign` 1) or largest (−1) of the numbers in the event, as `rankOf` gives it; 0 where it has none. */
export function extreme(m: Measure, e: Event, sign: 1 | -1, local: Calendar): number {
  let best = 0
  const n = numbersIn(m, e)
  for (let i = 0; i < n; i++) {
    const rank = rankOf(numberAt(m, e, i, local))
    if (best === 0 || sign * rank < sign * best) best = rank
  }
  return best
}

/** Integers without 0, which then can mean "none", in the same order. */
export function rankOf(value: number): number {
  return value >= 0 ? value + 1 : value
}

export function valueOfRank(rank: number): number {
  return rank > 0 ? rank - 1 : rank
}

export function thousandths(value: number): number {
  const n = Math.round(value * THOUSANDTHS)
  return Math.abs(n) < MAX_AMOUNT_MINOR ? n + 0 : 0
}
