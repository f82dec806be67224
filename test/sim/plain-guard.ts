import type { GuardRule } from '../../src/app/task/guard.ts'
import type { Rhythm } from '../../src/app/task/habit.ts'
import type { Hold, JournalLine, Stir } from '../../src/ports/outlet.ts'

type Fact =
  | { readonly is: 'record'; readonly topic: string; readonly clock: number }
  | {
      readonly is: 'end'
      readonly clock: number
      readonly moved: readonly Stir[]
      readonly held: JournalLine['held']
    }
  | { readonly is: 'release' }

const slotAt = (clock: number, { slotMs }: Rhythm): number => Math.floor(clock / slotMs)

/** The guards by their definition: everything that happened is kept, and looked through anew at each question. */
export class PlainGuard {
  readonly #topics: readonly string[]
  readonly #rhythm: Rhythm
  readonly #rule: GuardRule
  readonly #facts: Fact[] = []
  hold: Hold | null = null

  constructor(topics: readonly string[], rhythm: Rhythm, rule: GuardRule) {
    this.#topics = topics
    this.#rhythm = rhythm
    this.#rule = rule
  }

  record(topic: string, clock: number): void {
    this.#facts.push({ is: 'record', topic, clock })
  }

  /** Time has gone on to `clock`, by a wake or at the end of a revision. */
  end(clock: number, moved: readonly Stir[], held: JournalLine['held']): void {
    this.#facts.push({ is: 'end', clock, moved, held })
    if (held !== undefined) this.hold = held.why === 'over' ? null : held
  }

  release(): void {
    this.#facts.push({ is: 'release' })
    this.hold = null
  }

  /** What the hold becomes before time goes on to `t`; undefined: what it is. */
  turn(t: number, moving: { moved: readonly Stir[]; members: number; wakes: boolean }): JournalLine['held'] {
    if (this.hold?.why === 'moving') return undefined
    if (moving.wakes && this.#restless(t, moving.moved, moving.members)) return { why: 'moving', asOf: t }
    const clock = Math.max(...this.#facts.flatMap((f) => (f.is === 'release' ? [] : f.clock)), -1)
    if (slotAt(t, this.#rhythm) <= slotAt(clock, this.#rhythm)) return undefined
    const asOf = slotAt(t, this.#rhythm) * this.#rhythm.slotMs
    const silent = this.#topics.filter((topic) => this.#verdict(topic, t, 0) === 'silent')
    const { hold } = this
    if (hold === null) return silent.length > 0 ? { why: 'silent', asOf, inputs: silent } : undefined
    const back = hold.inputs.every((topic) => this.#verdict(topic, t, hold.asOf) === 'alive')
    return back && silent.length === 0 ? { why: 'over', asOf } : undefined
  }

  #restless(t: number, moved: readonly Stir[], members: number): boolean {
    const first = slotAt(t, this.#rhythm) - this.#rhythm.slotsPerHour + 1
    const since = this.#facts.slice(this.#facts.findLastIndex((f) => f.is === 'release') + 1)
    const all = [...since.flatMap((f) => (f.is === 'end' ? f.moved : [])), ...moved]
    const n = all.reduce((sum, [slot, users]) => (slot >= first ? sum + users : sum), 0)
    return n >= this.#rule.minMoved && n > (this.#rule.maxMovedPct / 100) * members
  }

  /** Records folded with the clock in [from, to) of the slots. */
  #records(topic: string, from: number, to: number): number {
    return this.#facts.filter(
      (f) =>
        f.is === 'record' &&
        f.topic === topic &&
        slotAt(f.clock, this.#rhythm) >= from &&
        slotAt(f.clock, this.#rhythm) < to,
    ).length
  }

  /** Of what is known from `since` on. */
  #verdict(topic: string, t: number, since: number): 'alive' | 'silent' | 'unclear' {
    const { slotsPerHour, reachSlots } = this.#rhythm
    const end = slotAt(t, this.#rhythm)
    const hours = this.#hours(topic)
    for (let n = this.#rule.overSlots; n <= reachSlots; n++) {
      const slots = Array.from({ length: n }, (_, i) => end - 1 - i)
      const each = slots.map((slot) => this.#usual(hours, Math.floor(slot / slotsPerHour)))
      if (each.includes(undefined) || end - n < slotAt(since, this.#rhythm)) return 'unclear'
      const usual = each.reduce<number>((sum, x) => sum + (x ?? 0), 0)
      if (usual < this.#rule.minUsual * slotsPerHour) continue
      const seen = this.#records(topic, end - n, end) * slotsPerHour
      return 100 * seen < this.#rule.floorPct * usual ? 'silent' : 'alive'
    }
    return 'unclear'
  }

  /** Every hour that was seen whole, with its records; of hours not learnt, what stood in their place. */
  #hours(topic: string): Map<number, number> {
    const { slotsPerHour, hoursPerDay, days } = this.#rhythm
    const places = (days + 1) * hoursPerDay
    let learnt = new Map<number, number>()
    let last: number | undefined
    let whole = false
    let hold: Hold | null = null
    for (const fact of this.#facts) {
      if (fact.is === 'release') {
        if (hold?.why === 'silent' && hold.inputs.includes(topic)) learnt = new Map()
        hold = null
        continue
      }
      if (fact.clock < 0) continue
      const slot = slotAt(fact.clock, this.#rhythm)
      for (let s = last === undefined ? slot : last + 1; s <= slot; s++) {
        last = s
        if (s % slotsPerHour !== 0) continue
        if (whole) learnt.set(s / slotsPerHour - 1, this.#records(topic, s - slotsPerHour, s))
        whole = hold === null
      }
      if (fact.is === 'record' || fact.held === undefined) continue
      hold = fact.held.why === 'over' ? null : fact.held
      if (hold) whole = false
    }
    const stands = new Map<number, number>()
    for (const [hour, n] of learnt) stands.set(hour % places, n)
    return stands
  }

  #usual(hours: ReadonlyMap<number, number>, hour: number): number | undefined {
    const { hoursPerDay, days, minDays } = this.#rhythm
    const same = Array.from({ length: days }, (_, i) =>
      hours.get((hour - (i + 1) * hoursPerDay) % ((days + 1) * hoursPerDay)),
    )
    const known = same.flatMap((n) => n ?? [])
    if (known.length < minDays) return undefined
    const sorted = [...known].sort((a, b) => a - b)
    const median = sorted[Math.ceil(known.length / 2) - 1] as number
    return known.length === days ? Math.min(median, same[days - 1] as number) : median
  }
}
