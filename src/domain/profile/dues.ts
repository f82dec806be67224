import { compareUtf8 } from '../base/canonical.ts'

/**
 * Due times of the profiles in memory, smallest first, equal ones by UTF-8 bytes of the user: a binary heap with at most one
 * valid entry a slot. An entry whose slot has meanwhile got a later due is put back when it comes up, so that moving a due
 * time into the future, which every event does, costs one comparison.
 */
export class Dues {
  #due = new Float64Array(1024)
  #slot = new Int32Array(1024)
  readonly #user: string[] = []
  #length = 0
  /** Due of the valid heap entry of a slot; Infinity: none. */
  #entry = new Float64Array(1024).fill(Number.POSITIVE_INFINITY)
  /** Its user: an entry of the slot's former user may have the same due, and another place among equal ones. */
  readonly #owner: string[] = []

  /** The slot's due time is now `due` (Infinity: none). */
  set(slot: number, user: string, due: number): void {
    if (slot >= this.#entry.length) this.#growSlots(slot)
    if (due < (this.#entry[slot] as number)) {
      this.#entry[slot] = due
      this.#owner[slot] = user
      this.#push(due, slot, user)
    }
  }

  /** The slot is given up: its entries count no more. */
  forget(slot: number): void {
    if (slot < this.#entry.length) this.#entry[slot] = Number.POSITIVE_INFINITY
  }

  /**
   * The slot with the smallest due time ≤ `limit`, or −1. `dueOf` gives the slot's present due. The entry is taken out; the
   * caller evaluates the profile and sets its next due.
   */
  take(limit: number, dueOf: (slot: number) => number): number {
    while (this.#length > 0 && (this.#due[0] as number) <= limit) {
      const due = this.#due[0] as number
      const slot = this.#slot[0] as number
      const user = this.#user[0] as string
      this.#pop()
      if (this.#entry[slot] !== due || this.#owner[slot] !== user) continue
      this.#entry[slot] = Number.POSITIVE_INFINITY
      const actual = dueOf(slot)
      if (actual === due) return slot
      if (actual !== Number.POSITIVE_INFINITY) this.set(slot, user, actual)
    }
    return -1
  }

  /** The smallest due time ≤ `limit`; Infinity: there is none. Nothing is taken out. */
  first(limit: number, dueOf: (slot: number) => number): number {
    const slot = this.take(limit, dueOf)
    if (slot < 0) return Number.POSITIVE_INFINITY
    const due = dueOf(slot)
    this.set(slot, this.#owner[slot] as string, due)
    return due
  }

  /** Is this entry to be taken before the one at place i? */
  #before(due: number, user: string, i: number): boolean {
    const other = this.#due[i] as number
    return due < other || (due === other && compareUtf8(user, this.#user[i] as string) < 0)
  }

  #push(due: number, slot: number, user: string): void {
    const hole = this.#length++
    if (hole === this.#due.length) this.#growHeap()
    this.#rise(hole, due, slot, user)
  }

  /** Puts an entry into a hole, or above it. */
  #rise(hole: number, due: number, slot: number, user: string): void {
    let i = hole
    while (i > 0) {
      const up = (i - 1) >> 1
      if (!this.#before(due, user, up)) break
      this.#move(up, i)
      i = up
    }
    this.#due[i] = due
    this.#slot[i] = slot
    this.#user[i] = user
  }

  /** The hole of the first goes down to a leaf, one comparison a level, and is filled with the last (Wegener, bottom-up heapsort). */
  #pop(): void {
    const n = --this.#length
    const due = this.#due[n] as number
    const slot = this.#slot[n] as number
    const user = this.#user.pop() as string
    if (n === 0) return
    let hole = 0
    for (let child = 1; child < n; child = 2 * hole + 1) {
      const right = child + 1
      if (right < n && this.#before(this.#due[right] as number, this.#user[right] as string, child))
        child = right
      this.#move(child, hole)
      hole = child
    }
    this.#rise(hole, due, slot, user)
  }

  #move(from: number, to: number): void {
    this.#due[to] = this.#due[from] as number
    this.#slot[to] = this.#slot[from] as number
    this.#user[to] = this.#user[from] as string
  }

  #growHeap(): void {
    const due = new Float64Array(this.#due.length * 2)
    due.set(this.#due)
    this.#due = due
    const slot = new Int32Array(this.#slot.length * 2)
    slot.set(this.#slot)
    this.#slot = slot
  }

  #growSlots(slot: number): void {
    const entry = new Float64Array(Math.max(slot + 1, this.#entry.length * 2)).fill(Number.POSITIVE_INFINITY)
    entry.set(this.#entry)
    this.#entry = entry
  }
}
