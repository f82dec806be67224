import { MINUTE_MS } from '../../domain/base/duration.ts'
import type { Hold, Released, Stir } from '../../ports/outlet.ts'
import type { GuardState } from '../../ports/store.ts'
import type { Ms, Topic } from '../../ports/types.ts'
import { Habit, type Judgement, type Rhythm, type SilenceRule } from './habit.ts'

/** When the clock is held without a person's word. It decides when a hold begins and ends, never what is learnt of the inputs. */
export interface GuardRule extends SilenceRule {
  /** More users than this share of all members, moved within an hour by what they did or did not do, in percent. */
  readonly maxMovedPct: number
  /** Moves below which no share means anything. */
  readonly minMoved: number
}

export const RHYTHM: Rhythm = {
  slotMs: 5 * MINUTE_MS,
  slotsPerHour: 12,
  hoursPerDay: 24,
  days: 7,
  minDays: 3,
  reachSlots: 72,
}

/** Who is about to be moved, and who has been. */
export interface Moving {
  /** In the revision that is open. */
  readonly moved: readonly Stir[]
  /** Of all segments. */
  readonly members: number
  /** Somebody is to be woken. */
  readonly wakes: boolean
}

/** How a hold begins or ends, in words for who is to look. */
export interface Turn {
  readonly held: Hold | Released
  readonly words: string
}

/**
 * Watches one task's inputs and moves in stream time (rule T16). What it remembers is a function of the records, the clock and
 * the journal; what it decides is written into the journal, and a refold takes it from there.
 */
export class Guard {
  readonly #rhythm: Rhythm
  readonly #habits: ReadonlyMap<Topic, Habit>
  /** Users moved, by slot modulo the slots of an hour. */
  readonly #moved: Int32Array
  /** The last slot begun; −1: none. */
  #at: number
  /** Is the hour that is not over seen from its start, with nothing held? */
  #whole: boolean
  /** Slot as of whose start the inputs were judged last. */
  #judged = -1
  #hold: Hold | undefined

  constructor(topics: readonly Topic[], rhythm: Rhythm, state?: GuardState) {
    this.#rhythm = rhythm
    this.#habits = new Map(topics.map((topic) => [topic, new Habit(rhythm, state?.inputs[topic])]))
    this.#moved = state ? Int32Array.from(state.moved) : new Int32Array(rhythm.slotsPerHour)
    this.#at = state?.at ?? -1
    this.#whole = state?.whole ?? false
    this.#hold = state?.hold
  }

  get hold(): Hold | undefined {
    return this.#hold
  }

  state(): GuardState {
    const inputs = Object.fromEntries([...this.#habits].map(([topic, habit]) => [topic, habit.state()]))
    return { at: this.#at, whole: this.#whole, inputs, moved: [...this.#moved], hold: this.#hold }
  }

  /** Time has gone on to `t`. */
  advance(t: Ms): void {
    const slot = this.slotOf(t)
    if (slot <= this.#at) return
    const { slotsPerHour, hoursPerDay, days } = this.#rhythm
    // what lies farther back than anything is remembered need not be walked through
    const all = (days + 2) * hoursPerDay * slotsPerHour
    const from = this.#at < 0 ? slot : Math.max(this.#at + 1, slot - all)
    for (let s = from; s <= slot; s++) {
      for (const habit of this.#habits.values()) habit.begin(s, this.#whole)
      this.#moved[s % this.#moved.length] = 0
      if (s % slotsPerHour === 0) this.#whole = this.#hold === undefined
    }
    this.#at = slot
  }

  /** A record with events was folded, at this clock. */
  count(topic: Topic, clock: Ms): void {
    this.advance(clock)
    this.#habits.get(topic)?.count(this.#at)
    this.#judged = -1
  }

  /** Number of the slot that an instant lies in. */
  slotOf(t: Ms): number {
    return Math.floor(t / this.#rhythm.slotMs)
  }

  /** A revision ended at this clock: users moved in it, and perhaps a hold began or ended. */
  finish(clock: Ms, moved: readonly Stir[], held: Hold | Released | undefined): void {
    if (clock >= 0) this.advance(clock)
    for (const [slot, users] of moved) {
      if (slot <= this.#at - this.#moved.length) continue
      const place = slot % this.#moved.length
      this.#moved[place] = (this.#moved[place] as number) + users
    }
    if (held === undefined) return
    this.#hold = held.why === 'over' ? undefined : held
    this.#judged = -1
    if (this.#hold) this.#whole = false
  }

  /** A person lets the clock go on: what set the guards off is the habit from now on. */
  release(): void {
    if (this.#hold?.why === 'silent') for (const topic of this.#hold.inputs) this.#habits.get(topic)?.forget()
    this.#moved.fill(0)
    this.#hold = undefined
    this.#judged = -1
  }

  /** Could `turn` have something to say of a time up to `t`? Costs nothing for nearly every event. */
  asks(t: Ms, rule: GuardRule, moved: readonly Stir[], members: number): boolean {
    const slot = this.slotOf(t)
    return (slot > this.#at && slot !== this.#judged) || this.#restless(rule, this.#at, moved, members)
  }

  /**
   * What becomes of the hold before time goes on to `t`; undefined: nothing.
   */
  turn(t: Ms, rule: GuardRule, { moved, members, wakes }: Moving): Turn | undefined {
    const slot = this.slotOf(t)
    if (this.#hold?.why === 'moving') return undefined
    if (wakes && this.#restless(rule, slot, moved, members)) {
      const n = this.#movedInHour(slot, moved)
      return {
        held: { why: 'moving', asOf: t },
        words: `${n} of ${members} users moved within an hour (at most ${rule.maxMovedPct} % may)`,
      }
    }
    // judged once for each slot that time goes into, as of its start
    if (slot <= this.#at || slot === this.#judged) return undefined
    this.#judged = slot
    const asOf = slot * this.#rhythm.slotMs
    const silent = this.#inputs(slot, rule).filter(({ verdict }) => verdict === 'silent')
    const hold = this.#hold
    if (hold === undefined) {
      if (silent.length === 0) return undefined
      return {
        held: { why: 'silent', asOf, inputs: silent.map(({ topic }) => topic) },
        words: this.#words(silent),
      }
    }
    // heard again in a time that lies wholly within the hold: what was before says nothing
    const back = this.#inputs(slot, rule, this.slotOf(hold.asOf)).filter(
      ({ topic, verdict }) => verdict === 'alive' && hold.inputs.includes(topic),
    )
    if (silent.length > 0 || back.length < hold.inputs.length) return undefined
    return { held: { why: 'over', asOf }, words: this.#words(back) }
  }

  #inputs(slot: number, rule: GuardRule, since?: number): (Judgement & { readonly topic: Topic })[] {
    return [...this.#habits].map(([topic, habit]) => ({ topic, ...habit.judge(slot, this.#at, rule, since) }))
  }

  #words(inputs: readonly (Judgement & { readonly topic: Topic })[]): string {
    const each = inputs.map(({ topic, seen, usual, slots }) => {
      const minutes = Math.round((slots * this.#rhythm.slotMs) / MINUTE_MS)
      return `input ${topic} gave ${seen} records in ${minutes} min (usual: ${usual})`
    })
    return each.join(', ')
  }

  #movedInHour(slot: number, moved: readonly Stir[]): number {
    const first = Math.max(0, slot - this.#moved.length + 1)
    let n = 0
    for (let s = first; s <= this.#at; s++) n += this.#moved[s % this.#moved.length] as number
    for (const [s, users] of moved) if (s >= first) n += users
    return n
  }

  #restless(
    { maxMovedPct, minMoved }: GuardRule,
    slot: number,
    moved: readonly Stir[],
    members: number,
  ): boolean {
    const n = this.#movedInHour(slot, moved)
    return n >= minMoved && n * 100 > maxMovedPct * members
  }
}
