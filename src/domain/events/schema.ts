import { z } from 'zod'
import { minorDigits } from './currency.ts'
import { EARLIEST_EVENT_MS, EVENT_KINDS, MAX_AMOUNT_MINOR } from './event.ts'
import type { Event } from './event.ts'
import { kindSpec, lacking } from './kinds.ts'
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

const KINDS_TEXT = EVENT_KINDS.map((kind) => `${kind}: ${kindSpec(kind).about}`).join('\n')

const members = z.strictObject({
  eventId: text.describe('Unique per fact.'),
  userId: z.string().refine(isUserId).describe('1 to 256 UTF-8 bytes.'),
  eventTime: z.int().min(EARLIEST_EVENT_MS).describe('Unix milliseconds, from 2000-01-01 on.'),
  kind: z.enum(EVENT_KINDS).describe(KINDS_TEXT),
  session: text.optional(),
  product: text.optional(),
  category: text.optional().describe('Dotted path, broadest first: electronics.audio.headphone.'),
  brand: text.optional(),
  quantity: quantity.optional(),
  amountMinor: amountMinor.optional().describe('Minor units of `currency`.'),
  currency: text
    .refine((code) => minorDigits(code) !== undefined)
    .optional()
    .describe('ISO 4217 code. Required wherever an amount is given.'),
  orderId: text.optional(),
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

/** Has it what its kind requires, and the currency of any amount? */
function complete(event: Members): boolean {
  if (lacking(event.kind, event) !== undefined) return false
  const hasAmount = event.amountMinor ?? event.discountMinor ?? event.lines?.[0]
  return hasAmount === undefined || event.currency !== undefined
}

const implies = (one: object, other: object): object => ({ anyOf: [{ not: one }, other] })

/** The same in the words of JSON Schema, for other programs. */
const published = {
  title: 'Event',
  dependentRequired: { amountMinor: ['currency'], discountMinor: ['currency'] },
  allOf: [
    ...EVENT_KINDS.flatMap((kind) => {
      const { requires, requiresOneOf = [] } = kindSpec(kind)
      if (requires.length + requiresOneOf.length === 0) return []
      const some = requiresOneOf.length === 0 ? {} : { anyOf: requiresOneOf.map((m) => ({ required: [m] })) }
      const all = requires.length === 0 ? {} : { required: requires }
      return [implies({ properties: { kind: { const: kind } } }, { ...all, ...some })]
    }),
    implies({ required: ['lines'], properties: { lines: { minItems: 1 } } }, { required: ['currency'] }),
  ],
}

/**
 * One event as it stands on disk: the form of record for people and other programs (the published JSON Schema is made from
 * it). `decodeEvent` is the fast equal of it; the two accept the same values.
 */
export const eventSchema = members.refine(complete, 'lacks a field that its kind requires').meta(published)

// Both ways assignable: a member that one side lacks does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
export const schemaMatchesEvent: Same<keyof Required<Members>, keyof Event> = true
