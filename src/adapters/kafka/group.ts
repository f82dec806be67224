import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Consumer, EachBatchPayload } from 'kafkajs'
import { SECOND_MS, MINUTE_MS } from '../../domain/base/duration.ts'
import { SegmentationError } from '../../errors.ts'
import type { Ms, Offset, Task, Topic } from '../../ports/types.ts'
import { taskAssigner } from './assigner.ts'
import { METADATA_MAX_AGE_MS, newKafka, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { loadKafkajs } from './repairs.ts'

export interface GroupOptions {
  readonly access: KafkaAccess
  readonly groupId: string
  /** Stable over restarts, unlike the member id (a pod's name). */
  readonly memberName: string
  readonly topics: readonly Topic[]
  readonly sessionTimeoutMs?: Ms | undefined
  readonly maxBytesPerPartition?: number | undefined
  /** How long what arrives at the ends of the inputs may gather before the next fetch: small fetches cost most of the work there. */
  readonly gatherMs?: Ms | undefined
}

/** What comes out of the group. Called from within the client: must neither wait nor throw. */
export interface GroupHooks {
  /** After every join: all tasks that are ours now. */
  joined(tasks: readonly Task[], memberId: string): void
  /** The coordinator confirmed our membership; `at` is when it was asked. */
  alive(at: Ms): void
  /** A fetched range with records in it; `resolve` makes the client go on behind it. */
  fetched(batch: Batch, resolve: () => void): void
  /** A fetched range in which everything is filtered: markers, aborted transactions. */
  filtered(topic: Topic, p: Task, first: Offset, last: Offset): void
  /** The client gave up and will do nothing any more: the process must end (rule T11). */
  crashed(error: SegmentationError): void
}

export const SESSION_TIMEOUT_MS = 30 * SECOND_MS
/** Also how long a task may take to give way: longer than its longest batch. */
const REBALANCE_TIMEOUT_MS = MINUTE_MS
const HEARTBEATS_PER_SESSION = 10
/** Also how long a paused partition may wait to be fetched again. */
const MAX_WAIT_MS = SECOND_MS / 10
const MAX_BYTES_PER_PARTITION = 256 * 1024
const MAX_BYTES_PER_FETCH = 4 * 1024 * 1024
/** All ranges of a fetch are handed on at once: none waits behind another's, while a seek makes it stale. */
const CONCURRENCY = 1024
/** An outage of the brokers is sat out for some minutes before the client gives up. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 5 * SECOND_MS, retries: 60 }
const LEAVE_TIMEOUT_MS = 10 * SECOND_MS
/** How long a first join is tried anew: a coordinator that has just come up still loads its groups. */
const FIRST_JOIN_MS = 2 * MINUTE_MS

/**
 * The consumer group: who holds which tasks, the proofs of it, and the fetched records. It commits no offsets. Eager: every
 * change of members is a join of all, and what a member holds is known only after it.
 */
export class Group {
  readonly #options: GroupOptions
  readonly #hooks: GroupHooks
  readonly #consumer: Consumer
  #tasks: readonly Task[] = []
  #heartbeatSentAt: Ms = Number.NEGATIVE_INFINITY
  #crash: SegmentationError | undefined
  /** Set once a join has succeeded. */
  #member = false
  #joinBy: Ms = Number.POSITIVE_INFINITY
  #settled: () => void = () => undefined
  readonly #first = new Promise<void>((settled) => {
    this.#settled = settled
  })

  constructor(options: GroupOptions, hooks: GroupHooks) {
    this.#options = options
    this.#hooks = hooks
    const kafkajs = loadKafkajs()
    const sessionTimeout = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
    this.#consumer = newKafka(options.access).consumer({
      groupId: options.groupId,
      sessionTimeout,
      rebalanceTimeout: Math.max(REBALANCE_TIMEOUT_MS, sessionTimeout),
      heartbeatInterval: sessionTimeout / HEARTBEATS_PER_SESSION,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: options.maxBytesPerPartition ?? MAX_BYTES_PER_PARTITION,
      maxBytes: MAX_BYTES_PER_FETCH,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      partitionAssigners: [taskAssigner(kafkajs, { name: options.memberName, tasks: () => this.#tasks })],
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(this.#mayJoin()) },
    })
    this.#listen()
  }

  /** Resolves once the first join is done; rejects where the client gave up. */
  async join(): Promise<void> {
    const consumer = this.#consumer
    const { gatherMs = 0 } = this.#options
    this.#joinBy = performance.now() + FIRST_JOIN_MS
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: CONCURRENCY,
        eachBatch: async (payload) => {
          this.#hooks.fetched(payload.batch, () => resolve(payload))
          // the next fetch waits for all that came with this one
          if (gatherMs > 0 && atEnd(payload.batch)) await sleep(gatherMs)
        },
      })
    } catch (error) {
      throw kafkaFailure(error, `join group ${this.#options.groupId}`)
    }
    await this.#first
    if (this.#crash) throw this.#crash
  }

  /** A member that the client gave up on may have lost its tasks: only who never was one may begin again. */
  #mayJoin(): boolean {
    return !this.#member && performance.now() < this.#joinBy
  }

  seek(topic: Topic, p: Task, offset: Offset): void {
    this.#consumer.seek({ topic, partition: p, offset: String(offset) })
  }

  pause(topic: Topic, p: Task): void {
    this.#consumer.pause([{ topic, partitions: [p] }])
  }

  resume(topic: Topic, p: Task): void {
    this.#consumer.resume([{ topic, partitions: [p] }])
  }

  /** Leaves the group; gives up after a while, for a group that was left without a word comes to know it by time-out. */
  async leave(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, LEAVE_TIMEOUT_MS)
    })
    await Promise.race([this.#consumer.disconnect().catch(() => undefined), late])
    clearTimeout(timer)
    this.#settled()
  }

  #listen(): void {
    const consumer = this.#consumer
    const { GROUP_JOIN, HEARTBEAT, REQUEST, START_BATCH_PROCESS, CRASH } = consumer.events
    consumer.on(GROUP_JOIN, ({ timestamp, payload }) => {
      this.#member = true
      this.#tasks = tasksOf(payload.memberAssignment, this.#options.topics)
      this.#hooks.joined(this.#tasks, payload.memberId)
      this.#hooks.alive(timestamp - payload.duration)
      this.#settled()
    })
    consumer.on(REQUEST, ({ payload }) => {
      if (payload.apiName === 'Heartbeat') this.#heartbeatSentAt = payload.sentAt
    })
    consumer.on(HEARTBEAT, () => this.#hooks.alive(this.#heartbeatSentAt))
    consumer.on(START_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, batchSize, firstOffset, lastOffset } = payload
      if (batchSize === 0) this.#hooks.filtered(topic, partition, Number(firstOffset), Number(lastOffset))
    })
    consumer.on(CRASH, ({ payload }) => {
      if (payload.restart) return
      this.#crash = kafkaFailure(payload.error, `group ${this.#options.groupId}`)
      this.#settled()
      this.#hooks.crashed(this.#crash)
    })
  }
}

/** Was there nothing behind it when it was fetched? */
const atEnd = (batch: Batch): boolean => Number(batch.lastOffset()) + 1 >= Number(batch.highWatermark)

/** Makes the client go on behind a range; a join may have taken the topic away meanwhile, and then nothing needs to go on. */
function resolve(payload: EachBatchPayload): void {
  const last = payload.batch.messages.at(-1)
  try {
    if (last) payload.resolveOffset(last.offset)
  } catch {
    // every position is sought anew after a join
  }
}

/** Tasks whose partition of every topic is ours. */
function tasksOf(assignment: Readonly<Record<Topic, readonly number[]>>, topics: readonly Topic[]): Task[] {
  const [first, ...others] = topics
  return (assignment[first as Topic] ?? [])
    .filter((p) => others.every((topic) => assignment[topic]?.includes(p) === true))
    .sort((a, b) => a - b)
}
