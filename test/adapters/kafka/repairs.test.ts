import { createRequire } from 'node:module'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { RepairName } from '../../../src/adapters/kafka/repairs.ts'

const require = createRequire(import.meta.url)

/** kafkajs loaded anew, with all repairs but one; `part` is one of its files. */
async function load(
  off: string,
): Promise<{ readonly part: (path: string) => unknown; readonly names: string[] }> {
  for (const path of Object.keys(require.cache)) if (path.includes('/kafkajs/')) delete require.cache[path]
  vi.resetModules()
  const { loadKafkajs, REPAIRS } = await import('../../../src/adapters/kafka/repairs.ts')
  loadKafkajs({ SEGMENTATION_KAFKA_REPAIRS_OFF: off })
  return { part: (path) => require(`kafkajs/src/${path}`) as unknown, names: Object.keys(REPAIRS) }
}

interface Batch {
  readonly messages: readonly { readonly offset: string }[]
}
type BatchClass = new (topic: string, fetchedOffset: string, data: unknown) => Batch

/** Two transactions in one another, both aborted, as a broker lists them: the one that ended first is first. */
function overlapping(Batch: BatchClass): string[] {
  const record = (offset: number, producerId: string) => ({
    offset: String(offset),
    key: null,
    isControlRecord: false,
    batchContext: { producerId, inTransaction: true },
  })
  const abortedTransactions = [
    { producerId: '2', firstOffset: '1' },
    { producerId: '1', firstOffset: '0' },
  ]
  const data = {
    partition: 0,
    highWatermark: '9',
    abortedTransactions,
    messages: [record(0, '1'), record(1, '2')],
  }
  return new Batch('t', '0', data).messages.map(({ offset }) => offset)
}

interface Sent {
  readonly key: string
  readonly value: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Messages as kafkajs sends them to one partition: their size, then the record batch. */
async function recordSet(part: (path: string) => unknown, messages: readonly Sent[]): Promise<Buffer> {
  type Request = (of: object) => { encode(): Promise<{ buffer: Buffer }> }
  const request = part('protocol/requests/produce/v7/request') as Request
  const topicData = [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }]
  const { buffer } = await request({ acks: -1, timeout: 1, producerId: '1', topicData }).encode()
  // no transaction, acks, time-out, topics, "t", partitions, partition
  return buffer.subarray(2 + 2 + 4 + 4 + 3 + 4 + 4)
}

/** What each defect does where it is not repaired; `true` where it shows. */
const SHOWS: Readonly<Record<RepairName, (part: (path: string) => unknown) => Promise<boolean>>> = {
  'abort-filter': async (part) => overlapping(part('consumer/batch') as BatchClass).length > 0,
  'raw-batches': async (part) => {
    type Decode = (decoder: { buffer: Buffer; offset: number }) => Promise<unknown[]>
    const decode = part('protocol/requests/fetch/v4/decodeMessages') as Decode
    const Decoder = part('protocol/decoder') as new (bytes: Buffer) => { buffer: Buffer; offset: number }
    const messages = Array.from({ length: 9 }, () => ({ key: 'k', value: 'v' }))
    const set = await recordSet(part, messages)
    return (await decode(new Decoder(set))).length === messages.length
  },
  'produce-encoding': async (part) => {
    const alloc = vi.spyOn(Buffer, 'alloc')
    await recordSet(
      part,
      Array.from({ length: 50 }, () => ({ key: 'k', value: 'v', headers: { a: 'b' } })),
    )
    const made = alloc.mock.calls.length
    alloc.mockRestore()
    return made > 50
  },
  'grouped-once': async (part) => {
    const group = part('producer/groupMessagesPerPartition') as (of: object) => Record<number, unknown[]>
    const messages = [1, 2, 3, 4].map((n) => ({ value: String(n) }))
    const assign = vi.spyOn(Object, 'assign')
    const grouped = group({ topic: 't', partitionMetadata: [{}], messages, partitioner: () => 0 })
    const copied = assign.mock.calls.length
    assign.mockRestore()
    expect(grouped[0]).toEqual(messages)
    return copied === messages.length
  },
  'offset-commit': async (part) => {
    const Broker = part('broker') as {
      prototype: { offsetCommit(this: unknown, request: unknown): Promise<unknown> }
    }
    const sent: unknown[] = []
    const broker = Object.assign(Object.create(Broker.prototype) as typeof Broker.prototype, {
      lookupRequest: () => (request: unknown) => sent.push(request),
    })
    const error = await broker.offsetCommit({ groupId: 'g', topics: [] }).catch((e: unknown) => e as Error)
    if (sent.length === 0) expect(error).toMatchObject({ retriable: false })
    return sent.length > 0
  },
  'one-socket': async (part) => {
    const Connection = part('network/connection') as new (options: object) => {
      connect(): Promise<unknown>
      disconnect(): Promise<unknown>
    }
    const server = createServer((socket) => socket.resume())
    await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
    const { port } = server.address() as AddressInfo
    const sockets: Socket[] = []
    const connection = new Connection({
      host: '127.0.0.1',
      port,
      logger: { namespace: () => ({ debug: () => {} }) },
      connectionTimeout: 1000,
      requestTimeout: 1000,
      socketFactory: ({ onConnect }: { onConnect: () => void }) => {
        const socket = connect(port, '127.0.0.1', onConnect)
        sockets.push(socket)
        return socket
      },
    })
    await Promise.all([connection.connect(), connection.connect()])
    await connection.disconnect()
    const left = sockets.filter((socket) => !socket.destroyed && !socket.writableEnded)
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
    return left.length > 0
  },
  'lost-coordinator': async (part) => {
    const Group = part('consumer/consumerGroup') as new (options: object) => {
      memberId: string
      lastRequest: number
      coordinator: unknown
      heartbeat(how: { interval: number }): Promise<unknown>
    }
    const { KafkaJSConnectionError } = part('errors') as { KafkaJSConnectionError: new (m: string) => Error }
    const cluster = { findGroupCoordinator: () => Promise.resolve('the next one') }
    const logger = { namespace: () => ({}) }
    const group = new Group({ cluster, logger, groupId: 'g', topics: [], topicConfigurations: {} })
    const dead = { heartbeat: () => Promise.reject(new KafkaJSConnectionError('refused')) }
    Object.assign(group, { memberId: 'm', lastRequest: 0, coordinator: dead })
    await expect(group.heartbeat({ interval: 1 })).rejects.toThrow('refused')
    return group.coordinator === dead
  },
  'known-coordinator': async (part) => {
    type Asked = (this: unknown, request: object) => Promise<unknown>
    const Cluster = part('cluster') as { prototype: Record<string, Asked> }
    const Broker = part('broker') as { prototype: Record<string, Asked> }
    const answers = [undefined, undefined, new Error('moved'), undefined]
    const broker = Object.assign(Object.create(Broker.prototype) as Record<string, Asked>, {
      isConnected: () => true,
      lookupRequest: () => () => undefined,
      [Object.getOwnPropertySymbols(Broker.prototype).find((s) => String(s).includes('sendRequest')) ?? '']:
        () => {
          const error = answers.shift()
          return error ? Promise.reject(error) : Promise.resolve({})
        },
    })
    let looked = 0
    const cluster = Object.assign(Object.create(Cluster.prototype) as Record<string, Asked>, {
      retrier: (work: (bail: (error: Error) => void) => unknown) =>
        work((error) => {
          throw error
        }),
      findGroupCoordinatorMetadata: () => Promise.resolve({ coordinator: { nodeId: ++looked } }),
      findBroker: () => Promise.resolve(broker),
    })
    const ask = async (name: string, type = 1): Promise<number> => {
      const found = (await cluster['findGroupCoordinator']?.({
        groupId: 'a',
        coordinatorType: type,
      })) as typeof broker
      await found[name]?.({ transactionalId: 'a', topics: [] }).catch(() => undefined)
      return looked
    }
    expect(await ask('initProducerId')).toBe(1)
    const unknown = (await ask('addPartitionsToTxn')) > 1
    if (!unknown) {
      // what met an error is looked up anew, and groups always
      expect([await ask('endTxn'), await ask('endTxn'), await ask('endTxn', 0)]).toEqual([1, 2, 3])
    }
    return unknown
  },
  'idle-timer': async (part) => {
    type Queue = { scheduleCheckPendingRequests(): void; destroy(): void; throttleCheckTimeoutId: unknown }
    const Queue = part('network/requestQueue') as new (options: object) => Queue
    const queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1, logger: {} })
    queue.scheduleCheckPendingRequests()
    const armed = queue.throttleCheckTimeoutId !== null
    queue.destroy()
    return armed
  },
}

describe('repairs of kafkajs', () => {
  afterEach(() => vi.resetModules())

  test.each(Object.keys(SHOWS) as RepairName[])(
    '%s: the defect is there, and gone with the repair',
    async (name) => {
      expect(await SHOWS[name]((await load(name)).part)).toBe(true)
      expect(await SHOWS[name]((await load('')).part)).toBe(false)
    },
  )

  test('every repair has its row here', async () => {
    expect(Object.keys(SHOWS).sort()).toEqual((await load('')).names.sort())
  })

  test('a repair that is not there cannot be left out', async () => {
    await expect(load('idle-timer,none')).rejects.toThrow('none; expected some of abort-filter')
  })
})
