import type { Verdict } from '../app/check-published.ts'
import { replay, type ReplayResult } from '../app/replay.ts'
import { logTelemetry } from '../adapters/log/telemetry.ts'
import { openLiveReplay } from '../live-replay.ts'
import type { Task } from '../ports/types.ts'
import type { Cli } from './cli.ts'
import { readLiveFile } from './live-file.ts'

export interface TaskReplay extends ReplayResult {
  readonly task: Task
  readonly verdicts: readonly Verdict[]
}

/** The past of an app on Kafka computed again, one task after the other, into folders below `scratch`. */
export async function replayLive(cli: Cli, path: string, scratch: string): Promise<TaskReplay[]> {
  const { config, mappings } = readLiveFile(path)
  const telemetry = logTelemetry({ plain: true })
  const live = await openLiveReplay({ config, mappings, telemetry, scratch })
  const bar = cli.progress('replay', live.partitions, 'tasks')
  const results: TaskReplay[] = []
  try {
    for (let task = 0; task < live.partitions; task++) {
      const past = await live.open(task)
      try {
        const result = await replay(past.doors)
        results.push({ task, ...result, verdicts: await past.checked.verdicts() })
      } finally {
        await past.close()
      }
      bar.at(task + 1)
    }
  } finally {
    bar.stop()
    await live.close()
  }
  return results
}
