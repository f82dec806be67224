import { DAY_MS } from '../../domain/base/duration.ts'
import { generateShop, type ShopOptions } from './shop.ts'

/** Where the text goes. Resolves when more may be written. */
export interface TextSink {
  write(text: string): Promise<void>
}

export interface ShopFacts {
  readonly events: number
  /** Users with at least one event. */
  readonly active: number
  readonly orders: number
  readonly revenueMinor: number
}

/** Characters collected before they are handed to the sink. */
const CHUNK_CHARS = 1 << 18

/** Writes the events of a shop as NDJSON, one event per line; `onDay` hears how many days are complete. */
export async function writeShop(
  options: ShopOptions,
  sink: TextSink,
  onDay: (days: number) => void,
): Promise<ShopFacts> {
  const seen = new Set<string>()
  let events = 0
  let orders = 0
  let revenueMinor = 0
  let day = 0
  let text = ''
  for (const e of generateShop(options)) {
    const today = Math.floor((e.eventTime - options.startMs) / DAY_MS)
    if (today !== day) onDay((day = today))
    events++
    seen.add(e.userId)
    if (e.kind === 'order_completed') {
      orders++
      revenueMinor += e.amountMinor ?? 0
    }
    text += JSON.stringify(e) + '\n'
    if (text.length >= CHUNK_CHARS) {
      await sink.write(text)
      text = ''
    }
  }
  if (text !== '') await sink.write(text)
  onDay(options.days)
  return { events, active: seen.size, orders, revenueMinor }
}
