import { z } from 'zod'
import { minorDigits } from './currency.ts'
import { parseDecimal } from './decimal.ts'
import { EVENT_KINDS } from './event.ts'

const path = z.string().min(1)

/** A field of the record: a CSV column, or a path in JSON with points between its steps (`\.` is a point of a name). */
const field = z.union([path, z.array(path).min(1)], {
  error: 'expected a field, or a list of which the first that is there counts',
})

const constant = z.strictObject({ constant: z.string().min(1) })

const table = z.strictObject({
  field,
  table: z.record(z.string(), z.string().min(1)).describe('What it does not name stays as it is.'),
})

/** Where a text comes from. */
const text = z.union([field, constant, table], {
  error: 'expected a field, {"constant": …} or {"field": …, "table": {…}}',
})

const category = z.union(
  [
    field,
    constant,
    table,
    z.strictObject({ levels: z.array(field).min(1).describe('Fields, the broadest first.') }),
    z.strictObject({ field, separator: z.string().min(1).describe('Between the levels: " > ".') }),
  ],
  { error: 'expected a field, a constant, a table, {"levels": [fields]} or {"field": …, "separator": …}' },
)

const hash = z.strictObject({
  hash: z
    .union([z.literal('record'), z.array(field).min(1)], { error: 'expected "record" or a list of fields' })
    .describe('Fields, or `record` for all of them.'),
  position: z
    .boolean()
    .optional()
    .describe('Adds the position of the record, so that exact duplicates stay distinct.'),
})

const kinds = z.array(z.enum(EVENT_KINDS)).min(1)

const id = z.union([field, hash], { error: 'expected a field or {"hash": …}' })
const orderId = z.union([field, hash, z.strictObject({ field, on: kinds })], {
  error: 'expected a field, {"hash": …} or {"field": …, "on": [kinds]}',
})

/** ISO 4217. */
export const currencyCode = z
  .string()
  .refine((code) => minorDigits(code) !== undefined, 'is not an ISO 4217 code')

const currency = z.union([currencyCode, z.strictObject({ field, default: currencyCode.optional() })], {
  error: 'expected an ISO 4217 code such as "EUR", or {"field": …}',
})

/** More digits would not be exact, and nothing is worth nothing. */
const isRate = (worth: string): boolean => (parseDecimal(worth)?.unscaled ?? 0) > 0

const rates = z.strictObject({
  to: currencyCode.describe('The one currency of all amounts.'),
  table: z
    .record(
      currencyCode,
      z
        .string()
        .regex(/^\d{1,9}(\.\d{1,9})?$/, 'expected a decimal text such as "0.92"')
        .refine(isRate, 'expected more than 0, in at most 15 digits'),
    )
    .describe('What one unit of the other currency is worth.'),
})

const sign = z
  .enum(['positive', 'negative', 'any'])
  .optional()
  .describe('Of the numbers as given; their size counts. `positive`, where missing: others are refused.')

const on = kinds.optional().describe('Only for these kinds of event.')

const quantityRule = z.strictObject({ field, on, sign })
const quantity = z.union([field, quantityRule, z.array(quantityRule).min(1)], {
  error: 'expected a field, {"field": …} or a list of such',
})

const amount = z.strictObject({
  field,
  on,
  timesQuantity: z.boolean().optional().describe('The field is a unit price.'),
  sign,
})

const lines = z.strictObject({
  field: path.describe('A list of objects; the fields below are theirs.'),
  product: field,
  category: field.optional(),
  quantity: field.optional().describe('1 where it is missing.'),
  price: field.optional().describe('Unit price.'),
  total: field.optional().describe('Price of the whole line, instead of a unit price.'),
})

const attribute = z.union([field, z.strictObject({ field, as: z.enum(['text', 'number', 'boolean']) })], {
  error: 'expected a field or {"field": …, "as": "text" | "number" | "boolean"}',
})

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const reason = z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected small letters, digits and -')

const skipRule = z.strictObject({
  field,
  values: z.array(scalar).min(1).optional().describe('null stands for a missing field.'),
  prefixes: z.array(z.string().min(1)).min(1).optional().describe('Texts that begin so.'),
  atMost: z.number().optional().describe('Numbers up to this one.'),
  reason,
})

const numbers = z.strictObject({
  decimal: z.enum(['.', ',']).optional().describe('A point where missing.'),
  thousands: z
    .array(z.enum(['.', ',', ' ', '\u00a0', '\u202f', "'", '\u2019', '_']))
    .min(1)
    .optional()
    .describe('What may stand between groups of three digits.'),
  symbols: z.array(z.string().min(1)).min(1).optional().describe('What may stand around a number: "€".'),
})

const time = z.strictObject({
  field,
  format: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe(
      '`iso`, `epoch-s`, `epoch-ms`, `epoch-us`, `epoch-ns` or a pattern: yyyy-MM-dd HH:mm:ss. Of several, the first that fits.',
    ),
  zone: z.string().min(1).optional().describe('Zone of times without an offset; UTC where missing.'),
})

const kind = z.union(
  [
    z.strictObject({ constant: z.enum(EVENT_KINDS) }),
    z.strictObject({
      field,
      table: z.record(z.string(), z.enum(EVENT_KINDS)).optional().describe('By the whole value.'),
      prefixes: z
        .record(z.string(), z.enum(EVENT_KINDS))
        .optional()
        .describe('By how the value begins, the longest first; "" is every other one.'),
      otherwise: reason.optional().describe('Reason to skip what nothing names; refused where missing.'),
    }),
  ],
  { error: `expected {"constant": kind} or {"field": …, "table": {…}}; kinds are ${EVENT_KINDS.join(', ')}` },
)

/** Encodings of text; UTF-16 files are known by their byte order mark. */
export const ENCODINGS = [
  'utf-8',
  'latin1',
  'iso-8859-15',
  'windows-1250',
  'windows-1251',
  'windows-1252',
] as const
export type Encoding = (typeof ENCODINGS)[number]

/** Forms of records. `json` is one array of objects, or objects one after the other, on as many lines as they like. */
export const RECORD_FORMATS = ['csv', 'ndjson', 'json', 'avro'] as const
export type RecordFormat = (typeof RECORD_FORMATS)[number]

/** Every member by itself; what holds between them is in `mapping-check.ts`. */
export const members = z.strictObject({
  name: path,
  version: z.int().positive(),
  format: z.enum(RECORD_FORMATS),
  encoding: z.enum(ENCODINGS).optional(),
  delimiter: z
    .string()
    .regex(/^[\t\x20!#-~]$/, 'expected one ASCII character that is no quote')
    .optional()
    .describe('Of CSV; a comma where missing.'),
  envelope: z
    .literal('debezium')
    .optional()
    .describe('Rows of a change stream: fields are those of `after`; deleted rows are skipped.'),
  numbers: numbers.optional().describe('How numbers are written as text.'),
  skipWhen: z.array(skipRule).optional().describe('Records that are not wanted, counted by reason.'),
  join: z
    .strictObject({ by: field })
    .optional()
    .describe('Each record is one line of an order; those with one key become one event. In `ingest` only.'),
  user: field,
  time,
  kind,
  eventId: id,
  session: text.optional(),
  product: text.optional(),
  category: category.optional(),
  brand: text.optional(),
  quantity: quantity.optional(),
  amount: z
    .union([amount, z.array(amount).min(1)], { error: 'expected {"field": …} or a list of such' })
    .optional(),
  currency: currency.optional(),
  rates: rates.optional(),
  orderId: orderId.optional(),
  lines: lines.optional(),
  coupon: text.optional(),
  discount: field.optional(),
  channel: text.optional(),
  country: text.optional(),
  promotion: text.optional(),
  campaign: text.optional(),
  attributes: z.record(z.string().min(1), attribute).optional().describe("The shop's own fields."),
})

export type Mapping = z.infer<typeof members>

export type FieldSpec = z.infer<typeof field>
export type TextSpec = z.infer<typeof text>
export type CategorySpec = z.infer<typeof category>
export type OrderIdSpec = z.infer<typeof orderId>
export type AttributeSpec = z.infer<typeof attribute>
export type Sign = NonNullable<z.infer<typeof sign>>
