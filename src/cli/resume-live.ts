import { resume, type Resume, type Resumed } from '../app/task/resume.ts'
import { fail, SegmentationError } from '../errors.ts'
import type { LiveRun } from '../live.ts'
import type { Task } from '../ports/types.ts'

/** Accepts the same for several tasks of a consumer; `pass` hears why one has no need of it. Rejects where none has. */
export async function resumeEach(
  run: LiveRun,
  tasks: readonly Task[],
  what: Pick<Resume, 'accept' | 'startAt'>,
  pass: (why: string) => void,
): Promise<Resumed[]> {
  const done: Resumed[] = []
  for (const task of tasks) {
    try {
      done.push(await resume(run.ports, run.optionsOf(task), { ...what, task, rehash: false }))
    } catch (error) {
      if (!(error instanceof SegmentationError) || error.code !== 'check-failed') throw error
      pass(`✗ ${error.message}`)
    }
  }
  return done.length > 0 ? done : fail('check-failed', `nothing to accept: ${what.accept}`)
}

/** All tasks of a consumer. */
export const everyTask = ({ partitions }: LiveRun): Task[] => Array.from({ length: partitions }, (_, p) => p)
