import { describe, expect, test } from 'vitest'
import { UTC } from '../../../src/domain/base/zone.ts'
import { compileMapping } from '../../../src/domain/events/compile-mapping.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import type { Mapping } from '../../../src/domain/events/mapping.ts'
import { LATEST, builtIn, outcome } from './mapped.ts'

const AT = Date.UTC(2024, 0, 31, 9, 15, 0, 123)

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
    ['a price that is NaN', 6, 'NaN', 'bad-value: price (amount): "NaN" is not a number of the form 1234.56'],
    [
      'a price that is infinite',
      6,
      'Infinity',
      'bad-value: price (amount): "Infinity" is not a number of the form 1234.56',
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
