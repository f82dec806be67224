/** First bytes of MessagePack's forms, which the server's `cmsgpack` unpacks. */
const ARRAY32 = 0xdd
const RAW16 = 0xda
const RAW32 = 0xdb
const HEADER_BYTES = 5
const MAX_RAW16 = 0xffff
/** What a list takes at first; the buffer doubles. */
const FIRST_BYTES = 64 * 1024

/**
 * A list of texts and bytes as one argument of a script (MessagePack, array of raw): a thousand arguments of their own cost the
 * client and the server more than what they hold.
 */
export class Packed {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #at = HEADER_BYTES
  #count = 0

  text(text: string): void {
    const size = Buffer.byteLength(text)
    const from = this.#item(size)
    this.#buffer.write(text, from)
  }

  bytes(bytes: Uint8Array): void {
    const from = this.#item(bytes.length)
    this.#buffer.set(bytes, from)
  }

  /** Makes room for an item of this size, and says where. */
  #item(size: number): number {
    const needed = this.#at + HEADER_BYTES + size
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, needed))
      this.#buffer.copy(larger, 0, 0, this.#at)
      this.#buffer = larger
    }
    const long = size > MAX_RAW16
    this.#at = this.#buffer.writeUInt8(long ? RAW32 : RAW16, this.#at)
    this.#at = long ? this.#buffer.writeUInt32BE(size, this.#at) : this.#buffer.writeUInt16BE(size, this.#at)
    this.#count++
    this.#at += size
    return this.#at - size
  }

  done(): Buffer {
    this.#buffer.writeUInt8(ARRAY32, 0)
    this.#buffer.writeUInt32BE(this.#count, 1)
    return this.#buffer.subarray(0, this.#at)
  }
}
