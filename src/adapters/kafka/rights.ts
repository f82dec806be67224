import type { Cluster } from 'kafkajs'
import type { Topic } from '../../ports/types.ts'
import { newKafka, openCluster, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { loadProtocol, type ProtocolDecoder, type ProtocolEncoder } from './repairs.ts'

/** Operations by their numbers in the protocol (AclOperation.java). */
const OPERATIONS = { Read: 3, Write: 4, Describe: 8, DescribeConfigs: 10 } as const
export type Right = keyof typeof OPERATIONS

export interface WantedRights {
  readonly topics: ReadonlyMap<Topic, readonly Right[]>
  readonly group: string
  /** One that nobody else uses: asking for its right fences whoever does. */
  readonly transactionalId: string
}

/** What this user may not do. */
export interface MissingRights {
  readonly on: 'topic' | 'group' | 'transactional id'
  readonly name: string
  readonly rights: readonly Right[]
}

const METADATA = 3
/** Types of coordinators. */
const COORDINATOR = { group: 0, transaction: 1 } as const
const TOPIC_DENIED = 29
const UNKNOWN_TOPIC = 3

/**
 * Asks the brokers what this user may do (KIP-430), and writes nothing. A topic that does not exist yet cannot be asked about.
 * Brokers without an authorizer allow everything.
 */
export async function missingRights(access: KafkaAccess, wanted: WantedRights): Promise<MissingRights[]> {
  let cluster: Cluster | undefined
  try {
    cluster = await openCluster(access)
    await cluster.refreshMetadata()
    const topics = await missingOnTopics(cluster, wanted.topics)
    const group = await missingOnGroup(cluster, wanted.group)
    const transactions = await missingOnTransactions(cluster, access, wanted.transactionalId)
    return [...topics, ...group, ...transactions]
  } catch (error) {
    throw kafkaFailure(error, 'ask for the rights of this user')
  } finally {
    await cluster?.disconnect().catch(() => undefined)
  }
}

/** Those of `rights` that are not among the allowed operations, a set of bits. */
const without = (allowed: number, rights: readonly Right[]): Right[] =>
  rights.filter((right) => (allowed & (1 << OPERATIONS[right])) === 0)

async function missingOnTopics(cluster: Cluster, wanted: WantedRights['topics']): Promise<MissingRights[]> {
  const broker = (await cluster.findControllerBroker()) as unknown as RawBroker
  const found = await ask(broker, {
    apiKey: METADATA,
    apiVersion: 8,
    // no topic is made, rights on topics are told
    write: (to) =>
      to
        .writeArray([...wanted.keys()], 'string')
        .writeBoolean(false)
        .writeBoolean(false)
        .writeBoolean(true),
    read: (from) => {
      from.readInt32()
      from.readArray((d) => [d.readInt32(), d.readString(), d.readInt32(), d.readString()])
      from.readString()
      from.readInt32()
      return from.readArray(readTopic)
    },
  })
  return found.flatMap(({ error, name, allowed }): MissingRights[] => {
    if (error === UNKNOWN_TOPIC) return []
    const rights = without(error === TOPIC_DENIED ? 0 : allowed, wanted.get(name) ?? [])
    return rights.length === 0 ? [] : [{ on: 'topic', name, rights }]
  })
}

function readTopic(from: ProtocolDecoder): { error: number; name: string; allowed: number } {
  const error = from.readInt16()
  const name = from.readString()
  from.readBoolean()
  from.readArray((d) => {
    d.readInt16()
    for (let i = 0; i < 3; i++) d.readInt32()
    for (let i = 0; i < 3; i++) d.readArray((replica) => replica.readInt32())
  })
  return { error, name, allowed: from.readInt32() }
}

/** A sign of life from a member that the group does not have: only who may read is told so. */
async function missingOnGroup(cluster: Cluster, group: string): Promise<MissingRights[]> {
  const denied: MissingRights[] = [{ on: 'group', name: group, rights: ['Read'] }]
  if (await isDenied(cluster, group, COORDINATOR.group)) return denied
  const broker = (await cluster.findGroupCoordinator({ groupId: group })) as unknown as RawBroker
  try {
    await broker.heartbeat({ groupId: group, groupGenerationId: 0, memberId: 'rights' })
  } catch (error) {
    if (wasDenied(error)) return denied
  }
  return []
}

async function missingOnTransactions(
  cluster: Cluster,
  access: KafkaAccess,
  transactionalId: string,
): Promise<MissingRights[]> {
  const denied: MissingRights[] = [{ on: 'transactional id', name: transactionalId, rights: ['Write'] }]
  if (await isDenied(cluster, transactionalId, COORDINATOR.transaction)) return denied
  // an idempotent one would ask for another right first, which Write on any topic gives
  const producer = newKafka(access).producer({ transactionalId, maxInFlightRequests: 1 })
  try {
    await producer.connect()
    await (await producer.transaction()).abort()
    return []
  } catch (error) {
    const failure = kafkaFailure(error, 'ask for a transactional id')
    if (!failure.message.includes('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')) throw failure
    return denied
  } finally {
    await producer.disconnect().catch(() => undefined)
  }
}

/** May this user not even know the coordinator? The client's own way to it does not tell why there is none. */
async function isDenied(cluster: Cluster, groupId: string, coordinatorType: number): Promise<boolean> {
  const broker = (await cluster.findControllerBroker()) as unknown as RawBroker
  try {
    await broker.findGroupCoordinator({ groupId, coordinatorType })
    return false
  } catch (error) {
    // any other trouble shows again, and is tried again, where the coordinator is asked
    return wasDenied(error)
  }
}

const wasDenied = (error: unknown): boolean =>
  String((error as { type?: unknown }).type).endsWith('_AUTHORIZATION_FAILED')

/** A connection as kafkajs asks it. */
interface RawBroker {
  heartbeat(of: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>
  findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<unknown>
  readonly connectionPool: {
    send(question: {
      readonly request: {
        readonly apiKey: number
        readonly apiVersion: number
        readonly apiName: string
        encode(): Promise<ProtocolEncoder>
      }
      readonly response: { decode(answer: Buffer): Promise<object>; parse(decoded: object): Promise<unknown> }
    }): Promise<unknown>
  }
}

/** A request that kafkajs does not have. */
interface Question<T> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly write: (to: ProtocolEncoder) => ProtocolEncoder
  readonly read: (from: ProtocolDecoder) => T[]
}

async function ask<T>(broker: RawBroker, { apiKey, apiVersion, write, read }: Question<T>): Promise<T[]> {
  const { Encoder, Decoder } = loadProtocol()
  const encode = (): Promise<ProtocolEncoder> => Promise.resolve(write(new Encoder()))
  const decode = (answer: Buffer): Promise<T[]> => Promise.resolve(read(new Decoder(answer)))
  const request = { apiKey, apiVersion, apiName: `${apiKey}`, encode }
  const response = { decode, parse: (decoded: object) => Promise.resolve(decoded) }
  return (await broker.connectionPool.send({ request, response })) as T[]
}
