import type { ErrorCode } from '../errors.ts'
import type { CounterName, HistogramName, LabelsOf } from './metrics.ts'
import type { Rev, Task } from './types.ts'

/** Points in the life of a task, in the order they are passed; crash tests stop the process at each. */
export const POINTS = [
  'fenced',
  'taken',
  'tail-read',
  'refolded-one',
  'refolded',
  'polled',
  'profiles-read',
  'revision-folded',
  'page-closed',
  'page-data-written',
  'page-journal-written',
  'published',
  'sealed',
  'checkpoint-writing',
  'checkpointed',
  'ending',
] as const
export type Point = (typeof POINTS)[number]

/**
 * What is said from a level on. error: a person must act. warn: something is away or was lost, and is made good without anybody.
 * info: what began, ended or changed hands. debug: each page and each checkpoint.
 */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export const LOG_LEVEL_DEFAULT: LogLevel = 'info'

/** A word about a task that a person can act on. Carries no user id. */
export interface Notice {
  readonly level: Exclude<LogLevel, 'debug'>
  readonly task: Task
  readonly text: string
  readonly code?: ErrorCode | undefined
}

/** What a task tells the outside. Never fails, never waits, never changes what the task does. */
export interface Telemetry {
  /** A named point was passed. */
  point(p: Task, name: Point, rev: Rev): void
  notice(notice: Notice): void
  /** Adds to a counter; adding 0 makes it known. */
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by: number): void
  /** One more value of a histogram, in its unit. */
  observe(name: HistogramName, value: number): void
}
