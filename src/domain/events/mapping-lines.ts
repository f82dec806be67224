import { elementField } from './draft.ts'
import type { Draft, FieldOf, Step } from './draft.ts'
import type { OrderLine } from './event.ts'
import { asText } from './field.ts'
import type { Mapping } from './mapping-grammar.ts'
import type { Money } from './mapping-amounts.ts'
import { missing } from './mapping-steps.ts'
import { refused, shown } from './refusal.ts'
import type { Refused } from './refusal.ts'

/** The lines of an order from a list in its record: each a quantity, and a unit price or a total. */
export function linesStep({ lines }: Mapping, fieldOf: FieldOf, money: Money): Step | undefined {
  if (lines === undefined) return undefined
  const list = fieldOf(lines.field)
  const readLine = lineReader(lines, money)
  return (fields, draft) => {
    const elements = list.read(fields)
    if (elements === undefined) return undefined
    if (!Array.isArray(elements))
      return refused('bad-value', `${list.name} (lines): ${shown(elements)} is not a list`)
    const read: OrderLine[] = []
    for (let i = 0; i < elements.length; i++) {
      const line = readLine(elements[i], `${list.name}[${i}]`)
      if ('type' in line) return line
      read.push(line)
    }
    draft.lines = read
    return undefined
  }
}

function lineReader(
  lines: NonNullable<Mapping['lines']>,
  money: Money,
): (element: unknown, at: string) => OrderLine | Refused {
  const product = elementField(lines.product)
  const category = lines.category === undefined ? undefined : elementField(lines.category)
  const quantity = lines.quantity === undefined ? undefined : elementField(lines.quantity)
  const price = elementField(lines.price ?? lines.total ?? [])
  const isTotal = lines.total !== undefined
  return (element, at) => {
    const sku = asText(product.read(element))
    if (sku === undefined) return missing(`${at}.${product.name} (product)`)
    const group = asText(category?.read(element))
    const count = money.readQuantity(quantity?.read(element) ?? 1, `${at}.${quantity?.name}`)
    if (typeof count !== 'number') return count
    const value = price.read(element)
    if (value === undefined) return missing(`${at}.${price.name} (amount)`)
    const amountMinor = money.read(value, `${at}.${price.name}`, isTotal ? 1 : count)
    if (typeof amountMinor !== 'number') return amountMinor
    return lineOf(sku, group, count, amountMinor)
  }
}

function lineOf(
  product: string,
  category: string | undefined,
  quantity: number,
  amountMinor: number,
): OrderLine {
  return category === undefined
    ? { product, quantity, amountMinor }
    : { product, category, quantity, amountMinor }
}

/** A record that is one line of an order: what it says of a product becomes the order's first line. */
export function joinStep({ join }: Mapping): Step | undefined {
  if (join === undefined) return undefined
  return (_fields, draft) => {
    if (!isJoined(draft.kind)) return undefined
    const { product, category, quantity = 1, amountMinor } = draft
    if (product === undefined) return missing('product')
    if (amountMinor === undefined) return missing('amount')
    draft.lines = [
      lineOf(product as string, category as string | undefined, quantity as number, amountMinor as number),
    ]
    draft.product = undefined
    draft.category = undefined
    draft.brand = undefined
    draft.quantity = undefined
    return undefined
  }
}

/** Kinds that have lines, and so can be put together of them. */
export const isJoined = (kind: unknown): boolean => kind === 'order_completed' || kind === 'order_refunded'

/** An order without an amount has the sum of its lines. A currency stays only beside an amount. */
export function settleStep(): Step {
  return (_fields, draft: Draft) => {
    const lines = draft.lines as readonly OrderLine[] | undefined
    if (isJoined(draft.kind) && lines !== undefined && lines.length > 0) {
      draft.amountMinor ??= lines.reduce((sum, line) => sum + line.amountMinor, 0)
    }
    if (draft.amountMinor === undefined && draft.discountMinor === undefined && !lines?.length)
      draft.currency = undefined
    return undefined
  }
}
