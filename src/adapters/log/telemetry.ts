import pino from 'pino'
import type { Telemetry } from '../../ports/telemetry.ts'

export interface LogTelemetry extends Telemetry {
  /** For a summary: `wakes`, and `transitions/<origin>/<cause>`. */
  readonly counts: ReadonlyMap<string, number>
}

/**
 * Notices as log lines on stderr: plain sentences where a person looks (`plain`), pino's JSON lines elsewhere. What a summary
 * tells is counted.
 */
export function logTelemetry({ plain }: { plain: boolean }): LogTelemetry {
  const counts = new Map<string, number>()
  const logger = plain ? undefined : pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  return {
    counts,
    point: () => undefined,
    count: (name, labels, by) => {
      const key = summaryKey(name, labels)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + by)
    },
    observe: () => undefined,
    notice: ({ level, task, text, code }) => {
      if (logger) logger[level]({ task, code }, text)
      else process.stderr.write(`${level === 'info' ? '' : `${level}: `}${text}\n`)
    },
  }
}

function summaryKey(name: string, labels: Readonly<Record<string, unknown>>): string | undefined {
  if (name === 'segmentation_wakes_total') return 'wakes'
  if (name !== 'segmentation_transitions_total') return undefined
  return `transitions/${String(labels['origin'])}/${String(labels['cause'])}`
}
