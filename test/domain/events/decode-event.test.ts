import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent } from '../../../src/domain/events/decode-event.ts'
import {
  EARLIEST_EVENT_MS,
  EVENT_KINDS,
  MAX_AMOUNT_MINOR,
  MAX_USER_ID_BYTES,
} from '../../../src/domain/events/event.ts'
import { eventSchema } from '../../../src/domain/events/schema.ts'

const T = Date.UTC(2024, 0, 31)
const LATEST = Date.UTC(2025, 0, 1)
const view = { eventId: 'e1', userId: 'u1', eventTime: T, kind: 'product_viewed', product: 'p1' }
const order = { eventId: 'e2', userId: 'u1', eventTime: T, kind: 'order_completed', orderId: 'o1' }
const paid = { ...order, amountMinor: 1999, currency: 'EUR' }
const line = { product: 'p1', quantity: 2, amountMinor: 1000 }

function reasonOf(value: unknown): string {
  const decoded = decodeEvent(value, LATEST)
  return decoded.type === 'refused' ? decoded.reason : decoded.type
}

describe('boundaries', () => {
  test.each<[string, unknown, string]>([
    ['a view', view, 'events'],
    ['an order', paid, 'events'],
    ['a page needs nothing else', { ...view, kind: 'page_viewed', product: undefined }, 'events'],
    ['null is not absent', { ...view, session: null }, 'bad-value'],
    ['no text is empty', { ...view, session: '' }, 'bad-value'],
    ['an unknown field', { ...view, colour: 'red' }, 'unknown-field'],
    ['a name of every object is unknown too', JSON.parse('{"eventId":"e","toString":1}'), 'unknown-field'],
    ['a list', [view], 'bad-value'],
    ['null', null, 'bad-value'],
    ['no event id', { ...view, eventId: undefined }, 'missing-field'],
    ['no user', { ...view, userId: undefined }, 'missing-field'],
    ['an empty user', { ...view, userId: '' }, 'bad-value'],
    ['a user as a number', { ...view, userId: 7 }, 'bad-value'],
    ['the longest user', { ...view, userId: 'é'.repeat(MAX_USER_ID_BYTES / 2) }, 'events'],
    ['a byte more', { ...view, userId: `${'é'.repeat(MAX_USER_ID_BYTES / 2)}x` }, 'bad-value'],
    ['a lone surrogate', { ...view, userId: 'u\ud800' }, 'bad-value'],
    ['the earliest time', { ...view, eventTime: EARLIEST_EVENT_MS }, 'events'],
    ['a millisecond before it', { ...view, eventTime: EARLIEST_EVENT_MS - 1 }, 'past'],
    ['1970', { ...view, eventTime: 0 }, 'past'],
    ['the latest time', { ...view, eventTime: LATEST }, 'events'],
    ['a millisecond after it', { ...view, eventTime: LATEST + 1 }, 'future'],
    ['2999', { ...view, eventTime: Date.UTC(2999, 0, 1) }, 'future'],
    ['a time in text', { ...view, eventTime: '2024-01-31' }, 'bad-time'],
    ['a time with a fraction', { ...view, eventTime: T + 0.5 }, 'bad-time'],
    ['a time that is no number', { ...view, eventTime: Number.NaN }, 'bad-time'],
    ['no time', { ...view, eventTime: undefined }, 'missing-field'],
    ['a kind nobody knows', { ...view, kind: 'danced' }, 'unknown-kind'],
    ['no kind', { ...view, kind: undefined }, 'missing-field'],
    ['a product event without product', { ...view, product: undefined }, 'missing-field'],
    ['an order without amount', { ...order, currency: 'EUR' }, 'missing-field'],
    ['an order without currency', { ...order, amountMinor: 1 }, 'missing-field'],
    ['an order without id', { ...paid, orderId: undefined }, 'missing-field'],
    ['a cancelled order', { ...order, kind: 'order_cancelled' }, 'events'],
    ['a cancellation of no order', { ...view, kind: 'order_cancelled' }, 'missing-field'],
    ['a refund of a whole order', { ...order, kind: 'order_refunded' }, 'events'],
    ['a refund of an amount, of no order', { ...paid, kind: 'order_refunded', orderId: undefined }, 'events'],
    [
      'a refund of lines, of no order',
      { ...view, kind: 'order_refunded', currency: 'EUR', lines: [line] },
      'events',
    ],
    ['a refund of nothing', { ...view, kind: 'order_refunded' }, 'missing-field'],
    ['a search', { ...view, kind: 'products_searched', product: undefined }, 'events'],
    ['a checkout', { ...view, kind: 'checkout_started', product: undefined }, 'events'],
    ['a promotion shown', { ...view, kind: 'promotion_viewed', promotion: 'x' }, 'events'],
    ['no promotion shown', { ...view, kind: 'promotion_viewed' }, 'missing-field'],
    ['no promotion followed', { ...view, kind: 'promotion_clicked' }, 'missing-field'],
    ['a campaign', { ...view, kind: 'campaign_exposed', campaign: 'x' }, 'events'],
    ['no campaign', { ...view, kind: 'campaign_exposed' }, 'missing-field'],
    ['an erasure', { ...view, kind: 'user_erased', product: undefined }, 'events'],
    ['an amount without currency', { ...view, amountMinor: 1 }, 'missing-field'],
    ['an amount of nothing', { ...paid, amountMinor: 0 }, 'events'],
    ['a negative amount', { ...paid, amountMinor: -1 }, 'bad-value'],
    ['the largest amount', { ...paid, amountMinor: MAX_AMOUNT_MINOR - 1 }, 'events'],
    ['one more', { ...paid, amountMinor: MAX_AMOUNT_MINOR }, 'bad-value'],
    ['an amount with a fraction', { ...paid, amountMinor: 0.5 }, 'bad-value'],
    ['NaN', { ...paid, amountMinor: Number.NaN }, 'bad-value'],
    ['Infinity', { ...paid, amountMinor: Number.POSITIVE_INFINITY }, 'bad-value'],
    ['an amount in text', { ...paid, amountMinor: '1999' }, 'bad-value'],
    ['a currency that is none', { ...paid, currency: 'XYZ' }, 'unknown-currency'],
    ['a currency in small letters', { ...paid, currency: 'eur' }, 'unknown-currency'],
    ['no piece', { ...view, quantity: 0 }, 'events'],
    ['a piece less', { ...view, quantity: -1 }, 'bad-value'],
    ['half a piece', { ...view, quantity: 0.5 }, 'bad-value'],
    ['lines', { ...paid, lines: [line, { ...line, category: 'a.b' }] }, 'events'],
    ['no lines', { ...paid, lines: [] }, 'events'],
    ['lines that are no list', { ...paid, lines: line }, 'bad-value'],
    ['a line with an unknown field', { ...paid, lines: [{ ...line, sku: 1 }] }, 'unknown-field'],
    ['a line without quantity', { ...paid, lines: [{ ...line, quantity: undefined }] }, 'missing-field'],
    ['attributes', { ...view, attributes: { a: 'x', b: 1.5, c: true, d: '' } }, 'events'],
    ['an attribute that is an object', { ...view, attributes: { a: {} } }, 'bad-value'],
    ['an attribute without name', { ...view, attributes: { '': 1 } }, 'bad-value'],
  ])('%s', (_rule, value, expected) => {
    expect(reasonOf(value)).toBe(expected)
    if (expected !== 'future') expect(eventSchema.safeParse(value).success).toBe(expected === 'events')
  })
})

test('an event has every member, in one order, whatever order the record had', () => {
  const decoded = decodeEvent(
    { product: 'p', kind: 'product_viewed', eventTime: T, userId: 'u', eventId: 'e' },
    LATEST,
  )
  const event = decoded.type === 'events' ? decoded.events[0] : undefined
  expect(Object.keys(event ?? {})).toEqual(Object.keys(eventSchema.shape))
})

test('a member named __proto__ is refused, though the schema library drops it unseen', () => {
  expect(reasonOf(JSON.parse('{"__proto__":1}'))).toBe('unknown-field')
  expect(reasonOf({ ...view, attributes: JSON.parse('{"__proto__":1}') })).toBe('bad-value')
})

test('a refusal names the field and its value, and never the user', () => {
  const secret = 'ann@shop.example'
  const faults = [
    { eventTime: 'x' },
    { userId: `${secret}${' '.repeat(300)}` },
    { kind: 'x' },
    { zzz: 1 },
    { amountMinor: -5 },
  ]
  const details = faults.map((fault) => {
    const decoded = decodeEvent({ ...view, userId: secret, ...fault }, LATEST)
    return decoded.type === 'refused' ? decoded.detail : ''
  })
  expect(details.join('\n')).toContain('amountMinor: -5 is not')
  expect(details.join('\n')).not.toContain(secret)
})

const odd = fc.constantFrom<unknown>(
  null,
  undefined,
  '',
  'x',
  0,
  -1,
  0.5,
  Number.NaN,
  2 ** 43,
  2 ** 53,
  true,
  {},
  [],
  'EUR',
  [{}],
  [line],
)
const member = fc.oneof(
  { weight: 3, arbitrary: odd },
  fc.string(),
  fc.integer(),
  fc.constantFrom(...EVENT_KINDS),
  fc.dictionary(
    fc.string().filter((text) => text !== '__proto__'),
    fc.oneof(fc.string(), fc.double(), odd),
  ),
  fc.array(fc.record({ product: odd, category: odd, quantity: odd, amountMinor: odd }, { requiredKeys: [] })),
)
const name = fc
  .oneof(fc.constantFrom(...Object.keys(eventSchema.shape)), fc.string())
  .filter((text) => text !== '__proto__')

test('it accepts exactly what the schema accepts', () => {
  const seen = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(
      fc.constantFrom({}, view, order, paid, { ...paid, lines: [line] }),
      fc.dictionary(name, member, { maxKeys: 3 }),
      (base, changes) => {
        const value = { ...base, ...changes }
        const accepted = decodeEvent(value, Number.MAX_SAFE_INTEGER).type === 'events'
        seen[accepted ? 'accepted' : 'refused']++
        expect(accepted).toBe(eventSchema.safeParse(value).success)
      },
    ),
    { numRuns: 5000 },
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(500)
})
