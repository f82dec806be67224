import type { DeadLetter } from '../domain/events/dead-letter.ts'
import type { Decoded } from '../domain/events/event.ts'
import { OrderJoin } from '../domain/events/order-join.ts'
import type { EventSink } from '../ports/event-sink.ts'
import type { Chunk, RawRecord, RecordSource } from '../ports/source.ts'
import type { Ms, Offset, Topic } from '../ports/types.ts'
import type { Decoder } from './decode.ts'
import { makeDeadLetter } from './decode.ts'
import type { LineSink } from './event-lines.ts'

/** What became of the records: `read` is the sum of `events`, `joined`, and of every skipped and refused one. */
export interface Account {
  readonly read: number
  readonly events: number
  /** Lines of orders that another line began. */
  readonly joined: number
  /** By reason, reasons in alphabetical order. */
  readonly skipped: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
}

/** One complete input: a source with this one topic. */
export interface IngestInput {
  readonly topic: Topic
  readonly source: RecordSource
  readonly decode: Decoder
  /** Line of its file on which a record starts, from 1. */
  readonly lineOf: (offset: Offset) => number | undefined
}

export interface IngestOptions {
  readonly inputs: readonly IngestInput[]
  readonly events: EventSink
  readonly deadLetters: LineSink
  /** Later events are refused as `future`. */
  readonly latestMs: Ms
  /** Called after every piece that was written. */
  readonly onProgress?: ((account: Account) => void | Promise<void>) | undefined
}

const TASK = 0
const LIMIT = { records: 10_000, bytes: 8 * 1024 * 1024 }
const WAIT_MS = 1000

/**
 * Raw records → events in the native form; input after input, each in its own order. Lines of orders become one event, in the place of the first. Refused records become dead letters. Nothing vanishes:
 * the account adds up.
 */
export async function ingest(options: IngestOptions): Promise<Account> {
  const tally = new Tally()
  const join = new OrderJoin()
  for (const input of options.inputs) await ingestOne(input, options, tally, join)
  await options.events.write(join.end())
  return tally.account()
}

async function ingestOne(
  input: IngestInput,
  options: IngestOptions,
  tally: Tally,
  join: OrderJoin,
): Promise<void> {
  let at: Offset = 0
  let chunk: Chunk
  do {
    chunk = await input.source.poll(TASK, { [input.topic]: at }, LIMIT, WAIT_MS)
    const records = chunk.records[input.topic] ?? []
    let deadLetters = ''
    for (const record of records) {
      const outcome = joined(input.decode(record, options.latestMs), join)
      tally.add(outcome)
      if (typeof outcome === 'object' && outcome.type === 'refused')
        deadLetters += deadLetterLine(input, record, outcome)
    }
    if (deadLetters !== '') await options.deadLetters.write(deadLetters)
    await options.events.write(join.take())
    at = (records.at(-1)?.offset ?? at - 1) + 1
    await options.onProgress?.(tally.account())
  } while (chunk.rest[input.topic] !== 'ended')
}

/** What became of one record; a number of events, or `joined`, where it is in the join's hands. */
type Outcome = number | 'joined' | Exclude<Decoded, { type: 'events' }>

function joined(decoded: Decoded, join: OrderJoin): Outcome {
  if (decoded.type !== 'events') return decoded
  const { events, joinKey } = decoded
  const [line] = events
  if (joinKey === undefined || line === undefined) {
    for (const event of events) join.pass(event)
    return events.length
  }
  const place = join.add(line, joinKey)
  return place === 'begun' ? 1 : place
}

class Tally {
  #read = 0
  #events = 0
  #joined = 0
  readonly #skipped = new Map<string, number>()
  readonly #refused = new Map<string, number>()

  add(outcome: Outcome): void {
    this.#read++
    if (typeof outcome === 'number') this.#events += outcome
    else if (outcome === 'joined') this.#joined++
    else {
      const counts = outcome.type === 'skipped' ? this.#skipped : this.#refused
      counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1)
    }
  }

  account(): Account {
    return {
      read: this.#read,
      events: this.#events,
      joined: this.#joined,
      skipped: sorted(this.#skipped),
      refused: sorted(this.#refused),
    }
  }
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

function deadLetterLine(
  input: IngestInput,
  record: RawRecord,
  why: Extract<Decoded, { type: 'refused' }>,
): string {
  const letter: DeadLetter = makeDeadLetter(input.topic, TASK, record, why)
  const { reason, detail, topic, offset, size, sha256, value } = letter
  const line = input.lineOf(offset) ?? null
  const bytes = value && Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  return `${JSON.stringify({ reason, detail, file: topic, line, offset, size, sha256, key: null, bytes })}\n`
}
