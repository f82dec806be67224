import { z } from 'zod'
import { fail } from '../../errors.ts'
import { minorDigits } from './currency.ts'
import { EVENT_KINDS } from './event.ts'

const path = z.string().min(1)

/** A field of the record: a CSV column, or a path in JSON with points between its steps. Of a list, the first that is there. */
const field = z.union([path, z.array(path).min(1)])

const constant = z.strictObject({ constant: z.string().min(1) })

/** Where a text comes from. */
const text = z.union([field, constant])

const hash = z.strictObject({
  hash: z.union([z.literal('record'), z.array(path).min(1)]).describe('Fields, or `record` for all of them.'),
  position: z
    .boolean()
    .optional()
    .describe('Adds the position of the record, so that exact duplicates stay distinct.'),
})

const id = z.union([field, hash])

/** ISO 4217. */
export const currencyCode = z
  .string()
  .refine((code) => minorDigits(code) !== undefined, 'is not an ISO 4217 code')

const currency = z.union([currencyCode, z.strictObject({ field, default: currencyCode.optional() })])

const kinds = z.array(z.enum(EVENT_KINDS)).min(1)

const amount = z.strictObject({
  field,
  on: kinds.optional().describe('Only for these kinds of event.'),
  timesQuantity: z.boolean().optional().describe('The field is a unit price.'),
})

const lines = z.strictObject({
  field: path.describe('A list of objects; the fields below are theirs.'),
  product: field,
  category: field.optional(),
  quantity: field.optional().describe('1 where it is missing.'),
  price: field.describe('Unit price.'),
})

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

/**
 * How a shop's own record becomes an event: data, without expressions and without state. An empty text and null count as
 * missing. What it cannot say is the shop's own step before us.
 */
export const mappingSchema = z.strictObject({
  name: path,
  version: z.int().positive(),
  format: z.enum(['csv', 'ndjson']),
  delimiter: z.string().length(1).optional(),
  skipWhen: z
    .array(
      z.strictObject({
        field,
        values: z.array(scalar).min(1),
        reason: z.string().regex(/^[a-z][a-z0-9-]*$/),
      }),
    )
    .optional()
    .describe('Records that are not wanted, counted by reason. null stands for a missing field.'),
  user: field,
  time: z.strictObject({
    field,
    format: z
      .string()
      .min(1)
      .describe("`iso`, `epoch-ms`, `epoch-s` or a pattern: yyyy-MM-dd HH:mm:ss 'UTC'."),
    zone: z.string().min(1).optional().describe('Zone of times without an offset; UTC where missing.'),
  }),
  kind: z.union([
    z.strictObject({ constant: z.enum(EVENT_KINDS) }),
    z.strictObject({
      field,
      table: z.record(z.string(), z.enum(EVENT_KINDS)),
      otherwise: z
        .string()
        .regex(/^[a-z][a-z0-9-]*$/)
        .optional()
        .describe('Reason to skip what the table does not name; refused where missing.'),
    }),
  ]),
  eventId: id,
  session: text.optional(),
  product: text.optional(),
  category: text.optional(),
  brand: text.optional(),
  quantity: field.optional(),
  amount: z.union([amount, z.array(amount).min(1)]).optional(),
  currency: currency.optional(),
  orderId: id.optional(),
  lines: lines.optional(),
  coupon: text.optional(),
  discount: field.optional(),
  channel: text.optional(),
  country: text.optional(),
  promotion: text.optional(),
  campaign: text.optional(),
  attributes: z.record(z.string().min(1), field).optional(),
})

export type Mapping = z.infer<typeof mappingSchema>
export type FieldSpec = z.infer<typeof field>
export type TextSpec = z.infer<typeof text>
export type IdSpec = z.infer<typeof id>

/** Checks the grammar. Rejects with `mapping-invalid` naming every place; `at` says which mapping it is. */
export function parseMapping(value: unknown, at: string): Mapping {
  const parsed = mappingSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'mapping'}: ${issue.message}`)
  return fail('mapping-invalid', `${at}: ${places.join('; ')}`)
}
