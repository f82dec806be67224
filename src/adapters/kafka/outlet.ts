import type { Kafka, Producer, Transaction } from 'kafkajs'
import { assert, fail, type SegmentationError } from '../../errors.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Fence, JournalLine, Outlet, Page } from '../../ports/outlet.ts'
import type { Ms, Rev, Task } from '../../ports/types.ts'
import { METADATA_MAX_AGE_MS, newKafka, type KafkaAccess } from './client.ts'
import type { Encoders } from './encode.ts'
import { kafkaFailure } from './failure.ts'
import { JournalReader } from './journal.ts'
import { pageBatches } from './page-batches.ts'
import { PartitionReader } from './reader.ts'
import { topicNames, type TopicNames } from './topics.ts'

export interface KafkaOutletOptions {
  readonly access: KafkaAccess
  readonly clock: Clock
  /** The run's name: prefix of its topics and of its transactional ids. */
  readonly app: string
  readonly encode: Encoders
  /** The consumer group whose offsets are sent along now and then, for lag tools alone; the group must have been joined. */
  readonly lagGroupId?: string | undefined
  readonly transactionTimeoutMs?: Ms | undefined
}

/** How long the broker keeps a transaction open that is not heard of any more. */
const TRANSACTION_TIMEOUT_MS: Ms = 30 * SECOND_MS
const ACKS_ALL = -1
const LAG_INTERVAL_MS: Ms = 5 * SECOND_MS
/** A short first pause: a transaction right behind another meets the end of it, which lasts some milliseconds. */
const RETRY = { initialRetryTime: 10, retries: 10 }

/** The last line that was published; unknown until the journal was read behind the fence. */
type Last = { readonly line: JournalLine | undefined } | undefined

/** What a valid fence stands for: the one producer that may write for its task. */
interface Writer {
  readonly fence: Fence
  readonly producer: Producer
  last: Last
  publishing: boolean
  /** Its fence is void. */
  dead: boolean
}

/**
 * Pages as Kafka transactions, each task by a producer of its own whose transactional id is `<app>.<p>`: the broker lets one
 * producer of an id write, the last one that began, and ends what the former left open (rules R3, R4). A producer that has
 * met an error is never used again.
 */
export class KafkaOutlet implements Outlet {
  readonly #options: KafkaOutletOptions
  readonly #kafka: Kafka
  readonly #topics: TopicNames
  readonly #reader: PartitionReader
  readonly #journal: JournalReader
  readonly #writers = new Map<Task, Writer>()
  readonly #fencing = new Map<Task, Promise<unknown>>()
  readonly #lagSentAt = new Map<Task, Ms>()

  constructor(options: KafkaOutletOptions) {
    this.#options = options
    this.#kafka = newKafka(options.access)
    this.#topics = topicNames(options.app)
    this.#reader = new PartitionReader(options.access)
    this.#journal = new JournalReader(this.#reader, this.#topics.journal)
  }

  /** Connecting alone fences nobody: only the first transaction asks the broker for the producer's epoch. */
  fence(p: Task): Promise<Fence> {
    const before = this.#fencing.get(p) ?? Promise.resolve()
    const fence = before.then(() => this.#fence(p))
    this.#fencing.set(
      p,
      fence.catch(() => undefined),
    )
    return fence
  }

  async #fence(p: Task): Promise<Fence> {
    this.#discard(p)
    const producer = this.#kafka.producer({
      transactionalId: `${this.#options.app}.${p}`,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: this.#options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      retry: RETRY,
    })
    try {
      await producer.connect()
      await (await producer.transaction()).abort()
    } catch (error) {
      throwAway(producer)
      throw kafkaFailure(error, `fence task ${p}`)
    }
    const fence: Fence = Object.freeze({ task: p })
    this.#writers.set(p, { fence, producer, last: undefined, publishing: false, dead: false })
    return fence
  }

  async tail(fence: Fence): Promise<JournalLine | undefined> {
    const writer = this.#valid(fence)
    const { line } = (writer.last ??= { line: await this.#journal.tail(fence.task) })
    this.#valid(fence)
    return line
  }

  async publish(fence: Fence, page: Page): Promise<void> {
    const writer = this.#valid(fence)
    if (writer.publishing) this.#discard(fence.task)
    assert(!writer.publishing, 'one page is published at a time')
    writer.publishing = true
    try {
      await this.#publish(writer, page)
    } catch (error) {
      writer.dead = true
      throw error
    } finally {
      writer.publishing = false
      if (writer.dead) this.#bury(writer)
    }
  }

  journal(p: Task, after: Rev): AsyncIterable<JournalLine> {
    return this.#journal.lines(p, after)
  }

  /** Gives up every fence and all connections. */
  async close(): Promise<void> {
    for (const p of this.#writers.keys()) this.#discard(p)
    await this.#reader.close()
  }

  async #publish(writer: Writer, page: Page): Promise<void> {
    const last = page.revisions.at(-1)?.line
    if (last === undefined) return
    const p = writer.fence.task
    writer.last ??= { line: await this.#journal.tail(p) }
    let expected = (writer.last.line?.rev ?? -1) + 1
    for (const { line } of page.revisions) assert(line.rev === expected++, 'revisions follow one another')
    const batches = [...pageBatches(page, p, { encode: this.#options.encode, topics: this.#topics })]
    let transaction: Transaction | undefined
    try {
      transaction = await writer.producer.transaction()
      // one call at a time: two at once, with a lost reply, lose one record and double another
      for (const topicMessages of batches) await transaction.sendBatch({ acks: ACKS_ALL, topicMessages })
      await this.#sendLag(transaction, p, last)
      await transaction.commit()
    } catch (error) {
      const failure = kafkaFailure(error, `publish revision ${last.rev} of task ${p}`)
      await abandon(transaction, failure)
      throw failure
    }
    writer.last = { line: last }
  }

  /** The positions as group offsets, for lag tools; nothing reads them here. */
  async #sendLag(transaction: Transaction, p: Task, { rev, positions }: JournalLine): Promise<void> {
    const { lagGroupId, clock } = this.#options
    const now = clock.elapsed()
    if (lagGroupId === undefined || now - (this.#lagSentAt.get(p) ?? now - LAG_INTERVAL_MS) < LAG_INTERVAL_MS)
      return
    this.#lagSentAt.set(p, now)
    const topics = Object.entries(positions).map(([topic, offset]) => ({
      topic,
      partitions: [{ partition: p, offset: String(offset), metadata: JSON.stringify({ rev }) }],
    }))
    await transaction.sendOffsets({ consumerGroupId: lagGroupId, topics })
  }

  #valid(fence: Fence): Writer {
    const writer = this.#writers.get(fence.task)
    if (writer?.fence !== fence)
      fail('task-fenced', `task ${fence.task}: another fence was made since, or a page failed`)
    return writer
  }

  /** Voids the fence of a task. A page that is still on its way ends before its producer does. */
  #discard(p: Task): void {
    const writer = this.#writers.get(p)
    if (!writer) return
    writer.dead = true
    this.#writers.delete(p)
    if (!writer.publishing) this.#bury(writer)
  }

  #bury(writer: Writer): void {
    if (this.#writers.get(writer.fence.task) === writer) this.#writers.delete(writer.fence.task)
    throwAway(writer.producer)
  }
}

/**
 * A page that stops its task would leave its transaction open, and every reader of its partitions waiting: nobody fences a
 * stopped task. All others are ended by the next fence.
 */
async function abandon(transaction: Transaction | undefined, failure: SegmentationError): Promise<void> {
  if (!failure.retryable) await transaction?.abort().catch(() => undefined)
}

function throwAway(producer: Producer): void {
  void producer.disconnect().catch(() => undefined)
}
