import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UTC } from '../../../src/domain/base/zone.ts'
import { compileMapping } from '../../../src/domain/events/compile-mapping.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import type { Mapping } from '../../../src/domain/events/mapping.ts'

const DIR = resolve(import.meta.dirname, '../../../models/mappings')
const builtIn = (name: string): Mapping =>
  parseMapping(JSON.parse(readFileSync(resolve(DIR, `${name}.json`), 'utf8')), name)
const LATEST = Date.UTC(2025, 0, 1)

/** The present members of the one event, or the outcome as text. */
function outcome(
  mapping: Mapping,
  fields: unknown,
  columns?: string[],
  position = 7,
): Partial<Event> | string {
  const decoded = compileMapping(mapping, { columns })(fields, position, LATEST)
  if (decoded.type === 'skipped') return `skipped ${decoded.reason}`
  if (decoded.type === 'refused') return `${decoded.reason}: ${decoded.detail}`
  return JSON.parse(JSON.stringify(decoded.events[0])) as Event
}

const SEGMENT = builtIn('segment')
const call = { type: 'track', messageId: 'm1', userId: 'u1', timestamp: '2024-01-31T09:15:00.123Z' }
const AT = Date.UTC(2024, 0, 31, 9, 15, 0, 123)
const segment = (more: object): Partial<Event> | string => outcome(SEGMENT, { ...call, ...more })

describe('segment', () => {
  test('Product Viewed', () => {
    const properties = {
      product_id: 'p1',
      sku: 's',
      category: 'Games',
      brand: 'B',
      price: 19.99,
      quantity: 2,
      currency: 'EUR',
    }
    expect(segment({ event: 'Product Viewed', properties })).toEqual({
      eventId: 'm1',
      userId: 'u1',
      eventTime: AT,
      kind: 'product_viewed',
      product: 'p1',
      category: 'Games',
      brand: 'B',
      quantity: 2,
      amountMinor: 3998,
      currency: 'EUR',
    })
  })

  test('Order Completed with lines, coupon and discount', () => {
    const products = [
      { product_id: 'p1', price: 19, quantity: 1 },
      { sku: 's2', category: 'Games', price: '3.005', quantity: '2' },
    ]
    const properties = {
      order_id: 'o1',
      revenue: 25.5,
      total: 30,
      discount: 2.5,
      coupon: 'hasbros',
      products,
    }
    expect(segment({ event: 'Order Completed', properties })).toMatchObject({
      kind: 'order_completed',
      orderId: 'o1',
      amountMinor: 2550,
      currency: 'USD',
      discountMinor: 250,
      coupon: 'hasbros',
      lines: [
        { product: 'p1', quantity: 1, amountMinor: 1900 },
        { product: 's2', category: 'Games', quantity: 2, amountMinor: 601 },
      ],
    })
  })

  test.each<[string, object, object]>([
    [
      'Products Searched',
      { query: 'red shoes' },
      { kind: 'products_searched', attributes: { query: 'red shoes' } },
    ],
    [
      'Checkout Started',
      { order_id: 'o1', revenue: 25 },
      { kind: 'checkout_started', orderId: 'o1', amountMinor: 2500 },
    ],
    ['Order Cancelled', { order_id: 'o1', total: 25 }, { kind: 'order_cancelled', orderId: 'o1' }],
    ['Order Refunded', { order_id: 'o1' }, { kind: 'order_refunded', orderId: 'o1' }],
    [
      'Order Refunded',
      {
        order_id: 'o1',
        total: 19,
        currency: 'EUR',
        products: [{ product_id: 'p', price: 19, quantity: 1 }],
      },
      {
        kind: 'order_refunded',
        amountMinor: 1900,
        lines: [{ product: 'p', quantity: 1, amountMinor: 1900 }],
      },
    ],
    ['Promotion Viewed', { promotion_id: 'x' }, { kind: 'promotion_viewed', promotion: 'x' }],
    ['Promotion Clicked', { promotion_id: 'x' }, { kind: 'promotion_clicked', promotion: 'x' }],
    ['Email Delivered', { campaign_id: '7' }, { kind: 'campaign_exposed', campaign: '7' }],
  ])('%s', (event, properties, expected) => {
    expect(segment({ event, properties })).toMatchObject(expected)
  })

  test.each<[string, object, string | object]>([
    ['page', { type: 'page', name: 'Home' }, { kind: 'page_viewed' }],
    ['an anonymous visitor', { type: 'page', userId: null, anonymousId: 'a1' }, { userId: 'a1' }],
    ['a user id as a number', { type: 'page', userId: 4711 }, { userId: '4711' }],
    [
      'an order with lines and no total has their sum',
      {
        event: 'Order Completed',
        properties: { order_id: 1, products: [{ product_id: 'p', price: 2, quantity: 3 }] },
      },
      { amountMinor: 600 },
    ],
    ['no price, no currency', { event: 'Product Viewed', properties: { product_id: 'p' } }, { product: 'p' }],
    ['identify', { type: 'identify' }, 'skipped not-an-event'],
    ['another event', { event: 'Signed Up' }, 'skipped other-event'],
    ['another event without user', { event: 'Signed Up', userId: '' }, 'skipped other-event'],
    ['nobody', { type: 'page', userId: '' }, 'missing-field: userId or anonymousId (user): is missing'],
    [
      'no message id',
      { type: 'page', messageId: undefined },
      'missing-field: messageId (eventId): is missing',
    ],
    [
      'no time',
      { type: 'page', timestamp: null },
      'missing-field: timestamp or originalTimestamp (time): is missing',
    ],
    [
      'a time that is none',
      { type: 'page', timestamp: 'now' },
      'bad-time: timestamp or originalTimestamp (time): "now" is not a time of the form iso',
    ],
    [
      '1970',
      { type: 'page', timestamp: '1970-01-01T00:00:00Z' },
      'past: eventTime: 0 lies before 2000-01-01 (946684800000)',
    ],
    [
      '2999',
      { type: 'page', timestamp: '2999-01-01T00:00:00Z' },
      'future: eventTime: 32472144000000 lies after the latest accepted time, 1735689600000',
    ],
    [
      'a negative price',
      { event: 'Product Viewed', properties: { product_id: 'p', price: -1 } },
      'bad-value: properties.price (amount): -1 is negative',
    ],
    [
      'a price that is none',
      { event: 'Product Viewed', properties: { product_id: 'p', price: 'free' } },
      'bad-value: properties.price (amount): "free" is not a decimal number',
    ],
    [
      'half a piece',
      { event: 'Product Viewed', properties: { product_id: 'p', quantity: 0.5 } },
      'bad-value: properties.quantity (quantity): 0.5 is not a whole number',
    ],
    [
      'an unknown currency',
      { event: 'Product Viewed', properties: { product_id: 'p', price: 1, currency: 'XYZ' } },
      'unknown-currency: properties.currency (currency): "XYZ" is not an ISO 4217 code',
    ],
    [
      'no product',
      { event: 'Product Viewed', properties: {} },
      'missing-field: product: is missing, product_viewed requires it',
    ],
    [
      'an order without id',
      { event: 'Order Completed', properties: { revenue: 1 } },
      'missing-field: properties.order_id (orderId): is missing',
    ],
    [
      'an order without amount',
      { event: 'Order Completed', properties: { order_id: 'o' } },
      'missing-field: amountMinor: is missing, order_completed requires it',
    ],
    [
      'a line without price',
      { event: 'Order Completed', properties: { order_id: 'o', products: [{ product_id: 'p' }] } },
      'missing-field: properties.products[0].price (amount): is missing',
    ],
    [
      'lines that are none',
      { event: 'Order Completed', properties: { order_id: 'o', products: 'p' } },
      'bad-value: properties.products (lines): "p" is not a list',
    ],
    [
      'an id beyond 2^53 as a number',
      { type: 'page', userId: 2 ** 60 },
      'bad-value: userId or anonymousId (user): a number cannot be a user id',
    ],
  ])('%s', (_what, more, expected) => {
    const found = segment(more)
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })

  test('what is no object is refused', () => {
    const outcomes = [null, 1, 'x', []].map((fields) => outcome(SEGMENT, fields))
    const values = ['null', '1', '"x"', 'a list of 0']
    expect(outcomes).toEqual(values.map((value) => `bad-value: ${value} is not an object`))
  })
})

const REES46 = builtIn('rees46')
const COLUMNS =
  'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'.split(',')
const row = (line: string): string[] => line.split(',')
const CART = row(
  '2019-10-01 00:00:00 UTC,cart,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde',
)
const PURCHASE = CART.with(1, 'purchase')

describe('rees46', () => {
  test('a row: ids stay text, an empty field is absent', () => {
    expect(outcome(REES46, CART, COLUMNS)).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{13}-7$/),
      userId: '541312140',
      eventTime: Date.UTC(2019, 9, 1),
      kind: 'product_added',
      session: '72d76fde',
      product: '44600062',
      brand: 'shiseido',
      amountMinor: 3579,
      currency: 'USD',
    })
  })

  test('a purchase is an order of its own', () => {
    const orderId = (position: number): unknown =>
      (outcome(REES46, PURCHASE, COLUMNS, position) as Event).orderId
    expect(orderId(1)).not.toBe(orderId(2))
    expect(orderId(1)).toBe(orderId(1))
  })

  test.each<[string, number, string, string | object]>([
    ['a price of nothing stays', 6, '0.00', { amountMinor: 0 }],
    ['no price', 6, '', 'missing-field: amountMinor: is missing, order_completed requires it'],
    ['a negative price', 6, '-3', 'bad-value: price (amount): "-3" is negative'],
    ['a price that is NaN', 6, 'NaN', 'bad-value: price (amount): "NaN" is not a decimal number'],
    [
      'a price that is infinite',
      6,
      'Infinity',
      'bad-value: price (amount): "Infinity" is not a decimal number',
    ],
    ['no user', 7, '', 'missing-field: user_id (user): is missing'],
    [
      'a kind that is not in the table',
      1,
      'steal',
      'unknown-kind: event_type (kind): "steal" is not one of view, cart, remove_from_cart, purchase',
    ],
    [
      'another time format',
      0,
      '2019-10-01T00:00:00Z',
      'bad-time: event_time (time): "2019-10-01T00:00:00Z" is not a time of the form yyyy-MM-dd HH:mm:ss \'UTC\'',
    ],
  ])('%s', (_what, column, value, expected) => {
    const found = outcome(REES46, PURCHASE.with(column, value), COLUMNS)
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })
})

const TINY: Mapping = {
  name: 'tiny',
  version: 1,
  format: 'csv',
  user: 'u',
  time: { field: 't', format: 'epoch-ms' },
  kind: { constant: 'page_viewed' },
  eventId: { hash: ['u', 't'] },
}
const TINY_COLUMNS = ['u', 't', 'x', 'y']
const tiny = (more: Partial<Mapping>, x = '', y = ''): Partial<Event> | string =>
  outcome({ ...TINY, ...more }, ['u1', String(AT), x, y], TINY_COLUMNS)

describe('the grammar', () => {
  test('a hash of fields depends on them alone, and on where one ends', () => {
    const id = (fields: string[], position: number): unknown =>
      (
        outcome(
          { ...TINY, eventId: { hash: ['x', 'y'] } },
          ['u', String(AT), ...fields],
          TINY_COLUMNS,
          position,
        ) as Event
      ).eventId
    expect(id(['ab', 'c'], 1)).toBe(id(['ab', 'c'], 2))
    expect(id(['ab', 'c'], 1)).not.toBe(id(['a', 'bc'], 1))
  })

  test.each<[string, Partial<Mapping>, string, string, object | string]>([
    ['a constant', { channel: { constant: 'web' } }, '', '', { channel: 'web' }],
    ['the first field that is there', { brand: ['x', 'y'] }, '', 'b', { brand: 'b' }],
    ['attributes', { attributes: { colour: 'x', size: 'y' } }, 'red', '', { attributes: { colour: 'red' } }],
    [
      'skip by value',
      { skipWhen: [{ field: 'x', values: ['bot', 1], reason: 'robot' }] },
      '1',
      '',
      'skipped robot',
    ],
    [
      'skip what is missing',
      { skipWhen: [{ field: 'x', values: [null], reason: 'empty' }] },
      '',
      '',
      'skipped empty',
    ],
    [
      'not skipped',
      { skipWhen: [{ field: 'x', values: ['bot'], reason: 'robot' }] },
      'man',
      '',
      { userId: 'u1' },
    ],
    [
      'currency from a field',
      { amount: { field: 'x' }, currency: { field: 'y' } },
      '100',
      'JPY',
      { amountMinor: 100, currency: 'JPY' },
    ],
    [
      'three digits',
      { amount: { field: 'x' }, currency: { field: 'y' } },
      '1.5',
      'KWD',
      { amountMinor: 1500 },
    ],
    [
      'no currency',
      { amount: { field: 'x' }, currency: { field: 'y' } },
      '1.5',
      '',
      'missing-field: currency: is missing, x (amount) needs one',
    ],
  ])('%s', (_what, more, x, y, expected) => {
    const found = tiny(more, x, y)
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })

  test.each<[string, Partial<Mapping>, string[] | undefined, string]>([
    [
      'a column that is not there',
      { brand: 'z' },
      TINY_COLUMNS,
      'tiny: there is no column z; the header has u, t, x, y',
    ],
    ['no header', {}, undefined, 'tiny: a CSV input needs its header'],
    [
      'a zone without a table',
      { time: { field: 't', format: 'iso', zone: 'Mars/Olympus' } },
      TINY_COLUMNS,
      'tiny: time.zone: Mars/Olympus is not a zone that is known here',
    ],
    [
      'a time format nobody understands',
      { time: { field: 't', format: 'QQ' } },
      TINY_COLUMNS,
      'tiny: time.format: QQ is not understood',
    ],
  ])('%s does not compile', (_what, more, columns, message) => {
    expect(() => compileMapping({ ...TINY, ...more }, { columns })).toThrow(
      expect.objectContaining({ code: 'mapping-invalid', message }),
    )
  })

  test('a zone with its table', () => {
    const time = { field: 't', format: 'iso', zone: 'Test/Zone' }
    const zones = { 'Test/Zone': { ...UTC, offsets: [3_600_000] } }
    const decoded = compileMapping({ ...TINY, time }, { columns: TINY_COLUMNS, zones })(
      ['u', '2024-01-31 10:15:00.123', '', ''],
      0,
      LATEST,
    )
    expect(decoded).toMatchObject({ type: 'events', events: [{ eventTime: AT }] })
  })

  test('a mapping with faults names every place', () => {
    const faulty = { ...TINY, user: '', kind: { constant: 'danced' }, colour: 1, currency: 'XYZ' }
    expect(() => parseMapping(faulty, 'shop.json')).toThrow(
      expect.objectContaining({
        code: 'mapping-invalid',
        message: expect.stringMatching(/^shop\.json: .*user.*kind.*currency.*colour/s),
      }),
    )
  })
})
