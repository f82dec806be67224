import pino from 'pino'
import type { Telemetry } from '../../ports/telemetry.ts'

export interface LogTelemetry extends Telemetry {
  /** Counters by name. */
  readonly counts: ReadonlyMap<string, number>
}

/**
 * Notices as log lines on stderr: plain sentences where a person looks (`plain`), pino's JSON lines elsewhere. Counters are
 * kept for a summary.
 */
export function logTelemetry({ plain }: { plain: boolean }): LogTelemetry {
  const counts = new Map<string, number>()
  const logger = plain ? undefined : pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  return {
    counts,
    point: () => undefined,
    count: (name, by) => void counts.set(name, (counts.get(name) ?? 0) + by),
    notice: ({ level, task, text, code }) => {
      if (logger) logger[level]({ task, code }, text)
      else process.stderr.write(`${level === 'info' ? '' : `${level}: `}${text}\n`)
    },
  }
}
