import { describe, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { builtIn, outcome } from './mapped.ts'

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
      'bad-value: properties.price (amount): "free" is not a number of the form 1234.56',
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
    const values = ['null', 'a number', 'a text of 1 characters', 'a list of 0']
    expect(outcomes).toEqual(values.map((value) => `bad-value: ${value} is not an object`))
  })
})
