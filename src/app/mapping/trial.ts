import { OrderJoin } from '../../domain/events/order-join.ts'
import type { RawRecord } from '../../ports/source.ts'
import type { Decoder } from '../decode.ts'

/** What a mapping makes of some records. */
export interface Trial {
  readonly records: number
  readonly events: number
  /** By reason, the commonest first, with what is wrong with the first of them. */
  readonly refused: readonly { readonly reason: string; readonly count: number; readonly first: string }[]
  readonly skipped: readonly { readonly reason: string; readonly count: number }[]
}

/** Decodes records and counts; nothing is kept. */
export function tryMapping(decode: Decoder, records: readonly RawRecord[], latestMs: number): Trial {
  const join = new OrderJoin()
  const refused = new Map<string, { count: number; first: string }>()
  const skipped = new Map<string, number>()
  let events = 0
  for (const record of records) {
    const decoded = decode(record, latestMs)
    if (decoded.type === 'skipped') skipped.set(decoded.reason, (skipped.get(decoded.reason) ?? 0) + 1)
    else if (decoded.type === 'refused') {
      const { count, first } = refused.get(decoded.reason) ?? { count: 0, first: decoded.detail }
      refused.set(decoded.reason, { count: count + 1, first })
    } else {
      const [line] = decoded.events
      if (decoded.joinKey !== undefined && line !== undefined) join.add(line, decoded.joinKey)
      else events += decoded.events.length
    }
  }
  events += join.end().length
  const commonest = (a: { count: number; reason: string }, b: { count: number; reason: string }): number =>
    b.count - a.count || (a.reason < b.reason ? -1 : 1)
  return {
    records: records.length,
    events,
    refused: [...refused].map(([reason, more]) => ({ reason, ...more })).sort(commonest),
    skipped: [...skipped].map(([reason, count]) => ({ reason, count })).sort(commonest),
  }
}
