import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileMapping } from '../../../src/domain/events/compile-mapping.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import { loadMapping } from '../../../src/cli/declarations.ts'
import { HEADER, SHOP, inFolder, said } from './bad.ts'
import type { Bad } from './bad.ts'

/** Parses and compiles the shop's mapping with some of it changed. */
const row = (what: string, change: object, says: string): Bad => ({
  what,
  says: `mapping-invalid: ${says}`,
  outcome: () =>
    said(() => {
      compileMapping(parseMapping({ ...SHOP, time: { ...SHOP.time, zone: 'UTC' }, ...change }, 'shop.json'), {
        columns: HEADER.split(','),
      })
      return 'compiled'
    }),
})

const file = (what: string, text: string | undefined, says: string): Bad => ({
  what,
  says,
  outcome: () =>
    inFolder((dir) => {
      const path = join(dir, 'shop.json')
      if (text !== undefined) writeFileSync(path, text)
      return loadMapping(path).name
    }).then((message) => message.replace(/; built in: .*/, '')),
})

/** Mappings that say nothing, or two things at once. */
export const MAPPINGS: readonly Bad[] = [
  file('a mapping that is not there', undefined, 'file-missing: shop.json: not found'),
  file('a mapping that is not JSON', '{"name": "shop",}', 'mapping-invalid: shop.json:1:17: not JSON'),
  file(
    'a mapping that is a list',
    '[]',
    'mapping-invalid: shop.json: mapping: Invalid input: expected object, received array',
  ),
  row('an unknown member', { colour: 'red' }, 'shop.json: mapping: Unrecognized key: "colour"'),
  row(
    'no user',
    { user: undefined },
    'shop.json: user: expected a field, or a list of which the first that is there counts',
  ),
  row(
    'a user of nothing',
    { user: '' },
    'shop.json: user: Too small: expected string to have >=1 characters',
  ),
  row(
    'a number for a field',
    { user: 7 },
    'shop.json: user: expected a field, or a list of which the first that is there counts',
  ),
  row(
    'a format nobody knows',
    { format: 'xml' },
    'shop.json: format: Invalid option: expected one of "csv"|"ndjson"|"json"|"avro"',
  ),
  row(
    'a kind nobody knows',
    { kind: { constant: 'danced' } },
    'shop.json: kind: expected {"constant": kind} or {"field": …, "table": {…}}; kinds are page_viewed, product_viewed, product_added, product_removed, order_completed, products_searched, checkout_started, order_cancelled, order_refunded, promotion_viewed, promotion_clicked, campaign_exposed, user_erased',
  ),
  row('a kind without a table', { kind: { field: 'kind' } }, 'shop.json: kind: expected a table or prefixes'),
  row(
    'a time format nobody knows',
    { time: { field: 'time', format: 'QQ' } },
    'shop: time.format: QQ is not understood',
  ),
  row(
    'hours of half a day without AM and PM',
    { time: { field: 'time', format: 'dd/MM/yyyy h:mm' } },
    'shop: time.format: dd/MM/yyyy h:mm is not understood',
  ),
  row(
    'a zone nobody knows',
    { time: { ...SHOP.time, zone: 'Mars/Olympus' } },
    'shop: time.zone: Mars/Olympus is not a zone that is known here',
  ),
  row(
    'a column that is not there',
    { brand: 'marque' },
    'shop: there is no column marque; the header has user, time, kind, product, quantity, price, currency, order',
  ),
  row(
    'none of several columns there',
    { brand: ['marque', 'Marke'] },
    'shop: there is no column marque or Marke; the header has user, time, kind, product, quantity, price, currency, order',
  ),
  row('a currency that is none', { currency: 'EURO' }, 'shop.json: currency: is not an ISO 4217 code'),
  row(
    'a delimiter of two characters',
    { delimiter: '||' },
    'shop.json: delimiter: expected one ASCII character that is no quote',
  ),
  row(
    'a quote for a delimiter',
    { delimiter: '"' },
    'shop.json: delimiter: expected one ASCII character that is no quote',
  ),
  row(
    'a delimiter of JSON',
    { format: 'ndjson', delimiter: ';' },
    'shop.json: delimiter: is for csv, not for ndjson',
  ),
  row('an envelope around CSV', { envelope: 'debezium' }, 'shop.json: envelope: csv has none'),
  row(
    'lists of lines in CSV',
    { lines: { field: 'x', product: 'p', price: 'q' } },
    'shop.json: lines: csv has none',
  ),
  row(
    'an encoding nobody knows',
    { encoding: 'ebcdic' },
    'shop.json: encoding: Invalid option: expected one of "utf-8"|"latin1"|"iso-8859-15"|"windows-1250"|"windows-1251"|"windows-1252"',
  ),
  row(
    'one sign for decimals and thousands',
    { numbers: { decimal: ',', thousands: [','] } },
    'shop.json: numbers: , cannot be both decimal and thousands',
  ),
  row(
    'a skip rule without a condition',
    { skipWhen: [{ field: 'kind', reason: 'robot' }] },
    'shop.json: skipWhen: expected values, prefixes or atMost',
  ),
  row(
    'a skip reason in words',
    { skipWhen: [{ field: 'kind', values: ['x'], reason: 'No robots!' }] },
    'shop.json: skipWhen.0.reason: expected small letters, digits and -',
  ),
  row(
    'a join beside lines',
    {
      format: 'ndjson',
      join: { by: 'order' },
      lines: { field: 'items', product: 'sku', price: 'price' },
    },
    'shop.json: join: cannot be there beside lines: a record is a line',
  ),
  row(
    'a join without a product',
    { join: { by: 'order' }, product: undefined, kind: { constant: 'order_completed' } },
    'shop.json: product: is missing, a joined line requires it',
  ),
  row(
    'a join whose orders are lines',
    { join: { by: 'order' }, orderId: { hash: 'record', position: true } },
    'shop.json: orderId: with position each line would be an order',
  ),
  row(
    'lines with price and total',
    {
      format: 'ndjson',
      lines: { field: 'items', product: 'sku', price: 'price', total: 'total' },
    },
    'shop.json: lines: expected either price or total',
  ),
  row(
    'orders without an order id',
    { orderId: undefined },
    'shop.json: orderId: is missing, order_completed requires it',
  ),
  row(
    'orders without an amount',
    { amount: undefined },
    'shop.json: amount: is missing, order_completed requires it',
  ),
  row(
    'promotions without a promotion',
    { kind: { constant: 'promotion_viewed' } },
    'shop.json: promotion: is missing, promotion_viewed requires it',
  ),
  row(
    'an amount without a currency',
    { currency: undefined },
    'shop.json: currency: is missing, amount requires it',
  ),
  row(
    'rates that lack the one needed',
    { currency: 'JPY', rates: { to: 'EUR', table: { USD: '0.92' } } },
    'shop.json: rates: lack one for JPY',
  ),
  row(
    'a rate as a number',
    { rates: { to: 'EUR', table: { USD: 0.92 } } },
    'shop.json: rates.table.USD: Invalid input: expected string, received number',
  ),
]
