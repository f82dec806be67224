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

/** What each defect does where it is not repaired; `true` where it shows. */
const SHOWS: Readonly<Record<RepairName, (part: (path: string) => unknown) => Promise<boolean>>> = {
  'abort-filter': async (part) => overlapping(part('consumer/batch') as BatchClass).length > 0,
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
