const SMALLEST = 4

/**
 * Blocks of (hash, bucket) pairs, each sorted by hash, in one pool: a block of capacity n is n hashes (`hashes[block]` on)
 * followed by n buckets (`buckets[bucketsOf(block, n)]` on). Capacities are powers of two; given-back blocks of a capacity are
 * chained through their first hash. Block 0 of capacity 0 is the empty one.
 */
export class Blocks {
  hashes = new Float64Array(2048)
  buckets = new Int32Array(this.hashes.buffer)
  #used = 1
  readonly #free = new Map<number, number>()

  /** The capacity that follows a full block of `size`. */
  static above(size: number): number {
    return size === 0 ? SMALLEST : size * 2
  }

  static bucketsOf(block: number, capacity: number): number {
    return 2 * (block + capacity)
  }

  /** Moves a full block of `size` to one of the next capacity; returns its place. */
  grow(block: number, size: number): number {
    const capacity = Blocks.above(size)
    const to = this.#take(capacity)
    const from = Blocks.bucketsOf(block, size)
    const into = Blocks.bucketsOf(to, capacity)
    for (let i = 0; i < size; i++) {
      this.hashes[to + i] = this.hashes[block + i] as number
      this.buckets[into + i] = this.buckets[from + i] as number
    }
    if (size > 0) this.release(block, size)
    return to
  }

  release(block: number, capacity: number): void {
    this.hashes[block] = this.#free.get(capacity) ?? 0
    this.#free.set(capacity, block)
  }

  /** Puts a pair that is not there into its place; the block has room. */
  insert(block: number, capacity: number, size: number, hash: number, bucket: number): void {
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
    const from = Blocks.bucketsOf(block, capacity)
    let to = 0
    for (let i = 0; i < size; i++) {
      if ((this.buckets[from + i] as number) < first) continue
      this.hashes[block + to] = this.hashes[block + i] as number
      this.buckets[from + to] = this.buckets[from + i] as number
      to++
    }
    return to
  }

  #take(capacity: number): number {
    const free = this.#free.get(capacity) ?? 0
    if (free !== 0) {
      this.#free.set(capacity, this.hashes[free] as number)
      return free
    }
    const block = this.#used
    this.#used += capacity + capacity / 2
    if (this.#used > this.hashes.length) this.#enlarge()
    return block
  }

  #enlarge(): void {
    const hashes = new Float64Array(this.hashes.length * 2)
    hashes.set(this.hashes)
    this.hashes = hashes
    this.buckets = new Int32Array(hashes.buffer)
  }
}
