import type { Clock } from '../../ports/clock.ts'
import type { Outlet } from '../../ports/outlet.ts'
import type { Ms, Rev, Task } from '../../ports/types.ts'

export interface Watch {
  readonly task: Task
  /** Last revision that the task itself can have published. */
  readonly after: Rev
  readonly everyMs: Ms
  /** Is the answer still wanted? */
  readonly lasts: () => boolean
}

/** Waits for a line behind the task's own, which only a person can have written meanwhile (rule T17). False: no longer wanted. */
export async function writtenMeanwhile(outlet: Outlet, clock: Clock, w: Watch): Promise<boolean> {
  for (;;) {
    await clock.sleep(w.everyMs)
    if (!w.lasts()) return false
    try {
      const first = await outlet.journal(w.task, w.after)[Symbol.asyncIterator]().next()
      if (first.done !== true) return w.lasts()
    } catch {
      // away for now: looked at again
    }
  }
}
