import type { Event } from '../events/event.ts'
import { EVENT_KINDS } from '../events/event.ts'
import type { Measure } from '../features/fields.ts'
import { measure, ONE } from '../features/fields.ts'
import type { Lane } from '../features/states.ts'
import { expiryIndex, firstBucket } from '../features/window.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'
import { Cells } from './cells.ts'
import { Moment } from './moment.ts'
import type { Hops, Store } from './store.ts'
import { ENTERED, MATCHED, NEVER } from './store.ts'

// a user's numbers: links are places in the pool, 0 is none
const HEAD = 0
const TAIL = 1
const INDEX = 2
const FIRST_GROUP = 3
const CURSOR = 0
const CURSOR_BUCKET = 1
const FIRST_SUM = 2

/** All that reads one window length: the oldest bucket inside it, and sums over the buckets inside it. */
interface Group {
  readonly hops: number
  /** Place of CURSOR in the user's numbers. */
  readonly at: number
  readonly cells: readonly number[]
}

/** One count or sum that the events of one kind feed. */
interface Step {
  readonly cell: number
  readonly predicate: number
  readonly hops: number
  readonly one: boolean
  readonly measure: Measure
  /** [place of the sum, hops of its window] pairs. */
  readonly sums: Int32Array
}

/**
 * Counts and sums per bucket of one hop size. Per user a list of occupied buckets, oldest first, each holding one integer per
 * count or sum; per window a cached sum with a cursor to the oldest bucket inside, so that time passing costs only what leaves.
 */
export class LaneStore implements Store {
  readonly width: number
  readonly hop: number
  readonly #at: number
  readonly #cells: number
  readonly #retain: readonly number[]
  readonly #maxHops: number
  readonly #groups: readonly Group[]
  readonly #sumPlaces: readonly number[]
  readonly #steps: readonly (readonly Step[])[]
  readonly #pool: Cells

  constructor(lane: Lane, at: number) {
    this.hop = Moment.hop(lane.hop)
    this.#at = at
    this.#cells = lane.cells.length
    this.#retain = lane.cells.map((c) => c.hops)
    this.#maxHops = Math.max(...this.#retain)
    this.#pool = new Cells(this.#cells)
    const groups: Group[] = []
    let place = FIRST_GROUP
    for (const hops of new Set(lane.reads.map((r) => r.hops))) {
      const cells = lane.reads.filter((r) => r.hops === hops).map((r) => r.cell)
      groups.push({ hops, at: place, cells })
      place += FIRST_SUM + cells.length
    }
    this.#groups = groups
    this.width = place
    this.#sumPlaces = lane.reads.map(({ cell, hops }) => {
      const group = groups.find((g) => g.hops === hops) as Group
      return group.at + FIRST_SUM + group.cells.indexOf(cell)
    })
    this.#steps = EVENT_KINDS.map((_, kind) => this.#stepsOf(lane, kind))
  }

  #stepsOf(lane: Lane, kind: number): Step[] {
    return lane.cells.flatMap((c, cell) => {
      if (!c.kinds.includes(kind)) return []
      const sums = lane.reads.flatMap((r, i) =>
        r.cell === cell ? [this.#sumPlaces[i] as number, r.hops] : [],
      )
      const one = c.measure.code === ONE
      return [
        { cell, predicate: c.predicate, hops: c.hops, one, measure: c.measure, sums: Int32Array.from(sums) },
      ]
    })
  }

  /** Place of a read's sum in a row. */
  place(read: number): number {
    return this.#at + (this.#sumPlaces[read] as number)
  }

  fresh(row: Float64Array, base: number): void {
    const from = base + this.#at
    row.fill(0, from, from + this.width)
    for (const g of this.#groups) row[from + g.at + CURSOR_BUCKET] = NEVER
  }

  fold(
    row: Float64Array,
    base: number,
    kind: number,
    e: Event,
    pass: Uint8Array,
    then: Hops,
    now: Hops,
  ): number {
    const steps = this.#steps[kind] as readonly Step[]
    if (steps.length === 0) return 0
    const from = base + this.#at
    const index = now[this.hop] as number
    const bucket = then[this.hop] as number
    let did = 0
    let cell = 0
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step
      if (step.predicate >= 0 && pass[step.predicate] === 0) continue
      did |= MATCHED
      if (bucket < firstBucket(index, step.hops)) continue
      did |= ENTERED
      const value = step.one ? 1 : measure(step.measure, e)
      if (value === 0) continue
      if (cell === 0) {
        this.#advanceTo(row, from, index)
        cell = this.#cellOf(row, from, bucket, index)
      }
      const values = this.#pool.values
      values[cell + 1 + step.cell] = (values[cell + 1 + step.cell] as number) + value
      const sums = step.sums
      for (let j = 0; j < sums.length; j += 2) {
        if (bucket < firstBucket(index, sums[j + 1] as number)) continue
        const place = from + (sums[j] as number)
        row[place] = (row[place] as number) + value
      }
    }
    return did
  }

  advance(row: Float64Array, base: number, now: Hops): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    if (row[from + INDEX] !== index) this.#advanceTo(row, from, index)
  }

  nextChange(row: Float64Array, base: number): number {
    const from = base + this.#at
    let best = NEVER
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      let c = row[from + group.at + CURSOR] as number
      while (c !== 0 && expiryIndex(this.#pool.links[2 * c] as number, group.hops) < best) {
        if (this.#matters(c, group)) best = expiryIndex(this.#pool.links[2 * c] as number, group.hops)
        c = this.#pool.links[2 * c + 1] as number
      }
    }
    return best
  }

  release(row: Float64Array, base: number): void {
    const from = base + this.#at
    let c = row[from + HEAD] as number
    while (c !== 0) c = this.#pool.release(c)
    this.fresh(row, base)
  }

  write(row: Float64Array, base: number, now: Hops, out: ByteWriter): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    let count = 0
    for (let c = row[from + HEAD] as number; c !== 0; c = this.#pool.links[2 * c + 1] as number)
      if (this.#remains(c, index)) count++
    out.uint(count)
    let last = firstBucket(index, this.#maxHops)
    for (let c = row[from + HEAD] as number; c !== 0; c = this.#pool.links[2 * c + 1] as number) {
      if (!this.#remains(c, index)) continue
      const bucket = this.#pool.links[2 * c] as number
      out.uint(bucket - last)
      last = bucket
      this.#writeValues(c, index, out)
    }
  }

  read(row: Float64Array, base: number, now: Hops, reader: ByteReader): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    row[from + INDEX] = index
    const count = reader.uint()
    let bucket = firstBucket(index, this.#maxHops)
    for (let i = 0; i < count; i++) {
      const ahead = reader.uint()
      bucket += ahead
      if (bucket > index || (i > 0 && ahead === 0)) corrupt()
      const c = this.#cellOf(row, from, bucket, index)
      this.#readValues(c, reader)
      for (const g of this.#groups) {
        if (bucket < firstBucket(index, g.hops)) continue
        this.#addCell(row, from, g, c, 1)
      }
    }
  }

  /** Does any sum of the group change when this bucket leaves? */
  #matters(c: number, group: Group): boolean {
    for (let i = 0; i < group.cells.length; i++) {
      if (this.#pool.values[c + 1 + (group.cells[i] as number)] !== 0) return true
    }
    return false
  }

  #advanceTo(row: Float64Array, from: number, index: number): void {
    if (row[from + INDEX] === index) return
    row[from + INDEX] = index
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      const first = firstBucket(index, group.hops)
      const at = from + group.at
      if ((row[at + CURSOR_BUCKET] as number) >= first) continue
      let c = row[at + CURSOR] as number
      while (c !== 0 && (this.#pool.links[2 * c] as number) < first) {
        this.#addCell(row, from, group, c, -1)
        c = this.#pool.links[2 * c + 1] as number
      }
      row[at + CURSOR] = c
      row[at + CURSOR_BUCKET] = c === 0 ? NEVER : (this.#pool.links[2 * c] as number)
    }
  }

  #addCell(row: Float64Array, from: number, group: Group, c: number, sign: 1 | -1): void {
    for (let i = 0; i < group.cells.length; i++) {
      const at = from + group.at + FIRST_SUM + i
      row[at] = (row[at] as number) + sign * (this.#pool.values[c + 1 + (group.cells[i] as number)] as number)
    }
  }

  /** The user's entry of a bucket, made where there is none. His cursors stand at `index`. */
  #cellOf(row: Float64Array, from: number, bucket: number, index: number): number {
    const tail = row[from + TAIL] as number
    if (tail !== 0 && this.#pool.links[2 * tail] === bucket) return tail
    let before = tail
    if (tail === 0 || (this.#pool.links[2 * tail] as number) < bucket) {
      before = this.#dropOld(row, from, index) ? tail : 0
    } else {
      before = 0
      let c = row[from + HEAD] as number
      while (c !== 0 && (this.#pool.links[2 * c] as number) < bucket) {
        before = c
        c = this.#pool.links[2 * c + 1] as number
      }
      if (c !== 0 && this.#pool.links[2 * c] === bucket) return c
    }
    const fresh = this.#pool.take(bucket)
    const after = before === 0 ? (row[from + HEAD] as number) : (this.#pool.links[2 * before + 1] as number)
    this.#pool.links[2 * fresh + 1] = after
    if (before === 0) row[from + HEAD] = fresh
    else this.#pool.links[2 * before + 1] = fresh
    if (after === 0) row[from + TAIL] = fresh
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      const at = from + group.at
      if (bucket < firstBucket(index, group.hops) || bucket >= (row[at + CURSOR_BUCKET] as number)) continue
      row[at + CURSOR] = fresh
      row[at + CURSOR_BUCKET] = bucket
    }
    return fresh
  }

  /** Gives back the buckets that have left every window. False where none is left. */
  #dropOld(row: Float64Array, from: number, index: number): boolean {
    const first = firstBucket(index, this.#maxHops)
    let c = row[from + HEAD] as number
    while (c !== 0 && (this.#pool.links[2 * c] as number) < first) c = this.#pool.release(c)
    row[from + HEAD] = c
    return c !== 0
  }

  /** Is any value of this bucket inside its own longest window, and not 0? */
  #remains(c: number, index: number): boolean {
    for (let i = 0; i < this.#cells; i++) if (this.#kept(c, i, index) !== 0) return true
    return false
  }

  /** A value as it is stored: 0 once no window reads it any more, though the bucket may still be there for others. */
  #kept(c: number, i: number, index: number): number {
    if ((this.#pool.links[2 * c] as number) < firstBucket(index, this.#retain[i] as number)) return 0
    return this.#pool.values[c + 1 + i] as number
  }

  /** Bits of the values that are not 0, then these. */
  #writeValues(c: number, index: number, out: ByteWriter): void {
    for (let i = 0; i < this.#cells; i += 8) {
      let mask = 0
      for (let j = i; j < i + 8 && j < this.#cells; j++)
        if (this.#kept(c, j, index) !== 0) mask |= 1 << (j - i)
      out.byte(mask)
    }
    for (let i = 0; i < this.#cells; i++) {
      const value = this.#kept(c, i, index)
      if (value !== 0) out.int(value)
    }
  }

  #readValues(c: number, reader: ByteReader): void {
    const values = this.#pool.values
    for (let i = 0; i < this.#cells; i += 8) {
      const mask = reader.byte()
      for (let j = i; j < i + 8 && j < this.#cells; j++) values[c + 1 + j] = (mask >> (j - i)) & 1
    }
    for (let i = 0; i < this.#cells; i++) if (values[c + 1 + i] !== 0) values[c + 1 + i] = reader.int()
  }
}
