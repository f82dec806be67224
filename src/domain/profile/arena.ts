/** Capacity of the smallest block. */
const SMALLEST = 4
const FIRST_LENGTH = 4096

/**
 * Blocks of numbers in one typed array that grows. A block has room for a capacity of entries, each of `width` doubles;
 * capacities are powers of two, and given-back blocks of a capacity are chained through their first number and taken again.
 * Block 0 of capacity 0 is the empty one. What follows a `take` must read `numbers` and `words` anew.
 */
export class Arena {
  numbers = new Float64Array(FIRST_LENGTH)
  /** The same memory as 32-bit integers, two a double. */
  words = new Int32Array(this.numbers.buffer)
  readonly width: number
  #used = 1
  readonly #free = new Map<number, number>()

  constructor(width: number) {
    this.width = width
  }

  /** The capacity that has room for one more than `size`. */
  static above(size: number): number {
    let capacity = SMALLEST
    while (capacity <= size) capacity *= 2
    return capacity
  }

  take(capacity: number): number {
    const free = this.#free.get(capacity) ?? 0
    if (free !== 0) {
      this.#free.set(capacity, this.numbers[free] as number)
      return free
    }
    const block = this.#used
    this.#used += capacity * this.width
    while (this.#used > this.numbers.length) this.#enlarge()
    return block
  }

  release(block: number, capacity: number): void {
    if (capacity === 0) return
    this.numbers[block] = this.#free.get(capacity) ?? 0
    this.#free.set(capacity, block)
  }

  #enlarge(): void {
    const numbers = new Float64Array(this.numbers.length * 2)
    numbers.set(this.numbers)
    this.numbers = numbers
    this.words = new Int32Array(numbers.buffer)
  }
}
