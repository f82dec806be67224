import { canonicalJson } from '../base/canonical.ts'
import type { Event, OrderLine } from '../events/event.ts'
import { HOURS_PER_DAY, SEASONS, WEEKDAYS, type Calendar } from './calendar.ts'
import {
  attributeOf,
  clockNumber,
  CLOCK_FIELDS,
  isClockField,
  isLineField,
  isTextField,
  LINE_FIELDS,
  TEXT_FIELDS,
  textOf,
  type ClockField,
  type LineField,
  type TextField,
} from './fields.ts'

export type Scalar = string | number | boolean
export type Where = Readonly<Record<string, Scalar | readonly Scalar[]>>

/** One field and the values that it may have. */
interface Test {
  readonly field: TextField | ClockField | LineField | 'attribute'
  readonly attribute: string
  /** The value or anything below it in the dotted path. */
  readonly path: boolean
  /** Of a clock field the numbers, else the values. */
  readonly values: readonly Scalar[]
}

/** All of its tests must hold. */
export type Predicate = readonly Test[]

/** Problems of a `where`, in words; empty where it can be compiled. */
export function whereErrors(where: Where): string[] {
  return Object.entries(where).flatMap(([field, value]) => {
    const problem = problemOf(field, asList(value))
    return problem === undefined ? [] : [problem]
  })
}

function problemOf(field: string, values: readonly Scalar[]): string | undefined {
  if (attributeOf(field) !== undefined) return undefined
  if (isClockField(field)) {
    const strange = values.find((v) => clockValue(field, v) === undefined)
    return strange === undefined
      ? undefined
      : `"${field}": expected ${clockWords(field)}, found ${JSON.stringify(strange)}`
  }
  if (field !== 'categoryPath' && !isTextField(field) && !isLineField(field)) {
    const known = [...TEXT_FIELDS, 'categoryPath', ...CLOCK_FIELDS, ...LINE_FIELDS, 'attributes.<name>']
    return `unknown field "${field}", expected one of ${known.join(', ')}`
  }
  if (values.some((v) => typeof v !== 'string' || v === '')) return `"${field}": expected texts`
  if ((field === 'category' || field === 'lines.category') && values.some((v) => String(v).includes('.')))
    return `"${field}": expected first tokens such as "electronics"; use categoryPath for longer paths`
  return undefined
}

function clockValue(field: ClockField, value: Scalar): number | undefined {
  if (field === 'hourOfDay')
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < HOURS_PER_DAY
      ? (value as number)
      : undefined
  const at = ((field === 'weekday' ? WEEKDAYS : SEASONS) as readonly Scalar[]).indexOf(value)
  return at < 0 ? undefined : at
}

function clockWords(field: ClockField): string {
  return field === 'hourOfDay' ? '0 to 23' : (field === 'weekday' ? WEEKDAYS : SEASONS).join(', ')
}

/**
 * All of the conditions, ANDed: tests in order and each once, lists without doubles and in order, so that two ways to write one
 * condition compile to one predicate.
 */
export function compileWhere(...conditions: readonly Where[]): Predicate {
  const tests = conditions.flatMap((where) =>
    Object.keys(where).map((name) => compileTest(name, asList(where[name] as Scalar | readonly Scalar[]))),
  )
  const byText = new Map(tests.map((test) => [canonicalJson(test), test]))
  return [...byText.keys()].sort().map((text) => byText.get(text) as Test)
}

function compileTest(name: string, values: readonly Scalar[]): Test {
  const attribute = attributeOf(name)
  if (attribute !== undefined) return testOf('attribute', values, { attribute })
  if (isClockField(name)) {
    const numbers = values.map((v) => clockValue(name, v) as number)
    return testOf(name, numbers)
  }
  if (name === 'categoryPath') return testOf('category', values, { path: true })
  const path = name === 'category' || name === 'lines.category'
  return testOf(name as TextField | LineField, values, { path })
}

function testOf(field: Test['field'], values: readonly Scalar[], more: Partial<Test> = {}): Test {
  return { field, attribute: '', path: false, ...more, values: [...new Set(values)].sort(compareScalars) }
}

export function matches(predicate: Predicate, e: Event, local: Calendar): boolean {
  for (let i = 0; i < predicate.length; i++) if (!holds(predicate[i] as Test, e, local)) return false
  return true
}

function holds(test: Test, e: Event, local: Calendar): boolean {
  const { field } = test
  if (field === 'attribute') return accepts(test, e.attributes?.[test.attribute])
  if (isClockField(field)) return accepts(test, clockNumber(field, local))
  if (isLineField(field)) return e.lines !== undefined && someLine(test, e.lines)
  return accepts(test, textOf(field, e))
}

function someLine(test: Test, lines: readonly OrderLine[]): boolean {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as OrderLine
    if (accepts(test, test.field === 'lines.product' ? line.product : line.category)) return true
  }
  return false
}

function accepts(test: Test, value: Scalar | undefined): boolean {
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

function asList(value: Scalar | readonly Scalar[]): readonly Scalar[] {
  return Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar]
}

function compareScalars(a: Scalar, b: Scalar): number {
  const x = `${typeof a}:${String(a)}`
  const y = `${typeof b}:${String(b)}`
  return x < y ? -1 : x > y ? 1 : 0
}
