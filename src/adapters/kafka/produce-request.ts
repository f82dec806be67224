import type { Message } from 'kafkajs'
import { crc32c } from './crc32c.ts'

/** What kafkajs wants to be sent, by topic and partition. */
export interface ProduceRequest {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null | undefined
  /** Texts, or its own long integers. */
  readonly producerId?: { toString(): string } | undefined
  readonly producerEpoch?: number | undefined
  readonly compression?: number | undefined
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence?: number | undefined
      readonly messages: readonly Message[]
    }[]
  }[]
}

type Bytes = Buffer | string | null

const MAGIC = 2
const TRANSACTIONAL = 0x10
/** Of a batch: what stands before the bytes that its length counts, and what before those that its checksum covers. */
const FRAME_BYTES = 12
const CHECKED_AT = 21
const SIZE_BYTES = 4
const LONGEST_VARINT = 5
/** Twice that fits into 32 bits. */
const SMALL = 2 ** 30
const NO_PRODUCER = '-1'
/** What records take at first; the buffer doubles. */
const FIRST_BYTES = 64 * 1024

/**
 * The body of a Produce request of versions 3 to 7, uncompressed (Apache Kafka, "Produce API", "Record Batch"), in one buffer.
 * Equal to kafkajs's, which makes a zeroed buffer for every record and every header.
 */
export function encodeProduce(request: ProduceRequest, now: number): Buffer {
  const { acks, timeout, transactionalId = null, topicData } = request
  const out = new Writer()
  out.string(transactionalId)
  out.int16(acks)
  out.int32(timeout)
  out.int32(topicData.length)
  for (const { topic, partitions } of topicData) {
    out.string(topic)
    out.int32(partitions.length)
    for (const { partition, firstSequence = 0, messages } of partitions) {
      out.int32(partition)
      const sizeAt = out.reserve(SIZE_BYTES)
      batch(out, request, { firstSequence, messages, now })
      out.buffer.writeInt32BE(out.at - sizeAt - SIZE_BYTES, sizeAt)
    }
  }
  return out.done()
}

function batch(
  out: Writer,
  { transactionalId, producerId = NO_PRODUCER, producerEpoch = 0 }: ProduceRequest,
  of: {
    readonly firstSequence: number
    readonly messages: readonly Message[]
    readonly now: number
  },
): void {
  const { messages, now } = of
  const from = out.at
  const times = messages.flatMap(({ timestamp }) => (timestamp === undefined ? [] : [timestamp])).sort()
  const baseTime = Number(times[0] ?? now)
  out.int64(0n)
  out.int32(0)
  out.int32(0)
  out.int8(MAGIC)
  out.int32(0)
  out.int16(transactionalId ? TRANSACTIONAL : 0)
  out.int32(messages.length - 1)
  out.int64(BigInt(baseTime))
  out.int64(BigInt(times.at(-1) ?? now))
  out.int64(BigInt(producerId.toString()))
  out.int16(producerEpoch)
  out.int32(of.firstSequence)
  out.int32(messages.length)
  for (let i = 0; i < messages.length; i++) record(out, messages[i] as Message, i, baseTime, now)
  const { buffer, at } = out
  buffer.writeInt32BE(at - from - FRAME_BYTES, from + FRAME_BYTES - SIZE_BYTES)
  buffer.writeUInt32BE(crc32c(buffer.subarray(from + CHECKED_AT, at)), from + CHECKED_AT - SIZE_BYTES)
}

function record(out: Writer, message: Message, offsetDelta: number, baseTime: number, now: number): void {
  const from = out.reserve(LONGEST_VARINT)
  out.int8(0)
  out.varlong(Number(message.timestamp ?? now) - baseTime)
  out.varint(offsetDelta)
  out.bytes(message.key ?? null)
  out.bytes(message.value)
  headers(out, message.headers ?? {})
  out.prefix(from)
}

/** A list of values is that many headers of one name. */
function headers(out: Writer, all: NonNullable<Message['headers']>): void {
  let count = 0
  for (const name in all) count += Array.isArray(all[name]) ? all[name].length : 1
  out.varint(count)
  for (const name in all) {
    const value = all[name] ?? null
    for (const each of Array.isArray(value) ? value : [value]) {
      out.bytes(name)
      out.bytes(each)
    }
  }
}

class Writer {
  buffer = Buffer.allocUnsafe(FIRST_BYTES)
  at = 0

  #room(size: number): void {
    if (this.at + size <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.at + size))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }

  /** Leaves `size` bytes out, and says where. */
  reserve(size: number): number {
    this.#room(size)
    this.at += size
    return this.at - size
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.buffer.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.reserve(SIZE_BYTES)
    this.buffer.writeInt32BE(value, at)
  }

  int64(value: bigint): void {
    const at = this.reserve(8)
    this.buffer.writeBigInt64BE(value, at)
  }

  string(value: string | null): void {
    if (value === null) return this.int16(-1)
    const size = Buffer.byteLength(value)
    this.int16(size)
    const at = this.reserve(size)
    this.buffer.write(value, at)
  }

  varint(value: number): void {
    this.#room(LONGEST_VARINT)
    this.at = putVarint(this.buffer, this.at, value)
  }

  /** A whole number up to ±2^53. */
  varlong(value: number): void {
    if (Math.abs(value) < SMALL) return this.varint(value)
    let raw = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
    for (; raw >= 0x80n; raw >>= 7n) this.#byte(Number(raw & 0x7fn) | 0x80)
    this.#byte(Number(raw))
  }

  #byte(value: number): void {
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  /** Behind their length; null has the length −1. */
  bytes(value: Bytes): void {
    if (value === null) return this.varint(-1)
    const text = typeof value === 'string'
    const size = text ? Buffer.byteLength(value) : value.length
    this.varint(size)
    const at = this.reserve(size)
    if (text) this.buffer.write(value, at)
    else this.buffer.set(value, at)
  }

  /** Puts the length of what was written behind `from`, and the longest varint there, before it, and closes the gap. */
  prefix(from: number): void {
    const body = from + LONGEST_VARINT
    const size = this.at - body
    const to = putVarint(this.buffer, from, size)
    this.buffer.copyWithin(to, body, this.at)
    this.at = to + size
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.at)
  }
}

/** Zigzag, 32 bits; gives the place behind it. */
function putVarint(buffer: Buffer, from: number, value: number): number {
  let at = from
  let raw = (value << 1) ^ (value >> 31)
  for (; (raw & ~0x7f) !== 0; raw >>>= 7) buffer[at++] = (raw & 0x7f) | 0x80
  buffer[at++] = raw
  return at
}
