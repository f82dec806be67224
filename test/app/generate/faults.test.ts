import { describe, expect, it } from 'vitest'
import { makeDecoder } from '../../../src/app/decode.ts'
import { eventLines } from '../../../src/app/event-lines.ts'
import {
  brokenLines,
  FAULT_SHARES,
  faultyEvents,
  type FaultCounts,
  type Faults,
} from '../../../src/app/generate/faults.ts'
import { generateShop, SHOP_START_MS } from '../../../src/app/generate/shop.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'

const SEED = 7
const clean = [...generateShop({ users: 300, days: 40, seed: SEED, startMs: SHOP_START_MS })]

function faulty(faults: Faults, events = clean): { events: Event[]; counts: FaultCounts } {
  const counts: FaultCounts = {}
  return { events: [...faultyEvents(events, faults, SEED, counts)], counts }
}

/** How far behind the latest time before it each event comes, ms; 0 for those in order. */
function behind(events: readonly Event[]): number[] {
  let latest = 0
  return events.map(({ eventTime }) => {
    latest = Math.max(latest, eventTime)
    return latest - eventTime
  })
}

const byId = (events: readonly Event[]): Event[] =>
  events.toSorted((a, b) => (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0))

describe('what goes wrong on the way', () => {
  it('is nothing where nothing is asked for', () => {
    expect(faulty({})).toEqual({ events: clean, counts: {} })
  })

  it('is the same for the same seed, and for a user whatever others do', () => {
    const faults: Faults = { ...FAULT_SHARES }
    expect(faulty(faults)).toEqual(faulty(faults))
    const some = new Set(clean.slice(0, 100).map((e) => e.userId))
    const own = (events: readonly Event[]): Event[] => events.filter((e) => some.has(e.userId))
    expect(byId(faulty(faults, own(clean)).events)).toEqual(byId(own(faulty(faults).events)))
  })

  it('duplicates come once more, the same, within the hour; nothing is lost', () => {
    const { events, counts } = faulty({ duplicates: 0.02 })
    expect(events).toHaveLength(clean.length + (counts.duplicates ?? 0))
    expect((counts.duplicates ?? 0) / clean.length).toBeCloseTo(0.02, 2)
    const seen = new Map<string, Event>()
    for (const e of events) {
      expect(seen.get(e.eventId) ?? e).toEqual(e)
      seen.set(e.eventId, e)
    }
    expect(byId([...seen.values()])).toEqual(byId(clean))
    expect(Math.max(...behind(events))).toBeLessThanOrEqual(HOUR_MS)
  })

  it.each([
    ['disorder', { disorder: 0.05 }, 0, 10 * MINUTE_MS],
    ['late', { late: 0.01 }, DAY_MS, 3 * DAY_MS],
  ] as const)('%s changes the order, within its bounds, and nothing else', (fault, faults, least, most) => {
    const { events, counts } = faulty(faults)
    expect(byId(events)).toEqual(byId(clean))
    // those at the very end have nothing behind which they could come
    const end = SHOP_START_MS + 40 * DAY_MS - most
    const waited = behind(events).filter((ms, i) => ms > 0 && (events[i] as Event).eventTime < end)
    expect(waited.length).toBeGreaterThan(0.5 * (counts[fault] ?? Infinity))
    expect(Math.max(...waited)).toBeLessThanOrEqual(most)
    // the latest time before it may be a little before its own coming
    expect(Math.min(...waited)).toBeGreaterThanOrEqual(least - HOUR_MS)
  })

  it('silence takes what people do in its hours, and leaves what the shop itself knows', () => {
    const fromMs = SHOP_START_MS + 10 * DAY_MS
    const toMs = fromMs + 2 * DAY_MS
    const { events, counts } = faulty({ silence: { fromMs, toMs } })
    const within = (e: Event): boolean => fromMs <= e.eventTime && e.eventTime < toMs
    expect(events.filter((e) => !within(e))).toEqual(clean.filter((e) => !within(e)))
    const own = /^order_|^campaign_/
    expect(events.filter(within)).toEqual(clean.filter((e) => within(e) && own.test(e.kind)))
    expect(events.some((e) => within(e) && e.kind === 'order_completed')).toBe(true)
    expect(counts.silence).toBe(clean.length - events.length)
  })
})

describe('broken lines', () => {
  it('are refused each for a reason, and stand between the others', async () => {
    const counts: FaultCounts = {}
    let text = ''
    const sink = { write: (lines: string) => Promise.resolve(void (text += lines)) }
    await eventLines(brokenLines(sink, 0.02, SEED, counts)).write(clean)
    const decode = makeDecoder({ format: 'ndjson' })
    const reasons = new Map<string, number>()
    const events: Event[] = []
    for (const line of text.split('\n').slice(0, -1)) {
      const bytes = Buffer.from(line)
      const record = { offset: 0, time: NaN, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
      const decoded = decode(record, Number.POSITIVE_INFINITY)
      if (decoded.type === 'events') events.push(...decoded.events)
      else reasons.set(decoded.reason, (reasons.get(decoded.reason) ?? 0) + 1)
    }
    expect(events).toEqual(clean)
    expect([...reasons.values()].reduce((a, b) => a + b, 0)).toBe(counts.broken)
    expect(new Set(reasons.keys()).size).toBeGreaterThanOrEqual(4)
    expect((counts.broken ?? 0) / clean.length).toBeCloseTo(0.02, 2)
  })
})
