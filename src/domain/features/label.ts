import { putHash52 } from '../base/hash.ts'
import type { Event } from '../events/event.ts'
import type { Calendar } from './calendar.ts'
import {
  attributeOf,
  clockNumber,
  firstTokenEnd,
  isClockField,
  isLineField,
  isTextField,
  textOf,
  type ClockField,
  type LineField,
  type TextField,
} from './fields.ts'

/** A text of an event that distinct values are counted of. `category` means its first token. */
export interface Label {
  readonly field: TextField | ClockField | LineField | 'attribute'
  readonly attribute: string
}

/** The label of a name; undefined for one that has none. */
export function labelOf(of: string): Label | undefined {
  if (isTextField(of) || isClockField(of) || isLineField(of)) return { field: of, attribute: '' }
  const attribute = attributeOf(of)
  return attribute === undefined ? undefined : { field: 'attribute', attribute }
}

/** How many labels an event may have: one, or one per line of its order. */
export function labelsIn(label: Label, e: Event): number {
  return isLineField(label.field) ? (e.lines?.length ?? 0) : 1
}

/** Puts the 52-bit hash of label `i` into `out[0]`; false where the event has none or an empty one. */
export function putLabel(label: Label, e: Event, i: number, local: Calendar, out: Float64Array): boolean {
  const { field } = label
  if (field === 'category') return putCategory(e.category, out)
  if (field === 'lines.product') return putText(e.lines?.[i]?.product, out)
  if (field === 'lines.category') return putCategory(e.lines?.[i]?.category, out)
  if (isClockField(field)) {
    out[0] = clockNumber(field, local)
    return true
  }
  if (field !== 'attribute') return putText(textOf(field, e), out)
  const value = e.attributes?.[label.attribute]
  return value !== undefined && putText(String(value), out)
}

function putText(text: string | undefined, out: Float64Array): boolean {
  if (text === undefined || text === '') return false
  putHash52(text, text.length, out, 0)
  return true
}

function putCategory(text: string | undefined, out: Float64Array): boolean {
  if (text === undefined) return false
  const end = firstTokenEnd(text)
  if (end > 0) putHash52(text, end, out, 0)
  return end > 0
}
