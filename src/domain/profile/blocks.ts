const SMALLEST = 4

/**
 * Blocks of (hash, bucket) pairs, each sorted by hash, in one pool. A block's capacity is a power of two; given-back blocks
 * of a capacity are chained through their first hash. Block 0 of capacity 0 is the empty one.
 */
export class Blocks {
  hashes = new Float64Array(1024)
  buckets = new Int32Array(1024)
  #used = 1
  readonly #free = new Map<number, number>()

  /** The capacity that follows a full block of `size`. */
  static above(size: number): number {
    return size === 0 ? SMALLEST : size * 2
  }

  /** Moves a full block of `size` to one of the next capacity; returns its place. */
  grow(block: number, size: number): number {
    const to = this.#take(Blocks.above(size))
    for (let i = 0; i < size; i++) {
      this.hashes[to + i] = this.hashes[block + i] as number
      this.buckets[to + i] = this.buckets[block + i] as number
    }
    if (size > 0) this.release(block, size)
    return to
  }

  release(block: number, capacity: number): void {
    this.hashes[block] = this.#free.get(capacity) ?? 0
    this.#free.set(capacity, block)
  }

  /** Puts a pair that is not there into its place; the block has room. */
  insert(block: number, size: number, hash: number, bucket: number): void {
    const { hashes, buckets } = this
    let i = block + size
    while (i > block && (hashes[i - 1] as number) > hash) {
      hashes[i] = hashes[i - 1] as number
      buckets[i] = buckets[i - 1] as number
      i--
    }
    hashes[i] = hash
    buckets[i] = bucket
  }

  /** Takes out the pair at place `at` of a block of `size`. */
  remove(block: number, at: number, size: number): void {
    this.hashes.copyWithin(at, at + 1, block + size)
    this.buckets.copyWithin(at, at + 1, block + size)
  }

  /** Keeps the pairs with bucket ≥ `first`; returns how many. */
  keepFrom(block: number, size: number, first: number): number {
    let to = block
    for (let i = block; i < block + size; i++) {
      if ((this.buckets[i] as number) < first) continue
      this.hashes[to] = this.hashes[i] as number
      this.buckets[to] = this.buckets[i] as number
      to++
    }
    return to - block
  }

  #take(capacity: number): number {
    const free = this.#free.get(capacity) ?? 0
    if (free !== 0) {
      this.#free.set(capacity, this.hashes[free] as number)
      return free
    }
    const block = this.#used
    this.#used += capacity
    if (this.#used > this.hashes.length) this.#enlarge()
    return block
  }

  #enlarge(): void {
    const hashes = new Float64Array(this.hashes.length * 2)
    hashes.set(this.hashes)
    this.hashes = hashes
    const buckets = new Int32Array(this.buckets.length * 2)
    buckets.set(this.buckets)
    this.buckets = buckets
  }
}
