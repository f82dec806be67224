import { logTelemetry } from '../adapters/log/telemetry.ts'
import { Stream } from '../app/stream.ts'
import { openLive } from '../live.ts'
import type { SegmentationError } from '../errors.ts'
import type { Cli } from './cli.ts'
import { readLiveFile } from './live-file.ts'
import { everyTask, resumeEach } from './resume-live.ts'

/** An orderly end must not take longer; what it leaves undone is folded again at the next start. */
const END_WITHIN_MS = 9_000

/** The consumer on Kafka and Redis, until a signal asks it to end or its client gives up. */
export async function streamLive(
  cli: Cli,
  path: string,
  flags: { readonly rebuild?: boolean },
): Promise<void> {
  const telemetry = logTelemetry({ plain: process.stderr.isTTY })
  const crash = (error: SegmentationError): void => {
    telemetry.notice({ level: 'error', task: -1, text: error.message, code: error.code })
    process.exit(1)
  }
  const { config, mappings } = readLiveFile(path)
  let stream: Stream | undefined
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(130)
    asked = true
    if (!stream) process.exit(0)
    setTimeout(() => process.exit(0), END_WITHIN_MS).unref()
    stream.end()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const run = await openLive({ config, mappings, telemetry, onCrash: crash })
  if (flags.rebuild === true)
    await resumeEach(run, everyTask(run), { accept: 'rebuild', startAt: {} }, (why) => cli.note(why))
  stream = new Stream(run.ports, {
    optionsOf: run.optionsOf,
    endsWithInputs: false,
    onStopped: (task, error) => {
      const text = `task ${task} stopped: ${error.message}. ${error.hint}`
      telemetry.notice({ level: 'error', task, text, code: error.code })
    },
  })
  telemetry.notice({ level: 'info', task: -1, text: `${config.member} joins group ${config.app}` })
  try {
    const { heads } = await stream.run()
    await cli.print(
      JSON.stringify({
        ended: 'asked',
        tasks: [...heads].map(([task, head]) => ({ task, rev: head.rev, clock: head.clock, ...head.counts })),
      }),
    )
  } finally {
    await run.close()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
