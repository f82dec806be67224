import { fail } from '../../src/errors.ts'
import type { Fence, JournalLine, Outlet, Page, Revision } from '../../src/ports/outlet.ts'
import type { Chunk, RawRecord, RecordSource, Rest } from '../../src/ports/source.ts'
import type { Positions, Task } from '../../src/ports/types.ts'
import type { Input } from './scenario.ts'
import type { Proc, World } from './world.ts'

/** How often a process fenced, and how often it was told before that it still is a member (rule T6). */
export interface Claims {
  fences: number
  proofs: number
}

/** A broker with one partition: inputs that grow with time, and the outputs of one transactional writer. */
export class SimBroker {
  readonly world: World
  readonly inputs: Readonly<Record<string, Input>>
  readonly published: Revision[] = []
  readonly claims = new Map<Proc, Claims>()
  epoch = 0
  fences = 0
  #visible: Record<string, number> = {}

  constructor(world: World, inputs: SimBroker['inputs']) {
    this.world = world
    this.inputs = inputs
  }

  /** Number of records that have arrived. */
  visible(topic: string): number {
    const { arrivals } = this.inputs[topic] as Input
    let n = Math.min(this.#visible[topic] ?? 0, arrivals.length)
    while (n < arrivals.length && (arrivals[n] as number) <= this.world.now) n++
    this.#visible[topic] = n
    return n
  }

  /** When a poll from there has something to say: at once, with the next arrival, or when its patience ends. */
  #answerAt(from: Positions, waitMs: number): number {
    const { now } = this.world
    let at = now + waitMs
    let open = false
    for (const [topic, { records, arrivals }] of Object.entries(this.inputs)) {
      const seen = this.visible(topic)
      if (seen > 0 && (records[seen - 1] as RawRecord).offset >= (from[topic] as number)) return now
      const next = arrivals[seen]
      if (next !== undefined) at = Math.min(at, next)
      open ||= next !== undefined
    }
    return open ? at : now
  }

  #poll(from: Positions): Chunk {
    const { random } = this.world
    const records: Record<string, RawRecord[]> = {}
    const rest: Record<string, Rest> = {}
    for (const [topic, { records: all }] of Object.entries(this.inputs)) {
      const seen = this.visible(topic)
      const wanted = all.findIndex((r) => r.offset >= (from[topic] as number))
      const start = wanted < 0 ? all.length : wanted
      const end = Math.max(start, Math.min(seen, start + 1 + random.below(6)))
      // what was read before may come again
      const again = random.below(8) === 0 ? random.below(3) : 0
      records[topic] = all.slice(Math.max(0, start - again), end)
      rest[topic] = end < seen ? 'more' : seen < all.length ? 'dry' : 'ended'
    }
    return { records, rest }
  }

  source(proc: Proc): RecordSource {
    const { world } = this
    const bounds = (): Record<string, { start: number; end: number }> =>
      Object.fromEntries(
        Object.entries(this.inputs).map(([t, { records, end, start = 0 }]) => {
          const seen = this.visible(t)
          return [t, { start, end: seen === records.length ? end : (records[seen] as RawRecord).offset }]
        }),
      )
    return {
      own: () => Promise.resolve(),
      bounds: () => world.call(proc, 'bounds', bounds),
      poll: (_p, from, _limit, waitMs) =>
        world.call(proc, 'poll', () => this.#poll(from), this.#answerAt(from, waitMs)),
      close: () => Promise.resolve(),
    }
  }

  /** The process heard that it is a member still. */
  proven(proc: Proc): void {
    this.#claimsOf(proc).proofs++
  }

  #claimsOf(proc: Proc): Claims {
    const claims = this.claims.get(proc) ?? { fences: 0, proofs: 0 }
    this.claims.set(proc, claims)
    return claims
  }

  outlet(proc: Proc): Outlet {
    const { world } = this
    const check = (fence: Fence): void => {
      if ((fence as SimFence).epoch !== this.epoch) fail('task-fenced', 'an older epoch')
    }
    return {
      fence: (task) =>
        world.call(proc, 'fence', () => {
          this.fences++
          this.#claimsOf(proc).fences++
          return fenceOf(task, ++this.epoch)
        }),
      tail: (fence) =>
        world.call(proc, 'tail', () => {
          check(fence)
          return this.published.at(-1)?.line
        }),
      publish: (fence, page) =>
        world.call(proc, 'publish', () => {
          check(fence)
          this.#append(page)
        }),
      journal: (_p, after) => this.#journal(proc, after),
    }
  }

  #append(page: Page): void {
    this.published.push(...page.revisions)
  }

  async *#journal(proc: Proc, after: number): AsyncGenerator<JournalLine> {
    const first = this.published.findIndex((r) => r.line.rev > after)
    if (first < 0) return
    for (let i = first; ; i++) {
      const line = await this.world.call(proc, 'journal', () => this.published[i]?.line)
      if (!line) return
      yield line
    }
  }
}

interface SimFence extends Fence {
  readonly task: Task
  readonly epoch: number
}

const fenceOf = (task: Task, epoch: number): SimFence => ({ task, epoch })
