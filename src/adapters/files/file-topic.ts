import type { Readable } from 'node:stream'
import { SegmentationError, fail } from '../../errors.ts'
import { textDecoder } from '../../domain/events/encoding.ts'
import { CSV_DELIMITER, splitCsv } from '../../domain/events/csv.ts'
import type { RawRecord, Rest } from '../../ports/source.ts'
import type { Offset } from '../../ports/types.ts'
import { STDIN_PATH, notAgain } from './bytes.ts'
import { LINES, csvRecords } from './frame.ts'
import { jsonRecords } from './json-frame.ts'
import type { Framing } from './frame.ts'
import { TAIL_BYTES, checkGrowth } from './growth.ts'
import { LineMarks } from './lines.ts'
import { openInput } from './open.ts'
import type { FileInput, Opened } from './open.ts'
import { RecordReader } from './reader.ts'
import type { Place } from './reader.ts'

/** A place is remembered about every so many records. */
const INDEX_STEP = 4096

/** The header of a CSV file stands before its first record. */
const HEADER_OFFSET = -1

function framingOf({ format, delimiter = CSV_DELIMITER }: FileInput): Framing {
  if (format === 'csv') return csvRecords(delimiter)
  return format === 'json' ? jsonRecords() : LINES
}

/** One file as one topic: records read ahead wait in a queue until they are no longer wanted. */
export class FileTopic {
  readonly input: FileInput
  readonly marks = new LineMarks()
  readonly #stdin: Readable
  readonly #framing: Framing
  readonly #start: Place
  readonly #onSkip: (record: RawRecord) => void
  /** Places to start from again, ascending; a plain file's only. */
  readonly #index: Place[] = []
  #opened: Opened | undefined
  #reader: RecordReader | undefined
  #queue: RawRecord[] = []
  /** `queue[head…]` is wanted. */
  #head = 0
  #rest: Rest = 'more'
  /** A read that is under way. */
  #filling: Promise<void> | undefined
  /** Records before this offset were handed out once. */
  #handed: Offset = 0
  #columns: readonly string[] | undefined

  constructor(input: FileInput, stdin: Readable, onSkip: (record: RawRecord) => void) {
    this.input = input
    this.#stdin = stdin
    this.#onSkip = onSkip
    this.#start = { byte: 0, offset: input.format === 'csv' ? HEADER_OFFSET : 0, line: 1 }
    this.marks.add(this.#start.offset, this.#start.line)
    this.#framing = framingOf(input)
  }

  get queued(): number {
    return this.#queue.length - this.#head
  }

  /** What follows the queue. */
  get rest(): Rest {
    return this.#rest
  }

  /** Offset behind the last record read. */
  get next(): Offset {
    return Math.max(0, this.#reader?.place.offset ?? 0)
  }

  get bytesDone(): number {
    return this.#opened?.packed?.position ?? 0
  }

  peek(i: number): RawRecord | undefined {
    return this.#queue[this.#head + i]
  }

  /** The first `count` records of the queue; they stay in it until a position behind them is asked for. */
  hand(count: number): RawRecord[] {
    this.#handed = Math.max(this.#handed, this.next - this.queued + count)
    return this.#queue.slice(this.#head, this.#head + count)
  }

  /** The header of a CSV input. */
  async columns(): Promise<readonly string[]> {
    while (this.#columns === undefined && this.#rest === 'more') await this.fill()
    return (
      this.#columns ??
      fail('mapping-invalid', `${this.input.path}: has no header line, a CSV input starts with one`)
    )
  }

  /** Makes `offset` the next record of the queue, or the end. False where `patience` ended before a read did. */
  async seek(offset: Offset, patience: (filled: Promise<void>) => Promise<boolean>): Promise<boolean> {
    if (offset < this.next - this.queued) await this.#goBack(offset)
    for (;;) {
      const drop = Math.min(this.queued, offset - (this.next - this.queued))
      this.#pass(drop)
      if (this.next >= offset) return true
      if (this.#rest !== 'more') this.#tooShort(offset)
      if (!(await patience(this.fill()))) return false
    }
  }

  /** Is this a stream, whose next bytes may be long in coming? */
  get waits(): boolean {
    const opened = this.#opened
    return opened === undefined ? this.input.path === STDIN_PATH : opened.packed === undefined
  }

  /**
   * Reads on once. Afterwards records may be queued, or `rest` says that there are none. Of a stream that `waits` one may stop
   * waiting for it: the next call joins the same read.
   */
  fill(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => (this.#filling = undefined))
    return this.#filling
  }

  async #fill(): Promise<void> {
    if (this.#rest === 'ended') return
    const reader = this.#reader ?? (await this.#open().catch((error: unknown) => this.#explain(error)))
    if (reader === undefined) {
      this.#rest = 'dry'
      return
    }
    const plain = this.#opened?.plain
    if (this.#rest === 'dry' && plain) await checkGrowth(plain, reader.tail(TAIL_BYTES))
    const follow = this.input.follow === true
    const { records, atEnd } = await reader.next(!follow).catch((error: unknown) => this.#explain(error))
    this.#rest = !atEnd ? 'more' : follow ? 'dry' : 'ended'
    if (records[0]?.offset === HEADER_OFFSET) this.#readHeader(records.shift() as RawRecord)
    if (plain) this.#remember(reader.place)
    this.#queue = this.queued === 0 ? records : [...this.#queue.slice(this.#head), ...records]
    this.#head = 0
  }

  /** Opens at the first byte, or not at all where an optional file is missing. */
  async #open(): Promise<RecordReader | undefined> {
    this.#opened = await openInput(this.input, this.#stdin)
    return this.#opened && this.#readFrom(this.#opened, this.#start)
  }

  #readFrom(opened: Opened, place: Place): RecordReader {
    if (opened.plain) opened.plain.position = place.byte
    const jumped = (offset: Offset, line: number): void => this.marks.add(offset, line)
    this.#reader = new RecordReader(opened.bytes, this.#framing, place, jumped)
    this.#queue = []
    this.#head = 0
    this.#rest = 'more'
    return this.#reader
  }

  async #goBack(offset: Offset): Promise<void> {
    const opened = this.#opened
    if (opened?.packed === undefined) notAgain(this.input.path)
    if (opened.plain) {
      this.#readFrom(opened, this.#index.findLast((place) => place.offset <= offset) ?? this.#start)
      return
    }
    await this.close()
    await this.#open()
  }

  #pass(count: number): void {
    const from = this.#head
    this.#head += count
    if ((this.#queue[this.#head - 1]?.offset ?? -1) < this.#handed) return
    const skipped = this.#queue.slice(from, this.#head).filter((record) => record.offset >= this.#handed)
    skipped.forEach(this.#onSkip)
  }

  #remember(place: Place): void {
    if (place.offset >= (this.#index.at(-1)?.offset ?? 0) + INDEX_STEP) this.#index.push(place)
  }

  #readHeader(record: RawRecord): void {
    const { encoding = 'utf-8' } = this.input
    const text = textDecoder(encoding)(record.bytes.subarray(record.from, record.to))
    const fields = splitCsv(text, this.input.delimiter ?? CSV_DELIMITER)
    if (typeof fields === 'string')
      fail('mapping-invalid', `${this.input.path}: the header line is no CSV: ${fields}`)
    this.#columns = fields
  }

  #explain(error: unknown): never {
    if (!(error instanceof SegmentationError) || error.code !== 'input-truncated') throw error
    const read = `${this.next} whole ${this.next === 1 ? 'record was' : 'records were'} read before`
    fail('input-truncated', `${this.input.path}: ${error.message}; ${read}`, error.cause)
  }

  #tooShort(offset: Offset): never {
    const follow = this.input.follow === true
    const holds = `${this.input.path}: holds ${this.next} records, ${offset} were read from it before`
    fail(follow ? 'input-shrunk' : 'input-changed', holds)
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    this.#reader = undefined
    await opened?.bytes.close()
  }
}
