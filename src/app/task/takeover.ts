import { fail, SegmentationError } from '../../errors.ts'
import type { Fence, JournalLine } from '../../ports/outlet.ts'
import type { Head } from '../../ports/store.ts'
import type { Offset, Positions, Rev, Task, Token, Topic } from '../../ports/types.ts'
import { Amends } from './amends.ts'
import { TaskFold } from './fold.ts'
import { genesisHead, genesisLine } from './journal.ts'
import { judge } from './judge.ts'
import type { TaskOptions, TaskPorts } from './options.ts'

/** A task that is ours: folded up to `from`; `lines` holds the published revisions after it, up to `to`. */
export interface Ready {
  readonly fold: TaskFold
  readonly from: Rev
  readonly to: Rev
  readonly lines: AsyncIterator<JournalLine>
  /** A person accepted that many records are refused. */
  readonly forgiven: boolean
}

/**
 * The third step of a take-over: reads what was published and makes the task ready to go on or to fold again. Only after a
 * fence is any of it stable (rule T1). A first start opens the journal and puts its head into the state before it folds, so
 * that from then on a missing head means loss.
 */
export async function learn(
  ports: TaskPorts,
  options: TaskOptions,
  fence: Fence,
  token: Token,
  head: Head | undefined,
): Promise<Ready> {
  const p: Task = fence.task
  const tail = await ports.outlet.tail(fence)
  const bounds = await ports.source.bounds(p)
  const lines = ports.outlet.journal(p, head === undefined ? -1 : head.rev - 1)[Symbol.asyncIterator]()
  const first = await lines.next()
  const lineAtHead = first.done === true ? undefined : first.value
  const topics = options.inputs.map((input) => input.topic)
  const amends = await Amends.among(ports.outlet.journal(p, head?.rev ?? tail?.rev ?? -1))
  const verdict = judge({ head, tail, lineAtHead, bounds, topics, amends })
  if (verdict.type === 'stop') return fail(verdict.code, verdict.message)
  if (verdict.type === 'fresh') {
    const { app, formats, liveFrom } = options.genesis
    // in the order in which it is read back: a replay writes the same bytes
    const genesis = { app, formats, startedAt: ports.clock.now(), liveFrom }
    const line = genesisLine(options.startAt(bounds), options.recipe, genesis)
    await open(ports, fence, line)
    return {
      fold: await begin(ports, options, p, token, genesisHead(line)),
      from: 0,
      to: 0,
      lines: nothing(),
      forgiven: false,
    }
  }
  const fold = verdict.init
    ? await begin(ports, options, p, token, verdict.head)
    : new TaskFold(options, verdict.head, { stored: true, knownRev: verdict.to })
  fold.amend(amends, startsOf(bounds))
  return {
    fold,
    from: verdict.head.rev,
    to: verdict.to,
    lines,
    forgiven: tail?.accepted?.what === 'refusals',
  }
}

/** Publishes line 0. A rejection leaves its outcome unknown and the fence void: only another fence may look again. */
async function open(ports: TaskPorts, fence: Fence, line: JournalLine): Promise<void> {
  try {
    await ports.outlet.publish(fence, {
      revisions: [{ line, transitions: [], memberships: [], deadLetters: [], catalog: [] }],
    })
  } catch (error) {
    if (error instanceof SegmentationError && error.retryable) {
      fail('task-fenced', `task ${fence.task}: opening the journal: ${error.message}`, error)
    }
    throw error
  }
}

/** Puts the first head into an empty state. */
export async function begin(
  ports: TaskPorts,
  options: TaskOptions,
  p: Task,
  token: Token,
  head: Head,
): Promise<TaskFold> {
  const outcome = await ports.store.checkpoint(p, {
    token,
    after: undefined,
    head,
    profiles: [],
    memberships: [],
    forgotten: [],
  })
  if (outcome !== 'ok') fail('task-fenced', `task ${p}: the first head was refused (${outcome})`)
  return new TaskFold(options, head, { stored: false, knownRev: head.rev })
}

function startsOf(bounds: Readonly<Record<Topic, { start: Offset; end: Offset }>>): Positions {
  return Object.fromEntries(Object.entries(bounds).map(([topic, { start }]) => [topic, start]))
}

async function* nothing(): AsyncGenerator<JournalLine> {}

/** Told once, before a refold; `lost`: what the state had confirmed to this process. */
export function refoldNotice(task: Task, { from, to, lost }: { from: Rev; to: Rev; lost: number }): string {
  const why = lost > 0 ? `; the state lost ${lost} that it had confirmed` : ''
  return `task ${task}: ${to - from} revisions were published but not stored${why}; folding them again by the journal, nothing is sent`
}
