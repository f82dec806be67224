import type { Event, RefusalReason } from '../domain/events/event.ts'
import type { RecordSource } from '../ports/source.ts'
import type { Ms, Offset, Topic } from '../ports/types.ts'
import type { Decoder } from './decode.ts'

/** A record that is not read, with the reason; counted and shown, never fatal by itself. */
export interface Reject {
  readonly topic: Topic
  readonly offset: Offset
  readonly reason: RefusalReason | (string & {})
  /** Names value, place and what was expected; undefined for what a mapping skips on purpose. */
  readonly detail: string | undefined
}

export interface ReadOptions {
  readonly source: RecordSource
  readonly topics: readonly Topic[]
  readonly decoder: (topic: Topic) => Decoder
  /** Events after this are refused as `future`. */
  readonly latestMs: Ms
  readonly onReject: (reject: Reject) => void
  /** Called after each chunk with the number of records read so far. */
  readonly onRecords?: ((records: number) => Promise<void>) | undefined
}

const TASK = 0
const LIMIT = { records: 10_000, bytes: 8 * 1024 * 1024 }
const WAIT_MS = 1000

/**
 * All events of complete inputs, once: topic after topic within a chunk, in the order of each topic. Ends when every input
 * has ended; never for inputs that are followed.
 */
export async function* readEvents(options: ReadOptions): AsyncGenerator<Event, void, undefined> {
  const { source, topics, latestMs, onReject } = options
  const decoders = new Map(topics.map((topic) => [topic, options.decoder(topic)]))
  const from: Record<Topic, Offset> = Object.fromEntries(topics.map((topic) => [topic, 0]))
  let records = 0
  for (let ended = false; !ended;) {
    const chunk = await source.poll(TASK, from, LIMIT, WAIT_MS)
    for (const topic of topics) {
      for (const record of chunk.records[topic] ?? []) {
        const decoded = decoders.get(topic)?.(record, latestMs)
        from[topic] = record.offset + 1
        records++
        if (decoded?.type === 'events') yield* decoded.events
        else if (decoded !== undefined) {
          const detail = decoded.type === 'refused' ? decoded.detail : undefined
          onReject({ topic, offset: record.offset, reason: decoded.reason, detail })
        }
      }
    }
    await options.onRecords?.(records)
    ended = topics.every((topic) => chunk.rest[topic] === 'ended')
  }
}
