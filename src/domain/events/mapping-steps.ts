import type { Event } from './event.ts'
import type { Draft, FieldOf, Step } from './draft.ts'
import { asText, hashId } from './field.ts'
import type { Fields } from './field.ts'
import type { IdSpec, Mapping, TextSpec } from './mapping.ts'
import { refused, shown, shownUser } from './refusal.ts'
import type { Refused } from './refusal.ts'
import type { TimeReader } from './time-format.ts'

export const missing = (name: string): Refused => refused('missing-field', `${name}: is missing`)

/** A JSON value without fields is nobody's event, wanted or not. */
export function objectStep({ format }: Mapping): Step | undefined {
  if (format === 'csv') return undefined
  return (fields) =>
    typeof fields === 'object' && fields !== null && !Array.isArray(fields)
      ? undefined
      : refused('bad-value', `${shown(fields)} is not an object`)
}

/** Records that are not wanted, one step per rule. */
export function skipSteps({ skipWhen = [] }: Mapping, fieldOf: FieldOf): Step[] {
  return skipWhen.map(({ field, values, reason }) => {
    const { read } = fieldOf(field)
    const unwanted = new Set(
      values.map((value) => (value === null || value === '' ? undefined : String(value))),
    )
    const skipped = { type: 'skipped', reason } as const
    return (fields) => {
      const value = read(fields)
      const text = asText(value)
      if (value !== undefined && text === undefined) return undefined
      return unwanted.has(text) ? skipped : undefined
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
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return missing(`${name} (time)`)
    const text = asText(value)
    draft.eventTime = text === undefined ? undefined : parse(text)
    if (draft.eventTime !== undefined) return undefined
    return refused('bad-time', `${name} (time): ${shown(value)} is not a time of the form ${time.format}`)
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
  const table = new Map(Object.entries(kind.table))
  const { otherwise } = kind
  return (fields, draft) => {
    const value = read(fields)
    draft.kind = table.get(asText(value) ?? '')
    if (draft.kind !== undefined) return undefined
    if (otherwise !== undefined) return { type: 'skipped', reason: otherwise }
    if (value === undefined) return missing(`${name} (kind)`)
    return refused(
      'unknown-kind',
      `${name} (kind): ${shown(value)} is not one of ${[...table.keys()].join(', ')}`,
    )
  }
}

/** Members that are a text and nothing more, in the order of `Event`. */
export const TEXT_MEMBERS = [
  'session',
  'product',
  'category',
  'brand',
  'coupon',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const satisfies readonly (keyof Event)[]

export function textStep(
  member: (typeof TEXT_MEMBERS)[number],
  spec: TextSpec | undefined,
  fieldOf: FieldOf,
): Step | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'object' && 'constant' in spec) {
    return (_fields, draft) => {
      draft[member] = spec.constant
      return undefined
    }
  }
  const { read, name } = fieldOf(spec)
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return undefined
    draft[member] = asText(value)
    return draft[member] === undefined ? noText(name, member, value) : undefined
  }
}

const noText = (name: string, member: string, value: unknown): Refused =>
  refused('bad-value', `${name} (${member}): ${shown(value)} is not a text or an exact number`)

/** Ids from a field or by hash. A hash makes an order id for orders alone: other kinds have no order. */
export function idStep(
  member: 'eventId' | 'orderId',
  spec: IdSpec | undefined,
  fieldOf: FieldOf,
): Step | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'string' || Array.isArray(spec)) return idField(member, spec, fieldOf)
  const { hash, position: distinct = false } = spec
  const readers = hash === 'record' ? undefined : hash.map((name) => fieldOf(name).read)
  const partsOf = (fields: Fields): readonly unknown[] =>
    readers ? readers.map((read) => read(fields)) : Array.isArray(fields) ? fields : [fields]
  return (fields, draft, position) => {
    if (member === 'orderId' && !isOrder(draft)) return undefined
    draft[member] = hashId(partsOf(fields), distinct ? position : undefined)
    return undefined
  }
}

const isOrder = (draft: Draft): boolean => draft.kind === 'order_completed'

function idField(member: 'eventId' | 'orderId', spec: string | string[], fieldOf: FieldOf): Step {
  const { read, name } = fieldOf(spec)
  const required = (draft: Draft): boolean => member === 'eventId' || isOrder(draft)
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return required(draft) ? missing(`${name} (${member})`) : undefined
    draft[member] = asText(value)
    return draft[member] === undefined ? noText(name, member, value) : undefined
  }
}

/** The shop's own fields, as they are: texts, numbers, booleans. */
export function attributesStep({ attributes }: Mapping, fieldOf: FieldOf): Step | undefined {
  if (attributes === undefined) return undefined
  const readers = Object.entries(attributes).map(([name, spec]) => [name, fieldOf(spec).read] as const)
  return (fields, draft) => {
    const found = readers
      .map(([name, read]) => [name, read(fields)] as const)
      .filter(([, value]) => value !== undefined)
    if (found.length > 0) draft.attributes = Object.fromEntries(found)
    return undefined
  }
}
