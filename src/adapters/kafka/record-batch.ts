import type { RawRecord } from '../../ports/source.ts'
import type { Offset } from '../../ports/types.ts'
import type { FetchedRecord } from './abort-filter.ts'
import { crc32c } from './crc32c.ts'

/** Places in a record batch of format 2 (Apache Kafka, "Record Batch"). */
const LENGTH_AT = 8
/** What the length does not count. */
const FRAME_BYTES = 12
const MAGIC_AT = 16
const CHECKSUM_AT = 17
/** The first of the bytes that the checksum covers. */
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIME_AT = 27
const MAX_TIME_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61
const MAGIC = 2
const SIZE_BYTES = 4
/** Bits of the attributes. */
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

const NO_KEY = -1

/** A record with all that it holds. */
export interface WholeRecord extends FetchedRecord {
  /** Unix milliseconds; NaN: none. */
  readonly timestamp: string
  readonly key: Buffer | null
  /** null: a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
}

/**
 * One record batch as it lies in a fetch response, its records not taken apart. To kafkajs it is one record, at the offset of its
 * last: its records are of one producer and one transaction, so what is decided of one of them is decided of all.
 */
export class RecordBatch implements FetchedRecord {
  readonly offset: string
  /** Of a marker alone. */
  readonly key: Uint8Array | null
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
  readonly #base: Offset
  /** Time of all records, or that from which theirs are counted. */
  readonly #time: number
  readonly #oneTime: boolean
  readonly #count: number
  readonly #records: Buffer
  readonly #own: boolean

  /** `records`: uncompressed; `own`: in memory of their own, not a piece of a response. */
  constructor(header: Buffer, records: Buffer, own: boolean) {
    const attributes = header.readInt16BE(ATTRIBUTES_AT)
    this.#base = Number(header.readBigInt64BE(0))
    this.offset = String(this.#base + header.readInt32BE(LAST_OFFSET_DELTA_AT))
    this.#oneTime = (attributes & LOG_APPEND_TIME) !== 0
    this.#time = Number(header.readBigInt64BE(this.#oneTime ? MAX_TIME_AT : BASE_TIME_AT))
    this.#count = header.readInt32BE(COUNT_AT)
    this.#records = records
    this.#own = own
    this.batchContext = {
      producerId: String(header.readBigInt64BE(PRODUCER_ID_AT)),
      inTransaction: (attributes & TRANSACTIONAL) !== 0,
    }
    this.isControlRecord = (attributes & CONTROL) !== 0
    this.key = this.isControlRecord ? (this.whole()[0]?.key ?? null) : null
  }

  /** The records at and after `from`. Their bytes are no piece of the response, which is much larger than what waits of it. */
  raw(from: Offset = this.#base): RawRecord[] {
    const { buffer, byteOffset, length } = this.#records
    const view = new Uint8Array(buffer, byteOffset, length)
    const bytes = this.#own ? view : Uint8Array.from(view)
    const varints = new Varints(bytes)
    const records: RawRecord[] = []
    for (let i = 0; i < this.#count; i++) {
      const end = varints.length() + varints.at
      varints.at++ // attributes of a record: none are defined
      const later = varints.long()
      const offset = this.#base + varints.int()
      const keySize = varints.int()
      const keyFrom = keySize < 0 ? NO_KEY : varints.at
      const keyTo = keySize < 0 ? NO_KEY : varints.skip(keySize)
      const size = varints.int()
      const at = varints.at
      const to = size < 0 ? at : varints.skip(size)
      if (to > end) throw new Error('a record is longer than it says')
      varints.at = end
      if (offset < from) continue
      const time = this.#oneTime ? this.#time : this.#time + later
      records.push({
        offset,
        time: time < 0 ? Number.NaN : time,
        bytes,
        from: at,
        to,
        keyFrom,
        keyTo,
        tombstone: size < 0,
        cut: undefined,
      })
    }
    return records
  }

  /** The same with their headers, which no input needs. */
  whole(from: Offset = this.#base): WholeRecord[] {
    return this.raw(from).map(({ offset, time, bytes, from: at, to, keyFrom, keyTo, tombstone }) => ({
      offset: String(offset),
      timestamp: String(time),
      key: keyFrom === NO_KEY ? null : Buffer.from(bytes.subarray(keyFrom, keyTo)),
      value: tombstone === true ? null : Buffer.from(bytes.subarray(at, to)),
      headers: headersAt(new Varints(bytes, to)),
    }))
  }
}

function headersAt(varints: Varints): Record<string, Buffer> {
  const { bytes } = varints
  const headers: [string, Buffer][] = []
  const piece = (): Buffer => {
    const size = Math.max(0, varints.int())
    const from = varints.at
    return Buffer.from(bytes.subarray(from, varints.skip(size)))
  }
  for (let left = varints.int(); left > 0; left--) headers.push([piece().toString(), piece()])
  return Object.fromEntries(headers)
}

/** Zigzag varints one after the other (Protocol Buffers, "Signed Integers"). Throws rather than read past the end. */
class Varints {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** Of 32 bits. */
  int(): number {
    let byte = this.bytes[this.at++] as number
    let raw = byte & 0x7f
    for (let bits = 7; byte >= 0x80; bits += 7) {
      byte = this.bytes[this.at++] as number
      raw |= (byte & 0x7f) << bits
    }
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Of 64 bits, exact up to ±2^53. */
  long(): number {
    const from = this.at
    let byte = this.bytes[this.at++] as number
    let raw = byte & 0x7f
    let scale = 0x80
    for (; byte >= 0x80; scale *= 0x80) {
      byte = this.bytes[this.at++] as number
      raw += (byte & 0x7f) * scale
    }
    const odd = ((this.bytes[from] as number) & 1) === 1
    return odd ? -(raw + 1) / 2 : raw / 2
  }

  /** How much follows, of what is there. */
  length(): number {
    const size = this.int()
    if (!(size >= 0 && size <= this.bytes.length - this.at)) throw new Error('a record ends too late')
    return size
  }

  /** Moves on, and says where to. */
  skip(size: number): number {
    this.at += size
    return this.at
  }
}

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>
}

/** kafkajs's reader of the records of one partition in a fetch response: `decoder` stands before their size. */
export type DecodeMessages = (decoder: {
  readonly buffer: Buffer
  offset: number
}) => Promise<FetchedRecord[]>

/** The same without taking batches apart; `plain` reads the formats before batches. */
export function batchDecoder(
  plain: DecodeMessages,
  codecOf: (attributes: number) => Codec | null,
): DecodeMessages {
  return (decoder) => {
    const { buffer, offset } = decoder
    const from = offset + SIZE_BYTES
    const to = from + buffer.readInt32BE(offset)
    if (to > buffer.length || to <= from + MAGIC_AT || buffer[from + MAGIC_AT] !== MAGIC)
      return plain(decoder)
    decoder.offset = to
    return batchesOf(buffer.subarray(from, to), codecOf)
  }
}

/**
 * Before the batches stands where the first of them begins: kafkajs says so of what holds nothing to be seen. Rejects where a
 * checksum is wrong, which kafkajs does not look at: what came broken over the wire is fetched again.
 */
async function batchesOf(
  bytes: Buffer,
  codecOf: (attributes: number) => Codec | null,
): Promise<FetchedRecord[]> {
  const start = { offset: String(bytes.readBigInt64BE(0)), key: null, isControlRecord: true }
  const batches: FetchedRecord[] = [start]
  for (let at = 0; at + RECORDS_AT <= bytes.length;) {
    const end = at + FRAME_BYTES + bytes.readInt32BE(at + LENGTH_AT)
    // a response is cut off at its size
    if (end > bytes.length) break
    if (crc32c(bytes.subarray(at + ATTRIBUTES_AT, end)) !== bytes.readUInt32BE(at + CHECKSUM_AT))
      throw new Error(`the record batch at offset ${bytes.readBigInt64BE(at)} is not that of its checksum`)
    const header = bytes.subarray(at, at + RECORDS_AT)
    const records = bytes.subarray(at + RECORDS_AT, end)
    const codec = codecOf(header.readInt16BE(ATTRIBUTES_AT))
    batches.push(
      codec
        ? new RecordBatch(header, await codec.decompress(records), true)
        : new RecordBatch(header, records, false),
    )
    at = end
  }
  return batches.length === 1 ? [] : batches
}
