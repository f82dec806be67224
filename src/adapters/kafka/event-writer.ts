import type { Message, Producer } from 'kafkajs'
import { murmur2 } from '../../domain/base/hash.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import type { Event } from '../../domain/events/event.ts'
import { fail, SegmentationError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EventSink } from '../../ports/event-sink.ts'
import type { Ms, Topic } from '../../ports/types.ts'
import { KafkaAdmin } from './admin.ts'
import { METADATA_MAX_AGE_MS, newKafka, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { MAX_CALL_BYTES } from './page-batches.ts'

export interface EventWriterOptions {
  readonly access: KafkaAccess
  readonly clock: Clock
  readonly topic: Topic
  readonly encode: (event: Event) => Buffer
  /** Events that are only counted: a run that broke off has written them. */
  readonly skip?: number | undefined
  /** At most so many; undefined: as fast as the brokers take them. */
  readonly eventsPerSecond?: number | undefined
}

/** What the brokers have acknowledged. */
export interface Written {
  readonly topic: Topic
  readonly records: number
  /** Keys and values, uncompressed. */
  readonly bytes: number
  /** Records of each partition. */
  readonly partitions: readonly number[]
}

/** Of one call: the client's work grows faster than the number of records. */
const MAX_CALL_RECORDS = 1000
/** A limited rate is kept over so long a time. */
const PACE_MS: Ms = SECOND_MS / 20
const ACKS_ALL = -1
/** About a minute, which a broker's restart and a leader's election take less than. */
const RETRY = { initialRetryTime: 50, retries: 60, maxRetryTime: SECOND_MS }

/** Records of one call, for all partitions. */
class Call {
  readonly messages: Message[] = []
  readonly partitions: number[] = []
  bytes = 0
}

/**
 * Writes events to a topic under their user's id, on the partition that the id hashes to: the task that holds him. An idempotent
 * producer; one call at a time, for two at once with a lost reply lose one record and double another. While one is on its way,
 * the next is filled, so two calls are in memory.
 */
export class EventWriter implements EventSink {
  readonly #options: EventWriterOptions
  readonly #producer: Producer
  readonly #counts: number[]
  readonly #maxRecords: number
  #startedAt: Ms | undefined
  #begun = 0
  #toSkip: number
  #call = new Call()
  #sending: Promise<void> = Promise.resolve()
  #records = 0
  #bytes = 0

  private constructor(options: EventWriterOptions, producer: Producer, partitions: number) {
    const { skip = 0, eventsPerSecond = Number.POSITIVE_INFINITY } = options
    this.#options = options
    this.#producer = producer
    this.#counts = Array.from({ length: partitions }, () => 0)
    this.#toSkip = skip
    const paced = Math.max(1, Math.floor((eventsPerSecond * PACE_MS) / SECOND_MS))
    this.#maxRecords = Math.min(MAX_CALL_RECORDS, paced)
  }

  /** Rejects with `config-invalid` where there is no such topic, or no right to it. */
  static async open(options: EventWriterOptions): Promise<EventWriter> {
    const { access, clock, topic } = options
    const count = await partitionCount(access, clock, topic)
    if (count === undefined)
      fail('config-invalid', `topic ${topic}: does not exist, or this user may not see it`)
    const producer = newKafka(access, RETRY).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      retry: RETRY,
    })
    try {
      await producer.connect()
    } catch (error) {
      throw kafkaFailure(error, `write to ${topic}`)
    }
    return new EventWriter(options, producer, count)
  }

  get written(): Written {
    const { topic } = this.#options
    return { topic, records: this.#records, bytes: this.#bytes, partitions: [...this.#counts] }
  }

  /** How a repetition goes on, in words. Of a call without an answer the events come twice, under the ids that they had. */
  get goOn(): string {
    const done = (this.#options.skip ?? 0) - this.#toSkip + this.#records
    return `${done} events are written; the same command with --skip ${done} goes on behind them`
  }

  async write(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if (this.#toSkip > 0) {
        this.#toSkip--
        continue
      }
      const key = Buffer.from(event.userId)
      const value = this.#options.encode(event)
      const bytes = key.length + value.length
      if (this.#call.bytes > 0 && this.#call.bytes + bytes > MAX_CALL_BYTES) await this.#send()
      const partition = murmur2(key) % this.#counts.length
      this.#call.messages.push({ key, value, partition })
      this.#call.partitions.push(partition)
      this.#call.bytes += bytes
      if (this.#call.messages.length >= this.#maxRecords) await this.#send()
    }
  }

  /** Resolves once all is acknowledged. */
  async close(): Promise<Written> {
    if (this.#call.messages.length > 0) await this.#send()
    await this.#sending
    await this.abandon()
    return this.written
  }

  /** Lets go of the brokers; what is acknowledged stays. */
  async abandon(): Promise<void> {
    await this.#producer.disconnect().catch(() => undefined)
  }

  /** Waits for the call before, then for its time. */
  async #send(): Promise<void> {
    const call = this.#call
    this.#call = new Call()
    await this.#sending
    await this.#pace()
    this.#begun += call.messages.length
    this.#sending = this.#deliver(call)
    // told by whoever waits for it next
    this.#sending.catch(() => undefined)
  }

  async #pace(): Promise<void> {
    const { clock, eventsPerSecond } = this.#options
    this.#startedAt ??= clock.elapsed()
    if (eventsPerSecond === undefined) return
    const due = this.#startedAt + (this.#begun / eventsPerSecond) * SECOND_MS
    const pause = due - clock.elapsed()
    if (pause > 0) await clock.sleep(pause)
  }

  async #deliver({ messages, partitions, bytes }: Call): Promise<void> {
    const { topic } = this.#options
    try {
      await this.#producer.send({ topic, acks: ACKS_ALL, messages })
    } catch (error) {
      const { code, message } = kafkaFailure(error, `write to ${topic}`)
      throw new SegmentationError(code, `${message}; ${this.goOn}`, error)
    }
    this.#records += messages.length
    this.#bytes += bytes
    for (const partition of partitions) this.#counts[partition] = (this.#counts[partition] ?? 0) + 1
  }
}

async function partitionCount(access: KafkaAccess, clock: Clock, topic: Topic): Promise<number | undefined> {
  const admin = new KafkaAdmin(access, clock)
  try {
    return (await admin.partitionCounts([topic])).get(topic)
  } finally {
    await admin.close()
  }
}
