import { hash52 } from '../base/hash.ts'
import type { Event } from '../events/event.ts'
import { MAX_AMOUNT_MINOR } from '../events/event.ts'

/** Fields of an event that hold text and are read as they are. */
const TEXT_FIELDS = [
  'product',
  'brand',
  'session',
  'category',
  'currency',
  'coupon',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const
type TextField = (typeof TEXT_FIELDS)[number]

const ATTRIBUTE = /^attributes\.([^.]+)$/
/** Quantities and numeric attributes are summed in thousandths, so that sums are integers and the order of events is no matter. */
const THOUSANDTHS = 1000
const MINOR_PER_MAJOR = 100

export const ONE = 0
const AMOUNT = 1
const QUANTITY = 2
export const NUMBER_ATTRIBUTE = 3

/** What one event adds to a count or a sum: an integer, `divisor` times the value that people read. */
export interface Measure {
  readonly code: number
  readonly attribute: string
  readonly divisor: number
}

export const COUNT_ONE: Measure = { code: ONE, attribute: '', divisor: 1 }

/** `amount`, `quantity` or `attributes.x`; undefined for any other name. */
export function measureOf(of: string): Measure | undefined {
  if (of === 'amount') return { code: AMOUNT, attribute: '', divisor: MINOR_PER_MAJOR }
  if (of === 'quantity') return { code: QUANTITY, attribute: '', divisor: THOUSANDTHS }
  const attribute = ATTRIBUTE.exec(of)?.[1]
  return attribute === undefined ? undefined : { code: NUMBER_ATTRIBUTE, attribute, divisor: THOUSANDTHS }
}

/** The integer that an event adds; 0 where it has no such number. */
export function measure(m: Measure, e: Event): number {
  switch (m.code) {
    case ONE:
      return 1
    case AMOUNT:
      return e.amountMinor ?? 0
    case QUANTITY:
      return e.quantity === undefined ? 0 : thousandths(e.quantity)
    default: {
      const value = e.attributes?.[m.attribute]
      return typeof value === 'number' ? thousandths(value) : 0
    }
  }
}

function thousandths(value: number): number {
  const n = Math.round(value * THOUSANDTHS)
  return Math.abs(n) < MAX_AMOUNT_MINOR ? n + 0 : 0
}

/** A text of an event that distinct values are counted of. `category` means its first token. */
export interface Label {
  readonly field: 'product' | 'brand' | 'session' | 'category' | 'attribute'
  readonly attribute: string
}

/** `product`, `category`, `brand`, `session` or `attributes.x`; undefined for any other name. */
export function labelOf(of: string): Label | undefined {
  if (of === 'product' || of === 'brand' || of === 'session' || of === 'category')
    return { field: of, attribute: '' }
  const attribute = ATTRIBUTE.exec(of)?.[1]
  return attribute === undefined ? undefined : { field: 'attribute', attribute }
}

/** 52-bit hash of the text, −1 where the event has none or an empty one. */
export function labelHash(label: Label, e: Event): number {
  if (label.field === 'attribute') {
    const value = e.attributes?.[label.attribute]
    return value === undefined || value === ''
      ? -1
      : hash52(typeof value === 'string' ? value : String(value))
  }
  const text = e[label.field]
  if (text === undefined) return -1
  const dot = label.field === 'category' ? text.indexOf('.') : -1
  const end = dot < 0 ? text.length : dot
  return end === 0 ? -1 : hash52(text, end)
}

type Scalar = string | number | boolean
export type Where = Readonly<Record<string, Scalar | readonly Scalar[]>>

/** One field and the values that it may have. `path`: the value or anything below it in the dotted path. */
interface Test {
  readonly field: TextField | 'attribute'
  readonly attribute: string
  readonly path: boolean
  readonly values: readonly Scalar[]
}

/** All of its tests must hold. */
export type Predicate = readonly Test[]

/** Problems of a `where`, in words; empty where it can be compiled. */
export function whereErrors(where: Where): string[] {
  const errors: string[] = []
  for (const [field, value] of Object.entries(where)) {
    const values = asList(value)
    const known = field === 'categoryPath' || ATTRIBUTE.test(field) || isTextField(field)
    if (!known) {
      errors.push(
        `unknown field "${field}", expected ${TEXT_FIELDS.join(', ')}, categoryPath or attributes.<name>`,
      )
    } else if (!ATTRIBUTE.test(field) && values.some((v) => typeof v !== 'string' || v === '')) {
      errors.push(`"${field}": expected texts`)
    } else if (field === 'category' && values.some((v) => String(v).includes('.'))) {
      errors.push(
        '"category": expected first tokens such as "electronics"; use categoryPath for longer paths',
      )
    }
  }
  return errors
}

/** Fields in order, lists without doubles and in order: two ways to write one condition compile to one predicate. */
export function compileWhere(where: Where): Predicate {
  return Object.keys(where)
    .sort()
    .map((name): Test => {
      const values = [...new Set(asList(where[name] as Scalar | readonly Scalar[]))].sort(compareScalars)
      const attribute = ATTRIBUTE.exec(name)?.[1]
      if (attribute !== undefined) return { field: 'attribute', attribute, path: false, values }
      const field = name === 'categoryPath' ? 'category' : (name as TextField)
      return { field, attribute: '', path: field === 'category', values }
    })
}

export function matches(predicate: Predicate, e: Event): boolean {
  for (let i = 0; i < predicate.length; i++) if (!holds(predicate[i] as Test, e)) return false
  return true
}

function holds(test: Test, e: Event): boolean {
  const value = test.field === 'attribute' ? e.attributes?.[test.attribute] : e[test.field]
  if (value === undefined) return false
  for (let i = 0; i < test.values.length; i++) {
    const wanted = test.values[i] as Scalar
    if (value === wanted) return true
    if (test.path && isBelow(value as string, wanted as string)) return true
  }
  return false
}

function isBelow(path: string, prefix: string): boolean {
  return path.length > prefix.length && path.charCodeAt(prefix.length) === 46 && path.startsWith(prefix)
}

function isTextField(name: string): name is TextField {
  return (TEXT_FIELDS as readonly string[]).includes(name)
}

function asList(value: Scalar | readonly Scalar[]): readonly Scalar[] {
  return Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar]
}

function compareScalars(a: Scalar, b: Scalar): number {
  const x = `${typeof a}:${String(a)}`
  const y = `${typeof b}:${String(b)}`
  return x < y ? -1 : x > y ? 1 : 0
}
