import { EVENT_KINDS, type Event } from '../events/event.ts'
import { labelsIn, putLabel } from '../features/label.ts'
import type { SetState } from '../features/states.ts'
import { expiryIndex, firstBucket } from '../features/window.ts'
import { Arena } from './arena.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'
import { Blocks } from './blocks.ts'
import { Moment } from './moment.ts'
import type { Hops, Incoming, Store } from './store.ts'
import { ENTERED, MATCHED, NEVER } from './store.ts'

// a user's numbers
const BLOCK = 0
const SIZE = 1
const CAPACITY = 2
const INDEX = 3
const LOST = 4
const FIRST_READ = 5
const COUNT = 0
const OLDEST = 1
const STALE = 2
const READ_WIDTH = 3

/** Bucket of the newest value that was forgotten, where none was. */
const NOTHING_LOST = -NEVER

/**
 * Distinct values of one field: hash → latest bucket, sorted by hash, the newest `keep` of them (of equally new ones those with
 * the smallest hashes: which are kept does not depend on the order of events, nor does the bucket of the newest that was
 * forgotten). A lifetime is one endless window with the only bucket 0. Per window a cached count and the oldest bucket counted
 * in it; where that is stale, it is only a lower bound.
 */
export class SetStore implements Store {
  readonly width: number
  readonly hop: number
  readonly #at: number
  readonly #state: SetState
  readonly #windowed: boolean
  readonly #reads: readonly number[]
  readonly #feeds: readonly boolean[]
  readonly #blocks = new Blocks()
  /** Scratch: the value that comes in. A double in a call would go to the heap. */
  readonly #hash = new Float64Array(1)

  constructor(state: SetState, at: number) {
    this.#at = at
    this.#state = state
    this.#windowed = state.hop !== null
    this.hop = Moment.hop(state.hop ?? '1d')
    this.#reads = state.reads
    this.#feeds = EVENT_KINDS.map((_, kind) => state.kinds.includes(kind))
    this.width = FIRST_READ + READ_WIDTH * state.reads.length
  }

  /** Place of a read's count in a row. */
  place(read: number): number {
    return this.#at + FIRST_READ + READ_WIDTH * read + COUNT
  }

  /** Was a value forgotten that the window of a read still holds? Its count is then a lower bound. The row has been advanced. */
  saturated(row: Float64Array, base: number, read: number): boolean {
    const from = base + this.#at
    const first = firstBucket(row[from + INDEX] as number, this.#reads[read] as number)
    return (row[from + LOST] as number) > NOTHING_LOST && (row[from + LOST] as number) >= first
  }

  fresh(row: Float64Array, base: number): void {
    const from = base + this.#at
    row.fill(0, from, from + this.width)
    row[from + LOST] = NOTHING_LOST
    for (let r = 0; r < this.#reads.length; r++) row[from + FIRST_READ + READ_WIDTH * r + OLDEST] = NEVER
  }

  fold(row: Float64Array, base: number, event: Event, incoming: Incoming): number {
    const { kind, pass, local, moment, now } = incoming
    if (this.#feeds[kind] !== true) return 0
    const predicate = this.#state.predicate
    if (predicate >= 0 && pass[predicate] === 0) return 0
    const windowed = this.#windowed
    const index = windowed ? (now[this.hop] as number) : 0
    const bucket = windowed ? (moment.index[this.hop] as number) : 0
    if (bucket < firstBucket(index, this.#state.hops)) return MATCHED
    const from = base + this.#at
    const labels = labelsIn(this.#state.label, event)
    for (let i = 0; i < labels; i++) {
      if (!putLabel(this.#state.label, event, i, local, this.#hash)) continue
      if (row[from + INDEX] !== index) this.#advanceTo(row, from, index)
      this.#put(row, from, bucket, index)
    }
    return windowed ? MATCHED | ENTERED : 0
  }

  advance(row: Float64Array, base: number, now: Hops): void {
    if (!this.#windowed) return
    const index = now[this.hop] as number
    if (row[base + this.#at + INDEX] !== index) this.#advanceTo(row, base + this.#at, index)
  }

  nextChange(row: Float64Array, base: number): number {
    if (!this.#windowed) return NEVER
    const from = base + this.#at
    let best = NEVER
    for (let r = 0; r < this.#reads.length; r++) {
      const at = from + FIRST_READ + READ_WIDTH * r
      const hops = this.#reads[r] as number
      if (row[at + COUNT] === 0 || expiryIndex(row[at + OLDEST] as number, hops) >= best) continue
      if (row[at + STALE] !== 0) this.#count(row, from, r, row[from + INDEX] as number)
      best = Math.min(best, expiryIndex(row[at + OLDEST] as number, hops))
    }
    return best
  }

  release(row: Float64Array, base: number): void {
    const from = base + this.#at
    this.#blocks.release(row[from + BLOCK] as number, row[from + CAPACITY] as number)
    this.fresh(row, base)
  }

  write(row: Float64Array, base: number, now: Hops, out: ByteWriter): void {
    const from = base + this.#at
    const index = this.#windowed ? (now[this.hop] as number) : 0
    const first = firstBucket(index, this.#state.hops)
    const { hashes, buckets } = this.#blocks
    const start = row[from + BLOCK] as number
    const bucketsAt = Blocks.bucketsOf(start, row[from + CAPACITY] as number)
    const size = row[from + SIZE] as number
    let count = 0
    for (let i = 0; i < size; i++) if ((buckets[bucketsAt + i] as number) >= first) count++
    out.uint(count)
    const lost = row[from + LOST] as number
    out.uint(lost > NOTHING_LOST && lost >= first ? index - lost + 1 : 0)
    for (let i = 0; i < size; i++) {
      const bucket = buckets[bucketsAt + i] as number
      if (bucket < first) continue
      out.hash(hashes[start + i] as number)
      if (this.#windowed) out.uint(index - bucket)
    }
  }

  read(row: Float64Array, base: number, now: Hops, reader: ByteReader): void {
    const from = base + this.#at
    const index = this.#windowed ? (now[this.hop] as number) : 0
    row[from + INDEX] = index
    const size = reader.uint()
    const lostAge = reader.uint()
    if (size > this.#state.keep || lostAge > this.#state.hops + 1) corrupt()
    if (lostAge > 0) row[from + LOST] = index - lostAge + 1
    if (size === 0) return
    const capacity = Arena.above(size)
    const start = this.#blocks.take(capacity)
    row[from + BLOCK] = start
    row[from + CAPACITY] = capacity
    const { hashes, buckets } = this.#blocks
    const bucketsAt = Blocks.bucketsOf(start, capacity)
    let last = -1
    for (let i = 0; i < size; i++) {
      const hash = reader.hash()
      const age = this.#windowed ? reader.uint() : 0
      if (hash <= last || age > this.#state.hops) corrupt()
      last = hash
      hashes[start + i] = hash
      buckets[bucketsAt + i] = index - age
    }
    row[from + SIZE] = size
    for (let r = 0; r < this.#reads.length; r++) this.#count(row, from, r, index)
  }

  /** Remembers that the value in the scratch was there in the bucket. The row stands at `index`. */
  #put(row: Float64Array, from: number, bucket: number, index: number): void {
    const { hashes, buckets } = this.#blocks
    const hash = this.#hash[0] as number
    const start = row[from + BLOCK] as number
    const size = row[from + SIZE] as number
    let lo = 0
    let hi = size
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if ((hashes[start + mid] as number) < hash) lo = mid + 1
      else hi = mid
    }
    if (lo < size && hashes[start + lo] === hash) {
      const at = Blocks.bucketsOf(start, row[from + CAPACITY] as number) + lo
      const old = buckets[at] as number
      if (bucket <= old) return
      buckets[at] = bucket
      this.#shift(row, from, index, old, -1)
      this.#shift(row, from, index, bucket, 1)
    } else if (this.#makeRoom(row, from, bucket, index)) {
      this.#insert(row, from, bucket)
      this.#shift(row, from, index, bucket, 1)
    }
  }

  /** One value of the bucket more or less, for every window that holds the bucket. */
  #shift(row: Float64Array, from: number, index: number, bucket: number, by: 1 | -1): void {
    for (let r = 0; r < this.#reads.length; r++) {
      if (bucket < firstBucket(index, this.#reads[r] as number)) continue
      const at = from + FIRST_READ + READ_WIDTH * r
      row[at + COUNT] = (row[at + COUNT] as number) + by
      if (by === 1) {
        if (bucket < (row[at + OLDEST] as number)) row[at + OLDEST] = bucket
      } else if (bucket === row[at + OLDEST]) row[at + STALE] = 1
    }
  }

  /** Room for one value more, by forgetting what no window holds, then the oldest. False: the new one is itself the oldest. */
  #makeRoom(row: Float64Array, from: number, bucket: number, index: number): boolean {
    if (row[from + SIZE] !== row[from + CAPACITY] && (row[from + SIZE] as number) < this.#state.keep)
      return true
    this.#forgetOld(row, from, index)
    const size = row[from + SIZE] as number
    if (size < this.#state.keep) {
      if (size < (row[from + CAPACITY] as number)) return true
      row[from + BLOCK] = this.#blocks.grow(row[from + BLOCK] as number, size)
      row[from + CAPACITY] = Arena.above(size)
      return true
    }
    return this.#forgetOldest(row, from, bucket, index)
  }

  /** Forgets the oldest value, which may be the new one itself (false). */
  #forgetOldest(row: Float64Array, from: number, bucket: number, index: number): boolean {
    const { hashes, buckets } = this.#blocks
    const hash = this.#hash[0] as number
    const size = row[from + SIZE] as number
    const start = row[from + BLOCK] as number
    const capacity = row[from + CAPACITY] as number
    const at = Blocks.bucketsOf(start, capacity)
    let oldest = 0
    // by hash ascending, so ≤ finds the largest hash of the oldest bucket
    for (let i = 1; i < size; i++)
      if ((buckets[at + i] as number) <= (buckets[at + oldest] as number)) oldest = i
    const oldestBucket = buckets[at + oldest] as number
    const isOldest =
      bucket < oldestBucket || (bucket === oldestBucket && hash > (hashes[start + oldest] as number))
    row[from + LOST] = Math.max(row[from + LOST] as number, isOldest ? bucket : oldestBucket)
    if (isOldest) return false
    this.#shift(row, from, index, oldestBucket, -1)
    this.#blocks.remove(start, capacity, size, oldest)
    row[from + SIZE] = size - 1
    return true
  }

  #insert(row: Float64Array, from: number, bucket: number): void {
    const size = row[from + SIZE] as number
    this.#blocks.insert(row[from + BLOCK] as number, row[from + CAPACITY] as number, size, this.#hash, bucket)
    row[from + SIZE] = size + 1
  }

  /** Gives up what no window holds; the longest window counts all that is held. */
  #forgetOld(row: Float64Array, from: number, index: number): void {
    const size = row[from + SIZE] as number
    if (row[from + FIRST_READ + READ_WIDTH * (this.#reads.length - 1) + COUNT] === size) return
    const first = firstBucket(index, this.#state.hops)
    const capacity = row[from + CAPACITY] as number
    row[from + SIZE] = this.#blocks.keepFrom(row[from + BLOCK] as number, capacity, size, first)
  }

  #advanceTo(row: Float64Array, from: number, index: number): void {
    row[from + INDEX] = index
    for (let r = 0; r < this.#reads.length; r++) {
      const oldest = row[from + FIRST_READ + READ_WIDTH * r + OLDEST] as number
      if (oldest < firstBucket(index, this.#reads[r] as number)) this.#count(row, from, r, index)
    }
  }

  /** Counts a window anew. */
  #count(row: Float64Array, from: number, r: number, index: number): void {
    const first = firstBucket(index, this.#reads[r] as number)
    const buckets = this.#blocks.buckets
    const start = Blocks.bucketsOf(row[from + BLOCK] as number, row[from + CAPACITY] as number)
    const end = start + (row[from + SIZE] as number)
    let count = 0
    let oldest = NEVER
    for (let i = start; i < end; i++) {
      const bucket = buckets[i] as number
      if (bucket < first) continue
      count++
      if (bucket < oldest) oldest = bucket
    }
    const at = from + FIRST_READ + READ_WIDTH * r
    row[at + COUNT] = count
    row[at + OLDEST] = oldest
    row[at + STALE] = 0
  }
}
