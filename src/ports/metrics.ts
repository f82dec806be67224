/** One metric as Prometheus knows it. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Of its value; counters of things have none. */
  readonly unit: 'seconds' | 'bytes' | null
  readonly labels: readonly string[]
  readonly help: string
}

/** `task` is a partition's number. A label never holds what a user or a record says. */
const TASK = ['task'] as const

/**
 * Every metric of a consumer: registration, documentation, alerts and dashboards go by this table. Counters and histograms count
 * from the start of the process; gauges are read when they are asked for.
 */
export const METRICS = {
  segmentation_records_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Records folded, of all inputs; not those folded again after a take-over.',
  },
  segmentation_events_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'kind'],
    help: 'Events folded, by kind.',
  },
  segmentation_uncounted_events_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'reason'],
    help: 'Events that counted less than they say, by reason: duplicate, late for every window, order-unknown of a refund.',
  },
  segmentation_skipped_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'reason'],
    help: 'Records that a mapping passes over, by its reason.',
  },
  segmentation_refused_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'reason'],
    help: 'Records that became dead letters, by reason.',
  },
  segmentation_wakes_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Users looked at because their time had come, not because of an event.',
  },
  segmentation_transitions_total: {
    type: 'counter',
    unit: null,
    labels: ['from', 'to', 'cause', 'origin'],
    help: 'Moves published; from or to is "none" for the first and for the last move of a user.',
  },
  segmentation_suppressed_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'hold'],
    help: 'Flips that the policy held back, by what held them.',
  },
  segmentation_takeovers_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Take-overs begun: a start, a rebalance, or after a doubt.',
  },
  segmentation_doubts_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'code'],
    help: 'Times that a task dropped all it held and took over again, by what made it doubt; task-fenced: another owner.',
  },
  segmentation_stops_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'code'],
    help: 'Stops that need a person, by code; source-differs: the digest of an input is not the one that was processed.',
  },
  segmentation_retries_total: {
    type: 'counter',
    unit: null,
    labels: ['task', 'code'],
    help: 'Calls that met trouble and are made again.',
  },
  segmentation_refolded_revisions_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Revisions that were published but not stored, folded again by the journal.',
  },
  segmentation_diverged_moves_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Published moves that folding again did not make by itself; the published ones stand.',
  },
  segmentation_state_lost_revisions_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Revisions that the state had confirmed and did not have any more; they are folded again.',
  },
  segmentation_profiles_read_total: {
    type: 'counter',
    unit: null,
    labels: TASK,
    help: 'Users looked up in the state because they were not in memory.',
  },
  segmentation_fold_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'Time to fold one revision, without what it waited for.',
  },
  segmentation_publish_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'Time from a closed page to its commit.',
  },
  segmentation_checkpoint_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'Time to store what a page changed.',
  },
  segmentation_event_to_publish_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'Time from an event to the publication of the move that it caused; moves of time, history and replays apart.',
  },
  segmentation_partitions: {
    type: 'gauge',
    unit: null,
    labels: [],
    help: 'Partitions of each input: as many tasks there are, of all processes.',
  },
  segmentation_task_phase: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'phase'],
    help: '1 for the phase that a task of this process is in: running, or why not.',
  },
  segmentation_task_trouble: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'code'],
    help: '1 while a task is stopped, or folds nothing, until a person has acted.',
  },
  segmentation_outage_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['task', 'waits'],
    help: 'How long something has been waiting for a server: take-over, folding or checkpoints.',
  },
  segmentation_held: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'by'],
    help: '1 while the clock of the task is held, and nobody is woken: by which guard, or by an operator; 0 by nobody.',
  },
  segmentation_seconds_behind: {
    type: 'gauge',
    unit: 'seconds',
    labels: TASK,
    help: 'Age of the next record to fold; since when the task last knew itself at the end, where it has none.',
  },
  segmentation_records_behind: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'topic'],
    help: 'Offsets between the position and the end of an input as it was last seen.',
  },
  segmentation_input_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['task', 'topic'],
    help: 'Time-stamp of the last record folded of an input; absent before the first.',
  },
  segmentation_stream_time_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: TASK,
    help: 'The clock of the task, as Unix time.',
  },
  segmentation_revision: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'stage'],
    help: 'Last revision folded, published and stored; their differences are what waits.',
  },
  segmentation_members: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'segment'],
    help: 'Users per segment, of the tasks of this process.',
  },
  segmentation_profiles: {
    type: 'gauge',
    unit: null,
    labels: TASK,
    help: 'Profiles in memory.',
  },
  segmentation_dirty_profiles: {
    type: 'gauge',
    unit: null,
    labels: TASK,
    help: 'Profiles in memory that are newer than the state.',
  },
  segmentation_bundle_info: {
    type: 'gauge',
    unit: null,
    labels: ['task', 'version'],
    help: '1 for the bundle that decides.',
  },
  segmentation_redis_memory_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['node'],
    help: 'Memory used by a Redis server that holds the state.',
  },
  segmentation_redis_memory_max_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['node'],
    help: 'Its maxmemory; absent where it has none.',
  },
} as const satisfies Readonly<Record<string, Metric>>

type Table = typeof METRICS
export type MetricName = keyof Table
type Named<T extends Metric['type']> = {
  [N in MetricName]: Table[N]['type'] extends T ? N : never
}[MetricName]
export type CounterName = Named<'counter'>
export type HistogramName = Named<'histogram'>
export type GaugeName = Named<'gauge'>
/** The labels of a metric with their values. */
export type LabelsOf<N extends MetricName> = Readonly<Record<Table[N]['labels'][number], string | number>>

/** A gauge as it was read. */
export interface Sample {
  readonly name: GaugeName
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A sample whose labels are those of its gauge. */
export function sample<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): Sample {
  return { name, labels, value }
}
