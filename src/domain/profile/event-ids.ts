import { DAY_MS, SECOND_MS } from '../base/duration.ts'
import { putHash52 } from '../base/hash.ts'
import type { Event } from '../events/event.ts'
import { MAX_EVENT_IDS } from '../features/bound.ts'
import { Arena } from './arena.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'
import { SEEN } from './row.ts'
import type { Hops, Part } from './store.ts'

// a user's numbers
const BLOCK = 0
const SIZE = 1
const CAPACITY = 2

// an entry: second of the event's time, hash of its id
const ENTRY = 2

const REMEMBERED_S = DAY_MS / SECOND_MS

/**
 * The ids of each user's newest events, by which one that comes again is known: the MAX_EVENT_IDS largest by (second of the
 * event's time, hash of its id) of those not more than 24 hours older than the newest event that was folded, both in whole seconds.
 * Which they are follows from the set of folded events, not from their order. What has fallen out is not known any more, and
 * would count again. Hashes have 52 bits: an event is taken for another with a probability below MAX_EVENT_IDS / 2^52 < 3e-14,
 * a user loses one of his first 30,000 with less than 1e-9.
 */
export class EventIds implements Part {
  readonly width = 3
  readonly #at: number
  readonly #arena = new Arena(ENTRY)
  /** Hash of the id last asked about. A double in a call would go to the heap. */
  readonly #asked = new Float64Array(1)

  constructor(at: number) {
    this.#at = at
  }

  fresh(row: Float64Array, base: number): void {
    const from = base + this.#at
    row.fill(0, from, from + this.width)
  }

  release(row: Float64Array, base: number): void {
    const from = base + this.#at
    this.#arena.release(row[from + BLOCK] as number, row[from + CAPACITY] as number)
    this.fresh(row, base)
  }

  /** Is it an event that was folded, and is remembered? */
  knows(row: Float64Array, base: number, event: Event): boolean {
    putHash52(event.eventId, event.eventId.length, this.#asked, 0)
    const from = base + this.#at
    const numbers = this.#arena.numbers
    const start = row[from + BLOCK] as number
    const hash = this.#asked[0] as number
    const oldest = oldestSecond(row, base)
    for (let e = start + ENTRY * ((row[from + SIZE] as number) - 1); e >= start; e -= ENTRY) {
      if ((numbers[e] as number) < oldest) return false
      if (numbers[e + 1] === hash) return true
    }
    return false
  }

  /** Remembers the event that was last asked about and is not known; SEEN of the row counts it already. */
  add(row: Float64Array, base: number, event: Event): void {
    const second = secondOf(event.eventTime)
    const oldest = oldestSecond(row, base)
    if (second < oldest) return
    const from = base + this.#at
    if (row[from + SIZE] === row[from + CAPACITY] && !this.#makeRoom(row, from, oldest, second)) return
    const numbers = this.#arena.numbers
    const hash = this.#asked[0] as number
    const start = row[from + BLOCK] as number
    const end = start + ENTRY * (row[from + SIZE] as number)
    let e = end
    // mostly it is the newest; a call would put the hash on the heap
    for (; e > start; e -= ENTRY) {
      const other = numbers[e - ENTRY] as number
      if (other < second || (other === second && (numbers[e - ENTRY + 1] as number) < hash)) break
      numbers[e] = other
      numbers[e + 1] = numbers[e - ENTRY + 1] as number
    }
    numbers[e] = second
    numbers[e + 1] = hash
    row[from + SIZE] = (row[from + SIZE] as number) + 1
  }

  /** Room for one more in a full block, by giving up what is too old, then the smallest. False: the new one is itself the smallest. */
  #makeRoom(row: Float64Array, from: number, oldest: number, second: number): boolean {
    const numbers = this.#arena.numbers
    const size = row[from + SIZE] as number
    const start = row[from + BLOCK] as number
    const end = start + ENTRY * size
    let first = start
    while (first < end && (numbers[first] as number) < oldest) first += ENTRY
    if (first === start && size < MAX_EVENT_IDS) {
      const capacity = Arena.above(size)
      const to = this.#arena.take(capacity)
      this.#arena.numbers.copyWithin(to, start, end)
      this.#arena.release(start, size)
      row[from + BLOCK] = to
      row[from + CAPACITY] = capacity
      return true
    }
    if (first === start) {
      if (isBefore(second, this.#asked[0] as number, numbers, start)) return false
      first += ENTRY
    }
    for (let e = first; e < end; e++) numbers[start + e - first] = numbers[e] as number
    row[from + SIZE] = (end - first) / ENTRY
    return true
  }

  /** Newest first: seconds as distances from the one before, and the hashes. */
  write(row: Float64Array, base: number, _now: Hops, out: ByteWriter): void {
    const from = base + this.#at
    const numbers = this.#arena.numbers
    const oldest = oldestSecond(row, base)
    let first = row[from + BLOCK] as number
    const end = first + ENTRY * (row[from + SIZE] as number)
    while (first < end && (numbers[first] as number) < oldest) first += ENTRY
    out.uint((end - first) / ENTRY)
    let last = oldest + REMEMBERED_S
    for (let e = end - ENTRY; e >= first; e -= ENTRY) {
      const second = numbers[e] as number
      out.uint(last - second)
      last = second
      out.hash(numbers[e + 1] as number)
    }
  }

  read(row: Float64Array, base: number, _now: Hops, reader: ByteReader): void {
    const from = base + this.#at
    const size = reader.uint()
    if (size > MAX_EVENT_IDS) corrupt()
    if (size === 0) return
    const capacity = Arena.above(size - 1)
    const start = this.#arena.take(capacity)
    row[from + BLOCK] = start
    row[from + CAPACITY] = capacity
    row[from + SIZE] = size
    const numbers = this.#arena.numbers
    const oldest = oldestSecond(row, base)
    let second = oldest + REMEMBERED_S
    for (let e = start + ENTRY * (size - 1); e >= start; e -= ENTRY) {
      second -= reader.uint()
      const hash = reader.hash()
      const inOrder = e === start + ENTRY * (size - 1) || isBefore(second, hash, numbers, e + ENTRY)
      if (second < oldest || !inOrder) corrupt()
      numbers[e] = second
      numbers[e + 1] = hash
    }
  }
}

const secondOf = (ms: number): number => Math.floor(ms / SECOND_MS)

function oldestSecond(row: Float64Array, base: number): number {
  return secondOf(row[base + SEEN] as number) - REMEMBERED_S
}

/** Does (second, hash) come before an entry? */
function isBefore(second: number, hash: number, numbers: Float64Array, entry: number): boolean {
  const other = numbers[entry] as number
  return second < other || (second === other && hash < (numbers[entry + 1] as number))
}
