import { fail } from '../errors.ts'
import type { JournalLine, Outlet, Revision } from '../ports/outlet.ts'
import type { RecordSource } from '../ports/source.ts'
import type { Positions, Rev, Task } from '../ports/types.ts'
import { Amends } from './task/amends.ts'
import { genesisHead } from './task/journal.ts'
import type { TaskOptions, TaskPorts } from './task/options.ts'
import { OpenPage } from './task/page.ts'
import { TaskFold } from './task/fold.ts'
import { refoldOnce } from './task/step.ts'

export interface ReplayOptions {
  readonly options: TaskOptions
  /** The published past of the task. */
  readonly journal: Pick<Outlet, 'journal'>
  /** Doors of a scratch run; its source holds the same inputs. */
  readonly ports: TaskPorts
  readonly onRevision?: ((rev: Rev) => void) | undefined
}

export interface ReplayResult {
  readonly revisions: number
  readonly transitions: number
  /** Decisions that this version would have made otherwise; the published ones were taken. */
  readonly diverged: number
}

/**
 * Computes the published past again, bit for bit, by its journal: same records, same boundaries, same clock. What it would
 * have sent goes to the scratch run with origin `replay`, never to anybody who acts on it.
 */
export async function replay({ options, journal, ports, onRevision }: ReplayOptions): Promise<ReplayResult> {
  const { outlet, store, clock } = ports
  const { task } = options
  const fence = await outlet.fence(task)
  const token = options.newToken()
  await store.take(fence, token)
  const lines = journal.journal(task, -1)[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return { revisions: 0, transitions: 0, diverged: 0 }
  if (first.value.rev !== 0) {
    return fail(
      'source-gap',
      `the journal of task ${task} begins at revision ${first.value.rev}, expected 0: what lies before it is gone`,
    )
  }
  const head = genesisHead(first.value)
  const fold = new TaskFold(options, head, { stored: false, knownRev: head.rev })
  const starts = await startsOf(ports.source, first.value, task)
  fold.amend(await Amends.among(journal.journal(task, -1)), starts)
  await outlet.publish(fence, { revisions: [bare(first.value)] })
  await store.checkpoint(task, {
    token,
    after: undefined,
    head,
    profiles: [],
    memberships: [],
    forgotten: [],
  })
  let stored: Rev = 0
  let page = new OpenPage()
  let transitions = 0
  let diverged = 0
  const publish = async (): Promise<void> => {
    if (page.revisions.length > 0) await outlet.publish(fence, { revisions: page.revisions })
    page = new OpenPage()
  }
  const checkpoint = async (): Promise<void> => {
    const sealed = {
      token,
      after: stored,
      head: fold.memory.head(),
      ...fold.memory.book.seal(fold.memory.rev),
    }
    await store.checkpoint(task, sealed)
    fold.memory.book.stored()
    stored = sealed.head.rev
  }
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    const whole = await refoldOnce(ports, options, { task, token, fold }, next.value)
    page.add(asReplay(whole.revision), whole.records, clock.elapsed())
    transitions += whole.revision.transitions.length
    diverged += whole.diverged
    onRevision?.(next.value.rev)
    if (page.remainingMs(options.page, clock.elapsed()) > 0) continue
    await publish()
    // nobody resumes a replay: the scratch state only has to take what does not fit into memory
    if (fold.memory.book.dirtyCount >= options.maxDirtyProfiles) await checkpoint()
  }
  await publish()
  await checkpoint()
  return { revisions: fold.memory.rev, transitions, diverged }
}

/** Where the inputs begin. The past is computed from its first record on or not at all, whatever a person accepted since. */
async function startsOf(source: RecordSource, { positions }: JournalLine, task: Task): Promise<Positions> {
  const bounds = Object.entries(await source.bounds(task))
  for (const [topic, { start }] of bounds) {
    const from = positions[topic]
    if (from !== undefined && start > from)
      fail('source-gap', `task ${task}: input ${topic} begins at ${start}, but ${from} is needed`)
  }
  return Object.fromEntries(bounds.map(([topic, { start }]) => [topic, start]))
}

const bare = (line: JournalLine): Revision => ({
  line,
  transitions: [],
  memberships: [],
  deadLetters: [],
  catalog: [],
})

function asReplay(revision: Revision): Revision {
  const transitions = revision.transitions.map((t) =>
    t.origin === 'live' ? { ...t, origin: 'replay' as const } : t,
  )
  return { ...revision, transitions }
}
