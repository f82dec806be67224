import { createRequire } from 'node:module'
import { fail } from '../../errors.ts'
import { dropAborted } from './abort-filter.ts'
import { registerCodecs } from './codecs.ts'
import {
  KnownCoordinators,
  type Coordinator,
  type CoordinatorRequest,
  type TransactionRequest,
} from './known-coordinators.ts'
import { encodeProduce, type ProduceRequest } from './produce-request.ts'
import { batchDecoder, type DecodeMessages } from './record-batch.ts'

export type Kafkajs = typeof import('kafkajs')

/** A defect of kafkajs 2.2.4 that is repaired at run time. */
export interface Repair {
  readonly defect: string
  readonly link: string
  /** The test that fails without it. */
  readonly test: string
  /** Without it everything works, only with more load. */
  readonly speedOnly?: true
  apply(): void
}

const require = createRequire(import.meta.url)

/** A method of a class of kafkajs, to be wrapped or replaced. */
type Prototype = Record<string, (this: Record<string, unknown>, ...args: unknown[]) => unknown>

const prototypeOf = (path: string): Prototype => (require(path) as { prototype: Prototype }).prototype

interface GroupOfKafkajs {
  readonly cluster: { findGroupCoordinator(of: { groupId: string }): Promise<unknown> }
  readonly groupId: string
  readonly coordinator: unknown
}

/** Errors of a request that nobody answered. */
const UNHEARD: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
])

/** Puts something else in the place of what a file of kafkajs gives, for the files that are loaded later. */
function replace<T>(path: string, made: (original: T) => T): void {
  const place = require.resolve(path)
  const original = require(place) as T
  const loaded = require.cache[place]
  if (loaded) loaded.exports = made(original)
}

/** What of kafkajs's parts the repairs call. */
interface Compression {
  lookupCodecByAttributes(attributes: number): { decompress(bytes: Buffer): Promise<Buffer> } | null
}
type Encoder = new (size: number) => { buf: Buffer; offset: number }
interface Partitioning {
  readonly topic: string
  readonly partitionMetadata: readonly unknown[]
  readonly messages: readonly unknown[]
  partitioner(of: { topic: string; partitionMetadata: readonly unknown[]; message: unknown }): number
}

/**
 * The one place that reaches into kafkajs. Each repair can be left out by its name (`SEGMENTATION_KAFKA_REPAIRS_OFF`). Those
 * that replace a whole file come before those that load others, for these keep what they were given.
 */
export const REPAIRS = {
  'abort-filter': {
    defect:
      'read_committed lets aborted records through where transactions overlap or a fetch starts inside one, and takes any key of ' +
      'four zero bytes for an abort marker',
    link: 'kafkajs/src/consumer/filterAbortedMessages.js; Apache Kafka, CompletedFetch.java',
    test: 'repairs.test.ts: abort-filter; source-tests.ts: aborted records and markers are not seen',
    apply: () => replace('kafkajs/src/consumer/filterAbortedMessages', () => dropAborted),
  },
  'raw-batches': {
    defect:
      'every fetched record becomes an object of eleven members, through five others, before anybody looks at it',
    link: 'kafkajs/src/protocol/recordBatch/record/v0/decoder.js',
    test: 'repairs.test.ts: raw-batches; record-batch.test.ts',
    speedOnly: true,
    apply: () => {
      const compression = require('kafkajs/src/protocol/message/compression') as Compression
      const codecOf = (attributes: number) => compression.lookupCodecByAttributes(attributes)
      replace<DecodeMessages>('kafkajs/src/protocol/requests/fetch/v4/decodeMessages', (plain) =>
        batchDecoder(plain, codecOf),
      )
    },
  },
  'produce-encoding': {
    defect:
      'every record and every header that is sent gets a buffer of 512 zeroed bytes, and is copied five times',
    link: 'kafkajs/src/protocol/encoder.js; kafkajs/src/protocol/requests/produce/v3/request.js',
    test: 'repairs.test.ts: produce-encoding; produce-request.test.ts',
    speedOnly: true,
    apply: () => {
      const Encoder = require('kafkajs/src/protocol/encoder') as Encoder
      replace<(request: ProduceRequest) => object>(
        'kafkajs/src/protocol/requests/produce/v3/request',
        (plain) => (request) => {
          if ((request.compression ?? 0) !== 0) return plain(request)
          const encode = () => {
            const buf = encodeProduce(request, Date.now())
            return Promise.resolve(Object.assign(new Encoder(1), { buf, offset: buf.length }))
          }
          return { ...plain(request), encode }
        },
      )
    },
  },
  'grouped-once': {
    defect: 'for every record that is sent, all those before it are copied: quadratic in the size of a call',
    link: 'kafkajs/src/producer/groupMessagesPerPartition.js',
    test: 'repairs.test.ts: grouped-once',
    speedOnly: true,
    apply: () =>
      replace('kafkajs/src/producer/groupMessagesPerPartition', () => (of: Partitioning) => {
        const { topic, partitionMetadata, messages } = of
        const grouped: Record<number, unknown[]> = {}
        if (partitionMetadata.length === 0) return grouped
        for (const message of messages)
          (grouped[of.partitioner({ topic, partitionMetadata, message })] ??= []).push(message)
        return grouped
      }),
  },
  'offset-commit': {
    defect: 'an offset out of range writes −1 or −2 into the group, outside any transaction',
    link: 'https://github.com/tulios/kafkajs/issues/1119',
    test: 'repairs.test.ts: offset-commit; source-tests.ts: records lost to retention write no offset',
    apply: () => {
      const { KafkaJSNonRetriableError } = require('kafkajs/src/errors') as {
        KafkaJSNonRetriableError: new (message: string) => Error
      }
      prototypeOf('kafkajs/src/broker')['offsetCommit'] = () =>
        Promise.reject(new KafkaJSNonRetriableError('an offset was to be committed outside a transaction'))
    },
  },
  'one-socket': {
    defect:
      'requests that find a connection closed open a socket each; all but the last are forgotten open, so that the process does ' +
      'not end, and break the connection when the broker tires of them',
    link: 'kafkajs/src/network/connection.js, connect',
    test: 'repairs.test.ts: one-socket',
    apply: () => {
      const connection = prototypeOf('kafkajs/src/network/connection')
      const connect = connection['connect']
      const pending = new WeakMap<object, Promise<unknown>>()
      connection['connect'] = function () {
        const made =
          pending.get(this) ?? Promise.resolve(connect?.call(this)).finally(() => pending.delete(this))
        pending.set(this, made)
        return made
      }
    },
  },
  'lost-coordinator': {
    defect: 'a member whose coordinator dies goes on asking that broker, and never hears of the next one',
    link: 'kafkajs/src/consumer/consumerGroup.js, heartbeat; https://github.com/tulios/kafkajs/pull/253',
    test: 'repairs.test.ts: lost-coordinator',
    apply: () => {
      const group = prototypeOf('kafkajs/src/consumer/consumerGroup')
      const heartbeat = group['heartbeat']
      group['heartbeat'] = async function (interval) {
        try {
          return await heartbeat?.call(this, interval)
        } catch (error) {
          // the same heartbeat follows: the next coordinator knows the group as it was
          if (UNHEARD.has((error as Error).name)) {
            const { cluster, groupId, coordinator } = this as unknown as GroupOfKafkajs
            this['coordinator'] = await cluster.findGroupCoordinator({ groupId }).catch(() => coordinator)
          }
          throw error
        }
      }
    },
  },
  'idle-timer': {
    defect: 'an idle connection re-arms a timer with a negative delay every millisecond',
    link: 'https://github.com/tulios/kafkajs/issues/1751',
    test: 'repairs.test.ts: idle-timer',
    speedOnly: true,
    apply: () => {
      const queue = prototypeOf('kafkajs/src/network/requestQueue')
      const schedule = queue['scheduleCheckPendingRequests']
      queue['scheduleCheckPendingRequests'] = function () {
        if ((this['pending'] as readonly unknown[]).length > 0) schedule?.call(this)
      }
    },
  },
  'known-coordinator': {
    defect: 'the coordinator of a transaction is looked up before each of its requests, four times in a page',
    link: 'kafkajs/src/producer/eosManager/index.js, findTransactionCoordinator',
    test: 'repairs.test.ts: known-coordinator',
    speedOnly: true,
    apply: () => {
      const known = new KnownCoordinators()
      const cluster = prototypeOf('kafkajs/src/cluster')
      const find = cluster['findGroupCoordinator']
      cluster['findGroupCoordinator'] = function (request) {
        return known.find(this, request as CoordinatorRequest, () => find?.call(this, request))
      }
      const broker = prototypeOf('kafkajs/src/broker')
      for (const name of ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'endTxn']) {
        const ask = broker[name]
        broker[name] = async function (request) {
          return known.asked(this as unknown as Coordinator, request as TransactionRequest, () =>
            ask?.call(this, request),
          )
        }
      }
    },
  },
} as const satisfies Record<string, Repair>

export type RepairName = keyof typeof REPAIRS

let loaded: Kafkajs | undefined

/** kafkajs, repaired and with all codecs; loaded when the first door of a Kafka run opens. */
export function loadKafkajs(env: NodeJS.ProcessEnv = process.env): Kafkajs {
  if (loaded) return loaded
  const off = (env['SEGMENTATION_KAFKA_REPAIRS_OFF'] ?? '').split(',').filter((name) => name !== '')
  const unknown = off.find((name) => !(name in REPAIRS))
  if (unknown !== undefined) {
    fail(
      'config-invalid',
      `SEGMENTATION_KAFKA_REPAIRS_OFF: ${unknown}; expected some of ${Object.keys(REPAIRS).join(', ')}`,
    )
  }
  // before the first import of kafkajs: its files take what they need of one another when they are loaded
  for (const [name, repair] of Object.entries(REPAIRS)) if (!off.includes(name)) repair.apply()
  loaded = require('kafkajs') as Kafkajs
  registerCodecs(loaded)
  return loaded
}

/** Writes the protocol's primitive types. */
export interface ProtocolEncoder {
  writeBoolean(value: boolean): this
  writeArray(values: readonly string[], type: 'string'): this
}

/** Reads them, in the order in which they lie. */
export interface ProtocolDecoder {
  readBoolean(): boolean
  readInt16(): number
  readInt32(): number
  readString(): string
  readArray<T>(read: (decoder: ProtocolDecoder) => T): T[]
}

/** kafkajs' own, for requests that it does not have. */
export function loadProtocol(): {
  readonly Encoder: new () => ProtocolEncoder
  readonly Decoder: new (bytes: Buffer) => ProtocolDecoder
} {
  loadKafkajs()
  return {
    Encoder: require('kafkajs/src/protocol/encoder') as new () => ProtocolEncoder,
    Decoder: require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => ProtocolDecoder,
  }
}
