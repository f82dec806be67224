import { fail } from '../../src/errors.ts'
import type { Fence, JournalLine, Outlet, Page, Revision } from '../../src/ports/outlet.ts'
import type { Chunk, RawRecord, RecordSource, Rest } from '../../src/ports/source.ts'
import type { Positions, Task } from '../../src/ports/types.ts'
import type { Proc, World } from './world.ts'

/** A broker with one partition: inputs that grow with time, and the outputs of one transactional writer. */
export class SimBroker {
  readonly world: World
  /** All records of each input; `arrivals` says when each becomes visible. */
  readonly inputs: Readonly<Record<string, readonly RawRecord[]>>
  readonly arrivals: Readonly<Record<string, readonly number[]>>
  readonly published: Revision[] = []
  epoch = 0
  fences = 0
  /** For mutants of the server side: a fence that does not fence. */
  fencing = true

  constructor(world: World, inputs: SimBroker['inputs'], arrivals: SimBroker['arrivals']) {
    this.world = world
    this.inputs = inputs
    this.arrivals = arrivals
  }

  visible(topic: string): number {
    const arrivals = this.arrivals[topic] as readonly number[]
    let n = 0
    while (n < arrivals.length && (arrivals[n] as number) <= this.world.now) n++
    return n
  }

  source(proc: Proc): RecordSource & { on: Parameters<RecordSource['own']>[0] | undefined } {
    const { world } = this
    const topics = Object.keys(this.inputs)
    const poll = (from: Positions): Chunk => {
      const records: Record<string, RawRecord[]> = {}
      const rest: Record<string, Rest> = {}
      for (const topic of topics) {
        const all = this.inputs[topic] as readonly RawRecord[]
        const seen = this.visible(topic)
        const start = from[topic] as number
        const take = Math.min(seen - start, 1 + world.random.below(6))
        records[topic] = all.slice(start, start + take)
        const at = start + Math.max(0, take)
        rest[topic] = at < seen ? 'more' : seen < all.length ? 'dry' : 'ended'
      }
      return { records, rest }
    }
    return {
      on: undefined,
      own(on) {
        this.on = on
        return Promise.resolve()
      },
      bounds: () =>
        world.call(proc, 'bounds', () =>
          Object.fromEntries(topics.map((t) => [t, { start: 0, end: this.visible(t) }])),
        ),
      poll: (_p, from) => world.call(proc, 'poll', () => poll(from)),
      close: () => Promise.resolve(),
    }
  }

  outlet(proc: Proc): Outlet {
    const { world } = this
    const check = (fence: Fence): void => {
      if ((fence as SimFence).epoch !== this.epoch && this.fencing) fail('task-fenced', 'an older epoch')
    }
    return {
      fence: (task) =>
        world.call(proc, 'fence', () => {
          this.fences++
          return { task, epoch: ++this.epoch } as SimFence
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
    for (const revision of page.revisions) this.published.push(structuredClone(revision))
  }

  async *#journal(proc: Proc, after: number): AsyncGenerator<JournalLine> {
    for (let i = 0; ; i++) {
      const line = await this.world.call(proc, 'journal', () => this.published.filter((r) => r.line.rev > after)[i]?.line)
      if (!line) return
      yield line
    }
  }
}

interface SimFence extends Fence {
  readonly task: Task
  readonly epoch: number
}
