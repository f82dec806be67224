import type { Event } from '../domain/events/event.ts'

/**
 * Takes events in order. Resolves when more may be written, not when they have arrived: only what its owner does at the end (a
 * file gets its name, a topic has acknowledged) says that they have. A rejection is final.
 */
export interface EventSink {
  write(events: readonly Event[]): Promise<void>
}
