import { decodeEvent } from '../../../src/domain/events/decode-event.ts'
import { HEADER, LATEST, ROW, SHOP, reading } from './bad.ts'
import type { Bad } from './bad.ts'

/** The row with one value changed. */
function cell(column: string, value: string, mapping: object = SHOP): () => Promise<string> {
  const fields = ROW.split(',').with(HEADER.split(',').indexOf(column), value)
  return reading(`${HEADER}\n${fields.join(',')}\n`, mapping)
}

const row = (what: string, column: string, value: string, says: string, mapping?: object): Bad => ({
  what,
  says: `line 2, ${says}`,
  outcome: cell(column, value, mapping),
})

const EUROPEAN = { ...SHOP, numbers: { decimal: ',', thousands: ['.'] } }
const RATES = { ...SHOP, rates: { to: 'EUR', table: { USD: '0.92' } } }
const JOINED = { ...SHOP, join: { by: 'order' } }

/** Values that a mapping cannot read. */
export const VALUES: readonly Bad[] = [
  row('no user', 'user', '', 'missing-field: user (user): is missing'),
  row(
    'a user beyond all bounds',
    'user',
    'u'.repeat(257),
    'bad-value: userId: a text of 257 characters, expected text of 1 to 256 UTF-8 bytes',
  ),
  row('no time', 'time', '', 'missing-field: time (time): is missing'),
  row(
    'a time of another form',
    'time',
    '31/01/2024 09:15',
    'bad-time: time (time): "31/01/2024 09:15" is not a time of the form yyyy-MM-dd HH:mm',
  ),
  row(
    'the 30th of February',
    'time',
    '2024-02-30 09:15',
    'bad-time: time (time): "2024-02-30 09:15" is not a time of the form yyyy-MM-dd HH:mm',
  ),
  row(
    '25 o’clock',
    'time',
    '2024-01-31 25:00',
    'bad-time: time (time): "2024-01-31 25:00" is not a time of the form yyyy-MM-dd HH:mm',
  ),
  row(
    'a time before 2000',
    'time',
    '1970-01-01 00:00',
    'past: eventTime: -3600000 lies before 2000-01-01 (946684800000)',
  ),
  row(
    'a time in the future',
    'time',
    '2999-01-01 00:00',
    'future: eventTime: 32472140400000 lies after the latest accepted time, 1735689600000',
  ),
  row(
    'a kind that nothing names',
    'kind',
    'returned',
    'unknown-kind: kind (kind): "returned" is not one of view, order',
  ),
  row('no kind', 'kind', '', 'missing-field: kind (kind): is missing'),
  row('no product', 'product', '', 'missing-field: product: is missing, product_viewed requires it', {
    ...SHOP,
    kind: { constant: 'product_viewed' },
  }),
  row('half a piece', 'quantity', '0.5', 'bad-value: quantity (quantity): "0.5" is not a whole number'),
  row('minus two pieces', 'quantity', '-2', 'bad-value: quantity (quantity): "-2" is negative'),
  row(
    'two pieces too many digits long',
    'quantity',
    '2'.repeat(16),
    'bad-value: quantity (quantity): "2222222222222222" is not a whole number',
  ),
  row(
    'a price in words',
    'price',
    'free',
    'bad-value: price (amount): "free" is not a number of the form 1234.56',
  ),
  row(
    'a price with a decimal comma',
    'price',
    '"9,99"',
    'bad-value: price (amount): "9,99" is not a number of the form 1234.56',
  ),
  row(
    'a price with a symbol',
    'price',
    '€9.99',
    'bad-value: price (amount): "€9.99" is not a number of the form 1234.56',
  ),
  row('a negative price', 'price', '-9.99', 'bad-value: price (amount): "-9.99" is negative'),
  row(
    'a positive number where negatives are expected',
    'quantity',
    '2',
    'bad-value: quantity (quantity): "2" is positive, expected negative',
    {
      ...SHOP,
      quantity: { field: 'quantity', sign: 'negative' },
    },
  ),
  row(
    'no price of an order',
    'price',
    '',
    'missing-field: amountMinor: is missing, order_completed requires it',
  ),
  row(
    'a price beyond all bounds',
    'price',
    '99999999999999',
    'bad-value: price (amount): "99999999999999" is too large',
  ),
  row(
    'an infinite price',
    'price',
    'Infinity',
    'bad-value: price (amount): "Infinity" is not a number of the form 1234.56',
  ),
  row(
    'a point where thousands are not in threes',
    'price',
    '1.23',
    'bad-value: price (amount): "1.23" is not a number of the form 1.234,56',
    EUROPEAN,
  ),
  row(
    'a currency that is none',
    'currency',
    'EURO',
    'unknown-currency: currency (currency): "EURO" is not an ISO 4217 code',
  ),
  row('no currency', 'currency', '', 'missing-field: currency: is missing, price (amount) needs one'),
  row(
    'a currency without a rate',
    'currency',
    'JPY',
    'unknown-currency: currency (currency): "JPY" has no rate to EUR',
    RATES,
  ),
  row('no order id', 'order', '', 'missing-field: order (orderId): is missing'),
  row('no key to join by', 'order', '', 'missing-field: order (join): is missing', {
    ...JOINED,
    orderId: { hash: ['time'] },
  }),
  row(
    'an attribute that is no number',
    'product',
    'red',
    'bad-value: product (attributes.size): "red" is no number',
    {
      ...SHOP,
      attributes: { size: { field: 'product', as: 'number' } },
    },
  ),
  {
    what: 'a line that comes after its order was complete',
    outcome: reading(`${HEADER}\n${ROW}\n${ROW.replace('09:15', '09:26')}\n`, JOINED),
    says: 'line 3, late-line: eventTime: 1706689560000 is a line of an order that was complete, 10 minutes after its first one',
  },
  {
    what: 'two currencies in one order',
    outcome: reading(`${HEADER}\n${ROW}\n${ROW.replace('EUR', 'USD')}\n`, JOINED),
    says: 'line 3, bad-value: currency: USD in an order that began with EUR',
  },
]

const DEBEZIUM = { ...SHOP, format: 'ndjson', envelope: 'debezium' }
const LINES = {
  ...SHOP,
  format: 'ndjson',
  amount: undefined,
  lines: { field: 'items', product: 'sku', quantity: 'n', price: 'price' },
}
const order = (items: unknown): string =>
  `${JSON.stringify({ user: 'u1', time: '2024-01-31 09:15', kind: 'order', currency: 'EUR', order: 'o1', items })}\n`

/** Records of JSON that a mapping cannot read. */
export const RECORDS: readonly Bad[] = [
  {
    what: 'lines that are no list',
    outcome: reading(order('none'), LINES),
    says: 'line 1, bad-value: items (lines): "none" is not a list',
  },
  {
    what: 'a line without a product',
    outcome: reading(order([{ n: 1, price: 1 }]), LINES),
    says: 'line 1, missing-field: items[0].sku (product): is missing',
  },
  {
    what: 'a line without a price',
    outcome: reading(order([{ sku: 'p' }]), LINES),
    says: 'line 1, missing-field: items[0].price (amount): is missing',
  },
  {
    what: 'half a piece in a line',
    outcome: reading(order([{ sku: 'p', n: 0.5, price: 1 }]), LINES),
    says: 'line 1, bad-value: items[0].n (quantity): 0.5 is not a whole number',
  },
  {
    what: 'a line that is no object',
    outcome: reading(order([1]), LINES),
    says: 'line 1, missing-field: items[0].sku (product): is missing',
  },
  {
    what: 'a row of a table without its change event',
    outcome: reading('{"id":1}\n', DEBEZIUM),
    says: 'line 1, missing-field: op: is missing, a change event has one',
  },
  {
    what: 'a change event of an unknown operation',
    outcome: reading('{"op":"x"}\n', DEBEZIUM),
    says: 'line 1, bad-value: op: "x" is not one of c, u, r, d, t, m',
  },
  {
    what: 'a change event without a row',
    outcome: reading('{"op":"c","after":null}\n', DEBEZIUM),
    says: 'line 1, bad-value: null is not an object',
  },
  {
    what: 'an object for a user',
    outcome: reading('{"user":{}, "kind":"view"}\n', { ...SHOP, format: 'ndjson' }),
    says: 'line 1, bad-value: user (user): an object cannot be a user id',
  },
]

const VIEW = {
  eventId: 'e',
  userId: 'u',
  eventTime: Date.UTC(2024, 0, 31),
  kind: 'product_viewed',
  product: 'p',
}

const event = (what: string, change: object, says: string): Bad => ({
  what,
  says,
  outcome: () => {
    const decoded = decodeEvent({ ...VIEW, ...change }, LATEST)
    return decoded.type === 'refused' ? `${decoded.reason}: ${decoded.detail}` : decoded.type
  },
})

/** Events in our own form that are none. */
export const EVENTS: readonly Bad[] = [
  event('an unknown member', { colour: 'red' }, 'unknown-field: "colour" is not a field of an event'),
  event(
    'null for what is absent',
    { session: null },
    'bad-value: session: null is not a text of at least one character',
  ),
  event('a number for a text', { brand: 7 }, 'bad-value: brand: 7 is not a text of at least one character'),
  event(
    'a user as a number',
    { userId: 7 },
    'bad-value: userId: a number, expected text of 1 to 256 UTF-8 bytes',
  ),
  event(
    'seconds for milliseconds',
    { eventTime: 1_706_691_600 },
    'past: eventTime: 1706691600 lies before 2000-01-01 (946684800000)',
  ),
  event(
    'a time in text',
    { eventTime: '2024-01-31' },
    'bad-time: eventTime: "2024-01-31" is not a whole number of milliseconds',
  ),
  event(
    'a kind in other letters',
    { kind: 'ProductViewed' },
    'unknown-kind: kind: "ProductViewed" is not one of page_viewed, product_viewed, product_added, product_removed, order_completed, products_searched, checkout_started, order_cancelled, order_refunded, promotion_viewed, promotion_clicked, campaign_exposed, user_erased',
  ),
  event(
    'an amount with a fraction',
    { amountMinor: 9.99, currency: 'EUR' },
    'bad-value: amountMinor: 9.99 is not a whole number of minor units from 0 to below 2^43',
  ),
  event(
    'an amount without a currency',
    { amountMinor: 999 },
    'missing-field: currency: is missing beside an amount',
  ),
  event(
    'a cancellation of no order',
    { kind: 'order_cancelled' },
    'missing-field: orderId: is missing, order_cancelled requires it',
  ),
  event(
    'a refund of nothing',
    { kind: 'order_refunded' },
    'missing-field: orderId, amountMinor, lines: are all missing, order_refunded requires one of them',
  ),
  event(
    'no promotion',
    { kind: 'promotion_clicked' },
    'missing-field: promotion: is missing, promotion_clicked requires it',
  ),
  event(
    'no campaign',
    { kind: 'campaign_exposed' },
    'missing-field: campaign: is missing, campaign_exposed requires it',
  ),
  event(
    'a line with an unknown member',
    { lines: [{ product: 'p', quantity: 1, amountMinor: 1, sku: 1 }] },
    'unknown-field: lines[0]: "sku" is not a field of a line',
  ),
  event(
    'an attribute that is a list',
    { attributes: { sizes: [1, 2] } },
    'bad-value: attributes.sizes: a list of 2 is not a text, a finite number or a boolean',
  ),
]
