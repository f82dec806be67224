import { minorDigits } from './currency.ts'
import { EARLIEST_EVENT_MS, EVENT_KINDS, MAX_AMOUNT_MINOR, MAX_USER_ID_BYTES } from './event.ts'
import type { Decoded, Event, EventKind } from './event.ts'
import { lacking } from './kinds.ts'
import { refused, shown, shownRecord, shownUser } from './refusal.ts'
import type { Refused } from './refusal.ts'
import { eventSchema, orderLineSchema } from './schema.ts'
import { isUserId } from './user-id.ts'

/** The members of an event before anything is known about them. */
export type Candidate = { readonly [M in keyof Event]: unknown }

type Table = Readonly<Record<string, unknown>>

const MEMBERS: ReadonlySet<string> = new Set(Object.keys(eventSchema.shape))

/**
 * One parsed record in the native form → its event. Accepts exactly what `eventSchema` accepts and is not later than
 * `latestMs` (Unix ms, inclusive); everything else is refused with the first fault in the order of the members.
 */
export function decodeEvent(value: unknown, latestMs: number): Decoded {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('bad-value', `${shownRecord(value)} is not an event object`)
  }
  const from = value as Table
  const candidate = candidateOf(from)
  return unknownField(from, candidate) ?? checkEvent(candidate, latestMs)
}

/** Counting names is cheaper than looking each up; only where the counts differ are they looked at. */
function unknownField(from: Table, candidate: Candidate): Refused | undefined {
  let names = 0
  for (const name in from) if (name !== undefined) names++
  if (names === membersPresent(candidate)) return undefined
  const unknown = Object.keys(from).find((name) => !MEMBERS.has(name))
  return unknown === undefined
    ? undefined
    : refused('unknown-field', `${shown(unknown)} is not a field of an event`)
}

/** Written out, because a loop over names costs as much as all the checks together. */
function membersPresent(c: Candidate): number {
  return (
    present(c.eventId) +
    present(c.userId) +
    present(c.eventTime) +
    present(c.kind) +
    present(c.session) +
    present(c.product) +
    present(c.category) +
    present(c.brand) +
    present(c.quantity) +
    present(c.amountMinor) +
    present(c.currency) +
    present(c.orderId) +
    present(c.lines) +
    present(c.coupon) +
    present(c.discountMinor) +
    present(c.channel) +
    present(c.country) +
    present(c.promotion) +
    present(c.campaign) +
    present(c.attributes)
  )
}

const present = (value: unknown): number => (value === undefined ? 0 : 1)

/** The one literal that events are made of, so that all share one hidden class. */
export function candidateOf(from: Table): Candidate {
  return {
    eventId: from['eventId'],
    userId: from['userId'],
    eventTime: from['eventTime'],
    kind: from['kind'],
    session: from['session'],
    product: from['product'],
    category: from['category'],
    brand: from['brand'],
    quantity: from['quantity'],
    amountMinor: from['amountMinor'],
    currency: from['currency'],
    orderId: from['orderId'],
    lines: from['lines'],
    coupon: from['coupon'],
    discountMinor: from['discountMinor'],
    channel: from['channel'],
    country: from['country'],
    promotion: from['promotion'],
    campaign: from['campaign'],
    attributes: from['attributes'],
  }
}

/** Checks every member of a candidate; the candidate itself becomes the event. */
export function checkEvent(c: Candidate, latestMs: number): Decoded {
  const refusal =
    checkCore(c, latestMs) ?? checkTexts(c) ?? checkNumbers(c) ?? checkParts(c) ?? checkKind(c as Event)
  return refusal ?? { type: 'events', events: [c as Event] }
}

function checkCore(c: Candidate, latestMs: number): Refused | undefined {
  const { eventId, userId, eventTime, kind } = c
  if (typeof eventId !== 'string' || eventId.length === 0) return noText('eventId', eventId)
  if (!isUserId(userId)) {
    if (userId === undefined) return refused('missing-field', 'userId: is missing')
    return refused(
      'bad-value',
      `userId: ${shownUser(userId)}, expected text of 1 to ${MAX_USER_ID_BYTES} UTF-8 bytes`,
    )
  }
  return checkTime(eventTime, latestMs) ?? (isKind(kind) ? undefined : badKind(kind))
}

function checkTime(time: unknown, latestMs: number): Refused | undefined {
  if (!Number.isSafeInteger(time)) {
    if (time === undefined) return refused('missing-field', 'eventTime: is missing')
    return refused('bad-time', `eventTime: ${shown(time)} is not a whole number of milliseconds`)
  }
  const ms = time as number
  if (ms < EARLIEST_EVENT_MS)
    return refused('past', `eventTime: ${ms} lies before 2000-01-01 (${EARLIEST_EVENT_MS})`)
  if (ms > latestMs)
    return refused('future', `eventTime: ${ms} lies after the latest accepted time, ${latestMs}`)
  return undefined
}

const isKind = (kind: unknown): kind is EventKind => (EVENT_KINDS as readonly unknown[]).includes(kind)

function badKind(kind: unknown): Refused {
  if (kind === undefined) return refused('missing-field', 'kind: is missing')
  return refused('unknown-kind', `kind: ${shown(kind)} is not one of ${EVENT_KINDS.join(', ')}`)
}

const notText = (value: unknown): boolean =>
  value !== undefined && (typeof value !== 'string' || value.length === 0)

function checkTexts(c: Candidate): Refused | undefined {
  if (notText(c.session)) return noText('session', c.session)
  if (notText(c.product)) return noText('product', c.product)
  if (notText(c.category)) return noText('category', c.category)
  if (notText(c.brand)) return noText('brand', c.brand)
  if (notText(c.orderId)) return noText('orderId', c.orderId)
  if (notText(c.coupon)) return noText('coupon', c.coupon)
  if (notText(c.channel)) return noText('channel', c.channel)
  if (notText(c.country)) return noText('country', c.country)
  if (notText(c.promotion)) return noText('promotion', c.promotion)
  if (notText(c.campaign)) return noText('campaign', c.campaign)
  return undefined
}

function noText(field: string, value: unknown): Refused {
  if (value === undefined) return refused('missing-field', `${field}: is missing`)
  return refused('bad-value', `${field}: ${shown(value)} is not a text of at least one character`)
}

const isAmount = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_AMOUNT_MINOR

const isQuantity = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function checkNumbers(c: Candidate): Refused | undefined {
  const { quantity, amountMinor, discountMinor, currency } = c
  if (quantity !== undefined && !isQuantity(quantity)) return noQuantity('quantity', quantity)
  if (amountMinor !== undefined && !isAmount(amountMinor)) return noAmount('amountMinor', amountMinor)
  if (discountMinor !== undefined && !isAmount(discountMinor)) return noAmount('discountMinor', discountMinor)
  if (currency === undefined) return undefined
  if (notText(currency)) return noText('currency', currency)
  if (minorDigits(currency as string) !== undefined) return undefined
  return refused('unknown-currency', `currency: ${shown(currency)} is not an ISO 4217 code`)
}

function noQuantity(field: string, value: unknown): Refused {
  if (value === undefined) return refused('missing-field', `${field}: is missing`)
  return refused('bad-value', `${field}: ${shown(value)} is not a whole number from 0 on`)
}

function noAmount(field: string, value: unknown): Refused {
  if (value === undefined) return refused('missing-field', `${field}: is missing`)
  return refused(
    'bad-value',
    `${field}: ${shown(value)} is not a whole number of minor units from 0 to below 2^43`,
  )
}

function checkParts(c: Candidate): Refused | undefined {
  return (
    (c.lines === undefined ? undefined : checkLines(c.lines)) ??
    (c.attributes === undefined ? undefined : checkAttributes(c.attributes))
  )
}

function checkLines(lines: unknown): Refused | undefined {
  if (!Array.isArray(lines)) return refused('bad-value', `lines: ${shown(lines)} is not a list`)
  for (let i = 0; i < lines.length; i++) {
    const refusal = checkLine(lines[i], `lines[${i}]`)
    if (refusal) return refusal
  }
  return undefined
}

const LINE_MEMBERS: readonly string[] = Object.keys(orderLineSchema.shape)

function checkLine(line: unknown, at: string): Refused | undefined {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    return refused('bad-value', `${at}: ${shown(line)} is not an order line`)
  }
  const { product, category, quantity, amountMinor } = line as Table
  if (typeof product !== 'string' || product.length === 0) return noText(`${at}.product`, product)
  if (notText(category)) return noText(`${at}.category`, category)
  if (!isQuantity(quantity)) return noQuantity(`${at}.quantity`, quantity)
  if (!isAmount(amountMinor)) return noAmount(`${at}.amountMinor`, amountMinor)
  const unknown = Object.keys(line).find((name) => !LINE_MEMBERS.includes(name))
  return unknown === undefined
    ? undefined
    : refused('unknown-field', `${at}: ${shown(unknown)} is not a field of a line`)
}

function checkAttributes(attributes: unknown): Refused | undefined {
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) {
    return refused('bad-value', `attributes: ${shown(attributes)} is not an object`)
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (name === '' || name === '__proto__') {
      return refused('bad-value', `attributes: ${shown(name)} is not a usable name`)
    }
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) continue
    return refused(
      'bad-value',
      `attributes.${name}: ${shown(value)} is not a text, a finite number or a boolean`,
    )
  }
  return undefined
}

/** What this kind of event cannot do without, and the currency of any amount. */
function checkKind(e: Event): Refused | undefined {
  const lack = lacking(e.kind, e)
  if (lack !== undefined) return refused('missing-field', lack)
  if (e.currency !== undefined) return undefined
  const amount = e.amountMinor ?? e.discountMinor ?? e.lines?.[0]
  return amount === undefined ? undefined : refused('missing-field', 'currency: is missing beside an amount')
}
