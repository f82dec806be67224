import { Arena } from './arena.ts'

/**
 * Blocks of (hash, bucket) pairs, each sorted by hash: a block of capacity n is n hashes (`hashes[block]` on) followed by n
 * buckets (`buckets[bucketsOf(block, n)]` on).
 */
export class Blocks {
  readonly #arena = new Arena(1.5)

  get hashes(): Float64Array {
    return this.#arena.numbers
  }

  get buckets(): Int32Array {
    return this.#arena.words
  }

  static bucketsOf(block: number, capacity: number): number {
    return 2 * (block + capacity)
  }

  /** A block with room for `capacity` pairs, which `Arena.above` gave. */
  take(capacity: number): number {
    return this.#arena.take(capacity)
  }

  /** Moves a full block of `size` to one of the next capacity; returns its place. */
  grow(block: number, size: number): number {
    const capacity = Arena.above(size)
    const to = this.#arena.take(capacity)
    const { hashes, buckets } = this
    const from = Blocks.bucketsOf(block, size)
    const into = Blocks.bucketsOf(to, capacity)
    for (let i = 0; i < size; i++) {
      hashes[to + i] = hashes[block + i] as number
      buckets[into + i] = buckets[from + i] as number
    }
    this.#arena.release(block, size)
    return to
  }

  release(block: number, capacity: number): void {
    this.#arena.release(block, capacity)
  }

  /** Puts the pair of `value[0]`, which is not there, into its place; the block has room. */
  insert(block: number, capacity: number, size: number, value: Float64Array, bucket: number): void {
    const hash = value[0] as number
    const { hashes, buckets } = this
    const from = Blocks.bucketsOf(block, capacity)
    let i = size
    while (i > 0 && (hashes[block + i - 1] as number) > hash) {
      hashes[block + i] = hashes[block + i - 1] as number
      buckets[from + i] = buckets[from + i - 1] as number
      i--
    }
    hashes[block + i] = hash
    buckets[from + i] = bucket
  }

  /** Takes out pair `i` of a block of `size`. */
  remove(block: number, capacity: number, size: number, i: number): void {
    const from = Blocks.bucketsOf(block, capacity)
    this.hashes.copyWithin(block + i, block + i + 1, block + size)
    this.buckets.copyWithin(from + i, from + i + 1, from + size)
  }

  /** Keeps the pairs with bucket ≥ `first`; returns how many. */
  keepFrom(block: number, capacity: number, size: number, first: number): number {
    const { hashes, buckets } = this
    const from = Blocks.bucketsOf(block, capacity)
    let to = 0
    for (let i = 0; i < size; i++) {
      if ((buckets[from + i] as number) < first) continue
      hashes[block + to] = hashes[block + i] as number
      buckets[from + to] = buckets[from + i] as number
      to++
    }
    return to
  }
}
