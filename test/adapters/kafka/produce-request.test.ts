import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeProduce, type ProduceRequest } from '../../../src/adapters/kafka/produce-request.ts'

// kafkajs as it is, without repairs
const require = createRequire(import.meta.url)
const plain = require('kafkajs/src/protocol/requests/produce/v7/request') as (request: ProduceRequest) => {
  encode(): Promise<{ buffer: Buffer }>
}

const NOW = Date.UTC(2026, 0, 1)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const bytes = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
)
const message = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })),
      { maxKeys: 4 },
    ),
    // sorted as texts, so of one length
    timestamp: fc.integer({ min: 1e12, max: 9e12 }).map(String),
  },
  { requiredKeys: ['key', 'value'] },
)
const request: fc.Arbitrary<ProduceRequest> = fc.record(
  {
    acks: fc.constantFrom(-1, 1),
    timeout: fc.nat(),
    transactionalId: fc.option(text),
    producerId: fc.nat(2 ** 40).map(String),
    producerEpoch: fc.nat(1000),
    topicData: fc.array(
      fc.record({
        topic: text,
        partitions: fc.array(
          fc.record({
            partition: fc.nat(99),
            firstSequence: fc.nat(),
            messages: fc.array(message, { minLength: 1, maxLength: 90 }),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['acks', 'timeout', 'topicData'] },
)

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

test('a request is the one that kafkajs makes, byte for byte', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const { buffer } = await plain(asked).encode()
      expect(encodeProduce(asked, NOW).equals(buffer)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('the buffer may grow before any member of a record', async () => {
  const small = { key: 'key', value: Buffer.from('value'), headers: { name: 'of header' } }
  for (let size = 64 * 1024 - 160; size < 64 * 1024; size++) {
    const messages = [{ ...small, value: Buffer.alloc(size) }, small]
    const asked = {
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }],
    }
    const { buffer } = await plain(asked).encode()
    expect(encodeProduce(asked, NOW).equals(buffer), `after ${size} bytes`).toBe(true)
  }
})
