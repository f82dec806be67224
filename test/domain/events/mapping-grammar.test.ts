import { describe, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import { outcome } from './mapped.ts'

const TIME = '2024-01-31T09:15:00Z'
const BASE = {
  name: 'shop',
  version: 1,
  format: 'ndjson',
  user: 'user',
  time: { field: 'time', format: 'iso' },
  kind: { constant: 'page_viewed' },
  eventId: { hash: 'record' },
}
const ORDER = {
  kind: { constant: 'order_completed' },
  orderId: 'order',
  amount: { field: 'price' },
  currency: 'EUR',
}

/** What a mapping makes of a record: both are the base with some of it changed. */
const map = (change: object, record: object): Partial<Event> | string =>
  outcome(parseMapping({ ...BASE, ...change }, 'shop.json'), { user: 'u', time: TIME, order: 'o', ...record })

interface Row {
  readonly mapping: object
  readonly record: object
  readonly expected: string | object
}
type Rows = readonly (readonly [rule: string, mapping: object, record: object, expected: string | object])[]

function check({ mapping, record, expected }: Row): void {
  const found = map(mapping, record)
  if (typeof expected === 'string') expect(found).toBe(expected)
  else expect(found).toMatchObject(expected)
}

const each = (rows: Rows): void =>
  test.each(rows.map(([rule, mapping, record, expected]) => ({ rule, mapping, record, expected })))(
    '$rule',
    check,
  )

describe('fields', () => {
  each([
    ['a path into objects', { user: 'customer.id' }, { customer: { id: 'c' } }, { userId: 'c' }],
    ['a place in a list', { product: 'items.0.sku' }, { items: [{ sku: 's' }] }, { product: 's' }],
    ['a point of a name', { product: String.raw`item\.sku` }, { 'item.sku': 's' }, { product: 's' }],
    ['an integer as text', { user: 'id' }, { id: 12 }, { userId: '12' }],
    ['a table of texts', { country: { field: 'c', table: { UK: 'GB' } } }, { c: 'UK' }, { country: 'GB' }],
    [
      'what a table does not name',
      { country: { field: 'c', table: { UK: 'GB' } } },
      { c: 'FR' },
      { country: 'FR' },
    ],
  ])
})

describe('kinds and what is skipped', () => {
  const kind = {
    field: 'k',
    table: { C: 'user_erased' },
    prefixes: { C: 'checkout_started', '': 'page_viewed' },
  }
  const skip = (rule: object): object => ({ skipWhen: [{ field: 'x', reason: 'no', ...rule }] })
  each([
    ['the whole value first', { kind }, { k: 'C' }, { kind: 'user_erased' }],
    ['then the longest beginning', { kind }, { k: 'C1' }, { kind: 'checkout_started' }],
    ['then every other', { kind }, { k: 'D' }, { kind: 'page_viewed' }],
    ['a missing value begins with nothing', { kind }, {}, 'missing-field: k (kind): is missing'],
    ['a beginning', skip({ prefixes: ['A'] }), { x: 'A1' }, 'skipped no'],
    ['another beginning', skip({ prefixes: ['A'] }), { x: 'B1' }, { userId: 'u' }],
    ['a number up to a bound', skip({ atMost: 0 }), { x: '0.00' }, 'skipped no'],
    ['a number below it', skip({ atMost: 0 }), { x: -1 }, 'skipped no'],
    ['a number above it', skip({ atMost: 0 }), { x: '0.01' }, { userId: 'u' }],
    ['what is no number', skip({ atMost: 0 }), { x: 'none' }, { userId: 'u' }],
    ['what is missing is no number', skip({ atMost: 0 }), {}, { userId: 'u' }],
  ])
})

describe('numbers', () => {
  const german = {
    ...ORDER,
    numbers: { decimal: ',', thousands: ['.', ' ', '\u202f'], symbols: ['€', 'EUR'] },
  }
  const minor = (amountMinor: number): object => ({ amountMinor })
  const not = (text: string): string =>
    `bad-value: price (amount): "${text}" is not a number of the form 1.234,56`
  each([
    ['a decimal comma', german, { price: '9,99' }, minor(999)],
    ['thousands', german, { price: '1.234.567,8' }, minor(123_456_780)],
    ['thousands by spaces', german, { price: '1 234,5' }, minor(123_450)],
    ['thousands by narrow spaces', german, { price: '1\u202f234,50' }, minor(123_450)],
    ['a symbol behind', german, { price: '9,99 €' }, minor(999)],
    ['a symbol in front', german, { price: '€ 9,99' }, minor(999)],
    ['no decimals', german, { price: '1.234' }, minor(123_400)],
    ['a JSON number is as JSON writes it', german, { price: 9.99 }, minor(999)],
    ['not in threes', german, { price: '12.34' }, not('12.34')],
    ['two points of decimals', german, { price: '1,2,3' }, not('1,2,3')],
    ['two signs', german, { price: '--1,00' }, not('--1,00')],
    ['beyond the minor unit', ORDER, { price: '0.005' }, minor(1)],
    ['beyond a double', ORDER, { price: '12345678901.23' }, minor(1_234_567_890_123)],
  ])
})

describe('signs', () => {
  const signed = (sign: string): object => ({
    ...ORDER,
    quantity: [{ field: 'n', sign }],
    amount: { field: 'price', timesQuantity: true },
  })
  each([
    [
      'negative: the size counts',
      signed('negative'),
      { n: '-3', price: '2.50' },
      { quantity: 3, amountMinor: 750 },
    ],
    ['negative: zero too', signed('negative'), { n: 0, price: 1 }, { quantity: 0, amountMinor: 0 }],
    [
      'negative: not a positive one',
      signed('negative'),
      { n: 3, price: 1 },
      'bad-value: n (quantity): 3 is positive, expected negative',
    ],
    ['any', signed('any'), { n: '-3', price: 1 }, { quantity: 3 }],
    ['any, positive', signed('any'), { n: '3', price: 1 }, { quantity: 3 }],
    ['positive', signed('positive'), { n: '-3', price: 1 }, 'bad-value: n (quantity): "-3" is negative'],
    ['a minus behind', { ...signed('negative'), numbers: {} }, { n: '3-', price: 1 }, { quantity: 3 }],
    ['whole, with a point', signed('positive'), { n: '6.0', price: 1 }, { quantity: 6 }],
  ])
})

describe('one reporting currency', () => {
  const rates = {
    ...ORDER,
    currency: { field: 'c' },
    rates: { to: 'EUR', table: { USD: '0.92', JPY: '0.0061' } },
  }
  each([
    ['itself', rates, { price: '10.00', c: 'EUR' }, { amountMinor: 1000, currency: 'EUR' }],
    ['another', rates, { price: '10.00', c: 'USD' }, { amountMinor: 920, currency: 'EUR' }],
    ['one without minor units', rates, { price: '1000', c: 'JPY' }, { amountMinor: 610, currency: 'EUR' }],
    ['rounded once, half up', rates, { price: '0.125', c: 'USD' }, { amountMinor: 12, currency: 'EUR' }],
    [
      'one without a rate',
      rates,
      { price: '1', c: 'GBP' },
      'unknown-currency: c (currency): "GBP" has no rate to EUR',
    ],
    [
      'half of the last digit, beyond what a double holds',
      { ...rates, rates: { to: 'EUR', table: { USD: '1.000000000' } } },
      { price: '1234567.125', c: 'USD' },
      { amountMinor: 123_456_713, currency: 'EUR' },
    ],
    [
      'a long rate, of many pieces',
      {
        ...rates,
        quantity: 'n',
        amount: { field: 'price', timesQuantity: true },
        rates: { to: 'EUR', table: { USD: '123456.123456789' } },
      },
      { price: '0.01', n: '1000', c: 'USD' },
      { amountMinor: 123_456_123, currency: 'EUR' },
    ],
    ['a constant one', { ...rates, currency: 'USD' }, { price: '1' }, { amountMinor: 92, currency: 'EUR' }],
  ])
})

test.each(['0', '0.000', '1234567.123456789', '-1', '1e3'])(
  'a rate of %s is refused, never taken for 1',
  (worth) => {
    const rates = { to: 'EUR', table: { USD: worth } }
    expect(() => parseMapping({ ...BASE, ...ORDER, currency: { field: 'c' }, rates }, 'm')).toThrow(
      /rates\.table\.USD/,
    )
  },
)

test('a text of many spaces is no number, and is not tried for minutes', () => {
  const started = performance.now()
  const found = map({ ...ORDER, numbers: { symbols: ['€'] } }, { price: `${' '.repeat(4000)}x` })
  expect(found).toContain('is not a number of the form')
  expect(performance.now() - started).toBeLessThan(1000)
})

describe('categories', () => {
  const product = { product: 'p' }
  each([
    [
      'levels',
      { ...product, category: { levels: ['a', 'b'] } },
      { p: 'x', a: 'Home', b: 'Sofas' },
      { category: 'Home.Sofas' },
    ],
    [
      'up to the first that is missing',
      { ...product, category: { levels: ['a', 'b', 'c'] } },
      { p: 'x', a: 'Home', c: 'y' },
      { category: 'Home' },
    ],
    [
      'another separator',
      { category: { field: 'c', separator: '>' } },
      { c: 'Home > Sofas > 2.0' },
      { category: 'Home.Sofas.2_0' },
    ],
    ['none', { category: { field: 'c', separator: '>' } }, { c: ' > ' }, { userId: 'u' }],
  ])
})

describe('lines, discounts, attributes', () => {
  const lines = (more: object): object => ({
    kind: ORDER.kind,
    orderId: 'order',
    currency: 'EUR',
    lines: { field: 'items', product: 'sku', quantity: 'n', ...more },
  })
  const items = [
    { sku: 'p', n: 2, price: '5.00' },
    { sku: 'q', price: 1 },
  ]
  each([
    [
      'unit prices',
      lines({ price: 'price' }),
      { items },
      { amountMinor: 1100, lines: [{ amountMinor: 1000 }, { quantity: 1 }] },
    ],
    [
      'totals',
      lines({ total: 'price' }),
      { items },
      { amountMinor: 600, lines: [{ quantity: 2, amountMinor: 500 }, {}] },
    ],
    [
      'a discount',
      { ...ORDER, discount: 'd' },
      { price: 1, d: '0.10' },
      { amountMinor: 100, discountMinor: 10 },
    ],
    ['an attribute as it is', { attributes: { size: 's' } }, { s: true }, { attributes: { size: true } }],
    [
      'as a number',
      { attributes: { size: { field: 's', as: 'number' } } },
      { s: '4.5' },
      { attributes: { size: 4.5 } },
    ],
    [
      'as a truth',
      { attributes: { gift: { field: 's', as: 'boolean' } } },
      { s: 'No' },
      { attributes: { gift: false } },
    ],
    [
      'as a text',
      { attributes: { size: { field: 's', as: 'text' } } },
      { s: 4 },
      { attributes: { size: '4' } },
    ],
  ])
})

describe('a change stream', () => {
  const cdc = { envelope: 'debezium' }
  const after = { user: 'u', time: TIME, order: 'o' }
  const change = (value: unknown): Partial<Event> | string =>
    outcome(parseMapping({ ...BASE, ...cdc }, 'shop.json'), value)

  test.each(['c', 'u', 'r'])('operation %s: the row after it', (op) => {
    expect(change({ op, before: null, after })).toMatchObject({ userId: 'u' })
    expect(change({ schema: {}, payload: { op, after } })).toMatchObject({ userId: 'u' })
  })

  test.each<[string, unknown, string]>([
    ['a deleted row', { op: 'd', before: after, after: null }, 'skipped row-deleted'],
    ['a truncated table', { op: 't' }, 'skipped table-truncated'],
    ['a message of the log', { op: 'm' }, 'skipped log-message'],
    ['the tombstone behind a deleted row', null, 'skipped tombstone'],
    ['the same with its schema', { schema: null, payload: null }, 'skipped tombstone'],
  ])('%s is no event', (_what, value, expected) => {
    expect(change(value)).toBe(expected)
  })
})
