import { assert } from '../../errors.ts'

/** Small numbers for users: given on demand, given back, and then given to somebody else. */
export class UserSlots {
  readonly #slots = new Map<string, number>()
  readonly #users: (string | undefined)[] = []
  readonly #freeSlots: number[] = []

  get size(): number {
    return this.#slots.size
  }

  /** Slots that were ever used: every slot in use is below it. */
  get capacity(): number {
    return this.#users.length
  }

  used(slot: number): boolean {
    return this.#users[slot] !== undefined
  }

  /** The user's slot, −1 where he has none. */
  find(user: string): number {
    return this.#slots.get(user) ?? -1
  }

  user(slot: number): string {
    const user = this.#users[slot]
    assert(user !== undefined, 'the slot is in use')
    return user
  }

  /** Every slot in use, in no order that means anything. */
  *slots(): Iterable<number> {
    for (let slot = 0; slot < this.#users.length; slot++) if (this.#users[slot] !== undefined) yield slot
  }

  /** A slot for a user who has none. */
  protected occupy(user: string): number {
    const slot = this.#freeSlots.pop() ?? this.#users.length
    this.#users[slot] = user
    this.#slots.set(user, slot)
    return slot
  }

  protected vacate(slot: number): void {
    this.#slots.delete(this.user(slot))
    this.#users[slot] = undefined
    this.#freeSlots.push(slot)
  }
}
