import { MAX_RECORD_BYTES } from '../../domain/events/event.ts'
import type { RawRecord } from '../../ports/source.ts'
import type { Offset } from '../../ports/types.ts'
import type { ByteInput } from './bytes.ts'
import { LF, LINES, lineFeeds } from './frame.ts'
import type { Framing } from './frame.ts'
import { OversizeRecord } from './oversize.ts'

export const BLOCK_BYTES = 512 * 1024

/** The largest record with its line end. */
const WINDOW_BYTES = MAX_RECORD_BYTES + 2

const BOM = [0xef, 0xbb, 0xbf] as const

/** Where a reader stands: in the bytes, in the records and in the lines that people count. */
export interface Place {
  /** Byte position of the next record's start. */
  readonly byte: number
  readonly offset: Offset
  /** Line number of the next record, from 1. */
  readonly line: number
}

export interface Framed {
  readonly records: RawRecord[]
  /** Nothing more could be read. */
  readonly atEnd: boolean
}

/**
 * Cuts one run of bytes into records, block by block. Records point into their block; a block is filled once and then left
 * alone, so they stay valid for as long as anyone holds them. Bounded: one block, or one record of up to
 * `MAX_RECORD_BYTES` beyond it.
 */
export class RecordReader {
  readonly #bytes: ByteInput
  readonly #framing: Framing
  /** Called with each record whose line number is not simply one more than the last. */
  readonly #jumped: (offset: Offset, line: number) => void
  #block = Buffer.alloc(0)
  /** What is filled of the block. A new one for each read, so that what records point into never changes, nor grows. */
  #view = this.#block
  /** `block[start, end)` is read and not yet framed. */
  #start = 0
  #end = 0
  /** Byte position of `block[0]` in the input. */
  #blockAt: number
  #offset: Offset
  #line: number
  #atFileStart: boolean
  #oversize: OversizeRecord | undefined
  /** Line feeds in what is gone of it. */
  #oversizeLines = 0

  constructor(
    bytes: ByteInput,
    framing: Framing,
    from: Place,
    jumped: (offset: Offset, line: number) => void,
  ) {
    this.#bytes = bytes
    this.#framing = framing
    this.#jumped = jumped
    this.#blockAt = from.byte
    this.#offset = from.offset
    this.#line = from.line
    this.#atFileStart = from.byte === 0
  }

  /** The place behind the last record handed out. */
  get place(): Place {
    return { byte: this.#blockAt + this.#start, offset: this.#offset, line: this.#line }
  }

  /** Bytes that follow the last record and have no end yet. */
  get unfinished(): number {
    return this.#end - this.#start + (this.#oversize ? 1 : 0)
  }

  /** The last `count` bytes read, or fewer: what a growing file must still hold in the same place. */
  tail(count: number): { readonly at: number; readonly bytes: Buffer } {
    const from = Math.max(0, this.#end - count)
    return { at: this.#blockAt + from, bytes: this.#block.subarray(from, this.#end) }
  }

  /** Reads once and frames what came. `complete`: at the end, what has no line feed is a record too. */
  async next(complete: boolean): Promise<Framed> {
    this.#makeRoom()
    const n = await this.#bytes.read(this.#block, this.#end)
    this.#end += n
    this.#view = this.#block.subarray(0, this.#end)
    this.#framing.filled(this.#end)
    const records: RawRecord[] = []
    const last = n === 0 && complete
    if (this.#atFileStart) this.#skipBom(last)
    if (!this.#atFileStart) this.#frame(records, last)
    return { records, atEnd: n === 0 }
  }

  #makeRoom(): void {
    if (this.#end < this.#block.length) return
    const rest = this.#end - this.#start
    const block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, 2 * rest))
    this.#block.copy(block, 0, this.#start, this.#end)
    this.#blockAt += this.#start
    this.#block = block
    this.#start = 0
    this.#end = rest
  }

  /** A byte order mark is no part of the first record. While it could still become one it is waited for. */
  #skipBom(last: boolean): void {
    const present = BOM.findIndex((byte, i) => i >= this.#end || this.#block[i] !== byte)
    const undecided = present === this.#end && !last
    this.#atFileStart = undecided
    if (present < 0) this.#start = BOM.length
  }

  #frame(records: RawRecord[], last: boolean): void {
    while (this.#start < this.#end) {
      const lineEnd = this.#lineEnd(last)
      if (lineEnd >= 0) {
        this.#take(records, lineEnd)
        this.#start = lineEnd + 1
      } else if (this.#oversize) this.#pass(this.#end)
      else if (this.#end - this.#start >= WINDOW_BYTES) this.#pass(this.#start + WINDOW_BYTES)
      else break
    }
    if (last && this.unfinished > 0) {
      this.#take(records, this.#end)
      this.#start = this.#end
    }
  }

  /**
   * Decided by the first `WINDOW_BYTES` of a record alone, so that it does not depend on where blocks begin: a quote that is
   * not closed within them counts for nothing.
   */
  #lineEnd(last: boolean): number {
    if (this.#oversize) return this.#framing.restOf(this.#block, this.#start, this.#end)
    const window = Math.min(this.#end, this.#start + WINDOW_BYTES)
    const full = window - this.#start === WINDOW_BYTES
    const end = this.#framing.endOf(this.#block, this.#start, window, false)
    return end < 0 && (full || last) ? this.#framing.endOf(this.#block, this.#start, window, true) : end
  }

  /** Lets bytes of an oversize record go, keeping account of them. */
  #pass(to: number): void {
    const piece = this.#block.subarray(this.#start, to)
    this.#oversizeLines += lineFeeds(this.#block, this.#start, to)
    if (this.#oversize) this.#oversize.push(piece)
    else this.#oversize = new OversizeRecord(piece)
    this.#start = to
  }

  #take(records: RawRecord[], recordEnd: number): void {
    const from = this.#framing.startOf(this.#block, this.#start, recordEnd)
    const to = this.#framing.valueEnd(this.#block, from, recordEnd, this.#end)
    if (this.#oversize === undefined && from > this.#start) {
      this.#pushLine(lineFeeds(this.#block, this.#start, from))
      this.#start = from
    }
    if (this.#oversize || to - from > MAX_RECORD_BYTES) return this.#takeOversize(records, recordEnd)
    if (to === from) return this.#pushLine(1)
    const bytes = this.#view
    records.push({
      offset: this.#offset,
      time: Number.NaN,
      bytes,
      from,
      to,
      keyFrom: -1,
      keyTo: -1,
      tombstone: false,
      cut: undefined,
    })
    this.#count(
      this.#framing === LINES ? 1 : lineFeeds(this.#block, from, Math.min(recordEnd + 1, this.#end)),
    )
  }

  #takeOversize(records: RawRecord[], recordEnd: number): void {
    const line = recordEnd < this.#end && this.#block[recordEnd] === LF
    this.#pass(recordEnd < this.#end && !line ? recordEnd + 1 : recordEnd)
    records.push((this.#oversize as unknown as OversizeRecord).finish(this.#offset))
    this.#count(this.#oversizeLines + (line ? 1 : 0))
    this.#oversize = undefined
    this.#oversizeLines = 0
  }

  /** Lines before a record that belong to none: the next begins further down. */
  #pushLine(count: number): void {
    if (count === 0) return
    this.#line += count
    this.#jumped(this.#offset, this.#line)
  }

  #count(lines: number): void {
    this.#offset++
    this.#line += lines
    if (lines !== 1) this.#jumped(this.#offset, this.#line)
  }
}
