import type { CrashRun } from './crashes.ts'
import { CHAOS_POINTS } from './points.ts'
import { MACHINE, table, writeSection } from './sections.ts'
import type { Verdict } from './verdict.ts'

/** One run of the long proof. */
export interface Row {
  readonly kafka: string
  readonly redis: string
  readonly records: number
  readonly seconds: number
  readonly run: CrashRun
  readonly verdict: Verdict
}

/** The value below which `share` of the values lie, nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export function summary({ kafka, redis, records, seconds, run, verdict }: Row): string {
  const { moves, duplicates, losses, foreign, disorder } = verdict
  return (
    `chaos: Kafka ${kafka}, Redis ${redis}: ${records} records in ${seconds.toFixed(0)} s, ${run.kills} kills, ` +
    `${run.losses} losses of state; ${moves} moves, duplicates ${duplicates}, losses ${losses}, foreign ${foreign}, ` +
    `order violations ${disorder}; back after ${seconds50(run)} s (p50), ${seconds99(run)} s (p99) of ${run.fleet.recoveries.length}`
  )
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(1)
const seconds50 = (run: CrashRun): string => inSeconds(quantile(run.fleet.recoveries, 0.5))
const seconds99 = (run: CrashRun): string => inSeconds(quantile(run.fleet.recoveries, 0.99))

/** Writes what the long proof found beside it. */
export function writeResults(rows: readonly Row[]): void {
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const head = [
    'Kafka',
    'Redis',
    'records',
    's',
    'kills',
    'losses of state',
    'moves',
    'duplicates',
    'losses',
    'order violations',
    'back p50, s',
    'back p99, s',
  ]
  const of = (row: Row): unknown[] => {
    const { moves, duplicates, losses, foreign, disorder } = row.verdict
    return [
      row.kafka,
      row.redis,
      row.records,
      row.seconds.toFixed(0),
      row.run.kills,
      row.run.losses,
      moves,
      duplicates + foreign,
      losses,
      disorder,
      seconds50(row.run),
      seconds99(row.run),
    ]
  }
  const points = [...CHAOS_POINTS, 'time' as const].map((point) => [
    point,
    sum(({ run }) => run.byPoint.get(point) ?? 0),
  ])
  const text = [
    'Written by `npm run test:chaos`. Three members on two transactional topics, with aborted transactions, broken records and ',
    'wakes; killed (SIGKILL) at every named point and by chance while a state that forgets is put back or flushed. What ',
    'librdkafka reads (read_committed) while it happens is held against an undisturbed run without servers. A row that is not ',
    'all zeros fails the run. "back": from a kill to the next published revision of each task of the killed member.\n\n',
    table(head, rows.map(of)),
    `\n${sum((row) => row.records)} records, ${sum(({ run }) => run.kills)} kills, ${MACHINE}.\n\n`,
    table(['killed at', 'times'], points),
  ].join('')
  writeSection('Kills', text)
}
