import type { Batch } from 'kafkajs'
import { fail, type SegmentationError } from '../../errors.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Chunk, Limit, RawRecord, RecordSource, Rest } from '../../ports/source.ts'
import type { Ms, Offset, Positions, Task, Topic } from '../../ports/types.ts'
import { unequalCounts } from './assigner.ts'
import type { KafkaAccess } from './client.ts'
import { deal } from './deal.ts'
import { Group } from './group.ts'
import { InputBuffer } from './input-buffer.ts'
import { PartitionReader } from './reader.ts'
import { RecordBatch } from './record-batch.ts'

export interface KafkaSourceOptions {
  readonly access: KafkaAccess
  readonly clock: Clock
  readonly groupId: string
  /** Stable over restarts (a pod's name): tasks come back to it. */
  readonly memberName: string
  /** Input topics, the control topic among them; all with the same number of partitions. */
  readonly topics: readonly Topic[]
  /** The member id of this process's former life, if it was kept: it is taken out of the group before joining. */
  readonly formerMemberId?: string | undefined
  /** Told after every join; to be kept for the next life. */
  readonly onMemberId?: ((memberId: string) => void) | undefined
  /** Told of each batch that came for a task: the headers of its first record. Undefined: nobody asks. */
  readonly onBatch?: ((p: Task, headers: Readonly<Record<string, string>>) => void) | undefined
  /** The client gave up and heartbeats no more: the process must end. */
  readonly onCrash: (error: SegmentationError) => void
  readonly sessionTimeoutMs?: Ms | undefined
  readonly maxBytesPerPartition?: number | undefined
  readonly gatherMs?: Ms | undefined
}

/** How long a poll waits for records that are known to be there, whatever time its caller has. */
const ARRIVAL_MS = 2 * SECOND_MS

/** Given as the reason of an abort, for one without is an exception that records its stack. */
const ARRIVED = 'arrived'

type Listeners = Parameters<RecordSource['own']>[0]

/** The inputs of one task that is ours. */
interface Inputs {
  readonly buffers: ReadonlyMap<Topic, InputBuffer>
  /** Aborted when something arrived, or the task is gone. */
  arrival: AbortController
}

/**
 * Kafka topics as inputs: task p is partition p of each. The group says whose it is; the client fetches into bounded buffers;
 * polls read those. No offset is committed here: positions are the journal's.
 */
export class KafkaSource implements RecordSource {
  readonly #options: KafkaSourceOptions
  readonly #clock: Clock
  readonly #reader: PartitionReader
  readonly #group: Group
  readonly #tasks = new Map<Task, Inputs>()
  #on: Listeners | undefined
  #crash: SegmentationError | undefined
  #closed: Promise<void> | undefined

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#reader = new PartitionReader(options.access)
    this.#group = new Group(options, {
      joined: (tasks, memberId) => this.#joined(tasks, memberId),
      alive: (at) => this.#on?.alive(at),
      fetched: (batch, resolve) => this.#fetched(batch, resolve),
      filtered: (topic, p, first, last) => this.#filtered(topic, p, first, last),
      crashed: (error) => this.#crashed(error),
    })
  }

  async own(on: Listeners): Promise<void> {
    this.#on = on
    const { topics, groupId, formerMemberId } = this.#options
    const problem = unequalCounts(await this.#reader.partitionCounts(topics))
    if (problem !== undefined) fail('config-invalid', problem)
    // it may have left by itself, or was forgotten
    if (formerMemberId !== undefined)
      await this.#reader.leaveGroup(groupId, formerMemberId).catch(() => undefined)
    await this.#group.join()
  }

  bounds(p: Task): Promise<Readonly<Record<Topic, { start: Offset; end: Offset }>>> {
    return this.#reader.bounds(this.#options.topics, p)
  }

  async poll(p: Task, from: Positions, limit: Limit, waitMs: Ms): Promise<Chunk> {
    const inputs = this.#inputs(p)
    await this.#position(p, inputs, from)
    const ends = await this.#fill(p, inputs, waitMs)
    this.#refill(p, inputs)
    return chunkOf(inputs, ends, limit)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const { arrival } of this.#tasks.values()) arrival.abort(ARRIVED)
    this.#tasks.clear()
    await this.#group.leave()
    await this.#reader.close()
  }

  #inputs(p: Task): Inputs {
    const inputs = this.#tasks.get(p)
    if (this.#crash) throw this.#crash
    return inputs ?? fail('unreachable', `task ${p} is not assigned to this member`)
  }

  /** Makes every buffer begin at its position: releases what lies before it, or fetches from there anew. */
  async #position(p: Task, inputs: Inputs, from: Positions): Promise<void> {
    const astray = [...inputs.buffers].filter(([topic, buffer]) => !buffer.reaches(from[topic] as Offset))
    if (astray.length > 0) {
      const bounds = await this.#reader.bounds(
        astray.map(([topic]) => topic),
        p,
      )
      for (const [topic] of astray) checkHeld(topic, from[topic] as Offset, bounds[topic])
    }
    if (this.#tasks.get(p) !== inputs) fail('unreachable', `task ${p} was taken from this member`)
    for (const [topic, buffer] of inputs.buffers) {
      const position = from[topic] as Offset
      if (buffer.reaches(position)) buffer.release(position)
      else {
        buffer.restart(position)
        this.#group.seek(topic, p, position)
      }
    }
    this.#refill(p, inputs)
  }

  /** Lets fetching go on where there is room again. */
  #refill(p: Task, inputs: Inputs): void {
    for (const [topic, buffer] of inputs.buffers) {
      if (!buffer.started || !buffer.paused || !buffer.roomy || this.#tasks.get(p) !== inputs) continue
      buffer.paused = false
      this.#group.resume(topic, p)
    }
  }

  /**
   * Waits up to `waitMs` for a first record, then until no input is known to hold records that are not here yet. Returns the
   * ends of the inputs as they were asked for in this poll, behind the waiting; none where every input has records. The tasks
   * that one fetch has woken ask together.
   */
  async #fill(p: Task, inputs: Inputs, waitMs: Ms): Promise<Readonly<Record<Topic, Offset>>> {
    const buffers = [...inputs.buffers]
    const since = this.#clock.elapsed()
    const left = (ms: Ms): Ms => since + ms - this.#clock.elapsed()
    while (buffers.every(([, buffer]) => buffer.count === 0) && left(waitMs) > 0)
      if (!(await this.#arrival(p, inputs, left(waitMs)))) break
    if (buffers.every(([, buffer]) => buffer.count > 0)) return {}
    const ends = await this.#reader.ends([...inputs.buffers.keys()], p)
    const behind = (): boolean =>
      buffers.some(([topic, buffer]) => buffer.count === 0 && buffer.fetched < (ends[topic] as Offset))
    while (behind() && left(Math.max(waitMs, ARRIVAL_MS)) > 0)
      if (!(await this.#arrival(p, inputs, left(Math.max(waitMs, ARRIVAL_MS))))) break
    return ends
  }

  /** Waits for the next arrival; false where none is to be waited for any more. */
  async #arrival(p: Task, inputs: Inputs, ms: Ms): Promise<boolean> {
    if (this.#tasks.get(p) !== inputs || this.#crash) return false
    inputs.arrival = new AbortController()
    await this.#clock.sleep(ms, inputs.arrival.signal)
    return this.#tasks.get(p) === inputs && this.#crash === undefined
  }

  #joined(tasks: readonly Task[], memberId: string): void {
    this.#options.onMemberId?.(memberId)
    for (const [p, { arrival }] of this.#tasks) {
      if (tasks.includes(p)) continue
      this.#tasks.delete(p)
      arrival.abort(ARRIVED)
      this.#on?.taken(p)
    }
    for (const p of tasks) {
      const kept = this.#tasks.get(p)
      const inputs = kept ?? newInputs(this.#options.topics)
      // the client begins every assignment anew: old positions and pauses of it mean nothing
      for (const [topic, buffer] of inputs.buffers) {
        if (buffer.started) this.#group.seek(topic, p, buffer.fetched)
        if (buffer.paused) this.#group.pause(topic, p)
        else this.#group.resume(topic, p)
      }
      if (kept) continue
      this.#tasks.set(p, inputs)
      this.#on?.given(p)
    }
  }

  #fetched(batch: Batch, resolve: () => void): void {
    const { topic, partition: p } = batch
    const inputs = this.#tasks.get(p)
    const buffer = inputs?.buffers.get(topic)
    if (!inputs || !buffer?.started) return
    // not declared, but there: from where this was fetched
    const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string }
    if (!buffer.take(batch.messages, Number(fetchedOffset), Number(batch.lastOffset()))) {
      this.#group.seek(topic, p, buffer.fetched)
      return
    }
    this.#options.onBatch?.(p, headersOf(batch))
    resolve()
    buffer.end = Number(batch.highWatermark)
    if (buffer.full && !buffer.paused) {
      buffer.paused = true
      this.#group.pause(topic, p)
    }
    inputs.arrival.abort(ARRIVED)
  }

  #filtered(topic: Topic, p: Task, first: Offset, last: Offset): void {
    const inputs = this.#tasks.get(p)
    const buffer = inputs?.buffers.get(topic)
    if (!inputs || !buffer?.started) return
    if (buffer.pass(first, last)) inputs.arrival.abort(ARRIVED)
    else this.#group.seek(topic, p, buffer.fetched)
  }

  #crashed(error: SegmentationError): void {
    this.#crash = error
    for (const { arrival } of this.#tasks.values()) arrival.abort(ARRIVED)
    this.#options.onCrash(error)
  }
}

/** Headers of the first record of a batch. */
function headersOf({ messages }: Batch): Record<string, string> {
  const first = messages[0] as Batch['messages'][number] | RecordBatch | undefined
  const headers = first instanceof RecordBatch ? first.whole()[0]?.headers : first?.headers
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))
}

function newInputs(topics: readonly Topic[]): Inputs {
  return {
    buffers: new Map(topics.map((topic) => [topic, new InputBuffer()])),
    arrival: new AbortController(),
  }
}

/** Throws where an input no longer holds a position, or does not reach it. */
export function checkHeld(
  topic: Topic,
  from: Offset,
  bounds: { start: Offset; end: Offset } | undefined,
): void {
  const { start, end } = bounds ?? { start: 0, end: 0 }
  if (from < start) fail('source-gap', `input ${topic} begins at ${start}, but ${from} is needed`)
  if (from > end)
    fail(
      'source-differs',
      `input ${topic} ends at ${end}, before position ${from}, up to which it was processed`,
    )
}

function chunkOf(inputs: Inputs, ends: Readonly<Record<Topic, Offset>>, limit: Limit): Chunk {
  const buffers = [...inputs.buffers]
  const counts = deal(
    buffers.map(([, buffer]) => buffer),
    limit,
  )
  const records: Record<Topic, readonly RawRecord[]> = {}
  const rest: Record<Topic, Rest> = {}
  const seen: Record<Topic, Offset> = {}
  buffers.forEach(([topic, buffer], i) => {
    const count = counts[i] as number
    records[topic] = buffer.slice(count)
    const end = ends[topic]
    if (end !== undefined) buffer.end = end
    if (buffer.end !== undefined) seen[topic] = buffer.end
    rest[topic] = count === buffer.count && end !== undefined && buffer.fetched >= end ? 'dry' : 'more'
  })
  return { records, rest, ends: seen }
}
