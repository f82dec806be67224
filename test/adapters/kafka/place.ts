import { randomUUID } from 'node:crypto'
import type { Kafka, Producer } from 'kafkajs'
import { afterAll, beforeAll } from 'vitest'
import { KafkaAdmin } from '../../../src/adapters/kafka/admin.ts'
import { newKafka, type KafkaAccess } from '../../../src/adapters/kafka/client.ts'
import { PartitionReader, type StoredRecord } from '../../../src/adapters/kafka/reader.ts'
import { topicSpecs } from '../../../src/adapters/kafka/topics.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import type { Task, Topic } from '../../../src/ports/types.ts'
import { realClock } from '../../support/clock.ts'
import { startKafka, type KafkaServer, type KafkaWanted } from '../../support/servers/kafka.ts'

/** A broker for the tests of one file, and what they need of it. */
export class Place {
  #server: KafkaServer | string = 'not started'
  #reader: PartitionReader | undefined

  async start(wanted?: KafkaWanted): Promise<void> {
    this.#server = await startKafka(wanted)
  }

  async stop(): Promise<void> {
    await this.#reader?.close()
    if (typeof this.#server !== 'string') await this.#server.stop()
  }

  /** Why there is no broker. */
  get missing(): string | undefined {
    return typeof this.#server === 'string' ? this.#server : undefined
  }

  get server(): KafkaServer {
    if (typeof this.#server === 'string') throw new Error(this.#server)
    return this.#server
  }

  get access(): KafkaAccess {
    return { brokers: this.server.brokers, clientId: 'test' }
  }

  get reader(): PartitionReader {
    return (this.#reader ??= new PartitionReader(this.access))
  }

  kafka(): Kafka {
    return newKafka(this.access)
  }

  /** A name that no other test has. */
  name(what: string): string {
    return `${what}-${randomUUID().slice(0, 8)}`
  }

  async createTopics(
    names: readonly Topic[],
    partitions = 1,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const admin = new KafkaAdmin(this.access, realClock)
    await admin.apply(
      names.map((name) => ({
        type: 'create',
        spec: { name, partitions, replication: Math.max(1, this.server.nodes.length), config },
      })),
    )
    await admin.close()
  }

  /** The topics of an app. */
  async createApp(app: string, partitions = 1, maxMessageBytes = 1024 * 1024): Promise<void> {
    const specs = topicSpecs({
      app,
      partitions,
      replication: 1,
      minInsyncReplicas: 1,
      retentionMs: DAY_MS,
      journalRetentionMs: 7 * DAY_MS,
      maxMessageBytes,
    })
    const admin = new KafkaAdmin(this.access, realClock)
    await admin.apply(specs.map((spec) => ({ type: 'create', spec })))
    await admin.close()
  }

  /** Sends plain records to partition p of a topic, in one call. */
  async send(topic: Topic, values: readonly (string | Buffer | null)[], p: Task = 0): Promise<void> {
    if (values.length === 0) return
    const producer = this.kafka().producer()
    await producer.connect()
    await producer.send({ topic, messages: values.map((value) => ({ key: null, value, partition: p })) })
    await producer.disconnect()
  }

  async transactional(id: string): Promise<Producer> {
    const producer = this.kafka().producer({
      transactionalId: id,
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { initialRetryTime: 20, retries: 8 },
    })
    await producer.connect()
    return producer
  }

  /** Committed records of a partition. */
  async committed(topic: Topic, p: Task = 0): Promise<StoredRecord[]> {
    const { start, end } = (await this.reader.bounds([topic], p))[topic] as { start: number; end: number }
    const found: StoredRecord[] = []
    for await (const records of this.reader.records(topic, p, start, end)) found.push(...records)
    return found
  }
}

/** A place whose broker runs while the tests of this file do. */
export function place(): Place {
  const here = new Place()
  beforeAll(() => here.start(), 6 * 60_000)
  afterAll(() => here.stop())
  return here
}

/** Waits until `done` holds, at most `ms`; throws what it was waiting for. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  ms = 20_000,
): Promise<void> {
  const end = performance.now() + ms
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await realClock.sleep(20)
  }
}
