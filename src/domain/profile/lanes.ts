import { EVENT_KINDS, type Event } from '../events/event.ts'
import { extreme, numbersIn, total } from '../features/measure.ts'
import type { OrderPart } from '../features/reversal.ts'
import type { CellState, Lane, LaneRead } from '../features/states.ts'
import { expiryIndex, firstBucket } from '../features/window.ts'
import { Arena } from './arena.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'
import { LaneCodec } from './lane-codec.ts'
import { ADD, ANY, MAX, merge, MIN, SEEN, SLOTS, type Step, stepOf } from './lane-step.ts'
import { Moment } from './moment.ts'
import { Readout } from './readout.ts'
import { takenOf, type Undoing } from './undo.ts'
import { ALREADY, occupy } from './slots.ts'
import type { Hops, Incoming, Store } from './store.ts'
import { ENTERED, MATCHED, NEVER } from './store.ts'

// a user's numbers
const BLOCK = 0
const SIZE = 1
const CAPACITY = 2
const INDEX = 3
const FIRST_GROUP = 4

// a group's numbers: index of the oldest entry inside its window, and that entry's bucket
const FIRST = 0
const FIRST_BUCKET = 1
const GROUP_WIDTH = 2

/** All that reads one window length. */
interface Group {
  readonly hops: number
  /** Place of its numbers. */
  readonly at: number
  readonly readouts: readonly Readout[]
  /** Is any of them weighted by age? */
  readonly decays: boolean
}

/**
 * The numbers of one lane per bucket. Per user a block of entries, oldest first, each a bucket and one integer per cell; per
 * window the index of the oldest entry inside, and what features read of the entries from there on, so that time passing
 * costs only what leaves.
 */
export class LaneStore implements Store {
  readonly width: number
  readonly hop: number
  readonly #at: number
  readonly #stride: number
  readonly #groups: readonly Group[]
  readonly #longest: Group
  readonly #places: readonly number[]
  readonly #steps: readonly (readonly Step[])[]
  /** Those from which reversals take back. */
  readonly #undone: readonly Step[]
  /** The plain sums of each cell, as in its step. */
  readonly #sums: readonly Int32Array[]
  readonly #arena: Arena
  readonly #codec: LaneCodec

  /** `parts`: what is kept of orders. */
  constructor(lane: Lane, at: number, parts: readonly OrderPart[]) {
    this.hop = Moment.hop(lane.hop)
    this.#at = at
    this.#stride = lane.cells.length + 1
    this.#arena = new Arena(this.#stride)
    this.#codec = new LaneCodec(lane)
    const groups: Group[] = []
    let place = FIRST_GROUP
    const readouts = new Map<LaneRead, Readout>()
    for (const hops of new Set(lane.reads.map((r) => r.hops))) {
      const at = place
      place += GROUP_WIDTH
      const own: Readout[] = []
      for (const read of lane.reads.filter((r) => r.hops === hops)) {
        const readout = new Readout(read, (lane.cells[read.cell] as CellState).rule, place)
        place += readout.width
        readouts.set(read, readout)
        own.push(readout)
      }
      groups.push({ hops, at, readouts: own, decays: own.some((r) => r.decays) })
    }
    this.#groups = groups
    this.#longest = groups.at(-1) as Group
    this.width = place
    this.#places = lane.reads.map((r) => (readouts.get(r) as Readout).place)
    const steps = lane.cells.map((c, cell) => stepOf(c, cell, readouts, parts))
    this.#sums = steps.map((step) => step.sums)
    this.#undone = steps.filter((step) => step.part >= 0)
    this.#steps = EVENT_KINDS.map((_, kind) =>
      steps.filter((_step, cell) => lane.cells[cell]?.kinds.includes(kind)),
    )
  }

  /** Place of a read's value in a row. */
  place(read: number): number {
    return this.#at + (this.#places[read] as number)
  }

  fresh(row: Float64Array, base: number): void {
    const from = base + this.#at
    row.fill(0, from, from + this.width)
    for (const group of this.#groups) row[from + group.at + FIRST_BUCKET] = NEVER
  }

  fold(row: Float64Array, base: number, event: Event, incoming: Incoming): number {
    const steps = this.#steps[incoming.kind] as readonly Step[]
    if (steps.length === 0) return 0
    const { pass } = incoming
    const from = base + this.#at
    const index = incoming.now[this.hop] as number
    const bucket = incoming.moment.index[this.hop] as number
    let did = 0
    let entry = -1
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step
      if (step.predicate >= 0 && pass[step.predicate] === 0) continue
      did |= MATCHED
      if (bucket < firstBucket(index, step.hops)) continue
      did |= ENTERED
      const value = step.one ? 1 : this.#valueOf(step, event, incoming)
      if (value === 0) continue
      if (entry < 0) {
        this.#advanceTo(row, from, index)
        entry = this.#entryOf(row, from, bucket, index)
      }
      this.#take(row, from, step, entry, value)
    }
    return did
  }

  /** Takes back what goes of an order, out of its bucket: where a window holds that, it was added. */
  undo(row: Float64Array, base: number, back: Undoing): void {
    const from = base + this.#at
    const index = back.now[this.hop] as number
    const bucket = back.moment.index[this.hop] as number
    let entry = -1
    for (let i = 0; i < this.#undone.length; i++) {
      const step = this.#undone[i] as Step
      const value = takenOf(back, step.part, step.predicate)
      if (value === 0 || bucket < firstBucket(index, step.hops)) continue
      if (entry < 0) {
        this.#advanceTo(row, from, index)
        entry = this.#entryOf(row, from, bucket, index)
      }
      this.#take(row, from, step, entry, 0 - value)
    }
  }

  /** What the event brings for a cell: of half-hours their code + 1; 0: nothing. */
  #valueOf(step: Step, event: Event, { local, moment }: Incoming): number {
    if (step.rule === ADD) return total(step.measure, event, local)
    if (step.rule === SEEN) return numbersIn(step.measure, event)
    if (step.rule === MIN) return extreme(step.measure, event, 1, local)
    if (step.rule === MAX) return extreme(step.measure, event, -1, local)
    return step.rule === ANY ? 1 : moment.slotCode(this.hop) + 1
  }

  /** Puts a value into its cell of an entry, and into all that reads it. */
  #take(row: Float64Array, from: number, step: Step, entry: number, value: number): void {
    const numbers = this.#arena.numbers
    const at = entry + step.at
    if (step.rule === SLOTS) return this.#occupy(row, from, step, entry, value - 1)
    if (!merge(numbers, at, step.rule, value)) return
    const bucket = numbers[entry] as number
    const index = row[from + INDEX] as number
    const { sums, others } = step
    for (let i = 0; i < sums.length; i += 2) {
      if (bucket < firstBucket(index, sums[i + 1] as number)) continue
      const place = from + (sums[i] as number)
      row[place] = (row[place] as number) + value
    }
    for (let i = 0; i < others.length; i++) {
      const readout = others[i] as Readout
      if (bucket < firstBucket(index, readout.hops)) continue
      if (readout.decays && bucket === index) readout.newest(row, from, numbers, at)
      else this.#refresh(row, from, this.#groupOf(readout.hops), readout)
    }
  }

  #occupy(row: Float64Array, from: number, step: Step, entry: number, code: number): void {
    const numbers = this.#arena.numbers
    const more = occupy(numbers, entry + step.at, code)
    if (more === ALREADY) return
    const end = this.#place(row, from, row[from + SIZE] as number)
    for (let i = 0; i < step.others.length; i++) {
      const readout = step.others[i] as Readout
      const { at } = this.#groupOf(readout.hops)
      const start = this.#place(row, from, row[from + at + FIRST] as number)
      if (entry >= start) readout.occupied(row, from, numbers, entry, start, end, this.#stride, code, more)
    }
  }

  #groupOf(hops: number): Group {
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      if (group.hops === hops) return group
    }
    return this.#longest
  }

  advance(row: Float64Array, base: number, now: Hops): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    if (row[from + INDEX] !== index) this.#advanceTo(row, from, index)
  }

  nextChange(row: Float64Array, base: number): number {
    const from = base + this.#at
    const numbers = this.#arena.numbers
    const end = this.#place(row, from, row[from + SIZE] as number)
    const soonest = (row[from + INDEX] as number) + 1
    let best = NEVER
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      for (
        let e = this.#place(row, from, row[from + group.at + FIRST] as number);
        e < end;
        e += this.#stride
      ) {
        const expiry = expiryIndex(numbers[e] as number, group.hops)
        if (best === soonest || (expiry >= best && !group.decays)) break
        for (let i = 0; i < group.readouts.length; i++) {
          const readout = group.readouts[i] as Readout
          if (numbers[e + 1 + readout.cell] === 0) continue
          // what is weighted by age changes with every hop
          best = Math.min(best, readout.decays ? soonest : expiry)
        }
      }
    }
    return best
  }

  release(row: Float64Array, base: number): void {
    const from = base + this.#at
    this.#arena.release(row[from + BLOCK] as number, row[from + CAPACITY] as number)
    this.fresh(row, base)
  }

  write(row: Float64Array, base: number, now: Hops, out: ByteWriter): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    const start = row[from + BLOCK] as number
    this.#codec.write(this.#arena.numbers, start, row[from + SIZE] as number, index, out)
  }

  read(row: Float64Array, base: number, now: Hops, reader: ByteReader): void {
    const from = base + this.#at
    const index = now[this.hop] as number
    row[from + INDEX] = index
    const size = reader.uint()
    if (size > this.#longest.hops + 1) corrupt()
    if (size === 0) return
    const capacity = Arena.above(size)
    row[from + CAPACITY] = capacity
    row[from + BLOCK] = this.#arena.take(capacity)
    this.#codec.read(this.#arena.numbers, row[from + BLOCK] as number, size, index, reader)
    row[from + SIZE] = size
    this.#addAll(row, from, index)
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      this.#moveFirst(row, from, group, 0, firstBucket(index, group.hops))
      for (let i = 0; i < group.readouts.length; i++) {
        const readout = group.readouts[i] as Readout
        if (!readout.additive) this.#refresh(row, from, group, readout)
      }
    }
  }

  /** Makes the plain sums of a row that has none yet. */
  #addAll(row: Float64Array, from: number, index: number): void {
    const numbers = this.#arena.numbers
    const end = this.#place(row, from, row[from + SIZE] as number)
    for (let e = row[from + BLOCK] as number; e < end; e += this.#stride) {
      const bucket = numbers[e] as number
      for (let c = 1; c < this.#stride; c++) {
        if (numbers[e + c] === 0) continue
        const sums = this.#sums[c - 1] as Int32Array
        for (let i = 0; i < sums.length; i += 2) {
          if (bucket < firstBucket(index, sums[i + 1] as number)) continue
          const place = from + (sums[i] as number)
          row[place] = (row[place] as number) + (numbers[e + c] as number)
        }
      }
    }
  }

  /** Moves a window's first entry, from entry `i` on, to the oldest that lies in bucket `first` or later; returns its index. */
  #moveFirst(row: Float64Array, from: number, group: Group, i: number, first: number): number {
    const size = row[from + SIZE] as number
    const numbers = this.#arena.numbers
    let bucket = NEVER
    for (; i < size; i++) {
      bucket = numbers[this.#place(row, from, i)] as number
      if (bucket >= first) break
    }
    row[from + group.at + FIRST] = i
    row[from + group.at + FIRST_BUCKET] = i < size ? bucket : NEVER
    return i
  }

  #place(row: Float64Array, from: number, i: number): number {
    return (row[from + BLOCK] as number) + i * this.#stride
  }

  /** Reads a window anew from its entries. */
  #refresh(row: Float64Array, from: number, group: Group, readout: Readout): void {
    const start = this.#place(row, from, row[from + group.at + FIRST] as number)
    const end = this.#place(row, from, row[from + SIZE] as number)
    readout.refresh(row, from, this.#arena.numbers, start, end, this.#stride, row[from + INDEX] as number)
  }

  #advanceTo(row: Float64Array, from: number, index: number): void {
    if (row[from + INDEX] === index) return
    row[from + INDEX] = index
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      const first = firstBucket(index, group.hops)
      const leaves = (row[from + group.at + FIRST_BUCKET] as number) < first
      if (!leaves && !group.decays) continue
      const before = row[from + group.at + FIRST] as number
      const after = leaves ? this.#moveFirst(row, from, group, before, first) : before
      const start = this.#place(row, from, before)
      const until = this.#place(row, from, after)
      const end = this.#place(row, from, row[from + SIZE] as number)
      for (let r = 0; r < group.readouts.length; r++) {
        const readout = group.readouts[r] as Readout
        if (readout.subtractive)
          readout.subtract(row, from, this.#arena.numbers, start, until, end, this.#stride)
        else if (leaves || readout.decays) this.#refresh(row, from, group, readout)
      }
    }
  }

  /** The user's entry of a bucket, made where there is none. He stands at `index`. */
  #entryOf(row: Float64Array, from: number, bucket: number, index: number): number {
    const size = row[from + SIZE] as number
    let i = size
    while (i > 0) {
      const other = this.#arena.numbers[this.#place(row, from, i - 1)] as number
      if (other === bucket) return this.#place(row, from, i - 1)
      if (other < bucket) break
      i--
    }
    // the bucket is inside a window, so it stands behind what is given up
    if (size === row[from + CAPACITY]) i -= this.#makeRoom(row, from)
    return this.#insert(row, from, i, bucket, index)
  }

  #insert(row: Float64Array, from: number, i: number, bucket: number, index: number): number {
    const numbers = this.#arena.numbers
    const size = row[from + SIZE] as number
    const at = this.#place(row, from, i)
    if (i < size) numbers.copyWithin(at + this.#stride, at, this.#place(row, from, size))
    numbers[at] = bucket
    for (let c = 1; c < this.#stride; c++) numbers[at + c] = 0
    row[from + SIZE] = size + 1
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g] as Group
      const own = from + group.at
      if (bucket < firstBucket(index, group.hops)) row[own + FIRST] = (row[own + FIRST] as number) + 1
      else if (bucket < (row[own + FIRST_BUCKET] as number)) row[own + FIRST_BUCKET] = bucket
    }
    return at
  }

  /** Gives up the entries that have left every window, else moves to a larger block. Returns how many were given up. */
  #makeRoom(row: Float64Array, from: number): number {
    const size = row[from + SIZE] as number
    const block = row[from + BLOCK] as number
    const gone = row[from + this.#longest.at + FIRST] as number
    const start = this.#place(row, from, gone)
    const end = this.#place(row, from, size)
    let into = block
    if (2 * gone <= size) {
      const capacity = Arena.above(size - gone)
      into = this.#arena.take(capacity)
      this.#arena.numbers.copyWithin(into, start, end)
      this.#arena.release(block, row[from + CAPACITY] as number)
      row[from + BLOCK] = into
      row[from + CAPACITY] = capacity
    } else this.#arena.numbers.copyWithin(into, start, end)
    row[from + SIZE] = size - gone
    for (let g = 0; g < this.#groups.length; g++) {
      const at = from + (this.#groups[g] as Group).at + FIRST
      row[at] = (row[at] as number) - gone
    }
    return gone
  }
}
