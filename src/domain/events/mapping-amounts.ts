import { minorDigits } from './currency.ts'
import { parseMinor } from './decimal.ts'
import { elementField } from './draft.ts'
import type { Draft, Field, FieldOf, Step } from './draft.ts'
import type { OrderLine } from './event.ts'
import { asText } from './field.ts'
import type { Fields } from './field.ts'
import type { Mapping } from './mapping.ts'
import { missing } from './mapping-steps.ts'
import { refused, shown } from './refusal.ts'
import type { Refused } from './refusal.ts'

const WHOLE = /^\d{1,15}$/

/** A count of pieces: a whole number, or the text of one. */
function parseQuantity(value: unknown): number | undefined {
  const text = asText(value)
  return text !== undefined && WHOLE.test(text) ? Number(text) : undefined
}

const noQuantity = (name: string, value: unknown): Refused =>
  refused('bad-value', `${name} (quantity): ${shown(value)} is not a whole number from 0 on`)

export function quantityStep({ quantity }: Mapping, fieldOf: FieldOf): Step | undefined {
  if (quantity === undefined) return undefined
  const { read, name } = fieldOf(quantity)
  return (fields, draft) => {
    const value = read(fields)
    if (value === undefined) return undefined
    draft.quantity = parseQuantity(value)
    return draft.quantity === undefined ? noQuantity(name, value) : undefined
  }
}

/** Sets the currency in which the amounts of the record are read. */
export function currencyStep({ currency }: Mapping, fieldOf: FieldOf): Step | undefined {
  if (currency === undefined) return undefined
  if (typeof currency === 'string') {
    return (_fields, draft) => {
      draft.currency = currency
      return undefined
    }
  }
  const { read, name } = fieldOf(currency.field)
  return (fields, draft) => {
    const value = read(fields) ?? currency.default
    draft.currency = value
    if (value === undefined || minorDigits(value as string) !== undefined) return undefined
    return refused('unknown-currency', `${name} (currency): ${shown(value)} is not an ISO 4217 code`)
  }
}

/** Decimal field × quantity in minor units of the draft's currency. */
function readMinor(value: unknown, name: string, draft: Draft, quantity: number): number | Refused {
  const digits = minorDigits(draft.currency as string)
  if (digits === undefined)
    return refused('missing-field', `currency: is missing, ${name} (amount) needs one`)
  const text = asText(value)
  const minor = text === undefined ? undefined : parseMinor(text, digits, quantity)
  if (minor === undefined)
    return refused('bad-value', `${name} (amount): ${shown(value)} is not a decimal number`)
  if (minor < 0) return refused('bad-value', `${name} (amount): ${shown(value)} is negative`)
  return minor
}

/** The lines of an order: each a quantity and a unit price. */
export function linesStep({ lines }: Mapping, fieldOf: FieldOf): Step | undefined {
  if (lines === undefined) return undefined
  const list = fieldOf(lines.field)
  const readLine = lineReader(lines)
  return (fields, draft) => {
    const elements = list.read(fields)
    if (elements === undefined) return undefined
    if (!Array.isArray(elements))
      return refused('bad-value', `${list.name} (lines): ${shown(elements)} is not a list`)
    const read: OrderLine[] = []
    for (let i = 0; i < elements.length; i++) {
      const line = readLine(elements[i], `${list.name}[${i}]`, draft)
      if ('type' in line) return line
      read.push(line)
    }
    draft.lines = read
    return undefined
  }
}

function lineReader(
  lines: NonNullable<Mapping['lines']>,
): (e: unknown, at: string, draft: Draft) => OrderLine | Refused {
  const product = elementField(lines.product)
  const category = lines.category === undefined ? undefined : elementField(lines.category)
  const quantity = lines.quantity === undefined ? undefined : elementField(lines.quantity)
  const price = elementField(lines.price)
  return (element, at, draft) => {
    const sku = asText(product.read(element))
    if (sku === undefined) return missing(`${at}.${product.name} (product)`)
    const group = asText(category?.read(element))
    const pieces = quantity?.read(element) ?? 1
    const count = parseQuantity(pieces)
    if (count === undefined) return noQuantity(`${at}.${quantity?.name}`, pieces)
    const unit = price.read(element)
    if (unit === undefined) return missing(`${at}.${price.name} (amount)`)
    const amountMinor = readMinor(unit, `${at}.${price.name}`, draft, count)
    if (typeof amountMinor !== 'number') return amountMinor
    const line = { product: sku, quantity: count, amountMinor }
    return group === undefined ? line : { product: sku, category: group, quantity: count, amountMinor }
  }
}

/**
 * The event's amount, from the first rule for its kind whose field is there. An order without any has the sum of its lines.
 * A currency stays only beside an amount.
 */
export function amountStep(mapping: Mapping, fieldOf: FieldOf): Step {
  const specs = mapping.amount === undefined ? [] : [mapping.amount].flat()
  const rules = specs.map((spec) => ({ ...spec, ...fieldOf(spec.field) }))
  const discount = mapping.discount === undefined ? undefined : fieldOf(mapping.discount)
  return (fields, draft) => {
    for (const { on, read, name, timesQuantity } of rules) {
      if (on && !(on as readonly unknown[]).includes(draft.kind)) continue
      const value = read(fields)
      if (value === undefined) continue
      const times = timesQuantity === true ? ((draft.quantity ?? 1) as number) : 1
      const minor = readMinor(value, name, draft, times)
      if (typeof minor !== 'number') return minor
      draft.amountMinor = minor
      break
    }
    return readDiscount(discount, fields, draft) ?? settle(draft)
  }
}

function readDiscount(discount: Field | undefined, fields: Fields, draft: Draft): Refused | undefined {
  const value = discount?.read(fields)
  if (discount === undefined || value === undefined) return undefined
  const minor = readMinor(value, discount.name, draft, 1)
  if (typeof minor !== 'number') return minor
  draft.discountMinor = minor
  return undefined
}

function settle(draft: Draft): undefined {
  const lines = draft.lines as readonly OrderLine[] | undefined
  if (draft.kind === 'order_completed' && lines !== undefined && lines.length > 0) {
    draft.amountMinor ??= lines.reduce((sum, line) => sum + line.amountMinor, 0)
  }
  if (draft.amountMinor === undefined && draft.discountMinor === undefined && !lines?.length)
    draft.currency = undefined
}
