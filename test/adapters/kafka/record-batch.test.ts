import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { dropAborted, type FetchedRecord } from '../../../src/adapters/kafka/abort-filter.ts'
import { crc32c } from '../../../src/adapters/kafka/crc32c.ts'
import { registerCodecs } from '../../../src/adapters/kafka/codecs.ts'
import { InputBuffer, type FetchedMessage } from '../../../src/adapters/kafka/input-buffer.ts'
import { batchDecoder, RecordBatch, type DecodeMessages } from '../../../src/adapters/kafka/record-batch.ts'

// kafkajs as it is, without repairs: what it decodes is what is expected here
const require = createRequire(import.meta.url)
const kafkajs = (path: string): unknown => require(`kafkajs/src/${path}`)
const plain = kafkajs('protocol/requests/fetch/v4/decodeMessages') as DecodeMessages
const Decoder = kafkajs('protocol/decoder') as new (bytes: Buffer) => { buffer: Buffer; offset: number }
const { RecordBatch: encodeBatch } = kafkajs('protocol/recordBatch/v0') as {
  readonly RecordBatch: (of: object) => Promise<{ buffer: Buffer }>
}
const encodeRecord = kafkajs('protocol/recordBatch/record/v0') as (of: object) => object
const Long = kafkajs('utils/long') as { fromValue(n: number | string): object }
const compression = kafkajs('protocol/message/compression') as {
  lookupCodecByAttributes(attributes: number): { decompress(bytes: Buffer): Promise<Buffer> } | null
}
const decode = batchDecoder(plain, (attributes) => compression.lookupCodecByAttributes(attributes))

beforeAll(() => registerCodecs(require('kafkajs') as typeof import('kafkajs')))

interface Sample {
  readonly records: readonly {
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly later: number
    readonly headers: Readonly<Record<string, string>>
  }[]
  readonly time: number
  readonly codec: number
  readonly producer: number
  readonly appendTime: boolean
  /** Offsets between this batch and the one before: compacted away. */
  readonly gap: number
}

const ATTRIBUTES_AT = 21
const RECORDS_AT = 61
const bytes = fc.option(fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)))
const samples: fc.Arbitrary<Sample[]> = fc.array(
  fc.record({
    records: fc.array(
      fc.record({
        key: bytes,
        value: bytes,
        later: fc.oneof(fc.integer({ min: -1e12, max: 1e12 }), fc.constant(0)),
        headers: fc.dictionary(
          fc.string({ minLength: 1, maxLength: 5 }).filter((n) => n !== '__proto__'),
          fc.string(),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    time: fc.integer({ min: 0, max: 4e12 }),
    codec: fc.constantFrom(0, 0, 1, 2, 3),
    producer: fc.nat(3),
    appendTime: fc.boolean(),
    gap: fc.nat(2),
  }),
  { minLength: 1, maxLength: 4 },
)

/** Writes the checksum that a batch must have. */
const sign = (batch: Buffer): number =>
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), ATTRIBUTES_AT - 4)

/** Batches as they lie in a fetch response, behind their size; `cut` bytes are missing at the end. */
async function response(all: readonly Sample[], start: number, cut = 0): Promise<Buffer> {
  const parts: Buffer[] = []
  let base = start
  for (const { records, time, codec, producer, appendTime, gap } of all) {
    base += gap
    const encoded = await encodeBatch({
      compression: codec,
      firstOffset: Long.fromValue(base),
      firstTimestamp: time,
      maxTimestamp: time + 7,
      producerId: Long.fromValue(producer),
      transactional: true,
      lastOffsetDelta: records.length - 1,
      records: records.map(({ key, value, headers, later }, i) =>
        encodeRecord({ key, value, headers, offsetDelta: i, timestampDelta: later }),
      ),
    })
    const batch = Buffer.from(encoded.buffer)
    if (appendTime) batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) | 8, ATTRIBUTES_AT)
    sign(batch)
    parts.push(batch)
    base += records.length
  }
  const whole = Buffer.concat(parts)
  const kept = whole.subarray(0, whole.length - cut)
  const size = Buffer.alloc(4)
  size.writeInt32BE(kept.length)
  return Buffer.concat([size, kept, Buffer.from('what follows')])
}

const batchesIn = (found: readonly FetchedRecord[]): RecordBatch[] =>
  found.filter((one) => one instanceof RecordBatch)

describe('record batches', () => {
  test('hold what kafkajs makes of them, in every codec, cut off anywhere', { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(samples, fc.nat(2 ** 40), fc.nat(40), async (all, start, cut) => {
        const sent = await response(all, start, cut)
        const expected = (await plain(new Decoder(sent))) as unknown as FetchedMessage[]
        const decoder = new Decoder(sent)
        const found = await decode(decoder)
        expect(decoder.offset).toBe(sent.length - 'what follows'.length)
        const whole = batchesIn(found).flatMap((batch) => batch.whole())
        expect(whole).toEqual(
          expected.map((message) => {
            const { offset, timestamp, key, value, headers } = message as FetchedMessage & { headers: object }
            return { offset, timestamp: Number(timestamp) < 0 ? 'NaN' : timestamp, key, value, headers }
          }),
        )
        expect(found[0]?.offset).toBe(expected.length === 0 ? undefined : expected[0]?.offset)
        expect(found.at(-1)?.offset).toBe(expected.at(-1)?.offset)
        const [raw, taken] = [new InputBuffer(), new InputBuffer()]
        const from = start + 3
        for (const [buffer, messages] of [
          [raw, batchesIn(found)],
          [taken, expected],
        ] as const) {
          buffer.restart(from)
          if (messages.length > 0) buffer.take(messages, from, Number(messages.at(-1)?.offset))
        }
        const shown = (buffer: InputBuffer): unknown[] =>
          buffer.slice(1e6).map(({ offset, time, bytes: b, from: f, to, keyFrom, keyTo, tombstone }) => ({
            offset,
            time,
            value: tombstone === true ? null : [...b.subarray(f, to)],
            key: keyFrom < 0 ? null : [...b.subarray(keyFrom, keyTo)],
          }))
        expect(shown(raw)).toEqual(shown(taken))
        expect(raw.fetched).toBe(taken.fetched)
      }),
      { numRuns: 60 },
    ),
  )

  test('are filtered as their records would be', () =>
    fc.assert(
      fc.asyncProperty(samples, fc.array(fc.tuple(fc.nat(3), fc.nat(3))), async (all, begun) => {
        const sent = await response(all, 0)
        const expected = await plain(new Decoder(sent))
        const found = batchesIn(await decode(new Decoder(sent)))
        const firsts = found.map((batch) => batch.whole()[0]?.offset ?? '0')
        const abortedTransactions = begun.map(([producer, n]) => ({
          producerId: String(producer),
          firstOffset: firsts[n % firsts.length] as string,
        }))
        const seen = dropAborted({ messages: found, abortedTransactions }).flatMap((b) => b.whole())
        expect(seen.map(({ offset }) => offset)).toEqual(
          dropAborted({ messages: expected, abortedTransactions }).map(({ offset }) => offset),
        )
      }),
      { numRuns: 60 },
    ))

  test('a batch with a wrong bit is not believed, nor a record that says it is longer than its batch', async () => {
    const records = [{ key: null, value: Buffer.from('v'), later: 0, headers: {} }]
    const one = { records, time: 1, codec: 0, producer: 0, appendTime: false, gap: 0 }
    const sent = await response([one], 12)
    const at = 4 + RECORDS_AT
    sent[at] = 100
    await expect(decode(new Decoder(sent))).rejects.toThrow(
      'the record batch at offset 12 is not that of its',
    )
    sign(sent.subarray(4, sent.length - 'what follows'.length))
    const [batch] = batchesIn(await decode(new Decoder(sent)))
    expect(() => batch?.raw()).toThrow('a record ends too late')
  })

  test('a record that reaches into the next is not believed', async () => {
    const of = { key: null, value: Buffer.from('v'), later: 0, headers: {} }
    const one = { records: [of, of], time: 1, codec: 0, producer: 0, appendTime: false, gap: 0 }
    const sent = await response([one], 0)
    // length, attributes, time, offset, key, then the length of the value: 5, as a zigzag varint
    sent[4 + RECORDS_AT + 5] = 10
    sign(sent.subarray(4, sent.length - 'what follows'.length))
    const [batch] = batchesIn(await decode(new Decoder(sent)))
    expect(() => batch?.raw()).toThrow('a record is longer than it says')
  })

  test('markers are told from data, and end the transaction of their producer alone', async () => {
    const of = (key: Buffer | null, producer: number): Sample => ({
      records: [{ key, value: Buffer.from('v'), later: 0, headers: {} }],
      time: 1,
      codec: 0,
      producer,
      appendTime: false,
      gap: 0,
    })
    const [commit, abort] = [Buffer.from([0, 0, 0, 1]), Buffer.alloc(4)]
    // two transactions in one another, both aborted, a third that was not, and data with the key of a marker
    const all = [
      of(null, 1),
      of(null, 2),
      of(abort, 2),
      of(null, 1),
      of(abort, 1),
      of(null, 1),
      of(commit, 1),
    ]
    const sent = await response(all, 0)
    const markers = [2, 4, 6]
    for (let at = 4, i = 0; i < all.length; i++) {
      const end = at + 12 + sent.readInt32BE(at + 8)
      if (markers.includes(i))
        sent.writeInt16BE(sent.readInt16BE(at + ATTRIBUTES_AT) | 0x20, at + ATTRIBUTES_AT)
      sign(sent.subarray(at, end))
      at = end
    }
    const found = batchesIn(await decode(new Decoder(sent)))
    expect(found.map(({ isControlRecord }) => isControlRecord)).toEqual(
      all.map((_, i) => markers.includes(i)),
    )
    // in the order of their markers
    const abortedTransactions = [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ]
    const seen = dropAborted({ messages: found, abortedTransactions })
    expect(seen.map(({ offset }) => offset)).toEqual(['2', '4', '5', '6'])
  })

  test('what came before a batch that cannot be taken apart is there once when all is fetched again', async () => {
    const one = {
      records: [{ key: null, value: Buffer.from('v'), later: 0, headers: {} }],
      time: 1,
      codec: 0,
      producer: 0,
      appendTime: false,
      gap: 0,
    }
    const batches = batchesIn(await decode(new Decoder(await response([one, one], 0))))
    const sent = await response([one], 1)
    sent[4 + RECORDS_AT] = 100
    sign(sent.subarray(4, sent.length - 'what follows'.length))
    const broken = batchesIn(await decode(new Decoder(sent)))
    const buffer = new InputBuffer()
    buffer.restart(0)
    expect(() => buffer.take([...batches.slice(0, 1), ...broken], 0, 1)).toThrow('a record ends too late')
    expect(buffer.take(batches, 0, 1)).toBe(true)
    expect(buffer.slice(10).map(({ offset }) => offset)).toEqual([0, 1])
  })

  test('headers weigh, for they wait in memory with their records', async () => {
    const value = Buffer.alloc(10)
    const headers = { trace: 'x'.repeat(50_000) }
    const records = Array.from({ length: 30 }, () => ({ key: null, value, later: 0, headers }))
    const of = { records, time: 1, codec: 0, producer: 0, appendTime: false, gap: 0 }
    const batches = batchesIn(await decode(new Decoder(await response([of, of, of], 0))))
    const buffer = new InputBuffer()
    buffer.restart(0)
    buffer.take(batches.slice(0, 2), 0, 59)
    expect([buffer.full, buffer.roomy]).toEqual([false, false])
    buffer.take(batches.slice(2), 60, 89)
    expect(buffer.full).toBe(true)
    buffer.release(59)
    expect([buffer.full, buffer.roomy]).toEqual([false, false])
    buffer.release(60)
    expect(buffer.roomy).toBe(true)
    buffer.release(90)
    buffer.take([], 90, 90)
    expect([buffer.count, buffer.roomy]).toEqual([0, true])
  })

  test('records hold on to their batch alone, not to the response', async () => {
    const value = Buffer.alloc(2000)
    const one = {
      records: [{ key: null, value, later: 0, headers: {} }],
      time: 1,
      producer: 0,
      appendTime: false,
      gap: 0,
    }
    const sent = await response(
      [
        { ...one, codec: 0 },
        { ...one, codec: 0 },
      ],
      0,
    )
    for (const batch of batchesIn(await decode(new Decoder(sent))))
      expect(batch.raw()[0]?.bytes.buffer.byteLength).toBeLessThan(2100)
  })
})
