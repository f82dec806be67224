// A steady load, and how long after an event was sent its moves can be read.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { PARTITIONS, recordOf, shop } from './work.mjs'

const TURN_MS = 10

/** Sends `perSecond` events a second, of now; when each was sent is kept by its offset. */
export class Load {
  #sentAt = Array.from({ length: PARTITIONS }, () => new Map())
  #on = true
  sent = 0

  constructor(kafka, { topic, users, perSecond, seed }) {
    this.kafka = kafka
    this.running = this.#run({ topic, perSecond, next: shop(users, seed) })
  }

  async #run({ topic, perSecond, next }) {
    const producer = this.kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const start = performance.now()
    while (this.#on) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1000)
      const messages = []
      const counts = Array.from({ length: PARTITIONS }, () => 0)
      for (; this.sent < due && messages.length < 1000; this.sent++) {
        const message = recordOf(next(Date.now()))
        counts[message.partition]++
        messages.push(message)
      }
      if (messages.length > 0) {
        const at = performance.now()
        for (const { partition, baseOffset } of await producer.send({ topic, messages, acks: 1 }))
          for (let i = 0; i < counts[partition]; i++) this.#sentAt[partition].set(Number(baseOffset) + i, at)
      }
      await sleep(TURN_MS)
    }
    await producer.disconnect()
  }

  sentAt(partition, offset) {
    return this.#sentAt[partition].get(offset)
  }

  async stop() {
    this.#on = false
    await this.running
  }
}

/** Reads moves as a subscriber would, in read_committed, each with the time at which it could be read. */
export class Subscriber {
  moves = []

  async start(kafka, topic) {
    this.consumer = kafka.consumer({
      groupId: `reader-${topic}-${Date.now()}`,
      maxWaitTimeInMs: 100,
      minBytes: 1,
    })
    await this.consumer.connect()
    await this.consumer.subscribe({ topics: [topic], fromBeginning: false })
    const joined = new Promise((done) => this.consumer.on(this.consumer.events.GROUP_JOIN, done))
    await this.consumer.run({
      partitionsConsumedConcurrently: PARTITIONS,
      eachBatch: ({ batch }) => {
        const at = performance.now()
        for (const { value } of batch.messages) this.moves.push({ at, value })
        return Promise.resolve()
      },
    })
    await joined
  }

  /** Milliseconds from sent to readable of the moves that events of this load caused, since the last call. */
  latencies(load) {
    const found = []
    for (const { at, value } of this.moves.splice(0)) {
      const { sourcePartition, sourceOffset } = JSON.parse(value)
      const sentAt = sourceOffset === null ? undefined : load.sentAt(sourcePartition, sourceOffset)
      if (sentAt !== undefined) found.push(at - sentAt)
    }
    return found
  }

  stop() {
    return this.consumer.disconnect()
  }
}
