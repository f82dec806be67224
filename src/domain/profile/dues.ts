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

  #less(i: number, j: number): boolean {
    const a = this.#due[i] as number
    const b = this.#due[j] as number
    return a < b || (a === b && compareUtf8(this.#user[i] as string, this.#user[j] as string) < 0)
  }

  #push(due: number, slot: number, user: string): void {
    let i = this.#length++
    if (i === this.#due.length) this.#growHeap()
    this.#due[i] = due
    this.#slot[i] = slot
    this.#user[i] = user
    while (i > 0) {
      const up = (i - 1) >> 1
      if (!this.#less(i, up)) break
      this.#swap(i, up)
      i = up
    }
  }

  #pop(): void {
    const n = --this.#length
    this.#due[0] = this.#due[n] as number
    this.#slot[0] = this.#slot[n] as number
    this.#user[0] = this.#user[n] as string
    this.#user.length = n
    let i = 0
    for (;;) {
      let min = i
      const left = 2 * i + 1
      if (left < n && this.#less(left, min)) min = left
      if (left + 1 < n && this.#less(left + 1, min)) min = left + 1
      if (min === i) return
      this.#swap(i, min)
      i = min
    }
  }

  #swap(i: number, j: number): void {
    const d = this.#due[i] as number
    this.#due[i] = this.#due[j] as number
    this.#due[j] = d
    const s = this.#slot[i] as number
    this.#slot[i] = this.#slot[j] as number
    this.#slot[j] = s
    const u = this.#user[i] as string
    this.#user[i] = this.#user[j] as string
    this.#user[j] = u
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
