import { assert, fail, SegmentationError } from '../../errors.ts'
import { EVENT_KINDS, isBehaviour, type Event } from '../events/event.ts'
import type { Node, Plan } from '../features/plan.ts'
import { ByteReader, ByteWriter, checkedEnd, corrupt } from './bytes.ts'
import { Counter } from './counter.ts'
import { EventIds } from './event-ids.ts'
import { Intake } from './intake.ts'
import { LaneStore } from './lanes.ts'
import { Ledger, LEDGER_KINDS } from './ledger.ts'
import { Moment } from './moment.ts'
import { Reading } from './reading.ts'
import {
  AS_OF,
  BOOK_WIDTH,
  EVENTS,
  readBook,
  SEEN,
  SEGMENT,
  SEQUENCE,
  SINCE,
  VISITS,
  writeBook,
} from './row.ts'
import { Scalars } from './scalars.ts'
import { SetStore } from './sets.ts'
import { ENTERED, MATCHED, NEVER, type Incoming, type Part, type Store } from './store.ts'
import { Undo } from './undo.ts'
import { UserRows } from './user-rows.ts'
import { Visits } from './visits.ts'

/** Form of stored profiles that this version writes and reads. */
export const CODEC_VERSION = 3

/** Why an event counts less than it says: not at all, in nothing with a window, or it reverses nothing. */
const UNCOUNTED = ['duplicate', 'late', 'order-unknown'] as const
const DUPLICATE = UNCOUNTED.indexOf('duplicate')
const LATE = UNCOUNTED.indexOf('late')
const ORDER_UNKNOWN = UNCOUNTED.indexOf('order-unknown')

/** By the kind's index in EVENT_KINDS. */
const BEHAVIOUR: readonly boolean[] = EVENT_KINDS.map(isBehaviour)
const LEDGERED: readonly boolean[] = EVENT_KINDS.map((kind) => LEDGER_KINDS.includes(kind))

/**
 * The profiles of one task, all in memory. A user is a slot: a row of numbers (as-of, due, stamp, membership, aggregates and
 * their cached windows), links into pools for what varies in length, and the F values remembered from his last move. No
 * object per user, none per event. A slot's number means nothing and may be given to another user once it is free.
 */
export class Profiles extends UserRows {
  readonly plan: Plan
  /** Events that counted less than they said, since they were last taken. */
  readonly uncounted = new Counter(UNCOUNTED)
  readonly #columns: number
  readonly #scalars: Scalars
  readonly #stores: readonly Store[]
  readonly #sets: readonly SetStore[]
  /** All that is stored of a profile behind its book, in this order. */
  readonly #parts: readonly Part[]
  readonly #reading: Reading
  readonly #lanes: readonly LaneStore[]
  readonly #ids: EventIds
  readonly #ledger: Ledger
  readonly #undo: Undo
  readonly #visits = new Visits()
  readonly #intake: Intake
  readonly #freshRow: Float64Array
  /** A row's copy, to look into the future. */
  readonly #ahead: Float64Array
  readonly #writer = new ByteWriter()
  /** Scratch: hops of the as-of. */
  readonly #now: Moment
  #before: Float32Array

  constructor(plan: Plan) {
    const { parts } = plan.reversible
    const scalars = new Scalars(plan.scalars, BOOK_WIDTH, parts)
    let at = BOOK_WIDTH + scalars.width
    const placed = <P extends Part>(part: P): P => {
      at += part.width
      return part
    }
    const lanes = plan.lanes.map((lane) => placed(new LaneStore(lane, at, parts)))
    const sets = plan.sets.map((set) => placed(new SetStore(set, at)))
    const ids = placed(new EventIds(at))
    const ledger = placed(new Ledger(plan.reversible, at))
    super(at)
    this.plan = plan
    this.#columns = plan.columns.length
    this.#scalars = scalars
    this.#stores = [...lanes, ...sets]
    this.#sets = sets
    this.#lanes = lanes
    this.#ids = ids
    this.#ledger = ledger
    this.#parts = [scalars, ...this.#stores, ids, ledger]
    const hops = [...plan.lanes, ...plan.sets].flatMap((s) => (s.hop === null ? [] : [s.hop]))
    this.#now = new Moment(plan.zone, hops)
    this.#reading = new Reading(plan, {
      scalar: (i) => scalars.place(i),
      lane: (i, read) => (lanes[i] as LaneStore).place(read),
      set: (i, read) => (sets[i] as SetStore).place(read),
    })
    this.#intake = new Intake(plan, new Moment(plan.zone, hops), this.#now.index)
    this.#undo = new Undo(plan, new Moment(plan.zone, hops), this.#now.index)
    this.#ahead = new Float64Array(at)
    this.#freshRow = UserRows.fresh(at)
    for (const part of this.#parts) part.fresh(this.#freshRow, 0)
    this.#before = new Float32Array(1024 * this.#columns)
  }

  /** The user's slot, made fresh where he has none: as-of 0, due Infinity, stamp −1, no deployment, unassigned. */
  open(user: string): number {
    const known = this.find(user)
    if (known >= 0) return known
    const slot = this.occupy(user)
    if ((slot + 1) * this.width > this.rows.length) this.#grow()
    this.rows.set(this.#freshRow, slot * this.width)
    return slot
  }

  /** Forgets the user. */
  free(slot: number): void {
    this.#clear(slot)
    this.vacate(slot)
  }

  /** Moves him to a segment, unchallenged: sequence + 1, one visit more, the F raw values remembered as float32. */
  enter(slot: number, segment: number, since: number, values: Float64Array): void {
    const base = slot * this.width
    this.rows[base + SEGMENT] = segment
    this.rows[base + SINCE] = since
    this.challenge(slot, 0)
    this.rows[base + SEQUENCE] = (this.rows[base + SEQUENCE] as number) + 1
    this.rows[base + VISITS] = this.#visits.add(this.rows[base + VISITS] as number, segment)
    const at = slot * this.#columns
    for (let i = 0; i < this.#columns; i++) this.#before[at + i] = values[i] as number
  }

  /** The F values given to the last `enter`, zeros before the first. */
  before(slot: number, out: Float64Array): void {
    const at = slot * this.#columns
    const entered = this.sequence(slot) > 0
    for (let i = 0; i < this.#columns; i++) out[i] = entered ? (this.#before[at + i] as number) : 0
  }

  /** How often he entered the segment; remembered of the MAX_VISITS segments entered last. */
  timesIn(slot: number, segment: number): number {
    return this.#visits.of(this.rows[slot * this.width + VISITS] as number, segment)
  }

  /** Takes in one event of his. False: it is a duplicate, which changes nothing and is counted. */
  fold(slot: number, event: Event): boolean {
    if (this.isDuplicate(slot, event)) return false
    this.take(slot, event)
    return true
  }

  /** Is it known that the event (`EventIds`) or the order (`Ledger`) was folded already? It is then counted, and must not be taken. */
  isDuplicate(slot: number, event: Event): boolean {
    const row = this.rows
    const base = slot * this.width
    if (!this.#ids.knows(row, base, event) && !this.#ledger.knows(row, base, event)) return false
    this.uncounted.add(DUPLICATE)
    return true
  }

  /**
   * Takes in the event of his that was last asked about and is no duplicate; his as-of is at least 1 ms after it from then on. It is
   * late where it matched windowed aggregates and is older than the windows of all of them (lifetime ones count it still).
   */
  take(slot: number, event: Event): void {
    const row = this.rows
    const base = slot * this.width
    if (event.eventTime > (row[base + SEEN] as number)) row[base + SEEN] = event.eventTime
    if (event.eventTime >= (row[base + AS_OF] as number)) row[base + AS_OF] = event.eventTime + 1
    this.#ids.add(row, base, event)
    const incoming = this.#intake.look(event)
    if (incoming === undefined) return
    if (BEHAVIOUR[incoming.kind] === true) row[base + EVENTS] = (row[base + EVENTS] as number) + 1
    this.#now.set(row, base + AS_OF)
    this.#scalars.fold(row, base, event, incoming)
    let did = 0
    for (let i = 0; i < this.#stores.length; i++)
      did |= (this.#stores[i] as Store).fold(row, base, event, incoming)
    if ((did & MATCHED) !== 0 && (did & ENTERED) === 0) this.uncounted.add(LATE)
    this.settle(slot)
    if (LEDGERED[incoming.kind] === true) this.#account(row, base, event, incoming)
  }

  /** Gives up refunds that have waited too long for their order as of his as-of, and counts them. */
  settle(slot: number): void {
    const unknown = this.#ledger.settle(this.rows, slot * this.width)
    if (unknown > 0) this.uncounted.add(ORDER_UNKNOWN, unknown)
  }

  /** An event about an order, behind its own aggregates. */
  #account(row: Float64Array, base: number, event: Event, incoming: Incoming): void {
    const { reversals, unknown } = this.#ledger.take(row, base, event, incoming)
    this.uncounted.add(ORDER_UNKNOWN, unknown)
    for (const reversal of reversals) {
      const back = this.#undo.of(reversal)
      this.#scalars.undo(row, base, back)
      for (const lane of this.#lanes) lane.undo(row, base, back)
    }
  }

  /** F raw values (before transforms) as of a time not before his own as-of, in column order. */
  vector(slot: number, asOf: number, out: Float64Array): void {
    const base = slot * this.width
    if (asOf === this.rows[base + AS_OF]) {
      this.#advance(this.rows, base)
      this.#reading.vector(this.rows, base, out)
    } else {
      this.#lookAhead(base, asOf)
      this.#reading.vector(this.#ahead, 0, out)
    }
  }

  /** Values of all nodes of the plan as of his as-of; good until the next reading. */
  nodes(slot: number): Float64Array {
    this.#advance(this.rows, slot * this.width)
    return this.#reading.nodes(this.rows, slot * this.width)
  }

  /** Time of the newest event that an age is counted from, by its scalar; null: there was none. */
  newest(slot: number, scalar: number): number | null {
    const kept = this.rows[slot * this.width + this.#scalars.place(scalar)] as number
    return kept === 0 ? null : kept - 1
  }

  /**
   * Which columns are lower bounds as of a time not before his own as-of: distinct counts whose window holds more values than
   * are remembered. 1 or 0 per column, F.
   */
  saturated(slot: number, asOf: number, out: Uint8Array): void {
    this.#lookAhead(slot * this.width, asOf)
    this.plan.columnNodes.forEach((at, column) => {
      const node = this.plan.nodes[at] as Node
      if (node.is !== 'distinct') out[column] = 0
      else {
        const set = this.#sets[node.at] as SetStore
        const more = (this.#ahead[set.place(node.read)] as number) > node.keep
        out[column] = more || set.saturated(this.#ahead, 0, node.read) ? 1 : 0
      }
    })
  }

  /**
   * Bounds of `vector` for every instant from `from` to `until` (neither before his as-of) if nothing happens meanwhile: low
   * and high per column, F each; infinite where not known.
   */
  range(slot: number, from: number, until: number, low: Float64Array, high: Float64Array): void {
    const base = slot * this.width
    this.#lookAhead(base, from)
    this.#reading.begin(this.#ahead)
    this.#lookAhead(base, until)
    this.#reading.range(this.#ahead, low, high)
  }

  /** First instant after `asOf` (not before his own) at which `vector` differs if nothing happens; Infinity: never. Never late. */
  nextChange(slot: number, asOf: number): number {
    let row = this.rows
    let base = slot * this.width
    if (asOf === row[base + AS_OF]) this.#advance(row, base)
    else {
      this.#lookAhead(base, asOf)
      row = this.#ahead
      base = 0
    }
    let next = this.#reading.nextStep(row, base)
    for (let i = 0; i < this.#stores.length; i++) {
      const store = this.#stores[i] as Store
      const index = store.nextChange(row, base)
      if (index !== NEVER) next = Math.min(next, this.#now.start(store.hop, index))
    }
    return next
  }

  /** His profile as bytes: a function of what was folded and set, not of how it came about. The user is not in it. */
  save(slot: number): Uint8Array {
    const row = this.rows
    const base = slot * this.width
    const out = this.#writer
    out.reset()
    out.byte(CODEC_VERSION)
    out.uint32(this.plan.layout)
    writeBook(row, base, out)
    if ((row[base + SEQUENCE] as number) > 0) {
      this.#visits.write(row[base + VISITS] as number, out)
      for (let i = 0; i < this.#columns; i++) out.float32(this.#before[slot * this.#columns + i] as number)
    }
    this.#now.set(row, base + AS_OF)
    for (let i = 0; i < this.#parts.length; i++)
      (this.#parts[i] as Part).write(row, base, this.#now.index, out)
    out.uint32(out.sum())
    return out.copy()
  }

  /**
   * Puts a stored profile in the place of what is known of the user. Throws `state-version` where the bytes are damaged or
   * were written by another codec or for other features; the user then has no profile.
   */
  load(user: string, bytes: Uint8Array): number {
    const known = this.find(user)
    if (known >= 0) this.free(known)
    const end = checkedEnd(bytes, CODEC_VERSION)
    const slot = this.open(user)
    try {
      this.#read(slot, new ByteReader(bytes, end))
    } catch (error) {
      this.free(slot)
      throw error instanceof SegmentationError ? error : corrupt()
    }
    return slot
  }

  #read(slot: number, from: ByteReader): void {
    from.byte()
    if (from.uint32() !== this.plan.layout)
      fail('state-version', 'a stored profile was written for other features')
    const row = this.rows
    const base = slot * this.width
    readBook(row, base, from)
    if ((row[base + SEQUENCE] as number) > 0) {
      row[base + VISITS] = this.#visits.read(from)
      for (let i = 0; i < this.#columns; i++) this.#before[slot * this.#columns + i] = from.float32()
    }
    this.#now.set(row, base + AS_OF)
    for (let i = 0; i < this.#parts.length; i++)
      (this.#parts[i] as Part).read(row, base, this.#now.index, from)
    if (!from.done) corrupt()
  }

  /** Brings the row's windows up to its as-of, which is read from the row: a double in a call would go to the heap. */
  #advance(row: Float64Array, base: number): void {
    this.#now.set(row, base + AS_OF)
    for (let i = 0; i < this.#stores.length; i++)
      (this.#stores[i] as Store).advance(row, base, this.#now.index)
  }

  /** The row as it will be at a later as-of, in the scratch. */
  #lookAhead(base: number, asOf: number): void {
    assert(asOf >= (this.rows[base + AS_OF] as number), 'the as-of of a profile never falls')
    for (let i = 0; i < this.width; i++) this.#ahead[i] = this.rows[base + i] as number
    this.#ahead[AS_OF] = asOf
    this.#advance(this.#ahead, 0)
  }

  #clear(slot: number): void {
    const base = slot * this.width
    this.#visits.release(this.rows[base + VISITS] as number)
    for (const part of this.#parts) part.release(this.rows, base)
  }

  #grow(): void {
    const rows = new Float64Array(this.rows.length * 2)
    rows.set(this.rows)
    this.rows = rows
    const before = new Float32Array(this.#before.length * 2)
    before.set(this.#before)
    this.#before = before
  }
}
