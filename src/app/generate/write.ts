import { DAY_MS } from '../../domain/base/duration.ts'
import type { Event } from '../../domain/events/event.ts'
import type { EventSink } from '../../ports/event-sink.ts'
import { faultyEvents, type FaultCounts, type Faults } from './faults.ts'
import { generateShop, type ShopOptions } from './shop.ts'

export interface ShopFacts {
  readonly events: number
  /** Users with at least one event. */
  readonly active: number
  readonly orders: number
  readonly revenueMinor: number
}

/** Events collected before they are handed to the sink. */
const CHUNK_EVENTS = 1000

/** The same events in pieces of equal size; none is empty. */
export function* chunksOf(events: Iterable<Event>): Generator<Event[], void, undefined> {
  let chunk: Event[] = []
  for (const event of events) {
    chunk.push(event)
    if (chunk.length < CHUNK_EVENTS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

/** How a shop is written. */
export interface WriteOptions {
  readonly sink: EventSink
  /** Hears how many days are complete. */
  readonly onDay: (days: number) => void
  readonly faults?: Faults | undefined
  /** What befell: counted here. */
  readonly counts?: FaultCounts
}

/** Writes the events of a shop, with all faults but broken lines, which are no events. */
export async function writeShop(
  options: ShopOptions,
  { sink, onDay, faults, counts = {} }: WriteOptions,
): Promise<ShopFacts> {
  const seen = new Set<string>()
  let events = 0
  let orders = 0
  let revenueMinor = 0
  let days = 0
  const shop = generateShop(options)
  const coming = faults === undefined ? shop : faultyEvents(shop, faults, options.seed, counts)
  for (const chunk of chunksOf(coming)) {
    for (const e of chunk) {
      seen.add(e.userId)
      if (e.kind !== 'order_completed') continue
      orders++
      revenueMinor += e.amountMinor ?? 0
    }
    await sink.write(chunk)
    events += chunk.length
    // late events are of days before
    days = Math.max(days, Math.floor(((chunk.at(-1) as Event).eventTime - options.startMs) / DAY_MS))
    onDay(days)
  }
  onDay(options.days)
  return { events, active: seen.size, orders, revenueMinor }
}
