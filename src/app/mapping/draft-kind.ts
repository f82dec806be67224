import { kindOf, type Meaning, type Meanings } from './roles.ts'
import { textOf, textsOf, type Table } from './columns.ts'
import type { Notes } from './notes.ts'

/** What the records of a draft say that people did. */
export interface KindDraft {
  /** The mapping's member. */
  readonly spec: unknown
  readonly hasOrders: boolean
  /** Nothing but orders and what undoes them. */
  readonly ordersOnly: boolean
  /** Refunds are counted by numbers of their own. */
  readonly refundsHaveOwnIds: boolean
  /** Refunds are lines with a negative quantity or amount. */
  readonly negativeRefunds: boolean
  /** Rules of `skipWhen`. */
  readonly skips: readonly Record<string, unknown>[]
}

const NOTHING = { refundsHaveOwnIds: false, negativeRefunds: false, skips: [] }
/** So many values of a table are listed that nothing is known of. */
const SHOWN = 12

export function draftKind(table: Table, roles: Meanings, notes: Notes): KindDraft {
  const { kind } = roles
  if (kind !== undefined) return byField(kind, notes)
  const hasList = table.lists.some((list) => list.columns.length > 1)
  if (roles.orderId !== undefined || roles.total !== undefined || hasList) return orders(roles, notes)
  const constant =
    roles.product === undefined
      ? 'page_viewed'
      : roles.quantity === undefined
        ? 'product_viewed'
        : 'order_completed'
  notes.ask('kind', `no field says what was done: all are taken for ${constant}`)
  return {
    spec: { constant },
    hasOrders: constant === 'order_completed',
    ordersOnly: constant === 'order_completed',
    ...NOTHING,
  }
}

function byField(meaning: Meaning, notes: Notes): KindDraft {
  const field = meaning.column.name
  const texts = textsOf(meaning.column)
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const known: Record<string, string> = {}
  const unknown: string[] = []
  for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
    const kind = kindOf(value)
    if (kind === undefined) unknown.push(`"${value}" (${count} records)`)
    else known[value] = kind
  }
  notes.found('kind', meaning, `${counts.size} different values`)
  if (unknown.length > 0) {
    const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : ''
    notes.ask(
      'kind',
      `skipped as other-event, unless the table names them: ${unknown.slice(0, SHOWN).join(', ')}${more}`,
    )
  }
  const kinds = Object.values(known)
  if (kinds.length === 0) notes.fillIn('kind.table', 'which of its values is which kind of event')
  const hasOrders = kinds.includes('order_completed')
  const ordersOnly = hasOrders && kinds.every((kind) => kind.startsWith('order_'))
  return {
    spec: { field, table: known, ...(unknown.length > 0 && { otherwise: 'other-event' }) },
    hasOrders,
    ordersOnly: ordersOnly && unknown.length === 0,
    ...NOTHING,
  }
}

/** All are orders; negative ones refund, where an order's number tells them apart, and are left out where not. */
function orders({ orderId, quantity, total, price }: Meanings, notes: Notes): KindDraft {
  const all = { hasOrders: true, ordersOnly: true }
  const size = quantity ?? total ?? price
  const negative = (row: number): boolean => /^\s*-|-\s*$/.test(textOf(size?.column.values[row] ?? ''))
  const rows = size?.column.values.map((_, row) => row) ?? []
  const refunds = rows.filter(negative)
  if (size === undefined || refunds.length === 0) {
    notes.add('kind', 'likely: no field says what was done, and an order is in every record')
    return { spec: { constant: 'order_completed' }, ...all, ...NOTHING }
  }
  const idAt = (row: number): string => textOf(orderId?.column.values[row] ?? '')
  const prefix = commonLetters(refunds.map(idAt))
  const apart = prefix !== '' && rows.every((row) => negative(row) === idAt(row).startsWith(prefix))
  const mostly = prefix !== '' || mostlyApart(rows, negative, idAt)
  const letter = prefix !== '' ? prefix : mostly ? firstLetter(refunds.map(idAt)) : ''
  if (orderId !== undefined && letter !== '') {
    notes.add(
      'kind',
      `${apart ? 'sure' : 'likely'}: orders with a negative ${size.column.name} have numbers that begin with ${letter}`,
    )
    return {
      spec: { field: orderId.column.name, prefixes: { [letter]: 'order_refunded', '': 'order_completed' } },
      ...all,
      refundsHaveOwnIds: true,
      negativeRefunds: true,
      skips: [],
    }
  }
  notes.add('kind', 'likely: no field says what was done, and an order is in every record')
  notes.ask(
    'skipWhen',
    `${refunds.length} records have a ${size.column.name} below 0: no field says of which order they are, so they are left out`,
  )
  const skips = [{ field: size.column.name, atMost: 0, reason: 'negative' }]
  return { spec: { constant: 'order_completed' }, ...all, ...NOTHING, skips }
}

const firstLetter = (ids: readonly string[]): string => {
  const counts = new Map<string, number>()
  for (const id of ids)
    if (/^[A-Za-z]/.test(id)) counts.set(id[0] as string, (counts.get(id[0] as string) ?? 0) + 1)
  const [[letter] = ['']] = [...counts].sort((a, b) => b[1] - a[1])
  return letter
}

/** Letters that all of these begin with. */
function commonLetters(ids: readonly string[]): string {
  let prefix = /^[A-Za-z]+/.exec(ids[0] ?? '')?.[0] ?? ''
  for (const id of ids) while (!id.startsWith(prefix)) prefix = prefix.slice(0, -1)
  return prefix
}

/** Does a first letter tell nine of ten negative records from the others, of which none has it? */
function mostlyApart(
  rows: readonly number[],
  negative: (row: number) => boolean,
  idAt: (row: number) => string,
): boolean {
  const letter = firstLetter(rows.filter(negative).map(idAt))
  if (letter === '') return false
  const lettered = rows.filter((row) => idAt(row).startsWith(letter))
  const refunds = rows.filter(negative)
  return lettered.every(negative) && lettered.length > 0.8 * refunds.length
}
