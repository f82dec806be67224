import pino from 'pino'
import {
  LOG_LEVEL_DEFAULT,
  LOG_LEVELS,
  type LogLevel,
  type Notice,
  type Point,
  type Telemetry,
} from '../../ports/telemetry.ts'

export interface LogTelemetry extends Telemetry {
  /** For a summary: `wakes`, and `transitions/<origin>/<cause>`. */
  readonly counts: ReadonlyMap<string, number>
}

export interface LogOptions {
  /** A person reads it: plain sentences. */
  readonly plain: boolean
  readonly level?: LogLevel | undefined
  /** Said in each line for programs. */
  readonly names?: Readonly<Record<string, string>> | undefined
}

/** Points worth a line where somebody looks closely. */
const POINTS_SAID: Partial<Record<Point, string>> = {
  fenced: 'is ours',
  taken: 'state taken at revision',
  'tail-read': 'published up to revision',
  refolded: 'folded again up to revision',
  published: 'published up to revision',
  checkpointed: 'stored up to revision',
}

/** Of the process, not of one of its tasks. */
const NO_TASK = -1

/**
 * Notices as log lines on stderr: sentences where a person looks, pino's JSON lines elsewhere. What a summary tells is counted.
 */
export function logTelemetry({ plain, level = LOG_LEVEL_DEFAULT, names = {} }: LogOptions): LogTelemetry {
  const counts = new Map<string, number>()
  const say = plain ? plainLines(level) : jsonLines(level, names)
  return {
    counts,
    point: (task, name, rev) => {
      const words = level === 'debug' ? POINTS_SAID[name] : undefined
      if (words === undefined) return
      say({ level: 'debug', task, text: `task ${task}: ${words}${rev < 0 ? '' : ` ${rev}`}` })
    },
    count: (name, labels, by) => {
      const key = summaryKey(name, labels)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + by)
    },
    observe: () => undefined,
    notice: say,
  }
}

type Said = Omit<Notice, 'level'> & { readonly level: LogLevel }

function plainLines(least: LogLevel): (said: Said) => void {
  return ({ level, text }) => {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(least)) return
    process.stderr.write(`${level === 'info' ? '' : `${level}: `}${text}\n`)
  }
}

function jsonLines(level: LogLevel, names: Readonly<Record<string, string>>): (said: Said) => void {
  const logger = pino(
    {
      level,
      base: { ...names },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
  return ({ level: at, task, text, code }) =>
    logger[at]({ ...(task === NO_TASK ? {} : { task }), code }, text)
}

function summaryKey(name: string, labels: Readonly<Record<string, unknown>>): string | undefined {
  if (name === 'segmentation_wakes_total') return 'wakes'
  if (name !== 'segmentation_transitions_total') return undefined
  return `transitions/${String(labels['origin'])}/${String(labels['cause'])}`
}
