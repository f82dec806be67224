import { describe, expect, it } from 'vitest'
import { OneCurrency } from '../../src/app/one-currency.ts'
import { decodeEvent } from '../../src/domain/events/decode-event.ts'
import type { Decoded, Event } from '../../src/domain/events/event.ts'

const MILLENNIUM = Date.UTC(2000, 0, 1)

/** An order in this currency, or a view without an amount. */
function eventIn(currency: string | undefined): Event {
  const own =
    currency === undefined
      ? { kind: 'page_viewed' }
      : { kind: 'order_completed', orderId: 'o', amountMinor: 100, currency }
  const decoded = decodeEvent({ eventId: 'e', userId: 'u', eventTime: MILLENNIUM, ...own }, MILLENNIUM)
  if (decoded.type !== 'events') throw new Error(JSON.stringify(decoded))
  return decoded.events[0] as Event
}

/** Records, given as the currencies of their events: what becomes of each. */
function readAll(
  money: OneCurrency,
  records: readonly (readonly (string | undefined)[])[],
): (string | undefined)[] {
  return records.map((currencies) => {
    const decoded = money.admit({ type: 'events', events: currencies.map(eventIn) })
    return decoded.type === 'refused' ? `${decoded.reason}: ${decoded.detail}` : decoded.type
  })
}

const other = (found: string, code: string): string =>
  `unknown-currency: currency: "${found}" is not ${code}, and there are no rates`

describe('one currency', () => {
  it('is that of the first event that has one, where none is given', () => {
    const money = new OneCurrency()
    expect(readAll(money, [[undefined], ['JPY'], ['EUR'], [undefined], ['JPY']])).toEqual([
      'events',
      'events',
      other('EUR', 'JPY'),
      'events',
      'events',
    ])
    expect({ code: money.code, others: money.others }).toEqual({ code: 'JPY', others: 1 })
  })

  it('is the given one, whatever comes first', () => {
    const money = new OneCurrency('EUR')
    expect(readAll(money, [['JPY'], ['EUR']])).toEqual([other('JPY', 'EUR'), 'events'])
    expect(money.code).toBe('EUR')
  })

  it('is none where there is no amount', () => {
    const money = new OneCurrency()
    expect(readAll(money, [[undefined], []])).toEqual(['events', 'events'])
    expect({ code: money.code, others: money.others }).toEqual({ code: undefined, others: 0 })
  })

  it('is not chosen by a record that is refused itself, for having two', () => {
    const money = new OneCurrency()
    expect(readAll(money, [['JPY', 'EUR'], ['EUR']])).toEqual([other('EUR', 'JPY'), 'events'])
    expect({ code: money.code, others: money.others }).toEqual({ code: 'EUR', others: 1 })
  })

  it('leaves what is no event as it is', () => {
    const skipped: Decoded = { type: 'skipped', reason: 'anonymous' }
    expect(new OneCurrency('EUR').admit(skipped)).toBe(skipped)
  })
})
