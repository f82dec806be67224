import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { HEADER, ROW, SHOP, inFolder, read, reading } from './bad.ts'
import type { Bad } from './bad.ts'

const GOOD = `${HEADER}\n${ROW}\n`
const packed = gzipSync(GOOD)
const NDJSON = { ...SHOP, format: 'ndjson' }
const JSON_LIST = { ...SHOP, format: 'json' }
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** Files that are not what they should be. */
export const FILES: readonly Bad[] = [
  {
    what: 'a file that is not there',
    outcome: reading(undefined),
    says: 'file-missing: shop.csv: there is no such file',
  },
  {
    what: 'a folder',
    outcome: () =>
      inFolder((dir) => read(join(dir, '.'), SHOP)).then((text) => text.replace(/\S+: is/, 'it: is')),
    says: 'usage: it: is a folder, a file is expected',
  },
  {
    what: 'an empty CSV file',
    outcome: reading(''),
    says: 'mapping-invalid: shop.csv: has no header line, a CSV input starts with one',
  },
  {
    what: 'nothing but a byte order mark',
    outcome: reading('\ufeff'),
    says: 'mapping-invalid: shop.csv: has no header line, a CSV input starts with one',
  },
  {
    what: 'nothing but empty lines',
    outcome: reading('\n\r\n\n'),
    says: 'mapping-invalid: shop.csv: has no header line, a CSV input starts with one',
  },
  {
    what: 'gzip that ends too early',
    outcome: reading(packed.subarray(0, packed.length - 12)),
    says: 'input-truncated: shop.csv: the gzip data ends too early; 0 whole records were read before',
  },
  {
    what: 'gzip with a wrong checksum',
    outcome: reading(Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)])),
    says: 'input-truncated: shop.csv: the gzip data is damaged; 0 whole records were read before',
  },
  {
    what: 'gzip that is none behind its first bytes',
    outcome: reading(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4])),
    says: 'input-truncated: shop.csv: the gzip data is damaged; 0 whole records were read before',
  },
  {
    what: 'a picture',
    outcome: reading(PNG),
    says: 'mapping-invalid: shop: there is no column kind; the first line is one field, is "," the delimiter?',
  },
  {
    what: 'a header with a quote that is never closed',
    outcome: reading(`"${GOOD}`),
    says: 'mapping-invalid: shop.csv: the header line is no CSV: field 1 opens a quote that is never closed',
  },
  {
    what: 'a column that is there twice',
    outcome: reading(GOOD.replace('order', 'user')),
    says: 'mapping-invalid: shop: the header has column user twice',
  },
  {
    what: 'a column that is missing',
    outcome: reading(GOOD.replace('price', 'Price')),
    says: 'mapping-invalid: shop: there is no column price; the header has user, time, kind, product, quantity, Price, currency, order',
  },
  {
    what: 'semicolons where commas are expected',
    outcome: reading(GOOD.replaceAll(',', ';')),
    says: 'mapping-invalid: shop: there is no column kind; the first line is one field, is "," the delimiter?',
  },
  {
    what: 'a file without its header',
    outcome: reading(`${ROW}\n`),
    says: 'mapping-invalid: shop: there is no column kind, nor user, time: the first line is no header for this mapping',
  },
  {
    what: 'JSON where CSV is expected',
    outcome: reading('{"user":"u1"}\n'),
    says: 'mapping-invalid: shop.csv: the header line is no CSV: field 1 has a quote inside, but is not quoted',
  },
  {
    what: 'CSV where lines of JSON are expected',
    outcome: reading(GOOD, NDJSON),
    says: 'line 1, not-json: the record is not JSON: it does not start with {; line 2, not-json: the record is not JSON: it does not start with {',
  },
  {
    what: 'a JSON list where lines are expected',
    outcome: reading('[{"user":"u1"}]\n', NDJSON),
    says: 'line 1, bad-value: a list of 1 is not an object',
  },
  {
    what: 'a JSON document that is cut off',
    outcome: reading('[{"user":"u1",\n', JSON_LIST),
    says: 'line 1, not-json: the record is not JSON: it does not end with }, it may be cut off',
  },
  {
    what: 'windows-1252 where UTF-8 is expected',
    outcome: reading(Buffer.from(GOOD.replace(',p,', ',café,'), 'latin1')),
    says: 'line 2, not-utf8: the bytes of the record are not UTF-8',
  },
  {
    what: 'an Avro mapping',
    outcome: reading(GOOD, { ...SHOP, format: 'avro' }),
    says: 'mapping-invalid: mapping shop reads avro, which comes by topics; files are csv, ndjson or json',
  },
]

const csv = (...lines: string[]): (() => Promise<string>) => reading(`${HEADER}\n${lines.join('\n')}\n`)
const BIG = `${ROW}${'x'.repeat(2 ** 20)}`

/** Lines that cannot be taken apart. */
export const LINES: readonly Bad[] = [
  {
    what: 'too few fields',
    outcome: csv('u1,2024-01-31 09:15', ROW),
    says: 'line 2, not-csv: the record has 2 fields, the header has 8',
  },
  {
    what: 'too many fields',
    outcome: csv(`${ROW},more`),
    says: 'line 2, not-csv: the record has 9 fields, the header has 8',
  },
  {
    what: 'text behind a closing quote',
    outcome: csv(`"u1"x${ROW.slice(2)}`),
    says: 'line 2, not-csv: field 1 goes on behind its closing quote',
  },
  {
    what: 'a quote inside a bare field',
    outcome: csv(ROW.replace(',p,', ',12" pan,')),
    says: 'line 2, not-csv: field 4 has a quote inside, but is not quoted',
  },
  {
    what: 'a quote that is never closed',
    outcome: csv(ROW.replace(',p,', ',"p,')),
    says: 'line 2, not-csv: field 4 opens a quote that is never closed',
  },
  {
    what: 'a line of a megabyte and more',
    outcome: csv(BIG, ROW),
    says: 'line 2, too-large: the record has 1048617 bytes, at most 1048576 are read',
  },
  {
    what: 'NUL bytes in a number',
    outcome: csv(ROW.replace('9.99', '9\0.99')),
    says: 'line 2, bad-value: price (amount): "9\\u0000.99" is not a number of the form 1234.56',
  },
  {
    what: 'a line of JSON that is cut off',
    outcome: reading('{"user":"u1"\n', NDJSON),
    says: 'line 1, not-json: the record is not JSON: it does not end with }, it may be cut off',
  },
  {
    what: 'NaN in JSON',
    outcome: reading('{"user":NaN}\n', NDJSON),
    says: 'line 1, not-json: the record is not JSON: NaN and Infinity are no JSON numbers',
  },
  {
    what: 'a line of JSON that is no object',
    outcome: reading('[1]\n', NDJSON),
    says: 'line 1, bad-value: a list of 1 is not an object',
  },
  {
    what: 'single quotes for JSON',
    outcome: reading("{'user':'u1'}\n", NDJSON),
    says: 'line 1, not-json: the record is not JSON',
  },
]
