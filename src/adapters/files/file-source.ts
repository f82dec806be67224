import { Readable } from 'node:stream'
import { stat } from 'node:fs/promises'
import type { Clock } from '../../ports/clock.ts'
import type { Chunk, Limit, RawRecord, RecordSource, Rest } from '../../ports/source.ts'
import type { Ms, Offset, Positions, Task, Topic } from '../../ports/types.ts'
import { assert } from '../../errors.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { FileTopic } from './file-topic.ts'
import { STDIN_PATH } from './bytes.ts'
import type { FileInput } from './open.ts'

/** How often a followed file is looked at while there is nothing to read. */
const FOLLOW_INTERVAL_MS = 100
/** How often membership is proven: files cannot be taken away, so always. */
const ALIVE_INTERVAL_MS = SECOND_MS

const ONLY_TASK: Task = 0

export interface FileSourceOptions {
  readonly inputs: readonly FileInput[]
  readonly clock: Clock
  /** Read for the path `-`; `process.stdin`. */
  readonly stdin?: Readable | undefined
  /** Told of every record that is passed over on the way to a position, in order. */
  readonly onSkip?: ((topic: Topic, record: RawRecord) => void) | undefined
}

export interface ReadProgress {
  /** Bytes of the files read so far, as they are on disk. */
  readonly done: number
  /** All of them; undefined where an input is a stream. */
  readonly total: number | undefined
}

/** Files and standard input as the input topics of task 0: a file is a topic, a record's position is its number from 0. */
export class FileSource implements RecordSource {
  readonly #topics: ReadonlyMap<Topic, FileTopic>
  readonly #clock: Clock
  readonly #closing = new AbortController()
  #heartbeat: NodeJS.Timeout | undefined

  constructor({ inputs, clock, stdin, onSkip }: FileSourceOptions) {
    this.#clock = clock
    this.#topics = new Map(
      inputs.map((input) => {
        const skipped = (record: RawRecord): void => onSkip?.(input.topic, record)
        return [input.topic, new FileTopic(input, stdin ?? Readable.from([]), skipped)]
      }),
    )
    assert(this.#topics.size === inputs.length, 'each input is a topic of its own')
  }

  own(on: { given(p: Task): void; taken(p: Task): void; alive(at: Ms): void }): Promise<void> {
    this.#heartbeat ??= setInterval(() => on.alive(this.#clock.now()), ALIVE_INTERVAL_MS).unref()
    on.alive(this.#clock.now())
    on.given(ONLY_TASK)
    return Promise.resolve()
  }

  /** The end of a file is known once it was read; until then it is Infinity. */
  bounds(_p: Task): Promise<Readonly<Record<Topic, { start: Offset; end: Offset }>>> {
    const bounds = [...this.#topics].map(([topic, file]) => {
      const end = file.rest === 'ended' ? file.next : Number.POSITIVE_INFINITY
      return [topic, { start: 0, end }] as const
    })
    return Promise.resolve(Object.fromEntries(bounds))
  }

  async poll(_p: Task, from: Positions, limit: Limit, waitMs: Ms): Promise<Chunk> {
    const files = [...this.#topics.values()]
    const until = this.#clock.elapsed() + waitMs
    for (const file of files) {
      const patience = (filled: Promise<void>): Promise<boolean> => this.#patient(file, filled, until)
      if (!(await file.seek(from[file.input.topic] as Offset, patience))) return nothingYet(files)
    }
    for (;;) {
      for (const file of files) await this.#readAhead(file, until)
      const waiting = files.every((file) => file.queued === 0) && files.some((file) => file.rest !== 'ended')
      const left = until - this.#clock.elapsed()
      if (!waiting || left <= 0 || this.#closing.signal.aborted) return deal(files, limit)
      await this.#clock.sleep(Math.min(FOLLOW_INTERVAL_MS, left), this.#closing.signal)
    }
  }

  /** Reads until something is queued or the end is proven, a stream only `until` then; a dry file is looked at once. */
  async #readAhead(file: FileTopic, until: Ms): Promise<void> {
    while (file.queued === 0) {
      if (!(await this.#patient(file, file.fill(), until))) return
      if (file.rest !== 'more') return
    }
  }

  /** Waits for a read, of a stream only `until` then. */
  async #patient(file: FileTopic, filled: Promise<void>, until: Ms): Promise<boolean> {
    if (file.waits) return this.#inTime(filled, until)
    await filled
    return true
  }

  /** False where `work` goes on beyond `until`. */
  async #inTime(work: Promise<void>, until: Ms): Promise<boolean> {
    const done = new AbortController()
    const signal = AbortSignal.any([done.signal, this.#closing.signal])
    const late = this.#clock.sleep(Math.max(0, until - this.#clock.elapsed()), signal)
    try {
      return await Promise.race([work.then(() => true), late.then(() => false)])
    } finally {
      done.abort()
    }
  }

  /** The header of a CSV input. Rejects with `mapping-invalid` where there is none. */
  columns(topic: Topic): Promise<readonly string[]> {
    return this.#topic(topic).columns()
  }

  /** The line of its file on which a record starts, from 1; undefined where that is no longer known. */
  lineOf(topic: Topic, offset: Offset): number | undefined {
    return this.#topic(topic).marks.lineOf(offset)
  }

  async progress(): Promise<ReadProgress> {
    const files = [...this.#topics.values()]
    const sizes = await Promise.all(files.map((file) => sizeOf(file.input.path)))
    const known = sizes.every((size) => size !== undefined)
    return {
      done: files.reduce((sum, file) => sum + file.bytesDone, 0),
      total: known ? sizes.reduce((sum, size) => sum + size, 0) : undefined,
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#closing.abort()
    for (const file of this.#topics.values()) await file.close()
  }

  #topic(topic: Topic): FileTopic {
    const file = this.#topics.get(topic)
    assert(file !== undefined, 'the topic is an input of this source')
    return file
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  if (path === STDIN_PATH) return undefined
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return 0
  return found.isFile() ? found.size : undefined
}

/** A stream has not come to its position: nothing may be handed out before it has. */
const nothingYet = (files: readonly FileTopic[]): Chunk => ({
  records: Object.fromEntries(files.map(({ input }) => [input.topic, []])),
  rest: Object.fromEntries(files.map(({ input }) => [input.topic, 'more'])),
})

/** Shares the limit among the topics: one record each first, where they have any, then equal parts. */
function deal(files: readonly FileTopic[], limit: Limit): Chunk {
  const share = new Share(files, limit)
  share.round(1)
  while (share.open) share.round(share.part)
  const records: Record<Topic, readonly RawRecord[]> = {}
  const rest: Record<Topic, Rest> = {}
  for (const file of files) {
    const count = share.counts.get(file) ?? 0
    rest[file.input.topic] = count < file.queued ? 'more' : file.rest
    records[file.input.topic] = file.hand(count)
  }
  return { records, rest }
}

class Share {
  readonly counts = new Map<FileTopic, number>()
  #records: number
  #bytes: number
  /** Topics that may get more. */
  #files: readonly FileTopic[]

  constructor(files: readonly FileTopic[], limit: Limit) {
    this.#files = files
    this.#records = limit.records
    this.#bytes = limit.bytes
  }

  get open(): boolean {
    return this.#files.length > 0 && this.#records > 0
  }

  get part(): number {
    return Math.ceil(this.#records / this.#files.length)
  }

  /** Up to `count` more records for each. The first record of a topic is dealt whatever its size. */
  round(count: number): void {
    this.#files = this.#files.filter((file) => {
      for (let i = 0; i < count; i++) {
        const taken = this.counts.get(file) ?? 0
        const next = file.peek(taken)
        const size = next === undefined ? 0 : next.to - next.from
        if (next === undefined || this.#records === 0 || (taken > 0 && size > this.#bytes)) return false
        this.counts.set(file, taken + 1)
        this.#records--
        this.#bytes -= size
      }
      return true
    })
  }
}
