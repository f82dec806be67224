import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { event } from './support.ts'

const on = ['product_viewed', 'order_completed']
const view = (text: string, more: Partial<Event> = {}): Event =>
  event({ eventTime: Date.parse(text), kind: 'product_viewed', ...more })

function profilesOf(zone: string, ...features: object[]): Profiles {
  const set = parseFeatureSet({ name: 's', version: 1, zone, features }, 's')
  return new Profiles(compilePlan(set, zoneTable(zone)))
}

function readAt(p: Profiles, events: readonly Event[], asOf: string): number[] {
  const slot = p.open('u')
  for (const e of events) p.fold(slot, e)
  const out = new Float64Array(p.plan.columns.length)
  p.vector(slot, Date.parse(asOf), out)
  return [...out]
}

describe('sessions', () => {
  const sessions = { name: 's', aggregate: 'sessions', on, window: '30d' }
  it.each<readonly [string, string, string[], number]>([
    ['half-hours side by side are one', 'UTC', ['2024-05-01T10:05Z', '2024-05-01T10:35Z'], 1],
    ['with an empty one between they are two', 'UTC', ['2024-05-01T10:05Z', '2024-05-01T11:00Z'], 2],
    ['one goes on over midnight', 'UTC', ['2024-05-01T23:59Z', '2024-05-02T00:00Z'], 1],
    ['over midnight on the wall, not in UTC', 'Europe/Paris', ['2024-05-01T21:50Z', '2024-05-01T22:10Z'], 1],
    [
      'the hour that comes twice has four half-hours',
      'Europe/Paris',
      ['2024-10-27T00:10Z', '2024-10-27T01:10Z'],
      2,
    ],
    [
      'the hour that is left out parts nothing',
      'Europe/Paris',
      ['2024-03-31T00:45Z', '2024-03-31T01:05Z'],
      1,
    ],
    [
      'the end of a day of 25 hours meets the next day',
      'Europe/Paris',
      ['2024-10-27T22:40Z', '2024-10-27T23:05Z'],
      1,
    ],
    [
      'the end of a day of 23 hours meets the next day',
      'Europe/Paris',
      ['2024-03-31T21:40Z', '2024-03-31T22:05Z'],
      1,
    ],
  ])('%s', (_, zone, times, expected) => {
    const events = times.map((t) => view(t))
    const asOf = '2024-11-03T00:00Z'
    const within = { ...sessions, window: '400d' }
    expect(readAt(profilesOf(zone, within), events, asOf)).toEqual([expected])
    expect(readAt(profilesOf(zone, within), events.toReversed(), asOf)).toEqual([expected])
  })

  it('a run that is cut by the end of the window is still one, and goes when it has left', () => {
    const p = profilesOf('UTC', { ...sessions, window: '15d' })
    const events = [view('2024-05-01T23:50Z'), view('2024-05-02T00:10Z')]
    expect(readAt(p, events, '2024-05-16T12:00Z')).toEqual([1])
    expect(readAt(p, [], '2024-05-17T00:00Z')).toEqual([1])
    expect(readAt(p, [], '2024-05-18T00:00Z')).toEqual([0])
  })
})

describe('days, extremes, means and decays', () => {
  const p = profilesOf(
    'Europe/Paris',
    { name: 'days', aggregate: 'distinctDays', on, window: '7d' },
    { name: 'least', aggregate: 'min', of: 'amount', on, window: '30d', whenEmpty: -1 },
    { name: 'most', aggregate: 'max', of: 'amount', on, window: 'lifetime', whenEmpty: -1 },
    { name: 'mean', aggregate: 'mean', of: 'amount', on, window: '30d', whenEmpty: -1 },
    { name: 'warm', aggregate: 'decayedCount', on, halfLife: '2d' },
    { name: 'since', aggregate: 'tenure', on, unit: 'day', step: '1d', cap: 365 },
    { name: 'items', aggregate: 'mean', of: 'lines.quantity', on, window: '30d', whenEmpty: 0 },
  )
  const line = { product: 'p', category: 'c', amountMinor: 100 }
  const events = [
    // 00:30 on 2 May in Paris
    view('2024-05-01T22:30Z', { amountMinor: 1050 }),
    view('2024-05-02T10:00Z', { lines: [{ ...line, quantity: 4 }] }),
    view('2024-05-04T10:00Z', {
      amountMinor: 0,
      lines: [
        { ...line, quantity: 1 },
        { ...line, quantity: 4 },
      ],
    }),
  ]
  it.each<readonly [string, number[]]>([
    // as of 4 May: 2 events of 2 May at half weight, 1 of today; 1 and 2 of them have an amount
    ['2024-05-04T12:00Z', [2, 0, 10.5, 5.25, 2, 2, 3]],
    ['2024-05-08T12:00Z', [2, 0, 10.5, 5.25, 0.5, 6, 3]],
    // 2 May has left the week, by local days
    ['2024-05-09T22:00Z', [1, 0, 10.5, 5.25, 0.25, 7, 3]],
    ['2024-06-20T12:00Z', [0, -1, 10.5, -1, 0, 49, 0]],
  ])('as of %s', (asOf, expected) => {
    expect(readAt(p, p.find('u') < 0 ? events : [], asOf)).toEqual(expected)
  })
})

describe('shares on the shop’s clock', () => {
  const share = (where: object): object => ({ name: 's', share: { of: 'n', where }, whenEmpty: -1 })
  const n = { name: 'n', column: false, aggregate: 'count', on, window: '400d' }
  const night = { hourOfDay: [22, 23, 0, 1, 2, 3, 4, 5] }
  const weekend = { weekday: ['saturday', 'sunday'] }
  it.each<readonly [string, object, string[], number]>([
    ['nothing yet', night, [], -1],
    // 22:00 on the wall in summer is 20:00 in UTC, in winter 21:00
    ['the night begins by the wall', night, ['2024-07-01T20:00Z', '2024-07-01T19:59Z'], 0.5],
    ['in winter an hour later in UTC', night, ['2024-12-02T21:00Z', '2024-12-02T20:59Z'], 0.5],
    ['Friday 23:30 in UTC is Saturday in Paris', weekend, ['2024-05-03T22:30Z', '2024-05-03T21:30Z'], 0.5],
    [
      'a season begins at local midnight',
      { season: 'spring' },
      ['2024-02-29T23:00Z', '2024-02-29T22:59Z'],
      0.5,
    ],
    [
      'both conditions must hold',
      { ...weekend, category: 'toys' },
      ['2024-05-04T10:00Z', '2024-05-06T10:00Z'],
      0.5,
    ],
  ])('%s', (_, where, times, expected) => {
    const events = times.map((t) => view(t, { category: 'toys.lego' }))
    expect(readAt(profilesOf('Europe/Paris', n, share(where)), events, '2024-12-31T00:00Z')).toEqual([
      expected,
    ])
  })
})

test('a distinct count says where it is only a lower bound: while the window holds more values than are remembered', () => {
  const T = Date.UTC(2024, 4, 1)
  const found = fc.record({ hour: fc.nat(72), product: fc.nat(6).map((i) => `p${i}`) })
  fc.assert(
    fc.property(fc.array(found, { maxLength: 14 }), fc.nat(100), fc.boolean(), (list, waitHours, reload) => {
      const d = { aggregate: 'distinct', of: 'product', on }
      const windows = [
        { window: '1d', hours: 24, keep: 3 },
        { window: '2d', hours: 48, keep: 2 },
        { window: 'lifetime', hours: 1e6, keep: 4 },
      ]
      let p = profilesOf(
        'UTC',
        ...windows.map(({ window, keep }, i) => ({ ...d, name: `d${i}`, window, keep })),
      )
      const slot = p.open('u')
      for (const { hour, product } of list)
        p.fold(slot, event({ eventTime: T + hour * HOUR_MS + MINUTE_MS, kind: 'product_viewed', product }))
      const asOf = Math.max(p.asOf(slot), T) + waitHours * HOUR_MS
      if (reload) {
        const bytes = p.save(slot)
        p = new Profiles(p.plan)
        p.load('u', bytes)
      }
      const flags = new Uint8Array(3)
      p.saturated(p.find('u'), asOf, flags)
      const expected = windows.map(({ hours, keep }) => {
        const first = Math.floor(asOf / HOUR_MS) - hours
        const inside = list.filter(({ hour }) => T / HOUR_MS + hour >= first).map((f) => f.product)
        return new Set(inside).size > keep ? 1 : 0
      })
      expect([...flags]).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('which of equally new values are remembered, and that one was not, does not depend on their order', () => {
  const d = { name: 'd', aggregate: 'distinct', of: 'product', on, keep: 2 }
  const orders = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']
  for (const window of ['1d', 'lifetime']) {
    const stored = orders.map((order) => {
      const p = profilesOf('UTC', { ...d, window })
      const slot = p.open('u')
      for (const product of order) p.fold(slot, view('2024-05-01T10:05Z', { product, eventId: product }))
      return p.save(slot)
    })
    for (const bytes of stored) expect(bytes).toEqual(stored[0])
  }
})

test('a tenure takes whole steps up to its cap, and then changes no more', () => {
  const p = profilesOf('UTC', { name: 't', aggregate: 'tenure', on, unit: 'day', step: '1d', cap: 2 })
  const first = Date.parse('2024-05-01T10:00Z')
  expect(readAt(p, [view('2024-05-01T12:00Z'), view('2024-05-01T10:00Z')], '2024-05-02T09:59Z')).toEqual([0])
  expect(p.nextChange(0, first + 3 * HOUR_MS)).toBe(first + DAY_MS)
  expect(p.nextChange(0, first + DAY_MS)).toBe(first + 2 * DAY_MS)
  expect(p.nextChange(0, first + 2 * DAY_MS)).toBe(Number.POSITIVE_INFINITY)
})
