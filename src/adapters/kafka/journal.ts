import { fail } from '../../errors.ts'
import { parseJournalLine } from '../../ports/journal-line.ts'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Offset, Rev, Task, Topic } from '../../ports/types.ts'
import type { PartitionReader, StoredRecord } from './reader.ts'

/** Records looked at from the end for the last line; behind it lie markers, and what was aborted. */
const TAIL_SPAN = 64
/** Records behind the end among which a line is first looked for: the state is seldom far behind the journal. */
const SEARCH_SPAN = 512
const SPAN_GROWTH = 4
const SEARCH_BYTES = 64 * 1024

/** Reads the journal topic of an app: one writer for each partition, so that what is committed is what was published. */
export class JournalReader {
  readonly #reader: PartitionReader
  readonly #topic: Topic

  constructor(reader: PartitionReader, topic: Topic) {
    this.#reader = reader
    this.#topic = topic
  }

  /**
   * The last committed line of partition p. Behind a fence nothing may be undecided there; where something is, a transaction
   * hangs (a broker that crashed between a commit and its markers can leave one), and to believe the end before it would be to
   * publish again what lies in it: rejects with `unreachable`.
   */
  async tail(p: Task): Promise<JournalLine | undefined> {
    // in this order: what is decided by then lies before what is written later
    const { start, end } = await this.#bounds(p)
    const written = await this.#reader.highWatermark(this.#topic, p)
    if (written !== end) {
      fail(
        'unreachable',
        `${this.#topic}, partition ${p}: a transaction is open between ${end} and ${written}, expected none behind the fence; ` +
          'where it stays so, find it with kafka-transactions.sh find-hanging, and end it',
      )
    }
    for (let span = TAIL_SPAN; ; span *= SPAN_GROWTH) {
      const from = Math.max(start, end - span)
      let last: StoredRecord | undefined
      for await (const records of this.#reader.records(this.#topic, p, from, end))
        last = records.at(-1) ?? last
      if (last) return this.#line(last, p)
      if (from === start) return undefined
    }
  }

  /** The committed lines with rev > `after`, in order, as of the call. */
  async *lines(p: Task, after: Rev): AsyncGenerator<JournalLine> {
    const { start, end } = await this.#bounds(p)
    const from = await this.#before(p, after + 1, start, end)
    for await (const records of this.#reader.records(this.#topic, p, from, end)) {
      for (const record of records) {
        const line = this.#line(record, p)
        if (line.rev > after) yield line
      }
    }
  }

  /** An offset at or before the line `rev`, looked for from the end in growing steps. */
  async #before(p: Task, rev: Rev, start: Offset, end: Offset): Promise<Offset> {
    if (rev <= 0) return start
    for (let span = SEARCH_SPAN; end - span > start; span *= SPAN_GROWTH) {
      const first = await this.#first(p, end - span, end)
      if (first !== undefined && this.#line(first, p).rev <= rev) return Number(first.offset)
    }
    return start
  }

  async #first(p: Task, from: Offset, end: Offset): Promise<StoredRecord | undefined> {
    for await (const records of this.#reader.records(this.#topic, p, from, end, SEARCH_BYTES)) {
      if (records[0]) return records[0]
    }
    return undefined
  }

  async #bounds(p: Task): Promise<{ start: Offset; end: Offset }> {
    return (await this.#reader.bounds([this.#topic], p))[this.#topic] as { start: Offset; end: Offset }
  }

  #line(record: StoredRecord, p: Task): JournalLine {
    const line = parseJournalLine(record.value?.toString('utf8') ?? '')
    if (typeof line !== 'string') return line
    return fail('state-foreign', `${this.#topic}, partition ${p}, offset ${record.offset}: ${line}`)
  }
}
