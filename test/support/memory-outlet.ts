import { assert, fail } from '../../src/errors.ts'
import type { Fence, JournalLine, Outlet, Page, Revision } from '../../src/ports/outlet.ts'
import type { Rev, Task } from '../../src/ports/types.ts'

interface TaskLog {
  readonly revisions: Revision[]
  fence: Fence | undefined
  publishing: boolean
}

/** What became of a page whose publish rejected. */
export type Fault = 'lost' | 'published'

/** What the outlets of all processes publish to; outlives them. */
export class MemoryLog {
  readonly #tasks = new Map<Task, TaskLog>()
  /** The next publish rejects; its page is lost, or published all the same. */
  faults: Fault[] = []

  of(p: Task): TaskLog {
    let log = this.#tasks.get(p)
    if (!log) this.#tasks.set(p, (log = { revisions: [], fence: undefined, publishing: false }))
    return log
  }

  /** Everything published for task p, in order. */
  published(p: Task): readonly Revision[] {
    return this.of(p).revisions
  }
}

/** The contract of `Outlet`, in memory: the reference that other outlets are compared with. */
export class MemoryOutlet implements Outlet {
  readonly log: MemoryLog

  constructor(log: MemoryLog = new MemoryLog()) {
    this.log = log
  }

  async fence(p: Task): Promise<Fence> {
    const log = this.log.of(p)
    log.fence = undefined
    // A page of the former owner is whole or gone once this resolves.
    while (log.publishing) await Promise.resolve()
    const fence: Fence = Object.freeze({ task: p })
    log.fence = fence
    return fence
  }

  async tail(fence: Fence): Promise<JournalLine | undefined> {
    return this.#valid(fence).revisions.at(-1)?.line
  }

  async publish(fence: Fence, page: Page): Promise<void> {
    const log = this.#valid(fence)
    try {
      assert(!log.publishing, 'one page is published at a time')
      let expected = (log.revisions.at(-1)?.line.rev ?? -1) + 1
      for (const { line } of page.revisions) assert(line.rev === expected++, 'revisions follow one another')
    } catch (error) {
      log.fence = undefined
      throw error
    }
    log.publishing = true
    await Promise.resolve()
    const fault = this.log.faults.shift()
    if (fault !== 'lost') log.revisions.push(...structuredClone(page.revisions))
    log.publishing = false
    if (fault === undefined) return
    log.fence = undefined
    fail('disk-error', `the page was ${fault}`)
  }

  async *journal(p: Task, after: Rev): AsyncGenerator<JournalLine> {
    const published = this.log.of(p).revisions.slice()
    for (const { line } of published) if (line.rev > after) yield line
  }

  #valid(fence: Fence): TaskLog {
    const log = this.log.of(fence.task)
    if (log.fence !== fence) fail('task-fenced', `task ${fence.task} has another fence`)
    return log
  }
}
