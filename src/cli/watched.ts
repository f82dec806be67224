import { logTelemetry, type LogOptions, type LogTelemetry } from '../adapters/log/telemetry.ts'
import { MetricsRegistry } from '../adapters/metrics/registry.ts'
import { systemClock } from '../adapters/system/clock.ts'
import type { Stream } from '../app/stream.ts'
import { openOps, type OpsPort } from '../http/ops.ts'
import type { Sample } from '../ports/metrics.ts'

/** A run that tells what it does, and answers those who ask. */
export interface Watched {
  readonly telemetry: LogTelemetry
  /** Opens the port on which `stream` and its metrics answer. `more`: gauges of what is not a task's; never rejects. */
  open(at: { host: string; port: number }, stream: Stream, more: () => Promise<Sample[]>): Promise<OpsPort>
}

/** `metered`: somebody will ask for metrics. */
export function watched({ metered, ...how }: LogOptions & { metered: boolean }): Watched {
  const log = logTelemetry(how)
  const registry = new MetricsRegistry(() => systemClock.elapsed())
  const telemetry: LogTelemetry = {
    ...log,
    point: (task, name, rev) => {
      log.point(task, name, rev)
      registry.point(task, name)
    },
    count: (name, labels, by) => {
      log.count(name, labels, by)
      registry.count(name, labels, by)
    },
    observe: (name, value) => registry.observe(name, value),
  }
  return {
    telemetry: metered ? telemetry : log,
    open: (at, stream, more) =>
      openOps({
        ...at,
        status: () => stream.status(),
        metrics: {
          contentType: registry.contentType,
          text: async () => registry.text([...stream.readings(), ...(await more())]),
        },
      }),
  }
}
