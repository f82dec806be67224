import { createRequire } from 'node:module'
import { fail } from '../../errors.ts'
import { dropAborted } from './abort-filter.ts'
import { registerCodecs } from './codecs.ts'

export type Kafkajs = typeof import('kafkajs')

/** A defect of kafkajs 2.2.4 that is repaired at run time. */
export interface Repair {
  readonly defect: string
  readonly link: string
  /** The test that fails without it. */
  readonly test: string
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

/**
 * The one place that reaches into kafkajs. Each repair can be left out by its name (`SEGMENTATION_KAFKA_REPAIRS_OFF`); without
 * `idle-timer` everything works, only with more load.
 */
export const REPAIRS = {
  'abort-filter': {
    defect:
      'read_committed lets aborted records through where transactions overlap or a fetch starts inside one, and takes any key of ' +
      'four zero bytes for an abort marker',
    link: 'kafkajs/src/consumer/filterAbortedMessages.js; Apache Kafka, CompletedFetch.java',
    test: 'repairs.test.ts: abort-filter; source-tests.ts: aborted records and markers are not seen',
    apply: () => {
      const path = require.resolve('kafkajs/src/consumer/filterAbortedMessages')
      require(path)
      const loaded = require.cache[path]
      if (loaded) loaded.exports = dropAborted
    },
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
    apply: () => {
      const queue = prototypeOf('kafkajs/src/network/requestQueue')
      const schedule = queue['scheduleCheckPendingRequests']
      queue['scheduleCheckPendingRequests'] = function () {
        if ((this['pending'] as readonly unknown[]).length > 0) schedule?.call(this)
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
