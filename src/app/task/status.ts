import { ERRORS, type ErrorCode } from '../../errors.ts'
import type { Hold } from '../../ports/outlet.ts'
import type { Ms, Positions, Rev, Task } from '../../ports/types.ts'
import type { TaskLoop } from './loop.ts'
import type { Phase } from './machine.ts'
import type { Outage } from './outage.ts'

/** What needs a person, and what he can do. */
export interface Trouble {
  readonly code: ErrorCode
  readonly why: string
  readonly wayOut: string
}

/** A task of this process as it stands. Holds no user ids. */
export interface TaskStatus {
  readonly task: Task
  readonly phase: Phase
  /** Next offset to fold, per input; empty while nothing of it is in memory. */
  readonly positions: Positions
  /** Last revision folded, published (K) and stored (R); −1: none, or not known yet. */
  readonly folded: Rev
  readonly published: Rev
  readonly stored: Rev
  /** Its clock, Unix ms; null: no time has passed yet. */
  readonly clock: Ms | null
  /** An operator or a guard keeps the clock from moving. */
  readonly held: boolean
  /** Which guard; null: none. */
  readonly hold: Hold | null
  /** Why it stopped, or holds folding though every server answers. */
  readonly trouble: Trouble | null
  /** What is away. */
  readonly outages: readonly Outage[]
}

export function statusOf(loop: TaskLoop): TaskStatus {
  const { phase, folded, published, stored } = loop.state
  const memory = loop.fold?.memory
  const clock = memory?.clock ?? Number.MIN_SAFE_INTEGER
  return {
    task: loop.task,
    phase,
    positions: memory?.positions() ?? {},
    folded,
    published,
    stored,
    clock: clock === Number.MIN_SAFE_INTEGER ? null : clock,
    held: memory?.holding ?? false,
    hold: memory?.guard.hold ?? null,
    trouble: troubleOf(loop),
    outages: loop.outages,
  }
}

function troubleOf({ error, hold }: TaskLoop): Trouble | null {
  if (error) return { code: error.code, why: error.message, wayOut: error.hint }
  if (hold === undefined) return null
  return { code: hold, why: 'folding waits', wayOut: ERRORS[hold].hint }
}
