import { COUNT_ONE } from '../features/measure.ts'
import type { CellState, Lane } from '../features/states.ts'
import { firstBucket } from '../features/window.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'

// how a cell's integer is written: not at all where its bit says everything, else unsigned or signed
const BIT = 0
const UNSIGNED = 1
const SIGNED = 2

/**
 * A lane's entries as bytes: their number, then per entry the distance of its bucket from the one before, a bit per cell that
 * is not 0, and these cells. A cell that no window reads any more is 0 there, though the entry may still be for others.
 */
export class LaneCodec {
  readonly #cells: number
  readonly #stride: number
  readonly #maxHops: number
  readonly #shortest: number
  readonly #hops: Int32Array
  readonly #form: Uint8Array

  constructor(lane: Lane) {
    this.#cells = lane.cells.length
    this.#stride = this.#cells + 1
    this.#hops = Int32Array.from(lane.cells, (c) => c.hops)
    this.#maxHops = Math.max(...this.#hops)
    this.#shortest = Math.min(...this.#hops)
    this.#form = Uint8Array.from(lane.cells, formOf)
  }

  /** Writes the entries from `start` on as of a bucket's number. */
  write(numbers: Float64Array, start: number, size: number, index: number, out: ByteWriter): void {
    const end = start + size * this.#stride
    let first = start
    while (first < end && !this.#remains(numbers, first, index)) first += this.#stride
    let count = 0
    for (let e = first; e < end; e += this.#stride) if (this.#remains(numbers, e, index)) count++
    out.uint(count)
    let last = firstBucket(index, this.#maxHops)
    for (let e = first; e < end; e += this.#stride) {
      if (!this.#remains(numbers, e, index)) continue
      const bucket = numbers[e] as number
      out.uint(bucket - last)
      last = bucket
      this.#writeCells(numbers, e, index, out)
    }
  }

  /** Reads `size` entries to where `start` points, whose block has room for them. */
  read(numbers: Float64Array, start: number, size: number, index: number, from: ByteReader): void {
    let bucket = firstBucket(index, this.#maxHops)
    for (let i = 0; i < size; i++) {
      const e = start + i * this.#stride
      const ahead = from.uint()
      bucket += ahead
      if (bucket > index || (i > 0 && ahead === 0)) corrupt()
      numbers[e] = bucket
      this.#readCells(numbers, e, from)
    }
  }

  /** Is anything of the entry inside its own longest window, and not 0? */
  #remains(numbers: Float64Array, e: number, index: number): boolean {
    for (let c = 0; c < this.#cells; c++) if (this.#kept(numbers, e, c, index) !== 0) return true
    return false
  }

  #kept(numbers: Float64Array, e: number, c: number, index: number): number {
    const bucket = numbers[e] as number
    const inside =
      bucket >= firstBucket(index, this.#shortest) || bucket >= firstBucket(index, this.#hops[c] as number)
    return inside ? (numbers[e + 1 + c] as number) : 0
  }

  #writeCells(numbers: Float64Array, e: number, index: number, out: ByteWriter): void {
    for (let c = 0; c < this.#cells; c += 8) {
      let mask = 0
      for (let j = c; j < c + 8 && j < this.#cells; j++)
        if (this.#kept(numbers, e, j, index) !== 0) mask |= 1 << (j - c)
      out.byte(mask)
    }
    for (let c = 0; c < this.#cells; c++) {
      const value = this.#kept(numbers, e, c, index)
      if (value === 0 || this.#form[c] === BIT) continue
      if (this.#form[c] === UNSIGNED) out.uint(value)
      else out.int(value)
    }
  }

  #readCells(numbers: Float64Array, e: number, from: ByteReader): void {
    for (let c = 0; c < this.#cells; c += 8) {
      const mask = from.byte()
      for (let j = c; j < c + 8 && j < this.#cells; j++) numbers[e + 1 + j] = (mask >> (j - c)) & 1
    }
    for (let c = 0; c < this.#cells; c++) {
      if (numbers[e + 1 + c] === 0 || this.#form[c] === BIT) continue
      numbers[e + 1 + c] = this.#form[c] === UNSIGNED ? from.uint() : from.int()
    }
  }
}

function formOf(c: CellState): number {
  if (c.rule === 'any') return BIT
  if (c.rule === 'seen' || c.rule === 'slots') return UNSIGNED
  return c.rule === 'add' && c.measure.code === COUNT_ONE.code ? UNSIGNED : SIGNED
}
