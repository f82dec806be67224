import type { RawRecord } from '../../ports/source.ts'
import type { Ms, Offset } from '../../ports/types.ts'
import { RecordBatch } from './record-batch.ts'

/** A fetched record as kafkajs gives it. */
export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** Bytes and records that wait in one buffer, at which fetching pauses; it goes on at half. */
const MAX_BUFFER_BYTES = 4 * 1024 * 1024
const MAX_BUFFER_RECORDS = 20_000

/** About what a record takes in memory, beside the bytes that it shares with its neighbours: headers lie there, too. */
const RECORD_BYTES = 100

const NO_KEY = -1

/**
 * The fetched records of one input topic of one task: all of [base, fetched) that were committed. Offsets may leave gaps
 * (markers, aborted records). Records stay until a later position is asked for.
 */
export class InputBuffer {
  #base: Offset = 0
  #fetched: Offset = 0
  #records: RawRecord[] = []
  #head = 0
  #bytes = 0
  #suspect: Offset | undefined
  /** A position was asked for; before it nothing is fetched. */
  started = false
  /** Where the topic ended when that was last seen. */
  end: Offset | undefined
  paused = true

  /** Next offset to fetch. */
  get fetched(): Offset {
    return this.#fetched
  }

  get count(): number {
    return this.#records.length - this.#head
  }

  get full(): boolean {
    return this.#bytes >= MAX_BUFFER_BYTES || this.count >= MAX_BUFFER_RECORDS
  }

  get roomy(): boolean {
    return this.#bytes < MAX_BUFFER_BYTES / 2 && this.count < MAX_BUFFER_RECORDS / 2
  }

  peek(i: number): RawRecord | undefined {
    return this.#records[this.#head + i]
  }

  slice(count: number): RawRecord[] {
    return this.#records.slice(this.#head, this.#head + count)
  }

  /** Are the records at and after `from` here, or next to be fetched? */
  reaches(from: Offset): boolean {
    return this.started && from >= this.#base && from <= this.#fetched
  }

  /** Forgets the records before `from`, which it reaches. */
  release(from: Offset): void {
    this.#base = from
    for (let record = this.peek(0); record !== undefined && record.offset < from; record = this.peek(0)) {
      this.#head++
      this.#bytes -= RECORD_BYTES
      if (this.peek(0)?.bytes !== record.bytes) this.#bytes -= record.bytes.length
    }
    if (this.#head > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#head)
      this.#head = 0
    }
  }

  /** Begins anew at `from`. */
  restart(from: Offset): void {
    this.#base = from
    this.#fetched = from
    this.#records = []
    this.#head = 0
    this.#bytes = 0
    this.#suspect = undefined
    this.started = true
  }

  /**
   * Takes in what was fetched from `fetchedFrom` on, up to and with `last`; false where it does not join on to what is here: it
   * was fetched for a former position, and `fetched` must be sought again. Records that are here already are dropped.
   */
  take(fetched: readonly (FetchedMessage | RecordBatch)[], fetchedFrom: Offset, last: Offset): boolean {
    if (fetchedFrom > this.#fetched) return false
    const messages: FetchedMessage[] = []
    for (const one of fetched) {
      if (!(one instanceof RecordBatch)) messages.push(one)
      else {
        for (const record of one.raw(this.#fetched)) this.#add(record)
        // each by itself: where one that follows cannot be taken apart, all are fetched again
        this.#fetched = Math.max(this.#fetched, Number(one.offset) + 1)
      }
    }
    this.#copy(messages.filter((message) => Number(message.offset) >= this.#fetched))
    this.#fetched = Math.max(this.#fetched, last + 1)
    return true
  }

  /**
   * Passes over [first, last], in which nothing is to be seen. kafkajs does not say from where it fetched such a range: one
   * that begins later than expected is believed when it comes a second time, after `fetched` was sought again.
   */
  pass(first: Offset, last: Offset): boolean {
    if (first > this.#fetched && this.#suspect !== last) {
      this.#suspect = last
      return false
    }
    this.#suspect = undefined
    this.#fetched = Math.max(this.#fetched, last + 1)
    return true
  }

  /** Into bytes of their own, so that no record holds on to a whole fetch response. */
  #copy(messages: readonly FetchedMessage[]): void {
    let size = 0
    for (const { key, value } of messages) size += (key?.length ?? 0) + (value?.length ?? 0)
    const bytes = new Uint8Array(size)
    let at = 0
    for (const { offset, timestamp, key, value } of messages) {
      const keyFrom = key === null ? NO_KEY : at
      if (key !== null) bytes.set(key, at)
      const keyTo = key === null ? NO_KEY : at + key.length
      const from = at + (key?.length ?? 0)
      if (value !== null) bytes.set(value, from)
      at = from + (value?.length ?? 0)
      this.#add({
        offset: Number(offset),
        time: timeOf(timestamp),
        bytes,
        from,
        to: at,
        keyFrom,
        keyTo,
        tombstone: value === null,
        cut: undefined,
      })
    }
  }

  #add(record: RawRecord): void {
    this.#bytes += RECORD_BYTES
    if (this.#records.at(-1)?.bytes !== record.bytes) this.#bytes += record.bytes.length
    this.#records.push(record)
  }
}

/** Records without a time-stamp have −1. */
function timeOf(timestamp: string): Ms {
  const time = Number(timestamp)
  return time < 0 ? Number.NaN : time
}
