import type { Broker, Cluster } from 'kafkajs'
import { fail } from '../../errors.ts'
import type { Offset, Task, Topic } from '../../ports/types.ts'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { dropAborted, type AbortedTransaction, type FetchedRecord } from './abort-filter.ts'
import { openCluster, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { RecordBatch } from './record-batch.ts'
import { SharedEnds, type Ends, type Wanted } from './shared-ends.ts'

/** A record as the raw requests give it. */
export interface StoredRecord extends FetchedRecord {
  /** Unix milliseconds. */
  readonly timestamp: string
  readonly value: Buffer | null
  readonly key: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer>> | undefined
}

interface FetchedPartition {
  readonly partition: number
  readonly messages: (StoredRecord | RecordBatch)[]
  readonly abortedTransactions: AbortedTransaction[] | null
}

/** Requests that kafkajs has, but does not declare. */
type RawBroker = Omit<Broker, 'fetch'> & {
  fetch(request: Parameters<Broker['fetch']>[0]): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
  }>
  listOffsets(request: {
    isolationLevel: number
    topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: number }[] }[]
  }): Promise<{
    readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[]
  }>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
}

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const LATEST = -1
const MAX_FETCH_BYTES = 4 * 1024 * 1024
const FETCH_WAIT_MS = SECOND_MS / 2
/** Empty answers in a row, below an end that was read before, until the read is given up. */
const MAX_EMPTY_FETCHES = 20

export interface Bounds {
  readonly start: Offset
  /** Last stable offset: everything before it is decided, markers included. */
  readonly end: Offset
}

/**
 * Reads partitions without a group: bounds, and committed records from any offset. After any failure its connections are
 * given up and made anew, so that no answer comes from a leader of the past. Rejects with coded errors.
 */
export class PartitionReader {
  readonly #access: KafkaAccess
  readonly #ends = new SharedEnds((wanted) => this.#offsets(wanted, false))
  #cluster: Promise<Cluster> | undefined
  #closed = false

  constructor(access: KafkaAccess) {
    this.#access = access
  }

  /** Partitions per topic. */
  partitionCounts(topics: readonly Topic[]): Promise<Record<Topic, number>> {
    return this.#with(`read the partitions of ${topics.join(', ')}`, async (cluster) => {
      await cluster.addMultipleTargetTopics([...topics])
      const counts = topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length] as const)
      return Object.fromEntries(counts)
    })
  }

  /** Last stable offset of partition p of each topic. */
  ends(topics: readonly Topic[], p: Task): Promise<Record<Topic, Offset>> {
    return this.#ends.of(topics, p)
  }

  async bounds(topics: readonly Topic[], p: Task): Promise<Record<Topic, Bounds>> {
    const wanted = new Map(topics.map((topic) => [topic, new Set([p])]))
    const [starts, ends] = await Promise.all([this.#offsets(wanted, true), this.ends(topics, p)])
    return Object.fromEntries(
      topics.map((topic) => [
        topic,
        { start: starts.get(topic)?.get(p) as Offset, end: ends[topic] as Offset },
      ]),
    )
  }

  #offsets(wanted: Wanted, fromBeginning: boolean): Promise<Ends> {
    const topics = [...wanted.keys()]
    return this.#with(`read the bounds of ${topics.join(', ')}`, async (cluster) => {
      await cluster.addMultipleTargetTopics(topics)
      const asked = [...wanted].map(([topic, tasks]) => ({
        topic,
        partitions: [...tasks].map((partition) => ({ partition })),
        fromBeginning,
      }))
      const found = new Map(
        (await cluster.fetchTopicsOffset(asked)).map(({ topic, partitions }) => [
          topic,
          new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
        ]),
      )
      for (const [topic, tasks] of wanted)
        for (const p of tasks)
          if (!((found.get(topic)?.get(p) ?? -1) >= 0))
            throw new Error(`no offset of ${topic}, partition ${p}`)
      return found
    })
  }

  /** End of what is written, decided or not. */
  highWatermark(topic: Topic, p: Task): Promise<Offset> {
    return this.#with(`read the end of ${topic}, partition ${p}`, async (cluster) => {
      const broker = await leaderOf(cluster, topic, p)
      const { responses } = await broker.listOffsets({
        isolationLevel: READ_UNCOMMITTED,
        topics: [{ topic, partitions: [{ partition: p, timestamp: LATEST }] }],
      })
      return Number(responses[0]?.partitions[0]?.offset)
    })
  }

  /** The committed records of [from, to), piece by piece as they are fetched; a piece may be empty. */
  async *records(
    topic: Topic,
    p: Task,
    from: Offset,
    to: Offset,
    maxBytes = MAX_FETCH_BYTES,
  ): AsyncGenerator<StoredRecord[]> {
    let empty = 0
    for (let at = from; at < to;) {
      const { messages, abortedTransactions } = await this.#fetch(topic, p, at, maxBytes)
      const wanted = messages.filter((record) => Number(record.offset) >= at)
      const last = wanted.at(-1)
      if (last === undefined) {
        if (++empty >= MAX_EMPTY_FETCHES)
          fail('unreachable', `read ${topic}, partition ${p}: nothing came at offset ${at}, the end is ${to}`)
        continue
      }
      empty = 0
      yield dropAborted({ messages: wanted, abortedTransactions })
        .filter((record) => record.isControlRecord !== true)
        .flatMap((record) => (record instanceof RecordBatch ? record.whole(at) : [record]))
        .filter((record) => Number(record.offset) < to)
      at = Number(last.offset) + 1
    }
  }

  #fetch(topic: Topic, p: Task, at: Offset, maxBytes: number): Promise<FetchedPartition> {
    return this.#with(`read ${topic}, partition ${p}, from ${at}`, async (cluster) => {
      const broker = await leaderOf(cluster, topic, p)
      const { responses } = await broker.fetch({
        maxWaitTime: FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes: 2 * maxBytes,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: [{ partition: p, fetchOffset: String(at), maxBytes }] }],
      })
      const partition = responses[0]?.partitions[0]
      if (partition === undefined) throw new Error('an answer without the partition')
      return partition
    })
  }

  /** Takes a member out of its group, so that the group need not wait for its time-out. */
  leaveGroup(groupId: string, memberId: string): Promise<void> {
    return this.#with(`leave group ${groupId}`, async (cluster) => {
      const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as RawBroker
      await coordinator.leaveGroup({ groupId, memberId })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const cluster = this.#cluster
    this.#cluster = undefined
    await cluster?.then((open) => open.disconnect()).catch(() => undefined)
  }

  async #with<T>(doing: string, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#closed) fail('unreachable', `${doing}: the reader is closed`)
    const cluster = (this.#cluster ??= openCluster(this.#access))
    try {
      return await work(await cluster)
    } catch (error) {
      if (this.#cluster === cluster) this.#cluster = undefined
      void cluster.then((open) => open.disconnect()).catch(() => undefined)
      throw kafkaFailure(error, doing)
    }
  }
}

async function leaderOf(cluster: Cluster, topic: Topic, p: Task): Promise<RawBroker> {
  await cluster.addTargetTopic(topic)
  const leader = cluster.findTopicPartitionMetadata(topic).find((m) => m.partitionId === p)?.leader
  if (leader === undefined) throw new Error(`${topic} has no partition ${p}`)
  return (await cluster.findBroker({ nodeId: String(leader) })) as unknown as RawBroker
}
