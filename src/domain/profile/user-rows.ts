import { assert } from '../../errors.ts'
import {
  AS_OF,
  CHALLENGED_AT,
  CHALLENGER,
  DEPLOYMENT,
  DUE,
  EVENTS,
  NO_DUE,
  SEEN,
  SEGMENT,
  SEQUENCE,
  SINCE,
  STAMP,
} from './row.ts'
import { UserSlots } from './user-slots.ts'

/** What every profile is whatever its features: a user's slot is a row of numbers, the first of which are read and set here. */
export class UserRows extends UserSlots {
  protected rows: Float64Array
  /** Numbers of a row. */
  protected readonly width: number

  constructor(width: number) {
    super()
    this.width = width
    this.rows = new Float64Array(1024 * width)
  }

  /** A row of nobody: as-of 0, due Infinity, stamp −1, no deployment, unassigned. */
  protected static fresh(width: number): Float64Array {
    const row = new Float64Array(width)
    row[DUE] = NO_DUE
    row[STAMP] = -1
    row[DEPLOYMENT] = -1
    return row
  }

  asOf(slot: number): number {
    return this.rows[slot * this.width + AS_OF] as number
  }

  /** Never falls: what has left every window by then is given up. */
  setAsOf(slot: number, ms: number): void {
    assert(ms >= this.asOf(slot), 'the as-of of a profile never falls')
    this.rows[slot * this.width + AS_OF] = ms
  }

  due(slot: number): number {
    return this.rows[slot * this.width + DUE] as number
  }

  /** Infinity: none. */
  setDue(slot: number, ms: number): void {
    this.rows[slot * this.width + DUE] = ms
  }

  stamp(slot: number): number {
    return this.rows[slot * this.width + STAMP] as number
  }

  setStamp(slot: number, rev: number): void {
    this.rows[slot * this.width + STAMP] = rev
  }

  deployment(slot: number): number {
    return this.rows[slot * this.width + DEPLOYMENT] as number
  }

  setDeployment(slot: number, deployment: number): void {
    this.rows[slot * this.width + DEPLOYMENT] = deployment
  }

  /** Behaviour events folded since the profile began. */
  events(slot: number): number {
    return this.rows[slot * this.width + EVENTS] as number
  }

  /** Largest event time folded, of any kind; 0: none. */
  seen(slot: number): number {
    return this.rows[slot * this.width + SEEN] as number
  }

  setSeen(slot: number, ms: number): void {
    this.rows[slot * this.width + SEEN] = ms
  }

  /** Code of his segment; 0: unassigned. */
  segment(slot: number): number {
    return this.rows[slot * this.width + SEGMENT] as number
  }

  since(slot: number): number {
    return this.rows[slot * this.width + SINCE] as number
  }

  sequence(slot: number): number {
    return this.rows[slot * this.width + SEQUENCE] as number
  }

  /** Code of the segment that is nearer to him than his own; 0: none. */
  challenger(slot: number): number {
    return this.rows[slot * this.width + CHALLENGER] as number
  }

  /** As-of of the first evaluation at which his challenger was nearer. */
  challengedAt(slot: number): number {
    return this.rows[slot * this.width + CHALLENGED_AT] as number
  }

  /** From his as-of on the segment challenges his own; 0: none does. */
  challenge(slot: number, segment: number): void {
    const base = slot * this.width
    this.rows[base + CHALLENGER] = segment
    this.rows[base + CHALLENGED_AT] = segment === 0 ? 0 : (this.rows[base + AS_OF] as number)
  }
}
