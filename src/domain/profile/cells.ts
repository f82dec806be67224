/**
 * Entries of one bucket each: bucket number, link to the next entry, `width` integers, side by side in one pool. An entry is
 * named by its place; 0 is none. Its bucket is `links[2 · c]`, its link `links[2 · c + 1]`, its integers `values[c + 1]` on.
 */
export class Cells {
  values: Float64Array
  links: Int32Array
  readonly #stride: number
  #used: number
  #free = 0

  constructor(width: number) {
    this.#stride = width + 1
    this.#used = this.#stride
    this.values = new Float64Array(1024 * this.#stride)
    this.links = new Int32Array(this.values.buffer)
  }

  /** An entry with all integers 0. */
  take(bucket: number): number {
    let c = this.#free
    if (c !== 0) this.#free = this.links[2 * c + 1] as number
    else {
      c = this.#used
      this.#used += this.#stride
      if (this.#used > this.values.length) this.#grow()
    }
    this.links[2 * c] = bucket
    for (let i = 1; i < this.#stride; i++) this.values[c + i] = 0
    return c
  }

  /** Returns the entry that followed. */
  release(c: number): number {
    const next = this.links[2 * c + 1] as number
    this.links[2 * c + 1] = this.#free
    this.#free = c
    return next
  }

  #grow(): void {
    const values = new Float64Array(this.values.length * 2)
    values.set(this.values)
    this.values = values
    this.links = new Int32Array(values.buffer)
  }
}
