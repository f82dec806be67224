import { SECOND_MS } from '../../domain/base/duration.ts'
import type { SegmentationError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Genesis, Outlet } from '../../ports/outlet.ts'
import type { Limit, RecordSource } from '../../ports/source.ts'
import type { StateStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Ms, Positions, Task, Topic, Offset } from '../../ports/types.ts'
import type { FoldOptions } from './memory.ts'
import type { PageRule } from './page.ts'
import type { RefusalRule } from './refusals.ts'

/** The doors of a task. */
export interface TaskPorts {
  readonly source: RecordSource
  readonly outlet: Outlet
  readonly store: StateStore
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** What a task tells the one who runs it. */
export interface TaskHooks {
  /** All that the inputs hold is folded; `ended`: nothing will ever follow. */
  rest(task: Task, ended: boolean): void
  /** The task is no longer ours, by its own end or because it was taken. */
  left(task: Task): void
  /** The task stopped and needs a person, who is told by whoever hears of it here. */
  stopped(task: Task, error: SegmentationError): void
  /** A defect: the process must end. */
  crashed(task: Task, error: unknown): void
}

export interface TaskOptions extends FoldOptions {
  /** Too many refused records hold the task; undefined: never (complete files are checked at their end). */
  readonly refusals: RefusalRule | undefined
  /** How often a stopped or held task looks for what a person accepted; undefined: a new process will. */
  readonly watchIntervalMs: Ms | undefined
  /** A task that wrote no journal line for so long writes an empty one, so that the last is never retired; undefined: lines stay. */
  readonly quietLineMs: Ms | undefined
  readonly page: PageRule
  /** Bounds what a restart folds again, and how old the state is that others read. */
  readonly checkpointIntervalMs: Ms
  /** Dirty profiles that ask for a checkpoint before its time. */
  readonly maxDirtyProfiles: number
  readonly pollLimit: Limit
  /** Due profiles read from the state at a time, ahead of their need. */
  readonly duesPerRead: number
  /** Longest wait for records before the task looks around. */
  readonly idleWaitMs: Ms
  /** On idle inputs the clock follows the wall clock less this; undefined: it never ticks (complete files). */
  readonly tickAllowanceMs: Ms | undefined
  readonly newToken: () => string
  /** What the first start fixes, but for its time. */
  readonly genesis: Omit<Genesis, 'startedAt'>
  /** Where a first start begins, of what each input holds. */
  readonly startAt: (bounds: Readonly<Record<Topic, { start: Offset; end: Offset }>>) => Positions
}

/** Pauses between attempts: doubling from 50 ms, at most 5 s. */
export function backoffMs(retries: number): Ms {
  return Math.min(50 * 2 ** retries, 5 * SECOND_MS)
}
