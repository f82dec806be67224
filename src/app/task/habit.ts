import type { Ms } from '../../ports/types.ts'

/** How time is cut for the guards. Its parts are numbers, so that a simulated day may last an hour. */
export interface Rhythm {
  readonly slotMs: Ms
  readonly slotsPerHour: number
  readonly hoursPerDay: number
  /** Days that a habit is read from, and how many of them must be known. */
  readonly days: number
  readonly minDays: number
  /** Slots kept, and so the longest time that silence is judged over: less than a day, for hours are kept a day longer than read. */
  readonly reachSlots: number
}

/** When an input counts as silent. */
export interface SilenceRule {
  /** Time looked back over, in slots; longer where fewer records are usual in it than `minUsual`. */
  readonly overSlots: number
  /** Below this part of what is usual, in percent. */
  readonly floorPct: number
  /** Records that must be usual before their absence says anything. */
  readonly minUsual: number
}

/** `unclear`: no habit is known, or so few records are usual that nothing can be said. */
export type Verdict = 'alive' | 'silent' | 'unclear'

export interface Judgement {
  readonly verdict: Verdict
  readonly slots: number
  readonly seen: number
  readonly usual: number
}

export interface HabitState {
  /** Records of the last slots, by slot number modulo their number. */
  readonly slots: readonly number[]
  /** Records of the last hours, likewise; −1: not known. */
  readonly hours: readonly number[]
  /** Records of the hour that is not over. */
  readonly hour: number
}

const UNKNOWN = -1

/**
 * How many records an input is used to give at each hour of the day: the median of the same hour of the last days, or that of a
 * week ago where it is less, so that neither one bad day nor a quiet Sunday makes a habit or an alarm. Numbers are whole, and a
 * function of which records were folded at which clock.
 */
export class Habit {
  readonly #rhythm: Rhythm
  readonly #slots: Int32Array
  readonly #hours: Int32Array
  #hour: number

  constructor(rhythm: Rhythm, state?: HabitState) {
    this.#rhythm = rhythm
    this.#slots = state ? Int32Array.from(state.slots) : new Int32Array(rhythm.reachSlots)
    const hours = (rhythm.days + 1) * rhythm.hoursPerDay
    this.#hours = state ? Int32Array.from(state.hours) : new Int32Array(hours).fill(UNKNOWN)
    this.#hour = state?.hour ?? 0
  }

  state(): HabitState {
    return { slots: [...this.#slots], hours: [...this.#hours], hour: this.#hour }
  }

  /** A record was folded in this slot, the last one begun. */
  count(slot: number): void {
    const at = slot % this.#slots.length
    this.#slots[at] = (this.#slots[at] as number) + 1
    this.#hour++
  }

  /** The slot begins, and with it perhaps an hour; `learns`: the hour before was seen from its start to its end. */
  begin(slot: number, learns: boolean): void {
    const { slotsPerHour } = this.#rhythm
    this.#slots[slot % this.#slots.length] = 0
    if (slot % slotsPerHour !== 0) return
    if (learns) this.#hours[(slot / slotsPerHour - 1) % this.#hours.length] = this.#hour
    this.#hour = 0
  }

  /** What was usual is no longer to be expected. */
  forget(): void {
    this.#hours.fill(UNKNOWN)
  }

  /**
   * As of the start of slot `end`, where `last` is the last slot begun: all later ones are empty. Nothing is made of what lies
   * before slot `since`.
   */
  judge(end: number, last: number, rule: SilenceRule, since = 0): Judgement {
    const { slotsPerHour, reachSlots } = this.#rhythm
    let seen = 0
    let usual = 0
    let hour = Number.NaN
    let habit = UNKNOWN
    for (let slots = 1; slots <= reachSlots; slots++) {
      const slot = end - slots
      if (slot < since) break
      if (hour !== Math.floor(slot / slotsPerHour)) {
        hour = Math.floor(slot / slotsPerHour)
        habit = this.#usual(hour)
        if (habit === UNKNOWN) break
      }
      usual += habit
      if (slot <= last) seen += this.#slots[slot % reachSlots] as number
      if (slots < rule.overSlots || usual < rule.minUsual * slotsPerHour) continue
      const silent = seen * slotsPerHour * 100 < rule.floorPct * usual
      return { verdict: silent ? 'silent' : 'alive', slots, seen, usual: Math.round(usual / slotsPerHour) }
    }
    return { verdict: 'unclear', slots: reachSlots, seen, usual: Math.round(usual / slotsPerHour) }
  }

  /** Records that are usual in this hour; UNKNOWN where too few days are known. */
  #usual(hour: number): number {
    const { hoursPerDay, days, minDays } = this.#rhythm
    const known: number[] = []
    for (let day = 1; day <= days; day++) {
      const at = hour - day * hoursPerDay
      const n = at < 0 ? UNKNOWN : (this.#hours[at % this.#hours.length] as number)
      if (n !== UNKNOWN) known.push(n)
    }
    if (known.length < minDays) return UNKNOWN
    const weekAgo = known.length === days ? (known[days - 1] as number) : Number.POSITIVE_INFINITY
    known.sort((a, b) => a - b)
    return Math.min(weekAgo, known[(known.length - 1) >> 1] as number)
  }
}
