import { z } from 'zod'
import { minorDigits } from './currency.ts'
import { EARLIEST_EVENT_MS, EVENT_KINDS, MAX_AMOUNT_MINOR } from './event.ts'
import type { Event } from './event.ts'
import { isUserId } from './user-id.ts'

const text = z.string().min(1)
const amountMinor = z.int().nonnegative().lt(MAX_AMOUNT_MINOR)
const quantity = z.int().nonnegative()

export const orderLineSchema = z.strictObject({
  product: text,
  category: text.optional(),
  quantity,
  amountMinor,
})

const attributeName = text.refine((name) => name !== '__proto__', 'is not a usable name')
const attributes = z.record(attributeName, z.union([z.string(), z.number(), z.boolean()]))

const members = z.strictObject({
  eventId: text.describe('Unique per fact; a second event with the same id changes nothing.'),
  userId: z.string().refine(isUserId).describe('1 to 256 UTF-8 bytes.'),
  eventTime: z.int().min(EARLIEST_EVENT_MS).describe('Unix milliseconds, from 2000-01-01 on.'),
  kind: z.enum(EVENT_KINDS),
  session: text.optional(),
  product: text.optional().describe('Required by product_viewed, product_added and product_removed.'),
  category: text.optional().describe('Dotted path, broadest first: electronics.audio.headphone.'),
  brand: text.optional(),
  quantity: quantity.optional(),
  amountMinor: amountMinor.optional().describe('Minor units of `currency`. Required by order_completed.'),
  currency: text
    .refine((code) => minorDigits(code) !== undefined)
    .optional()
    .describe('ISO 4217 code. Required wherever an amount is given.'),
  orderId: text.optional().describe('Required by order_completed.'),
  lines: z.array(orderLineSchema).optional(),
  coupon: text.optional(),
  discountMinor: amountMinor.optional(),
  channel: text.optional(),
  country: text.optional(),
  promotion: text.optional(),
  campaign: text.optional(),
  attributes: attributes.optional().describe("The shop's own fields."),
})

type Members = z.infer<typeof members>

/** The members that an event of this kind cannot do without, and the currency of any amount. */
function complete(event: Members): boolean {
  if (event.kind === 'order_completed' && (event.amountMinor === undefined || event.orderId === undefined))
    return false
  if (event.kind.startsWith('product_') && event.product === undefined) return false
  const hasAmount = event.amountMinor ?? event.discountMinor ?? event.lines?.[0]
  return hasAmount === undefined || event.currency !== undefined
}

/**
 * One event as it stands on disk: the form of record for people and other programs (the published JSON Schema is made from
 * it). `decodeEvent` is the fast equal of it; the two accept the same values.
 */
export const eventSchema = members.refine(complete, 'lacks a field that its kind requires')

// Both ways assignable: a member that one side lacks does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
export const schemaMatchesEvent: Same<keyof Required<Members>, keyof Event> = true
