import type { Event, RefusalReason } from '../domain/events/event.ts'
import type { RawRecord, RecordSource } from '../ports/source.ts'
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

/** A topic's next record, read. */
interface Head {
  readonly offset: Offset
  readonly decoded: ReturnType<Decoder>
  /** Of its first event; what is none comes before everything. */
  readonly time: Ms
}

/**
 * All events of complete inputs, once, in the order in which a stream folds them: by event time of the inputs' heads, of equal ones
 * in the order of `topics`. Ends when every input has ended; never for inputs that are followed.
 */
export async function* readEvents(options: ReadOptions): AsyncGenerator<Event, void, undefined> {
  const { source, topics, onReject } = options
  const decoders = new Map(topics.map((topic) => [topic, options.decoder(topic)]))
  const from: Record<Topic, Offset> = Object.fromEntries(topics.map((topic) => [topic, 0]))
  const heads = new Map<Topic, Head>()
  const readHead = (topic: Topic, record: RawRecord): Head => {
    const known = heads.get(topic)
    // what was not taken of a chunk is given again
    if (known?.offset === record.offset) return known
    const head = headOf(record, (decoders.get(topic) as Decoder)(record, options.latestMs))
    heads.set(topic, head)
    return head
  }
  let records = 0
  for (let ended = false; !ended;) {
    const chunk = await source.poll(TASK, from, LIMIT, WAIT_MS)
    const taken = new Map<Topic, number>(topics.map((topic) => [topic, 0]))
    const next = (topic: Topic): RawRecord | undefined => chunk.records[topic]?.[taken.get(topic) as number]
    while (topics.every((topic) => next(topic) !== undefined || chunk.rest[topic] === 'ended')) {
      let best: Head | undefined
      let of: Topic | undefined
      for (const topic of topics) {
        const record = next(topic)
        const head = record && readHead(topic, record)
        if (head === undefined || (best !== undefined && head.time >= best.time)) continue
        best = head
        of = topic
      }
      if (best === undefined || of === undefined) break
      const { decoded, offset } = best
      taken.set(of, (taken.get(of) as number) + 1)
      from[of] = offset + 1
      records++
      if (decoded.type === 'events') yield* decoded.events
      else {
        const detail = decoded.type === 'refused' ? decoded.detail : undefined
        onReject({ topic: of, offset, reason: decoded.reason, detail })
      }
    }
    await options.onRecords?.(records)
    ended = topics.every((topic) => next(topic) === undefined && chunk.rest[topic] === 'ended')
  }
}

function headOf({ offset }: RawRecord, decoded: Head['decoded']): Head {
  const first = decoded.type === 'events' ? decoded.events[0] : undefined
  return { offset, decoded, time: first?.eventTime ?? Number.NEGATIVE_INFINITY }
}
