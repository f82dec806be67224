import { ERRORS } from '../../errors.ts'
import type { Hold, JournalLine, Outlet } from '../../ports/outlet.ts'
import type { RecordSource } from '../../ports/source.ts'
import type { StateReader } from '../../ports/store.ts'
import type { Ms, Offset, Rev, Task, Topic } from '../../ports/types.ts'
import { Amends } from './amends.ts'
import { judge } from './judge.ts'
import type { Trouble } from './status.ts'

/** What can be looked at without being the task's owner. */
export interface SurveyPorts {
  readonly reader: Pick<StateReader, 'head'>
  readonly outlet: Pick<Outlet, 'journal'>
  readonly source: Pick<RecordSource, 'bounds'>
}

/** A task as its state, its journal and its inputs show it to anybody. Holds no user ids. */
export interface Surveyed {
  readonly task: Task
  /** Last published and last stored revision; null: none. */
  readonly published: Rev | null
  readonly stored: Rev | null
  /** Published position and end of each input; null: its end shows only by reading on. */
  readonly inputs: Readonly<Record<Topic, { readonly position: Offset; readonly end: Offset | null }>>
  /** Offsets not yet processed, of all inputs whose ends are known. */
  readonly behind: number
  /** Clock of the state, Unix ms; null: no time has passed yet. */
  readonly clock: Ms | null
  /** An operator or a guard keeps the clock from moving; which guard, null: none. */
  readonly held: boolean
  readonly hold: Hold | null
  /** What a take-over would stop at now. */
  readonly trouble: Trouble | null
}

/** Looks at a task and judges it as a take-over would, without a fence: a task at work may be further already. */
export async function survey(ports: SurveyPorts, task: Task, topics: readonly Topic[]): Promise<Surveyed> {
  // in this order: what the state stands at was published before
  const head = await ports.reader.head(task)
  let lineAtHead: JournalLine | undefined
  let tail: JournalLine | undefined
  const accepted: JournalLine[] = []
  for await (const line of ports.outlet.journal(task, head === undefined ? -1 : head.rev - 1)) {
    lineAtHead ??= line
    tail = line
    if (line.accepted && line.rev > (head?.rev ?? -1)) accepted.push(line)
  }
  const bounds = await ports.source.bounds(task)
  const verdict = judge({ head, tail, lineAtHead, bounds, topics, amends: new Amends(accepted) })
  const places = topics.map((topic) => {
    const { start = 0, end = 0 } = bounds[topic] ?? {}
    const position = tail?.positions[topic] ?? start
    return [topic, { position, end: Number.isFinite(end) ? end : null }] as const
  })
  const clock = head?.clock ?? Number.MIN_SAFE_INTEGER
  return {
    task,
    published: tail?.rev ?? null,
    stored: head?.rev ?? null,
    inputs: Object.fromEntries(places),
    behind: places.reduce((sum, [, p]) => sum + Math.max(0, (p.end ?? p.position) - p.position), 0),
    clock: clock === Number.MIN_SAFE_INTEGER ? null : clock,
    held: head !== undefined && (head.held || head.guard?.hold !== undefined),
    hold: head?.guard?.hold ?? null,
    trouble:
      verdict.type === 'stop'
        ? { code: verdict.code, why: verdict.message, wayOut: ERRORS[verdict.code].hint }
        : null,
  }
}
