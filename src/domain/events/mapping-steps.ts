import type { Event, EventKind } from './event.ts'
import type { FieldOf, Step } from './draft.ts'
import { asText, hashId } from './field.ts'
import type { Fields } from './field.ts'
import { kindSpec } from './kinds.ts'
import type { AttributeSpec, CategorySpec, Mapping, OrderIdSpec, TextSpec } from './mapping-grammar.ts'
import type { NumberText } from './numbers.ts'
import { refused, shown, shownRecord, shownUser } from './refusal.ts'
import type { Refused } from './refusal.ts'
import type { TimeReader } from './time-format.ts'

export const missing = (name: string): Refused => refused('missing-field', `${name}: is missing`)

/** A JSON value without fields is nobody's event, wanted or not. */
export function objectStep({ format }: Mapping): Step | undefined {
  if (format === 'csv') return undefined
  return (fields) =>
    typeof fields === 'object' && fields !== null && !Array.isArray(fields)
      ? undefined
      : refused('bad-value', `${shownRecord(fields)} is not an object`)
}

/** Records that are not wanted, one step per rule. */
export function skipSteps({ skipWhen = [] }: Mapping, fieldOf: FieldOf, numberOf: NumberText): Step[] {
  return skipWhen.map(({ field, values = [], prefixes, atMost, reason }) => {
    const { read } = fieldOf(field)
    const unwanted = new Set(
      values.map((value) => (value === null || value === '' ? undefined : String(value))),
    )
    const skipped = { type: 'skipped', reason } as const
    return (fields) => {
      const value = read(fields)
      const text = asText(value)
      if (value !== undefined && text === undefined) return undefined
      if (unwanted.has(text)) return skipped
      if (text === undefined) return undefined
      if (prefixes?.some((prefix) => text.startsWith(prefix)) === true) return skipped
      return atMost !== undefined && Number(numberOf(value) ?? Number.NaN) <= atMost ? skipped : undefined
    }
  })
}

export function userStep({ user }: Mapping, fieldOf: FieldOf): Step {
  const { read, name } = fieldOf(user)
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return missing(`${name} (user)`)
    draft.userId = asText(value)
    if (draft.userId !== undefined) return undefined
    return refused('bad-value', `${name} (user): ${shownUser(value)} cannot be a user id`)
  }
}

export function timeStep({ time }: Mapping, fieldOf: FieldOf, parse: TimeReader): Step {
  const { read, name } = fieldOf(time.field)
  const form = [time.format].flat().join(' or ')
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return missing(`${name} (time)`)
    const text = asText(value)
    draft.eventTime = text === undefined ? undefined : parse(text)
    if (draft.eventTime !== undefined) return undefined
    return refused('bad-time', `${name} (time): ${shown(value)} is not a time of the form ${form}`)
  }
}

export function kindStep({ kind }: Mapping, fieldOf: FieldOf): Step {
  if ('constant' in kind) {
    return (_fields, draft) => {
      draft.kind = kind.constant
      return undefined
    }
  }
  const { read, name } = fieldOf(kind.field)
  const table = new Map(Object.entries(kind.table ?? {}))
  const prefixes = Object.entries(kind.prefixes ?? {}).sort(([a], [b]) => b.length - a.length)
  const known = [...table.keys(), ...prefixes.map(([prefix]) => `${prefix}…`)].join(', ')
  const { otherwise } = kind
  return (fields, draft) => {
    const value = read(fields)
    const text = asText(value)
    draft.kind =
      text === undefined
        ? undefined
        : (table.get(text) ?? prefixes.find(([prefix]) => text.startsWith(prefix))?.[1])
    if (draft.kind !== undefined) return undefined
    if (otherwise !== undefined) return { type: 'skipped', reason: otherwise }
    if (value === undefined) return missing(`${name} (kind)`)
    return refused('unknown-kind', `${name} (kind): ${shown(value)} is not one of ${known}`)
  }
}

/** Members that are a text and nothing more, in the order of `Event`. */
export const TEXT_MEMBERS = [
  'session',
  'product',
  'brand',
  'coupon',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const satisfies readonly (keyof Event)[]

type TextMember = (typeof TEXT_MEMBERS)[number] | 'category'

export function textStep(member: TextMember, spec: TextSpec | undefined, fieldOf: FieldOf): Step | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'object' && 'constant' in spec) {
    return (_fields, draft) => {
      draft[member] = spec.constant
      return undefined
    }
  }
  const others = typeof spec === 'object' && 'table' in spec ? new Map(Object.entries(spec.table)) : undefined
  const { read, name } = fieldOf(typeof spec === 'object' && 'table' in spec ? spec.field : spec)
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return undefined
    const text = asText(value)
    if (text === undefined) return noText(name, member, value)
    draft[member] = others?.get(text) ?? text
    return undefined
  }
}

/** A category is a dotted path: of several fields, or of one whose levels have another separator. */
export function categoryStep(spec: CategorySpec | undefined, fieldOf: FieldOf): Step | undefined {
  if (typeof spec !== 'object' || Array.isArray(spec)) return textStep('category', spec, fieldOf)
  if ('levels' in spec) {
    const readers = spec.levels.map((level) => fieldOf(level).read)
    return (fields, draft) => {
      draft.category = pathOf(readers.map((read) => asText(read(fields))))
      return undefined
    }
  }
  if (!('separator' in spec)) return textStep('category', spec, fieldOf)
  const { read } = fieldOf(spec.field)
  return (fields, draft) => {
    draft.category = pathOf(asText(read(fields))?.split(spec.separator) ?? [])
    return undefined
  }
}

/** Levels as a path, up to the first that is missing. A point within a level would be one between two. */
function pathOf(levels: readonly (string | undefined)[]): string | undefined {
  const path: string[] = []
  for (const level of levels) {
    const name = level?.trim().replaceAll('.', '_')
    if (name === undefined || name === '') break
    path.push(name)
  }
  return path.length === 0 ? undefined : path.join('.')
}

const noText = (name: string, member: string, value: unknown): Refused =>
  refused('bad-value', `${name} (${member}): ${shown(value)} is not a text or an exact number`)

const requiresOrder = (kind: unknown): boolean => kindSpec(kind as EventKind).requires.includes('orderId')

/** Ids from a field or by hash. A hash makes an order id for orders alone: other kinds have no order. */
export function idStep(
  member: 'eventId' | 'orderId',
  spec: OrderIdSpec | undefined,
  fieldOf: FieldOf,
): Step | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'string' || Array.isArray(spec)) return idField(member, spec, undefined, fieldOf)
  if ('field' in spec) return idField(member, spec.field, spec.on, fieldOf)
  const { hash, position: distinct = false } = spec
  const readers = hash === 'record' ? undefined : hash.map((name) => fieldOf(name).read)
  const partsOf = (fields: Fields): readonly unknown[] =>
    readers ? readers.map((read) => read(fields)) : Array.isArray(fields) ? fields : [fields]
  return (fields, draft, position) => {
    if (member === 'orderId' && draft.kind !== 'order_completed') return undefined
    draft[member] = hashId(partsOf(fields), distinct ? position : undefined)
    return undefined
  }
}

function idField(
  member: 'eventId' | 'orderId',
  spec: string | string[],
  on: readonly EventKind[] | undefined,
  fieldOf: FieldOf,
): Step {
  const { read, name } = fieldOf(spec)
  return (fields, draft) => {
    if (on?.includes(draft.kind as EventKind) === false) return undefined
    const value = read(fields)
    if (value === undefined)
      return member === 'eventId' || requiresOrder(draft.kind) ? missing(`${name} (${member})`) : undefined
    draft[member] = asText(value)
    return draft[member] === undefined ? noText(name, member, value) : undefined
  }
}

/** The shop's own fields: as they are, or as what the mapping says they are. */
export function attributesStep(
  { attributes }: Mapping,
  fieldOf: FieldOf,
  numberOf: NumberText,
): Step | undefined {
  if (attributes === undefined) return undefined
  const readers = Object.entries(attributes).map(([member, spec]) =>
    attributeReader(member, spec, fieldOf, numberOf),
  )
  return (fields, draft) => {
    const found: [string, unknown][] = []
    for (const { member, read, convert, name, as } of readers) {
      const value = read(fields)
      if (value === undefined) continue
      const converted = convert(value)
      if (converted === undefined)
        return refused('bad-value', `${name} (attributes.${member}): ${shown(value)} is no ${as}`)
      found.push([member, converted])
    }
    if (found.length > 0) draft.attributes = Object.fromEntries(found)
    return undefined
  }
}

const BOOLEANS: ReadonlyMap<string | undefined, boolean> = new Map([
  ...['true', '1', 'yes'].map((text) => [text, true] as const),
  ...['false', '0', 'no'].map((text) => [text, false] as const),
])

function attributeReader(member: string, spec: AttributeSpec, fieldOf: FieldOf, numberOf: NumberText) {
  const typed = typeof spec === 'object' && !Array.isArray(spec) ? spec : undefined
  const as = typed?.as
  const convert = (value: unknown): unknown => {
    if (as === undefined) return value
    if (as === 'text') return asText(value)
    if (as === 'boolean') return BOOLEANS.get(asText(value)?.toLowerCase())
    const number = Number(numberOf(value) ?? Number.NaN)
    return Number.isFinite(number) ? number : undefined
  }
  return { ...fieldOf(typed === undefined ? (spec as string | string[]) : typed.field), member, as, convert }
}
