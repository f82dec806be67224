import { assert, fail } from '../../errors.ts'
import type { Event } from '../../domain/events/event.ts'
import { spreadOf } from '../../domain/profile/due.ts'
import type { Arbiter } from '../../domain/profile/segmenter.ts'
import type { Command } from '../../domain/segments/command.ts'
import { membershipOf } from '../../domain/segments/transition.ts'
import type { JournalLine, Move } from '../../ports/outlet.ts'
import type { Chunk } from '../../ports/source.ts'
import type { Head } from '../../ports/store.ts'
import type { Ms, Positions } from '../../ports/types.ts'
import { makeDeadLetter } from '../decode.ts'
import { needDues, needFor, needUsers, type Advance, type Whole } from './advance.ts'
import { Amends } from './amends.ts'
import { chained, verify } from './journal.ts'
import type { Turn } from './guard.ts'
import { lacksSchema, type Item, type Lane } from './lane.ts'
import { OpenRevision, Work } from './open-revision.ts'
import { TaskMemory, type FoldOptions } from './memory.ts'

/**
 * One task's folding: records in, revisions out. Everything in it is synchronous and a function of the records, the journal
 * lines handed to it and the ticks asked for (rules R1, T7). It owns the profiles in memory and opens no door.
 */
export class TaskFold {
  readonly memory: TaskMemory
  readonly #options: FoldOptions
  #tickTo: Ms = Number.NEGATIVE_INFINITY
  #open: OpenRevision | undefined
  #cut = false
  #turn: Turn | undefined
  #amends = new Amends([])
  readonly #arbiter: Arbiter = (user, sequence, from, to) =>
    this.#open?.allows(user, sequence, from, to) ?? true

  constructor(options: FoldOptions, head: Head, state: { stored: boolean; knownRev: number }) {
    this.#options = options
    this.memory = new TaskMemory(options, head, state)
  }

  /** The lines to be folded again hold what a person accepted; the inputs begin at `starts` now. */
  amend(amends: Amends, starts: Positions): void {
    this.#amends = amends
    for (const lane of this.memory.lanes) lane.reach(amends, starts[lane.input.topic] ?? 0, this.memory.rev)
  }

  /** Next offsets to ask the source for. */
  wanted(): Positions {
    return Object.fromEntries(this.memory.lanes.map((lane) => [lane.input.topic, lane.wanted]))
  }

  /** Takes in what the source returned; gives the number of new records. */
  accept(chunk: Chunk): number {
    const { genesis } = this.memory
    const ahead = this.#options.maxAheadMs
    let taken = 0
    for (const lane of this.memory.lanes) {
      const { topic } = lane.input
      lane.end = chunk.ends?.[topic] ?? lane.end
      taken += lane.accept(chunk.records[topic] ?? [], chunk.rest[topic] ?? 'more', (record) =>
        Number.isNaN(record.time) ? genesis.startedAt + ahead : record.time + ahead,
      )
    }
    return taken
  }

  /** Lets the open revision end where it stands, because its inputs keep it waiting. False where none is open. */
  cutShort(): boolean {
    this.#cut = this.#open !== undefined
    return this.#cut
  }

  /** An empty revision, where none is open: the journal's last line must not grow too old (rule R2). */
  empty(): Whole {
    return this.#finish(this.#begin(undefined))
  }

  /** The clock may be moved forward to `t`, on idle inputs; it moves only where that wakes somebody. */
  tick(t: Ms): void {
    this.#tickTo = Math.max(this.#tickTo, t)
  }

  /**
   * Folds on until a revision is whole or something is missing; call again after supplying it. With `line`: that very
   * revision again, by the journal. Throws `source-differs` or `state-foreign` where the outcome is not the line's.
   */
  advance(line?: JournalLine): Advance {
    const m = this.memory
    if (line && line.rev !== m.rev + 1) {
      fail('state-foreign', `the journal goes from revision ${m.rev} to ${line.rev}; expected ${m.rev + 1}`)
    }
    if (line?.accepted) return this.#accept(line)
    if (line) m.schemas.expect(line.schemas)
    const need =
      line &&
      needUsers(
        this.memory,
        line.moves.map((move) => move[0]),
      )
    if (need) return need
    for (;;) {
      if (this.#open && !line && this.#full(this.#open)) return this.#close(this.#open)
      const lane = this.#pick(line)
      if (lane === 'starved') return { type: 'starved' }
      if (lane === undefined) return this.#atRest(line)
      if (this.#open && !line && lane.tooLate) return this.#close(this.#open)
      const until = Math.max(m.clock, lane.head.passes)
      const missing = needDues(m, until) ?? needFor(m, lane.head)
      if (missing) return missing
      if (!line && this.#turns(until, true)) return this.#finish(this.#begin(undefined))
      if (!this.#wake(until, line)) this.#foldNext(lane, line)
    }
  }

  /** Nothing left to fold: what is due fires, and what is open ends. */
  #atRest(line: JournalLine | undefined): Advance {
    const until = Math.max(this.memory.clock, line ? (line.tick ?? Number.NEGATIVE_INFINITY) : this.#tickTo)
    for (;;) {
      const missing = needDues(this.memory, until)
      if (missing) return missing
      if (this.#open && !line && this.#full(this.#open)) return this.#close(this.#open)
      if (!line && this.#turns(until, false)) return this.#finish(this.#begin(undefined))
      if (!this.#wake(until, line)) break
    }
    if (this.#open || line) return this.#finish(this.#begin(line))
    return { type: 'idle' }
  }

  #full(open: OpenRevision): boolean {
    return this.#cut || open.steps >= this.#options.revisionSteps
  }

  /** Ends a revision at its size, once no wake with due ≤ clock is left; where it is cut among wakes, after all of equal due. */
  #close(open: OpenRevision): Advance {
    const until = Math.max(this.memory.clock, open.lastWakeDue)
    for (;;) {
      const missing = needDues(this.memory, until)
      if (missing) return missing
      if (!this.#wake(until, undefined)) return this.#finish(open)
    }
  }

  /** The lane whose head comes next by (time, rank); undefined where nothing is buffered and nothing is on its way. */
  #pick(line: JournalLine | undefined): Lane | 'starved' | undefined {
    let best: Lane | undefined
    for (const lane of this.memory.lanes) {
      if (line) {
        const end = this.#amends.endOf(line, lane.input.topic)
        if (lane.position >= end) continue
        if (lane.empty && this.#amends.covers(line.rev) && (lane.wanted >= end || lane.rest !== 'more'))
          continue
        if (lane.empty) return 'starved'
        if (lane.head.record.offset >= end) {
          lane.position = end
          continue
        }
        lane.settle(line.refused?.[lane.input.topic])
      } else if (lane.empty) {
        if (lane.rest === 'more') return 'starved'
        continue
      }
      if (!best || lane.head.time < best.head.time) best = lane
    }
    return best
  }

  #begin(line: JournalLine | undefined): OpenRevision {
    return (this.#open ??= new OpenRevision(this.memory.rev + 1, line))
  }

  /**
   * Before time goes on, to the next due ≤ `until` or, with a `record` there, to that: does a guard's hold begin or end? Then the
   * revision ends here, and its line says so. Equal dues are never parted.
   */
  #turns(until: Ms, record: boolean): boolean {
    const rule = this.#options.guard
    const { book, clock, guard, holding, releasedAt } = this.memory
    const moved = this.#open?.moved ?? []
    const members = this.memory.members + (this.#open?.joined ?? 0)
    if (!rule || !guard.asks(until, rule, moved, members)) return false
    const { profiles } = book
    const due = holding ? Number.POSITIVE_INFINITY : book.dues.first(until, (s) => profiles.due(s))
    const wakes = due <= until
    if (!wakes && !record) return false
    const t = Math.min(due, until)
    // who is overdue since a hold is only given another due
    if (t <= Math.max(clock, this.#open?.lastWakeDue ?? clock) || due < releasedAt) return false
    this.#turn = guard.turn(t, rule, { moved, members, wakes })
    return this.#turn !== undefined
  }

  /** Wakes the first user due ≤ `until`. False where there is none. */
  #wake(until: Ms, line: JournalLine | undefined): boolean {
    const { book, guard, holding, releasedAt, segmenter } = this.memory
    if (holding) return false
    const profiles = book.profiles
    const slot = book.dues.take(until, (s) => profiles.due(s))
    if (slot < 0) return false
    const due = profiles.due(slot)
    const open = this.#begin(line)
    if (this.#newer(open, slot)) {
      open.waiting.push(slot)
      return true
    }
    const before = open.transitions.length
    open.steps++
    open.lastWakeDue = due
    guard.advance(due)
    if (due < releasedAt) {
      // overdue since a hold: looked at once, as of the release and his place in the spread (rule T16)
      profiles.setDue(slot, releasedAt + spreadOf(profiles.user(slot), this.#options.segmenter.due))
    } else {
      const arbiter = line ? this.#arbiter : undefined
      const stays = segmenter.wake(slot, open.transitions, this.#options.task, arbiter)
      if (!stays) return this.#forget(open, slot, before)
    }
    this.#changed(open, slot, before)
    return true
  }

  #foldNext(lane: Lane, line: JournalLine | undefined): void {
    const open = this.#begin(line)
    const item = lane.shift()
    this.memory.schemas.note(lane.input, item.record)
    const { lanes, tally } = this.memory
    for (const other of lanes) if (other !== lane) other.passed(item.time)
    open.steps++
    open.records++
    open.lastWakeDue = Number.NEGATIVE_INFINITY
    const { content, record } = item
    tally.record(content)
    if (content.type === 'events') {
      for (const event of content.events) this.#event(open, lane, item, event)
      this.memory.guard.count(lane.input.topic, this.memory.clock)
    } else if (content.type === 'command') this.#command(open, content.command)
    else if (content.type === 'skipped') open.work.skipped.push(content.reason)
    else if (content.type === 'refused') {
      const { topic } = lane.input
      open.deadLetters.push(makeDeadLetter(topic, this.#options.task, record, content))
      if (lacksSchema(content)) (open.refused[topic] ??= []).push(record.offset)
    }
  }

  /** Every task hears of a command, one of them tells the readers. */
  #command(open: OpenRevision, command: Command): void {
    this.memory.command(command)
    // whoever moved before a person let the clock go on is no reason to hold it again
    if (command.command === 'release') open.moved.length = 0
    const told = ['promote', 'rollback', 'labels'].includes(command.command)
    if (told && this.#options.task === 0) open.catalog = this.memory.catalog()
  }

  #event(open: OpenRevision, lane: Lane, item: Item, event: Event): void {
    const m = this.memory
    const { profiles } = m.book
    const slot = profiles.open(event.userId)
    open.work.event(event.kind)
    m.reach(event.eventTime)
    if (this.#newer(open, slot)) {
      open.skip(event.userId)
      return
    }
    const before = open.transitions.length
    const trigger = m.trigger
    trigger.kind = event.kind
    trigger.eventId = event.eventId
    trigger.topic = lane.input.topic
    trigger.offset = item.record.offset
    const arbiter = open.line ? this.#arbiter : undefined
    if (m.segmenter.event(slot, event, trigger, open.transitions, arbiter)) this.#changed(open, slot, before)
  }

  /** While folding again: is the profile of this revision or a later one already? It is then left as it is. */
  #newer(open: OpenRevision, slot: number): boolean {
    return (
      open.line !== undefined && this.memory.book.profiles.stamp(slot) >= open.rev && !open.touched.has(slot)
    )
  }

  /** Notes a changed profile and the moves made since `before`. */
  #changed(open: OpenRevision, slot: number, before: number): void {
    const { book } = this.memory
    if (open.line) open.touched.add(slot)
    book.touch(slot, open.rev)
    this.#moved(open, before)
  }

  /** Nothing stays of the slot's user but his last move. */
  #forget(open: OpenRevision, slot: number, before: number): true {
    open.touched.delete(slot)
    this.memory.book.forget(slot)
    this.#moved(open, before)
    return true
  }

  #moved(open: OpenRevision, before: number): void {
    const { book, guard, clock } = this.memory
    for (let i = before; i < open.transitions.length; i++) {
      const t = open.transitions[i]
      assert(t, 'a transition at its index')
      open.moves.push([t.userId, t.sequence, t.from, t.to])
      if (t.from === null) open.joined++
      else if (t.to === null) open.joined--
      else if (t.cause !== 'model' && t.origin !== 'backfill')
        open.stir(guard.slotOf(Math.max(clock, open.lastWakeDue)))
      const membership = membershipOf(t)
      open.memberships.push(membership)
      book.member(membership)
    }
  }

  /** Makes published moves that this refold did not make by itself: what marketing saw stays true. */
  #impose(open: OpenRevision, [user, sequence, from, to]: Move): void {
    const { book, segmenter } = this.memory
    const { profiles } = book
    const slot = profiles.open(user)
    if (this.#newer(open, slot)) return
    if (profiles.sequence(slot) + 1 !== sequence) {
      fail(
        'state-foreign',
        `revision ${open.rev} of the journal makes move ${sequence} of a user whose profile has ${profiles.sequence(slot)}`,
      )
    }
    open.diverged++
    if (to === null) return book.forget(slot)
    if (profiles.due(slot) === Number.POSITIVE_INFINITY) {
      // made by events that are gone: he is known from now on; while no time has passed, from the first start
      const { clock, genesis } = this.memory
      profiles.setAsOf(slot, clock < 0 ? genesis.startedAt : clock)
      profiles.setDue(slot, profiles.asOf(slot) + this.#options.segmenter.due.maxSleepMs)
    }
    const asOf = profiles.asOf(slot)
    book.member(segmenter.impose(slot, from, to, asOf))
    open.touched.add(slot)
    book.touch(slot, open.rev)
  }

  /** A line by which a person let the task go on: folds nothing. */
  #accept(line: JournalLine): Whole {
    const m = this.memory
    const now = chained(m.chain, line)
    verify(now, line)
    m.accept(line)
    m.finish(now)
    const revision = { line: now, transitions: [], memberships: [], deadLetters: [], catalog: [] }
    return { type: 'revision', revision, diverged: 0, records: 0, wakes: 0, work: new Work() }
  }

  #finish(open: OpenRevision): Whole {
    const m = this.memory
    for (const move of open.unmade()) this.#impose(open, move)
    const { dues, profiles } = m.book
    for (const slot of open.waiting) dues.set(slot, profiles.user(slot), profiles.due(slot))
    // by the journal where it speaks: its wakes may have been skipped, because their profiles are newer
    const tick = open.line ? open.line.tick : open.lastWakeDue > m.clock ? open.lastWakeDue : undefined
    if (tick !== undefined) m.clock = Math.max(m.clock, tick)
    const suppressed = m.segmenter.suppressed.take()
    const uncounted = profiles.uncounted.take()
    const amended = this.#amends.covers(open.rev) ? open.line : undefined
    if (amended) m.adopt(amended)
    const folded = {
      rev: open.rev,
      tick,
      positions: m.positions(),
      digests: m.digests(),
      refused: Object.keys(open.refused).length > 0 ? open.refused : undefined,
      schemas: m.schemas.take(),
      recipe: m.recipe === this.#options.recipe ? undefined : this.#options.recipe,
      held: this.#turn?.held,
      moves: open.moves,
      moved: open.moved.length === 0 ? undefined : open.moved,
      suppressed,
      uncounted,
      ...open.published,
    }
    const line = chained(m.chain, amended ?? folded)
    if (open.line) verify(line, open.line)
    m.finish(line)
    this.#open = undefined
    this.#cut = false
    const turn = this.#turn
    this.#turn = undefined
    const { transitions, memberships, deadLetters, catalog } = open
    return {
      type: 'revision',
      revision: { line, transitions, memberships, deadLetters, catalog },
      diverged: open.diverged,
      records: open.records,
      wakes: open.steps - open.records,
      work: open.work,
      turn,
    }
  }
}
