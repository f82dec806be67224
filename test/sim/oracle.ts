import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import { spreadOf } from '../../src/domain/profile/due.ts'
import { Segmenter } from '../../src/domain/profile/segmenter.ts'
import type { Transition } from '../../src/domain/segments/transition.ts'
import { chained } from '../../src/app/task/journal.ts'
import type { Content } from '../../src/app/task/lane.ts'
import { RunningDigest } from '../../src/app/task/digest.ts'
import type { JournalLine, Move } from '../../src/ports/outlet.ts'
import { DUE, MAX_AHEAD_MS, newProfiles, TASK_INPUTS, TOPICS, type Scenario } from './scenario.ts'

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
  readonly refused: number[] = []
  readonly #segmenter: Segmenter
  readonly #scenario: Scenario
  #clock = Number.MIN_SAFE_INTEGER
  #held = false
  #releasedAt = Number.MIN_SAFE_INTEGER
  #chain = ''
  #positions: Record<string, number> = Object.fromEntries(TOPICS.map((t) => [t, 0]))
  readonly #digests = Object.fromEntries(TOPICS.map((t) => [t, new RunningDigest()]))
  #startedAt = 0

  constructor(scenario: Scenario, liveFrom: number) {
    this.#scenario = scenario
    this.#segmenter = new Segmenter(this.profiles, { app: 'sim', locale: 'en', liveFrom, due: DUE })
  }

  get positions(): Readonly<Record<string, number>> {
    return this.#positions
  }

  line(line: JournalLine): void {
    if (line.rev === 0) {
      this.#chain = line.chain
      this.#startedAt = line.genesis?.startedAt ?? 0
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
      this.#clock = Math.max(this.#clock, line.tick)
      this.#fire(line.tick, line.rev)
    }
    const moves: Move[] = this.transitions.slice(before).map((t) => [t.userId, t.sequence, t.from, t.to])
    if (JSON.stringify(moves) !== JSON.stringify(line.moves)) this.faults.push(`moves of revision ${line.rev}`)
    this.#positions = { ...line.positions }
    const digests = Object.fromEntries(TOPICS.map((t) => [t, this.#digests[t]?.hex ?? '']))
    const { chain } = chained(this.#chain, { ...line, moves, digests })
    if (chain !== line.chain) this.faults.push(`chain of revision ${line.rev}`)
    this.#chain = chain
  }

  #pending(topic: string, rank: number, end: number): Pending[] {
    const list: Pending[] = []
    for (let o = this.#positions[topic] as number; o < end; o++) {
      const r = this.#scenario.inputs[topic]?.[o]
      if (!r) {
        this.faults.push(`position ${o} of ${topic}`)
        continue
      }
      this.#digests[topic]?.add(r)
      const content = TASK_INPUTS[rank]?.decode(r, this.#startedAt + MAX_AHEAD_MS)
      if (!content) continue
      const time =
        content.type === 'events'
          ? (content.events[0]?.eventTime ?? 0)
          : content.type === 'command'
            ? content.command.issuedAt
            : Number.NEGATIVE_INFINITY
      list.push({ time, rank, offset: o, content })
    }
    return list
  }

  #fold(item: Pending, rev: number, topic: string): void {
    const { content } = item
    this.#fire(content.type === 'events' ? Math.max(this.#clock, item.time) : this.#clock, rev)
    if (content.type === 'refused') this.refused.push(rev)
    if (content.type === 'command') {
      const c = content.command
      if (c.command === 'promote') this.#segmenter.deploy(c.bundle)
      if (c.command === 'hold') this.#held = true
      if (c.command === 'release') {
        if (this.#held) this.#releasedAt = Math.max(this.#clock, c.issuedAt)
        this.#held = false
      }
    }
    if (content.type !== 'events') return
    for (const e of content.events) {
      this.#clock = Math.max(this.#clock, e.eventTime)
      const slot = this.profiles.open(e.userId)
      this.#segmenter.event(slot, e, { kind: e.kind, eventId: e.eventId, topic, partition: 0, offset: item.offset }, this.transitions)
      this.profiles.setStamp(slot, rev)
    }
  }

  /** Wakes everyone due ≤ t, smallest due first, then by UTF-8 bytes of the user. */
  #fire(t: number, rev: number): void {
    while (!this.#held) {
      let best = -1
      for (const slot of this.profiles.slots()) {
        const due = this.profiles.due(slot)
        if (due > t) continue
        const than = best < 0 ? 1 : this.profiles.due(best) - due || compareUtf8(this.profiles.user(best), this.profiles.user(slot))
        if (than > 0) best = slot
      }
      if (best < 0) return
      if (this.profiles.due(best) < this.#releasedAt) {
        this.profiles.setDue(best, this.#releasedAt + spreadOf(this.profiles.user(best), DUE))
        continue
      }
      this.#segmenter.wake(best, this.transitions, 0)
      this.profiles.setStamp(best, rev)
    }
  }
}
