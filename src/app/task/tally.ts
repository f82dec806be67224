import type { JournalLine } from '../../ports/outlet.ts'
import type { Counts } from '../../ports/store.ts'
import type { Content } from './lane.ts'

/** The counts of a head, kept while folding: from records and published moves alone, so that a refold arrives at the same. */
export class Tally {
  #records: number
  #events: number
  #moves: number
  #lost: number
  readonly #skipped: Map<string, number>
  readonly #refused: Map<string, number>
  readonly #suppressed: Map<string, number>
  readonly #uncounted: Map<string, number>
  readonly #members: Map<string, number>

  constructor(from: Counts) {
    this.#records = from.records
    this.#events = from.events
    this.#moves = from.moves
    this.#lost = from.lost ?? 0
    this.#skipped = new Map(Object.entries(from.skipped))
    this.#refused = new Map(Object.entries(from.refused))
    this.#suppressed = new Map(Object.entries(from.suppressed))
    this.#uncounted = new Map(Object.entries(from.uncounted ?? {}))
    this.#members = new Map(Object.entries(from.members))
  }

  record(content: Content): void {
    if (content.type === 'command') return
    this.#records++
    if (content.type === 'events') this.#events += content.events.length
    else if (content.type === 'skipped') add(this.#skipped, content.reason, 1)
    else if (content.type === 'refused') add(this.#refused, content.reason, 1)
  }

  /** What a published line says was decided. */
  line({ moves, suppressed, uncounted, accepted }: JournalLine): void {
    for (const n of Object.values(accepted?.lost ?? {})) this.#lost += n
    for (const hold in suppressed) add(this.#suppressed, hold, suppressed[hold] as number)
    for (const reason in uncounted) add(this.#uncounted, reason, uncounted[reason] as number)
    for (const [, , from, to] of moves) {
      this.#moves++
      if (from !== null) add(this.#members, from, -1)
      if (to !== null) add(this.#members, to, 1)
    }
  }

  /** Members of all segments. */
  get members(): number {
    let n = 0
    for (const members of this.#members.values()) n += members
    return n
  }

  counts(): Counts {
    return {
      records: this.#records,
      events: this.#events,
      moves: this.#moves,
      ...(this.#lost > 0 ? { lost: this.#lost } : {}),
      skipped: sorted(this.#skipped),
      refused: sorted(this.#refused),
      suppressed: sorted(this.#suppressed),
      ...(this.#uncounted.size > 0 ? { uncounted: sorted(this.#uncounted) } : {}),
      members: sorted(this.#members),
    }
  }
}

function add(map: Map<string, number>, key: string, by: number): void {
  const n = (map.get(key) ?? 0) + by
  if (n === 0) map.delete(key)
  else map.set(key, n)
}

function sorted(map: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}
