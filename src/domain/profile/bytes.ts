import { assert, fail } from '../../errors.ts'
import { mix32 } from '../base/hash.ts'

const SMALL = 0x4000_0000

/**
 * Writes little-endian bytes into one buffer that grows. Integers are LEB128 varints, signed ones with the sign in
 * the lowest bit; beyond 30 bits arithmetic takes the place of bit operations, since integers go up to 2^53.
 */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  reset(): void {
    this.#length = 0
  }

  get length(): number {
    return this.#length
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** What was written, until more is. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  bytes(source: Uint8Array): void {
    this.#room(source.length)
    this.#bytes.set(source, this.#length)
    this.#length += source.length
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  uint32(value: number): void {
    this.#room(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  float32(value: number): void {
    this.#room(4)
    this.#view.setFloat32(this.#length, value, true)
    this.#length += 4
  }

  /** A whole number in [0, 2^53). */
  uint(value: number): void {
    if (value < 128 && (value & 127) === value) this.byte(value)
    else this.#wide(value)
  }

  #wide(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'profiles hold whole numbers below 2^53')
    this.#room(8)
    let v = value
    while (v >= SMALL) {
      this.#bytes[this.#length++] = (v % 128) | 128
      v = Math.floor(v / 128)
    }
    while (v >= 128) {
      this.#bytes[this.#length++] = (v & 127) | 128
      v >>>= 7
    }
    this.#bytes[this.#length++] = v
  }

  /** A whole number in (−2^53, 2^53). */
  int(value: number): void {
    if (value < 64 && (value & 63) === value) return this.byte(2 * value)
    assert(Number.isSafeInteger(value), 'profiles hold whole numbers below 2^53')
    const magnitude = Math.abs(value)
    const low = (magnitude % 64) * 2 + (value < 0 ? 1 : 0)
    if (magnitude < 64) return this.byte(low)
    this.byte(low | 128)
    this.uint(Math.floor(magnitude / 64))
  }

  /** A 52-bit hash, 7 bytes. */
  hash(value: number): void {
    this.#room(8)
    this.#view.setUint32(this.#length, value % 0x1_0000_0000, true)
    this.#view.setUint32(this.#length + 4, Math.floor(value / 0x1_0000_0000), true)
    this.#length += 7
  }

  /** Checksum of the bytes written so far. */
  sum(): number {
    return checksum(this.#view, this.#length)
  }

  #room(more: number): void {
    if (this.#length + more > this.#bytes.length) this.#grow(more)
  }

  #grow(more: number): void {
    const bytes = new Uint8Array(2 * this.#bytes.length + more)
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/** Reads what ByteWriter wrote; whatever it cannot be rejects with `state-version`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  #at = 0

  /** Reads `bytes[0, end)`. */
  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#end = end
  }

  get done(): boolean {
    return this.#at === this.#end
  }

  /** The next bytes as something of their own. */
  part(length: number): ByteReader {
    this.#need(length)
    this.#at += length
    return new ByteReader(this.#bytes.subarray(this.#at - length, this.#at), length)
  }

  byte(): number {
    this.#need(1)
    return this.#bytes[this.#at++] as number
  }

  uint32(): number {
    this.#need(4)
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  float32(): number {
    this.#need(4)
    this.#at += 4
    return this.#view.getFloat32(this.#at - 4, true)
  }

  uint(): number {
    const first = this.byte()
    if (first < 128) return first
    let value = first & 127
    let unit = 128
    for (let i = 1; i < 8; i++) {
      const b = this.byte()
      value += (b & 127) * unit
      if (b < 128) return value <= Number.MAX_SAFE_INTEGER ? value : corrupt()
      unit *= 128
    }
    return corrupt()
  }

  int(): number {
    const first = this.byte()
    if (first < 128 && (first & 1) === 0) return first >> 1
    const magnitude = ((first & 127) >> 1) + (first < 128 ? 0 : this.uint() * 64)
    if (magnitude > Number.MAX_SAFE_INTEGER) corrupt()
    return (first & 1) === 1 ? 0 - magnitude : magnitude
  }

  hash(): number {
    this.#need(7)
    const low = this.#view.getUint32(this.#at, true)
    const high = this.#view.getUint16(this.#at + 4, true) + (this.#bytes[this.#at + 6] as number) * 0x1_0000
    this.#at += 7
    return high * 0x1_0000_0000 + low
  }

  #need(bytes: number): void {
    if (this.#at + bytes > this.#end) corrupt()
  }
}

/**
 * Checksum of the first `length` bytes, 32 bits: finds what a disk or a cut-off write does to a profile. Murmur3's mixing of
 * words of four bytes; each step is a bijection of what came before, so that no single change can be lost.
 */
export function checksum(view: DataView, length: number): number {
  let h = 0x811c9dc5 ^ length
  let i = 0
  for (; i + 4 <= length; i += 4) {
    h = Math.imul(h ^ Math.imul(view.getInt32(i, true), 0xcc9e2d51), 0x1b873593)
    h ^= h >>> 15
  }
  for (; i < length; i++) h = Math.imul(h ^ view.getUint8(i), 0x01000193)
  return mix32(h)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const CHECKSUM_BYTES = 4

/** Where the checksum of stored bytes begins. Throws `state-version` where they are damaged or of another codec version. */
export function checkedEnd(bytes: Uint8Array, version: number): number {
  const end = bytes.length - CHECKSUM_BYTES
  if (end < 1) corrupt()
  if (bytes[0] !== version) {
    fail('state-version', `a stored profile has codec version ${bytes[0]}, this version reads ${version}`)
  }
  const view = viewOf(bytes)
  if (view.getUint32(end, true) !== checksum(view, end)) corrupt()
  return end
}

export function corrupt(): never {
  return fail(
    'state-version',
    'a stored profile is damaged: its bytes are not what its checksum and form ask for',
  )
}
