import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/base/duration.ts'
import { hash32 } from '../../domain/base/hash.ts'
import type { Event, EventKind } from '../../domain/events/event.ts'
import type { LineSink } from '../event-lines.ts'

/** What goes wrong between a shop and us; shares are of events or lines, 0–1, absent is never. */
export interface Faults {
  /** Come a second time, with the same id, within the hour. */
  readonly duplicates?: number
  /** Come up to ten minutes behind their time. */
  readonly disorder?: number
  /** Come one to three days behind their time. */
  readonly late?: number
  /** Lines in addition that nobody can read. */
  readonly broken?: number
  /** The tracker dies, Unix ms, the end exclusive: what people do is lost, what the shop itself knows still comes. */
  readonly silence?: { readonly fromMs: number; readonly toMs: number }
}
export type FaultName = keyof Faults

/** Shares of those faults that are asked for by name alone. */
export const FAULT_SHARES = { duplicates: 0.01, disorder: 0.03, late: 0.002, broken: 0.002 } as const

/** Events or lines that each fault has met so far; of `silence`, those that are lost. */
export type FaultCounts = Partial<Record<FaultName, number>>

const DUPLICATE_WITHIN_MS = HOUR_MS
const DISORDER_WITHIN_MS = 10 * MINUTE_MS
const LATE_MS = { least: DAY_MS, spread: 2 * DAY_MS } as const

/** The shop's own systems tell these, not the tracker in its pages. */
const NOT_TRACKED: ReadonlySet<EventKind> = new Set([
  'order_completed',
  'order_cancelled',
  'order_refunded',
  'campaign_exposed',
])

/** Uniform in [0, 1), by the event and the seed alone, another for each `use`. */
const chanceOf = (id: string, use: string, seed: number): number => hash32(`${use}/${id}`, seed) / 2 ** 32

/**
 * Events (in order of time) in the order in which they come, with all faults but `broken`. What befalls one is a function of
 * its id and the seed, so that more users change nothing for the others.
 */
export function* faultyEvents(
  events: Iterable<Event>,
  faults: Faults,
  seed: number,
  counts: FaultCounts,
): Generator<Event, void, undefined> {
  const delayed = new Delayed()
  const { silence } = faults
  const befalls = (fault: 'duplicates' | 'disorder' | 'late', { eventId }: Event): boolean => {
    const does = chanceOf(eventId, fault, seed) < (faults[fault] ?? 0)
    if (does) count(counts, fault)
    return does
  }
  for (const event of events) {
    const { eventTime, eventId } = event
    yield* delayed.until(eventTime)
    if (
      silence !== undefined &&
      silence.fromMs <= eventTime &&
      eventTime < silence.toMs &&
      !NOT_TRACKED.has(event.kind)
    ) {
      count(counts, 'silence')
      continue
    }
    const wait = chanceOf(eventId, 'wait', seed)
    if (befalls('duplicates', event)) {
      delayed.add(eventTime + Math.floor(chanceOf(eventId, 'again', seed) * DUPLICATE_WITHIN_MS), event)
    }
    if (befalls('late', event))
      delayed.add(eventTime + LATE_MS.least + Math.floor(wait * LATE_MS.spread), event)
    else if (befalls('disorder', event)) delayed.add(eventTime + Math.floor(wait * DISORDER_WITHIN_MS), event)
    else yield event
  }
  yield* delayed.until(Number.POSITIVE_INFINITY)
}

/** Events on their way, by the time at which they come; at the same time first in, first out. */
class Delayed {
  readonly #waiting: { readonly atMs: number; readonly event: Event }[] = []

  add(atMs: number, event: Event): void {
    let low = 0
    let high = this.#waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#waiting[middle]?.atMs as number) <= atMs) low = middle + 1
      else high = middle
    }
    this.#waiting.splice(low, 0, { atMs, event })
  }

  *until(ms: number): Generator<Event, void, undefined> {
    for (let next = this.#waiting[0]; next !== undefined && next.atMs <= ms; next = this.#waiting[0]) {
      this.#waiting.shift()
      yield next.event
    }
  }
}

/** Ways in which a line is spoilt. */
const SPOILT: readonly ((line: string) => string)[] = [
  (line) => line.slice(0, line.length >> 1),
  (line) => line.replace('"kind":"', '"kind":"un'),
  (line) => line.replace(/"userId":"[^"]*"/, '"userId":""'),
  (line) => line.replace(/"eventTime":\d+/, '"eventTime":"yesterday"'),
  (line) => line.replace(/"eventTime":\d+/, '"eventTime":0'),
]

/** A sink that writes a spoilt copy after some of the lines; no true line is lost. */
export function brokenLines(sink: LineSink, share: number, seed: number, counts: FaultCounts): LineSink {
  const spoilt = (line: string): string => {
    if (chanceOf(line, 'broken', seed) >= share) return `${line}\n`
    count(counts, 'broken')
    const way = SPOILT[Math.floor(chanceOf(line, 'way', seed) * SPOILT.length)] as (line: string) => string
    return `${line}\n${way(line)}\n`
  }
  return {
    write: (lines) => sink.write(lines.split('\n').slice(0, -1).map(spoilt).join('')),
  }
}

function count(counts: FaultCounts, fault: FaultName): void {
  counts[fault] = (counts[fault] ?? 0) + 1
}
