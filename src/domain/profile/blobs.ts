import { Arena } from './arena.ts'

// a user's numbers
const BLOCK = 0
const LENGTH = 1
const CAPACITY = 2

/** Numbers that bytes take in a row. */
export const BLOB_WIDTH = 3

const DOUBLE_BYTES = 8
const NO_BYTES = new Uint8Array(0)

/** Bytes of users, one string each: `row[at]` on says where they stand. For what is looked at too seldom to be kept as numbers. */
export class Blobs {
  readonly #arena = new Arena(1)
  #bytes = new Uint8Array(this.#arena.numbers.buffer)

  /** The bytes as they are until the next `put`; empty: none. */
  get(row: Float64Array, at: number): Uint8Array {
    if (row[at + LENGTH] === 0) return NO_BYTES
    const start = DOUBLE_BYTES * (row[at + BLOCK] as number)
    return this.#bytes.subarray(start, start + (row[at + LENGTH] as number))
  }

  /** Puts other bytes in their place, which are not of this memory. */
  put(row: Float64Array, at: number, bytes: Uint8Array): void {
    const doubles = Math.ceil(bytes.length / DOUBLE_BYTES)
    if (doubles > (row[at + CAPACITY] as number)) {
      this.release(row, at)
      const capacity = Arena.above(doubles - 1)
      row[at + BLOCK] = this.#arena.take(capacity)
      row[at + CAPACITY] = capacity
      if (this.#bytes.buffer !== this.#arena.numbers.buffer)
        this.#bytes = new Uint8Array(this.#arena.numbers.buffer)
    }
    row[at + LENGTH] = bytes.length
    this.#bytes.set(bytes, DOUBLE_BYTES * (row[at + BLOCK] as number))
  }

  release(row: Float64Array, at: number): void {
    this.#arena.release(row[at + BLOCK] as number, row[at + CAPACITY] as number)
    row.fill(0, at, at + BLOB_WIDTH)
  }
}
