import { guessNumbers, type NumbersGuess } from './amounts.ts'
import { findRoles, type Meanings } from './roles.ts'
import { plain } from './words.ts'
import { textOf, type Column, type Table } from './columns.ts'
import type { KindDraft } from './draft-kind.ts'
import { FILL_IN, type Notes } from './notes.ts'

interface Known {
  /** The names of the columns are of a language whose decimals have a comma. */
  readonly commaLands: boolean
  readonly currency: string | undefined
}

/** Members of a mapping about money and how many. */
export function draftAmounts(
  table: Table,
  roles: Meanings,
  kind: KindDraft,
  known: Known,
  notes: Notes,
): Record<string, unknown> {
  const { price, total, quantity, discount } = roles
  const inLists = table.lists.flatMap((list) => moneyOf(findRoles(list.columns)))
  const all = [
    ...moneyOf(roles),
    ...(quantity ? [quantity.column] : []),
    ...(discount ? [discount.column] : []),
    ...inLists,
  ]
  const guess = guessNumbers(all, known.commaLands)
  if (guess.why?.known === true) notes.add('numbers', `sure: ${guess.why.text}`)
  else if (guess.why) notes.ask('numbers', guess.why.text)
  const money = moneyOf(roles).length > 0 || inLists.length > 0
  for (const { name } of [...moneyOf(roles), ...inLists])
    if (HUNDREDTHS.test(plain(name)))
      notes.fillIn(
        'amount',
        `"${name}" seems to count cents, and a mapping reads whole units: give it to us as 12.34`,
      )
  return {
    numbers: guess.numbers,
    quantity: quantity && signed({ field: quantity.column.name }, kind, quantity.column),
    amount: amountOf(
      { price: price?.column, total: total?.column, quantity: quantity?.column },
      kind,
      guess,
      notes,
    ),
    currency: money ? currencyOf(table, roles, guess, known, notes) : undefined,
  }
}

const HUNDREDTHS = /(^|_)(minor|cents?|centimes?|centimos?|pence)(_|$)/

const moneyOf = ({ price, total }: Meanings): Column[] =>
  [price, total].flatMap((meaning) => (meaning ? [meaning.column] : []))

/** Refunds are negative: their sizes count. */
function signed(spec: { field: string }, kind: KindDraft, column: Column): unknown {
  const negative = column.values.some(
    (value) => value !== undefined && textOf(value).trimStart().startsWith('-'),
  )
  if (!kind.negativeRefunds || !negative) return spec.field
  return [
    { on: ['order_completed'], ...spec },
    { on: ['order_refunded'], ...spec, sign: 'negative' },
  ]
}

interface Sizes {
  readonly price: Column | undefined
  readonly total: Column | undefined
  readonly quantity: Column | undefined
}

function amountOf(
  { price, total, quantity }: Sizes,
  kind: KindDraft,
  guess: NumbersGuess,
  notes: Notes,
): unknown {
  const column = total ?? price
  if (column === undefined) {
    if (kind.hasOrders)
      notes.ask(
        'kind',
        'orders need an amount, and no field was found that has one: they are refused without it',
      )
    return undefined
  }
  if (
    price !== undefined &&
    (total === undefined || isTotal({ price, total, quantity }, guess) === 'of-many')
  ) {
    const timesQuantity = quantity !== undefined
    notes.add(
      'amount',
      `likely: called "${price.name}", the price of one${timesQuantity ? `, times "${quantity.name}"` : ''}`,
    )
    return { field: price.name, ...(timesQuantity && { timesQuantity }) }
  }
  notes.add('amount', `likely: called "${column.name}", of the whole record`)
  const spec = { field: column.name }
  const parts = signed(spec, kind, column)
  return typeof parts === 'string' ? spec : parts
}

/** Is a total that of its own line? `of-many`: it is the same for all lines of an order and larger, so the price is to be taken. */
function isTotal({ price, total, quantity }: Required<Sizes>, guess: NumbersGuess): 'of-one' | 'of-many' {
  if (price === undefined || total === undefined) return 'of-one'
  let fits = 0
  let larger = 0
  price.values.forEach((value, row) => {
    const [one, all, many] = [value, total.values[row], quantity?.values[row] ?? 1].map((x) =>
      numberOf(x, guess),
    )
    if (one === undefined || all === undefined || many === undefined) return
    if (Math.abs(one * many - all) < 0.011) fits++
    else if (all > one * many) larger++
  })
  return larger > fits ? 'of-many' : 'of-one'
}

function numberOf(value: unknown, { numbers }: NumbersGuess): number | undefined {
  if (value === undefined) return undefined
  const decimal = numbers?.decimal ?? '.'
  const text = textOf(value)
    .replace(/[^\d.,-]/g, '')
    .replaceAll(decimal === '.' ? ',' : '.', '')
    .replace(',', '.')
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

function currencyOf(
  { columns }: Table,
  roles: Meanings,
  guess: NumbersGuess,
  known: Known,
  notes: Notes,
): unknown {
  if (known.currency !== undefined) return known.currency
  const { currency } = roles
  if (currency !== undefined) {
    notes.found('currency', currency, `${currency.column.distinct} different ones`)
    if (currency.column.distinct > 1)
      notes.ask(
        'currency',
        'one run has one currency: amounts in others are refused, unless `rates` say what they are worth',
      )
    return { field: currency.column.name }
  }
  if (guess.currency !== undefined) {
    notes.add('currency', 'likely: by the sign beside the numbers')
    return guess.currency
  }
  const named = columns.flatMap(
    ({ name }) => /_(eur|usd|gbp|chf|jpy|cad|aud|pln|sek)$/.exec(plain(name))?.[1] ?? [],
  )
  if (named[0] !== undefined) {
    notes.add('currency', 'likely: by the name of a column')
    return named[0].toUpperCase()
  }
  notes.fillIn(
    'currency',
    'that of the amounts (ISO 4217, such as EUR); nothing in the data says it. Or draft again with --currency',
  )
  return FILL_IN
}

/** A list of objects with products in it: the lines of an order. */
export function draftLines(table: Table, notes: Notes): Record<string, unknown> {
  for (const list of table.lists) {
    const { product, category, quantity, price, total } = findRoles(list.columns, [
      'product',
      'category',
      'quantity',
      'price',
      'total',
    ])
    const money = price ?? total
    if (product === undefined || money === undefined) continue
    notes.add('lines', `likely: a list of products with their ${price ? 'prices' : 'totals'}`)
    const field = (meaning: typeof product | undefined): string | undefined => meaning?.column.name
    const spec = {
      field: list.name,
      product: field(product),
      category: field(category),
      quantity: field(quantity),
      ...(price ? { price: field(price) } : { total: field(total) }),
    }
    return { lines: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) }
  }
  return {}
}
