import { hash52 } from '../base/hash.ts'
import type { Event } from '../events/event.ts'
import type { Calendar } from './calendar.ts'
import {
  attributeOf,
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

/** 52-bit hash of label `i`, −1 where the event has none or an empty one. */
export function labelHash(label: Label, e: Event, i: number, local: Calendar): number {
  const { field } = label
  if (field === 'category') return categoryHash(e.category)
  if (field === 'hourOfDay') return local.hour
  if (field === 'weekday') return local.weekday
  if (field === 'season') return local.season
  if (field === 'lines.product') return textHash(e.lines?.[i]?.product)
  if (field === 'lines.category') return categoryHash(e.lines?.[i]?.category)
  if (field !== 'attribute') return textHash(textOf(field, e))
  const value = e.attributes?.[label.attribute]
  return value === undefined ? -1 : textHash(String(value))
}

function textHash(text: string | undefined): number {
  return text === undefined || text === '' ? -1 : hash52(text)
}

function categoryHash(text: string | undefined): number {
  if (text === undefined) return -1
  const end = firstTokenEnd(text)
  return end === 0 ? -1 : hash52(text, end)
}
