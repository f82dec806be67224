import { fail } from '../../errors.ts'
import { Dues } from '../../domain/profile/dues.ts'
import type { Profiles } from '../../domain/profile/profiles.ts'
import type { Membership } from '../../domain/segments/transition.ts'
import type { Checkpoint, SealedProfile, Slice } from '../../ports/store.ts'
import type { Ms, Rev } from '../../ports/types.ts'

const DIRTY = 1
const SEALED = 2
const RECENT = 4

/**
 * Which profiles are in memory, which of them the state does not have yet, and up to which due time nobody is missing. It
 * stands between the fold, which wants every profile at hand, and the store, which has them all.
 */
export class Book {
  readonly profiles: Profiles
  readonly dues = new Dues()
  readonly #maxProfiles: number
  #flags = new Uint8Array(1024)
  #dirty: number[] = []
  #sealed: number[] = []
  #memberships = new Map<string, Membership>()
  /** Users who were forgotten since the last seal, and those of the seal that is being stored: the state has them still. */
  #forgotten = new Set<string>()
  #leaving: ReadonlySet<string> = new Set()
  #hand = 0
  /** Users looked up and not found in the state. */
  readonly #absent = new Set<string>()
  /** False as long as the state cannot hold a profile that is not in memory. */
  #elsewhere: boolean
  /** Every stored due ≤ this belongs to a profile in memory. */
  horizon: Ms = Number.NEGATIVE_INFINITY
  /** A stored stamp above this cannot be ours. */
  #knownRev: Rev

  constructor(profiles: Profiles, options: { maxProfiles: number; stored: boolean; knownRev: Rev }) {
    this.profiles = profiles
    this.#maxProfiles = options.maxProfiles
    this.#elsewhere = options.stored
    this.#knownRev = options.knownRev
    if (!options.stored) this.horizon = Number.POSITIVE_INFINITY
  }

  get dirtyCount(): number {
    return this.#dirty.length + this.#forgotten.size
  }

  /** Must this user be asked of the store before he can be folded? */
  missing(user: string): boolean {
    return (
      this.#elsewhere && this.profiles.find(user) < 0 && !this.#absent.has(user) && !this.#isForgotten(user)
    )
  }

  /** Takes in what the store returned for `users` and of the dues behind the horizon; profiles in memory stay as they are. */
  install(users: readonly string[], slice: Slice): void {
    for (const { user, bytes } of slice.profiles) this.#load(user, bytes)
    for (const { user, bytes } of slice.dues) this.#load(user, bytes)
    if (this.#absent.size > 100_000) this.#absent.clear()
    for (const user of users) if (this.profiles.find(user) < 0) this.#absent.add(user)
    this.horizon = Math.max(this.horizon, slice.complete)
  }

  #load(user: string, bytes: Uint8Array): void {
    if (this.profiles.find(user) >= 0 || this.#isForgotten(user)) return
    const slot = this.profiles.load(user, bytes)
    const stamp = this.profiles.stamp(slot)
    if (stamp > this.#knownRev) {
      fail(
        'state-foreign',
        `a stored profile is of revision ${stamp}, but only ${this.#knownRev} was ever published or sealed`,
      )
    }
    this.#flag(slot, RECENT)
    this.dues.set(slot, user, this.profiles.due(slot))
  }

  /** The slot's profile was changed by revision `rev`. */
  touch(slot: number, rev: Rev): void {
    this.profiles.setStamp(slot, rev)
    if (slot >= this.#flags.length) this.#grow(slot)
    const flags = this.#flags[slot] as number
    if ((flags & DIRTY) === 0) this.#dirty.push(slot)
    this.#flags[slot] = flags | DIRTY | RECENT
    this.dues.set(slot, this.profiles.user(slot), this.profiles.due(slot))
  }

  /** Nothing of the slot's user stays, from here on and once the next seal is stored. */
  forget(slot: number): void {
    this.#forgotten.add(this.profiles.user(slot))
    this.dues.forget(slot)
    this.#flags[slot] = 0
    this.profiles.free(slot)
  }

  #isForgotten(user: string): boolean {
    return this.#forgotten.has(user) || this.#leaving.has(user)
  }

  member(membership: Membership): void {
    this.#memberships.set(membership.userId, membership)
  }

  /** Copies what is dirty as it is now; at a page boundary only. One seal at a time, until `stored`. */
  seal(rev: Rev): Pick<Checkpoint, 'profiles' | 'memberships' | 'forgotten'> {
    const profiles: SealedProfile[] = []
    for (const slot of this.#dirty) {
      const flags = this.#flags[slot] as number
      // its user was forgotten meanwhile; another's profile may stand in the slot, and in the list once more
      if ((flags & DIRTY) === 0) continue
      this.#flags[slot] = (flags & ~DIRTY) | SEALED
      profiles.push({
        user: this.profiles.user(slot),
        bytes: this.profiles.save(slot),
        due: this.profiles.due(slot),
      })
    }
    // one who came back is among the profiles
    const forgotten = [...this.#forgotten].filter((user) => this.profiles.find(user) < 0)
    for (const user of forgotten) this.#memberships.delete(user)
    const memberships = [...this.#memberships.values()]
    this.#leaving = new Set(forgotten)
    this.#forgotten = new Set()
    this.#sealed = this.#dirty
    this.#dirty = []
    this.#memberships = new Map()
    this.#knownRev = Math.max(this.#knownRev, rev)
    return { profiles, memberships, forgotten }
  }

  /** The last seal is in the state: its profiles may be evicted again. */
  stored(): void {
    for (const slot of this.#sealed) this.#flags[slot] = (this.#flags[slot] as number) & ~SEALED
    this.#sealed = []
    this.#leaving = new Set()
  }

  /** Gives up profiles that were not used lately, never dirty or sealed ones, where there are too many. */
  evict(): void {
    if (this.profiles.size <= this.#maxProfiles) return
    const target = Math.floor(this.#maxProfiles * 0.9)
    const slots = this.profiles.capacity
    for (let looked = 0; looked < 2 * slots && this.profiles.size > target; looked++) {
      const slot = this.#hand
      this.#hand = (this.#hand + 1) % slots
      if (!this.profiles.used(slot)) continue
      const flags = this.#flags[slot] ?? 0
      if ((flags & (DIRTY | SEALED)) !== 0) continue
      if ((flags & RECENT) !== 0) {
        this.#flags[slot] = flags & ~RECENT
        continue
      }
      this.horizon = Math.min(this.horizon, this.profiles.due(slot) - 1)
      this.dues.forget(slot)
      this.#flags[slot] = 0
      this.#absent.delete(this.profiles.user(slot))
      this.profiles.free(slot)
      this.#elsewhere = true
    }
  }

  #flag(slot: number, flag: number): void {
    if (slot >= this.#flags.length) this.#grow(slot)
    this.#flags[slot] = (this.#flags[slot] as number) | flag
  }

  #grow(slot: number): void {
    const flags = new Uint8Array(Math.max(slot + 1, this.#flags.length * 2))
    flags.set(this.#flags)
    this.#flags = flags
  }
}
