import type { Cluster, Kafka, KafkaConfig, RetryOptions } from 'kafkajs'
import { assert } from '../../errors.ts'
import { MINUTE_MS, SECOND_MS } from '../../domain/base/duration.ts'
import { loadKafkajs } from './repairs.ts'

/** How the brokers are reached. */
export interface KafkaAccess {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  /** Shown in the brokers' logs and quotas. */
  readonly clientId: string
  readonly ssl?: KafkaConfig['ssl'] | undefined
  readonly sasl?: KafkaConfig['sasl'] | undefined
  readonly socketFactory?: KafkaConfig['socketFactory'] | undefined
}

export const METADATA_MAX_AGE_MS = MINUTE_MS
const CONNECTION_TIMEOUT_MS = 3 * SECOND_MS
const REQUEST_TIMEOUT_MS = 10 * SECOND_MS
/** Of a single request or connection; the loops above try again for longer. */
const RETRY: RetryOptions = { initialRetryTime: 30, retries: 8, maxRetryTime: SECOND_MS }

/**
 * A client of its own. The offsets that kafkajs remembers are shared by all that comes from one: the consumer, the producers and
 * the reader each have theirs.
 */
export function newKafka(access: KafkaAccess, retry = RETRY): Kafka {
  const { Kafka, logLevel } = loadKafkajs()
  return new Kafka({
    brokers: [...access.brokers],
    clientId: access.clientId,
    ...(access.ssl === undefined ? {} : { ssl: access.ssl }),
    ...(access.sasl === undefined ? {} : { sasl: access.sasl }),
    ...(access.socketFactory === undefined ? {} : { socketFactory: access.socketFactory }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry,
    logLevel: logLevel.NOTHING,
  })
}

/**
 * kafkajs' own connections to the brokers, for requests that it has no method for. It hands them to whoever assigns partitions;
 * the consumer made for it never runs. Isolation is read_committed: an end is the last stable offset.
 */
export async function openCluster(access: KafkaAccess): Promise<Cluster> {
  let cluster: Cluster | undefined
  newKafka(access).consumer({
    groupId: access.clientId,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    partitionAssigners: [
      (given) => {
        cluster = given.cluster
        return {
          name: 'none',
          version: 0,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  assert(cluster !== undefined, 'kafkajs makes its assigners with the consumer')
  await cluster.connect()
  return cluster
}
