import { fail } from '../../errors.ts'
import type { Chunk, Limit, RawRecord, RecordSource, Rest } from '../../ports/source.ts'
import type { Offset, Positions, Task, Topic } from '../../ports/types.ts'
import type { KafkaAccess } from './client.ts'
import { deal } from './deal.ts'
import { InputBuffer } from './input-buffer.ts'
import { PartitionReader, type Bounds, type StoredRecord } from './reader.ts'
import { checkHeld } from './source.ts'

/** One input of a task, read on from where its buffer ends. */
interface Input {
  readonly bounds: Bounds
  readonly buffer: InputBuffer
  pieces: AsyncGenerator<StoredRecord[]> | undefined
}

/**
 * Topics as complete inputs, for computing the past again: each partition from any position up to its end as of the first look
 * at it. Belongs to no group and takes part in nothing.
 */
export class TopicSource implements RecordSource {
  readonly #reader: PartitionReader
  readonly #topics: readonly Topic[]
  readonly #tasks = new Map<Task, Promise<ReadonlyMap<Topic, Input>>>()

  constructor(access: KafkaAccess, topics: readonly Topic[]) {
    this.#reader = new PartitionReader(access)
    this.#topics = topics
  }

  own(): Promise<void> {
    return Promise.resolve()
  }

  async bounds(p: Task): Promise<Record<Topic, Bounds>> {
    const inputs = await this.#open(p)
    return Object.fromEntries([...inputs].map(([topic, { bounds }]) => [topic, bounds]))
  }

  async poll(p: Task, from: Positions, limit: Limit): Promise<Chunk> {
    const inputs = [...(await this.#open(p))]
    for (const [topic, input] of inputs) await this.#fill(p, topic, input, from[topic] ?? 0)
    const counts = deal(
      inputs.map(([, { buffer }]) => buffer),
      limit,
    )
    const records: Record<Topic, readonly RawRecord[]> = {}
    const rest: Record<Topic, Rest> = {}
    for (const [i, [topic, { buffer, bounds }]] of inputs.entries()) {
      const count = counts[i] ?? 0
      records[topic] = buffer.slice(count)
      rest[topic] = count === buffer.count && buffer.fetched >= bounds.end ? 'ended' : 'more'
    }
    return { records, rest }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  #open(p: Task): Promise<ReadonlyMap<Topic, Input>> {
    const open = this.#tasks.get(p) ?? this.#look(p)
    this.#tasks.set(p, open)
    open.catch(() => this.#tasks.delete(p))
    return open
  }

  async #look(p: Task): Promise<ReadonlyMap<Topic, Input>> {
    const all = await this.#reader.bounds(this.#topics, p)
    return new Map(
      Object.entries(all).map(([topic, bounds]) => [
        topic,
        { bounds, buffer: new InputBuffer(), pieces: undefined },
      ]),
    )
  }

  /** Makes the buffer begin at `from` and hold a record, where there is one. */
  async #fill(p: Task, topic: Topic, input: Input, from: Offset): Promise<void> {
    const { buffer, bounds } = input
    if (buffer.reaches(from)) buffer.release(from)
    else {
      checkHeld(topic, from, bounds)
      buffer.restart(from)
      input.pieces = undefined
    }
    input.pieces ??= this.#reader.records(topic, p, buffer.fetched, bounds.end)
    while (buffer.count === 0 && buffer.fetched < bounds.end) {
      const piece = await nextOf(input)
      const last = piece?.at(-1)
      if (piece === undefined) buffer.pass(buffer.fetched, bounds.end - 1)
      else if (last !== undefined && !buffer.take(piece, buffer.fetched, Number(last.offset)))
        fail('unreachable', `read ${topic}, partition ${p}: records do not join on`)
    }
  }
}

/** The next piece; none behind the last one. A generator that has thrown is at its end, which is not that of the input. */
async function nextOf(input: Input): Promise<StoredRecord[] | undefined> {
  try {
    const next = await input.pieces?.next()
    return next?.done === true ? undefined : next?.value
  } catch (error) {
    input.pieces = undefined
    throw error
  }
}
