import type { DeadLetter } from '../domain/events/dead-letter.ts'
import type { Decoded } from '../domain/events/event.ts'
import type { Chunk, RawRecord, RecordSource } from '../ports/source.ts'
import type { Ms, Offset, Topic } from '../ports/types.ts'
import type { Decoder } from './decode.ts'
import { makeDeadLetter } from './decode.ts'

/** What became of the records: `read` is the sum of `events` and of every skipped and refused one. */
export interface Account {
  readonly read: number
  readonly events: number
  /** By reason, reasons in alphabetical order. */
  readonly skipped: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
}

/** Takes text, whole lines at a time. Rejections end the run. */
export interface LineSink {
  write(lines: string): Promise<void>
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
  readonly events: LineSink
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
 * Raw records → events, one NDJSON line each in the native form, members in their order; input after input, each in its own
 * order. Refused records become dead letters. Nothing vanishes: the account adds up.
 */
export async function ingest(options: IngestOptions): Promise<Account> {
  const tally = new Tally()
  for (const input of options.inputs) await ingestOne(input, options, tally)
  return tally.account()
}

async function ingestOne(input: IngestInput, options: IngestOptions, tally: Tally): Promise<void> {
  let at: Offset = 0
  let chunk: Chunk
  do {
    chunk = await input.source.poll(TASK, { [input.topic]: at }, LIMIT, WAIT_MS)
    const records = chunk.records[input.topic] ?? []
    let events = ''
    let deadLetters = ''
    for (const record of records) {
      const decoded = input.decode(record, options.latestMs)
      tally.add(decoded)
      if (decoded.type === 'events')
        for (const event of decoded.events) events += `${JSON.stringify(event)}\n`
      if (decoded.type === 'refused') deadLetters += deadLetterLine(input, record, decoded)
    }
    if (deadLetters !== '') await options.deadLetters.write(deadLetters)
    if (events !== '') await options.events.write(events)
    at = (records.at(-1)?.offset ?? at - 1) + 1
    await options.onProgress?.(tally.account())
  } while (chunk.rest[input.topic] !== 'ended')
}

class Tally {
  #read = 0
  #events = 0
  readonly #skipped = new Map<string, number>()
  readonly #refused = new Map<string, number>()

  add(decoded: Decoded): void {
    this.#read++
    if (decoded.type === 'events') this.#events += decoded.events.length
    else {
      const counts = decoded.type === 'skipped' ? this.#skipped : this.#refused
      counts.set(decoded.reason, (counts.get(decoded.reason) ?? 0) + 1)
    }
  }

  account(): Account {
    return {
      read: this.#read,
      events: this.#events,
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
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  return `${JSON.stringify({ reason, detail, file: topic, line, offset, size, sha256, key: null, bytes })}\n`
}
