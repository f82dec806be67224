import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import { spreadOf } from '../../src/domain/profile/due.ts'
import { Segmenter } from '../../src/domain/profile/segmenter.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import type { Transition } from '../../src/domain/segments/transition.ts'
import { chained } from '../../src/app/task/journal.ts'
import type { Content } from '../../src/app/task/lane.ts'
import { Guard } from '../../src/app/task/guard.ts'
import { RunningDigest } from '../../src/app/task/digest.ts'
import type { JournalLine, Move } from '../../src/ports/outlet.ts'
import type { Head } from '../../src/ports/store.ts'
import { PlainGuard } from './plain-guard.ts'
import { PlainUsers } from './plain-users.ts'
import {
  HOLDOUT,
  MAX_AHEAD_MS,
  newProfiles,
  SIM_RHYTHM,
  TASK_INPUTS,
  TOPICS,
  type Scenario,
} from './scenario.ts'

interface Pending {
  readonly time: number
  readonly rank: number
  readonly offset: number
  readonly content: Content
}

/**
 * The same job done once, in one thread, the plain way: a list per input, the next due user found by looking at all of them.
 * It reads the journal for what was cut where and for the clock, and computes everything else anew.
 */
export class Oracle {
  readonly transitions: Transition[] = []
  readonly faults: string[] = []
  readonly profiles = newProfiles()
  /** Dead letters, as topic and offset. */
  readonly refused: string[] = []
  readonly scenario: Scenario
  readonly #segmenter: Segmenter
  readonly #plain: PlainUsers
  readonly #deployed: Bundle[] = []
  readonly #suppressed: Record<string, number> = {}
  readonly #uncounted: Record<string, number> = {}
  #clock = Number.MIN_SAFE_INTEGER
  #held = false
  readonly #guard: Guard
  readonly #plainGuard: PlainGuard | undefined
  /** Moves of the open revision that count for the guards. */
  #moved: [slot: number, users: number][] = []
  /** Due of the last wake since the last record. */
  #woken = Number.NEGATIVE_INFINITY
  #releasedAt = Number.MIN_SAFE_INTEGER
  #chain = ''
  #positions: Record<string, number> = Object.fromEntries(TOPICS.map((t) => [t, 0]))
  readonly #digests = Object.fromEntries(TOPICS.map((t) => [t, new RunningDigest()]))
  #startedAt = 0
  #rev = 0
  readonly #counts = {
    records: 0,
    events: 0,
    skipped: {} as Record<string, number>,
    refused: {} as Record<string, number>,
  }

  constructor(scenario: Scenario, liveFrom: number) {
    this.scenario = scenario
    const topics = TOPICS.filter((t) => t !== 'control')
    this.#guard = new Guard(topics, SIM_RHYTHM)
    this.#plainGuard = scenario.guard && new PlainGuard(topics, SIM_RHYTHM, scenario.guard)
    this.#plain = new PlainUsers(this.profiles, scenario.due)
    this.#segmenter = new Segmenter(this.profiles, {
      app: 'sim',
      locale: 'en',
      liveFrom,
      holdout: HOLDOUT,
      currency: 'EUR',
      due: scenario.due,
    })
  }

  get positions(): Readonly<Record<string, number>> {
    return this.#positions
  }

  line(line: JournalLine): void {
    this.#rev = line.rev
    if (line.rev === 0) {
      this.#chain = line.chain
      this.#startedAt = line.genesis?.startedAt ?? 0
      return
    }
    if (line.accepted) {
      const { chain } = chained(this.#chain, line)
      if (chain !== line.chain || JSON.stringify(line.positions) !== JSON.stringify(this.#positions))
        this.faults.push(`acceptance at revision ${line.rev}`)
      this.#chain = chain
      this.#end(line)
      return
    }
    const before = this.transitions.length
    const pending = TOPICS.map((topic, rank) => this.#pending(topic, rank, line.positions[topic] as number))
    for (;;) {
      let best: Pending | undefined
      for (const list of pending) if (list[0] && (!best || list[0].time < best.time)) best = list[0]
      if (!best) break
      pending[best.rank]?.shift()
      this.#fold(best, line.rev, TOPICS[best.rank] as string)
    }
    this.#fire(this.#clock, line.rev)
    if (line.tick !== undefined) {
      this.#fire(line.tick, line.rev)
      this.#clock = Math.max(this.#clock, line.tick)
    }
    if (line.held !== undefined) this.#turned(line)
    if (JSON.stringify(this.#moved) !== JSON.stringify(line.moved ?? []))
      this.faults.push(`moved of revision ${line.rev}`)
    this.#end(line)
    const moves: Move[] = this.transitions.slice(before).map((t) => [t.userId, t.sequence, t.from, t.to])
    if (JSON.stringify(moves) !== JSON.stringify(line.moves))
      this.faults.push(`moves of revision ${line.rev}`)
    this.#holds(line)
    this.#positions = { ...line.positions }
    const { chain } = chained(this.#chain, { ...line, moves, digests: this.digests() })
    if (chain !== line.chain) this.faults.push(`chain of revision ${line.rev}`)
    this.#chain = chain
  }

  get #holding(): boolean {
    return this.#held || this.#guard.hold !== undefined
  }

  /** A revision ends, and with it perhaps a hold. */
  #end(line: JournalLine): void {
    const before = this.#holding
    this.#guard.finish(this.#clock, this.#moved, line.held)
    this.#plainGuard?.end(this.#clock, this.#moved, line.held)
    if (before && !this.#holding)
      this.#releasedAt = Math.max(this.#releasedAt, this.#clock, line.held?.asOf ?? 0)
    this.#moved = []
    this.#woken = Number.NEGATIVE_INFINITY
  }

  /** What the guards would have it be before time goes on to `t`; undefined: as it is. */
  #due(t: number, wakes: boolean): JournalLine['held'] {
    const slots = [...this.profiles.slots()]
    const members = slots.filter((slot) => this.#segmenter.segmentOf(slot) !== null).length
    return this.#plainGuard?.turn(t, { moved: this.#moved, members, wakes })
  }

  /** A hold began or ended at the end of this revision: before the next wake, or the next record of an input. */
  #turned({ rev, positions, held }: JournalLine): void {
    const dues = this.#holding ? [] : [...this.profiles.slots()].map((slot) => this.profiles.due(slot))
    const next = TOPICS.flatMap((topic, rank) => {
      const from = positions[topic] as number
      const r = this.scenario.inputs[topic]?.records.find((record) => record.offset >= from)
      const content = r && TASK_INPUTS[rank]?.decode(r, this.#startedAt + MAX_AHEAD_MS)
      return content?.type === 'events' ? (content.events[0]?.eventTime ?? []) : []
    })
    const due = this.#due(Math.min(...dues), true)
    const all = [...(dues.length === 0 ? [] : [due]), ...next.map((t) => this.#due(t, false))]
    if (!all.some((hold) => hold !== undefined && JSON.stringify(hold) === JSON.stringify(held)))
      this.faults.push(`revision ${rev} holds or lets go without need: ${JSON.stringify(held)}`)
  }

  /** Flips held back and events uncounted in one revision. */
  #holds(line: JournalLine): void {
    const { suppressed, uncounted } = this.#plain
    this.#plain.suppressed = {}
    this.#plain.uncounted = {}
    for (const [all, now, said] of [
      [this.#suppressed, suppressed, line.suppressed],
      [this.#uncounted, uncounted, line.uncounted],
    ] as const) {
      for (const [name, n] of Object.entries(now)) all[name] = (all[name] ?? 0) + n
      if (JSON.stringify(sorted(now)) !== JSON.stringify(sorted(said ?? {})))
        this.faults.push(`counts of revision ${line.rev}: ${JSON.stringify(now)}`)
    }
  }

  #pending(topic: string, rank: number, end: number): Pending[] {
    const list: Pending[] = []
    const from = this.#positions[topic] as number
    for (const r of this.scenario.inputs[topic]?.records ?? []) {
      if (r.offset < from || r.offset >= end) continue
      this.#digests[topic]?.add(r)
      const content = TASK_INPUTS[rank]?.decode(r, this.#startedAt + MAX_AHEAD_MS)
      if (!content) continue
      const time =
        content.type === 'events'
          ? (content.events[0]?.eventTime ?? 0)
          : content.type === 'command'
            ? content.command.issuedAt
            : Number.NEGATIVE_INFINITY
      list.push({ time, rank, offset: r.offset, content })
    }
    return list
  }

  #fold(item: Pending, rev: number, topic: string): void {
    const { content } = item
    this.#fire(content.type === 'events' ? Math.max(this.#clock, item.time) : this.#clock, rev)
    const passes = content.type === 'events' && item.time > Math.max(this.#clock, this.#woken)
    if (passes && this.#due(item.time, false) !== undefined)
      this.faults.push(`${topic} ${item.offset} is folded before the guards were heard`)
    this.#woken = Number.NEGATIVE_INFINITY
    if (content.type === 'refused') this.refused.push(`${topic} ${item.offset}`)
    this.#count(content)
    if (content.type === 'command') {
      const c = content.command
      if (c.command === 'promote') {
        const { share = 1, rampMs = 0, issuedAt: from } = c
        this.#deploy(c.bundle, c.commandId, { share, rampMs, from })
      }
      if (c.command === 'rollback') {
        const last = this.#deployed.at(-1)?.version
        const other = this.#deployed.filter(({ version }) => version !== last).at(-1)
        if (other) this.#deploy(other, c.commandId, { share: 1, rampMs: 0, from: 0 })
      }
      if (c.command === 'hold') this.#held = true
      if (c.command === 'release') {
        if (this.#holding) this.#releasedAt = Math.max(this.#clock, c.issuedAt)
        this.#held = false
        this.#moved = []
        this.#guard.release()
        this.#plainGuard?.release()
      }
    }
    if (content.type !== 'events') return
    for (const e of content.events) {
      const before = this.transitions.length
      this.#clock = Math.max(this.#clock, e.eventTime)
      const slot = this.profiles.open(e.userId)
      const again = this.#plain.again(e)
      const asOf = Math.max(e.eventTime + 1, this.profiles.asOf(slot))
      if (!again) this.#plain.before(slot, asOf)
      const trigger = { kind: e.kind, eventId: e.eventId, topic, partition: 0, offset: item.offset }
      if (this.#segmenter.event(slot, e, trigger, this.transitions) === again)
        this.faults.push(`event ${e.eventId} is ${again ? 'not ' : ''}taken for a duplicate`)
      if (again) continue
      this.#plain.seen(e, asOf)
      this.#decided(slot)
      this.profiles.setStamp(slot, rev)
      this.#stir(before)
    }
    this.#guard.count(topic, this.#clock)
    this.#plainGuard?.record(topic, this.#clock)
  }

  #deploy(bundle: Bundle, id: string, rollout: { share: number; rampMs: number; from: number }): void {
    this.#deployed.push(bundle)
    this.#segmenter.deploy(bundle, id, rollout)
    this.#plain.deploy(bundle, rollout)
  }

  /** Those of the moves since `from` that say how restless the users are. */
  #stir(from: number): void {
    for (const { from: left, cause, origin } of this.transitions.slice(from))
      if (left !== null && origin !== 'backfill' && ['behaviour', 'inactivity'].includes(cause)) {
        const slot = Math.floor(Math.max(this.#clock, this.#woken) / SIM_RHYTHM.slotMs)
        const last = this.#moved.at(-1)
        if (last?.[0] === slot) last[1]++
        else this.#moved.push([slot, 1])
      }
  }

  #decided(slot: number): void {
    this.#plain.after(slot)
    const fault = this.#plain.fault(slot, this.#segmenter.segments)
    if (fault !== undefined) this.faults.push(fault)
  }

  #count(content: Content): void {
    const c = this.#counts
    if (content.type === 'command') return
    c.records++
    if (content.type === 'events') c.events += content.events.length
    else c[content.type][content.reason] = (c[content.type][content.reason] ?? 0) + 1
  }

  /** What a head says as of the last line. */
  head(): Pick<
    Head,
    'chain' | 'positions' | 'digests' | 'clock' | 'held' | 'releasedAt' | 'counts' | 'segments' | 'guard'
  > {
    const members: Record<string, number> = {}
    for (const slot of this.profiles.slots()) {
      const segment = this.#segmenter.segmentOf(slot)
      if (segment !== null) members[segment] = (members[segment] ?? 0) + 1
    }
    return {
      chain: this.#chain,
      positions: this.#positions,
      digests: this.#rev === 0 ? Object.fromEntries(TOPICS.map((t) => [t, ''])) : this.digests(),
      clock: this.#clock,
      held: this.#held,
      releasedAt: this.#releasedAt,
      guard: this.#rev === 0 ? undefined : this.#guard.state(),
      counts: {
        ...this.#counts,
        moves: this.transitions.length,
        suppressed: this.#suppressed,
        uncounted: this.#uncounted,
        members,
      },
      segments: [...this.#segmenter.segments],
    }
  }

  digests(): Record<string, string> {
    return Object.fromEntries(TOPICS.map((t) => [t, this.#digests[t]?.hex ?? '']))
  }

  /** Wakes everyone due ≤ t, smallest due first, then by UTF-8 bytes of the user. */
  #fire(t: number, rev: number): void {
    while (!this.#holding) {
      let best = -1
      for (const slot of this.profiles.slots()) {
        const due = this.profiles.due(slot)
        if (due > t) continue
        const than =
          best < 0
            ? 1
            : this.profiles.due(best) - due || compareUtf8(this.profiles.user(best), this.profiles.user(slot))
        if (than > 0) best = slot
      }
      if (best < 0) return
      const due = this.profiles.due(best)
      if (
        due >= this.#releasedAt &&
        due > Math.max(this.#clock, this.#woken) &&
        this.#due(due, true) !== undefined
      )
        this.faults.push(`somebody is woken in revision ${rev} before the guards were heard`)
      this.#woken = due
      this.#plainGuard?.end(due, [], undefined)
      if (this.profiles.due(best) < this.#releasedAt) {
        this.profiles.setDue(best, this.#releasedAt + spreadOf(this.profiles.user(best), this.scenario.due))
        this.profiles.setStamp(best, rev)
        continue
      }
      const asOf = Math.max(this.profiles.due(best), this.profiles.asOf(best))
      const gone = this.#plain.expired(best, asOf)
      if (!gone) this.#plain.before(best, asOf)
      const user = this.profiles.user(best)
      const before = this.transitions.length
      const awake = this.#segmenter.wake(best, this.transitions, 0)
      this.#stir(before)
      if (awake === gone) this.faults.push(`${user} is ${gone ? 'not ' : ''}forgotten`)
      if (gone) {
        this.#plain.forget(best)
        this.profiles.free(best)
        continue
      }
      this.#decided(best)
      this.profiles.setStamp(best, rev)
    }
  }
}

const sorted = (o: object): unknown[] => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1))
