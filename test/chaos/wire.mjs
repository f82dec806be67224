import { createRequire, syncBuiltinESMExports } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Leads connections to other ports than those asked for, whatever a server says of itself.
 * @param {Readonly<Record<number, number>>} ports
 */
export function redirect(ports) {
  const net = require('node:net')
  for (const name of ['connect', 'createConnection']) {
    const open = net[name]
    net[name] = (options, ...rest) => open({ ...options, port: ports[options.port] ?? options.port }, ...rest)
  }
  syncBuiltinESMExports()
}

/**
 * Calls `pass` at what happens between the task's own points: behind each batch of a page, around the end of its transaction,
 * behind each chunk of a checkpoint and before its head. A page is sent in one call for each output, so that it has more than one.
 * @param {typeof import('kafkajs')} kafkajs
 * @param {import('../../src/adapters/redis/client.ts').RedisConnection} redis prototype of the connections
 * @param {(point: import('./points.ts').ChaosPoint) => void} pass
 */
export function watchWire(kafkajs, redis, pass) {
  /** @type {Record<string, (...args: unknown[]) => unknown>} */
  const kafka = kafkajs.Kafka.prototype
  const newProducer = kafka.producer
  kafka.producer = function (options) {
    const made = newProducer.call(this, options)
    return { ...made, transaction: async () => splitting(await made.transaction(), pass) }
  }

  const broker = require('kafkajs/src/broker').prototype
  const endTxn = broker.endTxn
  broker.endTxn = async function (request) {
    if (request.transactionResult) pass('before-end-txn')
    const answer = await endTxn.call(this, request)
    if (request.transactionResult) pass('after-end-txn')
    return answer
  }

  /** @type {Record<string, (...args: unknown[]) => Promise<unknown>>} */
  const connection = redis
  const script = connection.script
  connection.script = async function (name, ...asked) {
    if (name === 'segmentationHead') pass('before-head')
    const answer = await script.call(this, name, ...asked)
    if (name === 'segmentationChunk') pass('chunk-written')
    return answer
  }
}

/**
 * @param {import('kafkajs').Transaction} transaction
 * @param {(point: import('./points.ts').ChaosPoint) => void} pass
 * @returns {import('kafkajs').Transaction}
 */
function splitting(transaction, pass) {
  return {
    ...transaction,
    async sendBatch({ topicMessages = [], ...how }) {
      const sent = []
      for (const one of topicMessages) {
        sent.push(...(await transaction.sendBatch({ ...how, topicMessages: [one] })))
        pass('between-batches')
      }
      return sent
    },
  }
}
