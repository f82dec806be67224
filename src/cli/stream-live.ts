import { Stream } from '../app/stream.ts'
import type { SegmentationError } from '../errors.ts'
import { OPS_PATHS } from '../http/ops.ts'
import { shownConfig } from '../live-config.ts'
import { openLive } from '../live.ts'
import type { Cli } from './cli.ts'
import { readLiveFile } from './live-file.ts'
import { everyTask, resumeEach } from './resume-live.ts'
import { onSignals } from './signals.ts'
import { watched } from './watched.ts'

interface Flags {
  readonly rebuild?: boolean
  readonly opsPort?: number
  readonly opsHost?: string
}

/** The consumer on Kafka and Redis, until a signal asks it to end or its client gives up. */
export async function streamLive(cli: Cli, path: string, flags: Flags): Promise<void> {
  const { opsPort, opsHost } = flags
  const { config, mappings } = readLiveFile(path, {
    ...(opsPort === undefined ? {} : { 'ops.port': { flag: '--ops-port', value: opsPort } }),
    ...(opsHost === undefined ? {} : { 'ops.host': { flag: '--ops-host', value: opsHost } }),
  })
  const { app, member, log } = config
  const watch = watched({
    plain: process.stderr.isTTY,
    level: log.level,
    names: { app, member },
    metered: true,
  })
  const { telemetry } = watch
  const say = (text: string): void => telemetry.notice({ level: 'info', task: -1, text })
  const onCrash = (error: SegmentationError): void => {
    telemetry.notice({ level: 'error', task: -1, text: error.message, code: error.code })
    process.exit(1)
  }
  say(`configuration ${JSON.stringify(shownConfig(config))}`)
  let stream: Stream | undefined
  const off = onSignals(cli, () => (stream ? stream.end() : process.exit(0)))
  const run = await openLive({ config, mappings, telemetry, onCrash })
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
  const running = stream
  const ops = config.ops && (await watch.open(config.ops, running, run.gauges))
  if (ops) say(`answers at ${ops.url}: ${OPS_PATHS}`)
  say(`${member} joins group ${app}`)
  try {
    await report(cli, running)
  } finally {
    await run.close()
    await ops?.close()
    off()
  }
}

async function report(cli: Cli, stream: Stream): Promise<void> {
  const { heads } = await stream.run()
  const tasks = [...heads].map(([task, head]) => ({ task, rev: head.rev, clock: head.clock, ...head.counts }))
  await cli.print(JSON.stringify({ ended: 'asked', tasks }))
}
