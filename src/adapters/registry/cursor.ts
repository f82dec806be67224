import { Buffer, isUtf8 } from 'node:buffer'

/** Bytes that are no value of their schema; thrown and caught in this folder. */
export class Broken extends Error {}

/** Buffer's own decoder, which Node's types leave out; it takes any Uint8Array and makes no view. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, from: number, to: number) => string
}
const REPLACEMENT = '\ufffd'
const MAX_DEPTH = 64
const MAX_VARINT_BYTES = 10
/** Bytes of a varint that fit into 28 bits, and into a double. */
const SMALL_BITS = 28
const EXACT_BITS = 49
const scratch = new DataView(new ArrayBuffer(8))

/**
 * A place in the bytes of one value, with the primitives of Avro's binary encoding (specification 1.12, "Binary Encoding").
 * Throws `Broken` rather than read past the end.
 */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  #depth = 0
  /** Items that lists and maps may still hold. */
  #items = 0

  get left(): number {
    return this.end - this.at
  }

  /** Moves over `size` bytes and gives where they began. */
  take(size: number): number {
    const from = this.at
    if (!(size >= 0 && size <= this.end - from)) throw new Broken('it ends too early')
    this.at = from + size
    return from
  }

  byte(): number {
    if (this.at >= this.end) throw new Broken('it ends too early')
    return this.bytes[this.at++] as number
  }

  /** Moves over a zero byte, if one comes next. */
  skipZero(): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== 0) return false
    this.at++
    return true
  }

  /** A whole number; as decimal text beyond ±2^53. */
  long(): number | string {
    const from = this.at
    let byte = this.byte()
    let raw = byte & 0x7f
    let bits = 7
    for (; byte >= 0x80 && bits < SMALL_BITS; bits += 7) {
      byte = this.byte()
      raw |= (byte & 0x7f) << bits
    }
    if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    for (; byte >= 0x80 && bits < EXACT_BITS; bits += 7) {
      byte = this.byte()
      raw += (byte & 0x7f) * 2 ** bits
    }
    if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
    this.at = from
    return this.#longest()
  }

  #longest(): number | string {
    let raw = 0n
    for (let i = 0; ; i++) {
      if (i === MAX_VARINT_BYTES) throw new Broken('a number has too many bytes')
      const byte = this.byte()
      raw |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) break
    }
    const value = BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n))
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }

  /** A size, a count or an index. */
  size(): number {
    const n = this.long()
    if (typeof n === 'string') throw new Broken('a size is out of range')
    return n
  }

  float(): number {
    const from = this.take(4)
    for (let i = 0; i < 4; i++) scratch.setUint8(i, this.bytes[from + i] as number)
    return scratch.getFloat32(0, true)
  }

  double(): number {
    const from = this.take(8)
    for (let i = 0; i < 8; i++) scratch.setUint8(i, this.bytes[from + i] as number)
    return scratch.getFloat64(0, true)
  }

  text(): string {
    const size = this.size()
    const from = this.take(size)
    const text = utf8Slice.call(this.bytes, from, from + size)
    // decoding replaces what is not UTF-8; only then, or where someone sent that very character, are the bytes looked at
    if (text.includes(REPLACEMENT) && !isUtf8(this.bytes.subarray(from, from + size)))
      throw new Broken('a text is not UTF-8')
    return text
  }

  /**
   * The items of a list or a map: blocks of them, up to an empty one. No item is shorter than a byte, so that all of a value's
   * are no more than its bytes; where items are nothing at all, only this keeps a few bytes from standing for millions.
   */
  blocks(item: () => void): void {
    for (let count = this.size(); count !== 0; count = this.size()) {
      if (count < 0) this.size()
      const items = Math.abs(count)
      this.#items -= items
      if (this.#items < 0) throw new Broken('it ends too early')
      for (let i = 0; i < items; i++) item()
    }
  }

  /** A record begins; records that hold their own kind go only so deep. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new Broken(`it is more than ${MAX_DEPTH} records deep`)
  }

  leave(): void {
    this.#depth--
  }

  start(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes
    this.at = from
    this.end = to
    this.#depth = 0
    this.#items = to - from
  }
}
