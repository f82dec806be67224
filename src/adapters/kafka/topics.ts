import type { Ms, Topic } from '../../ports/types.ts'

/** Topics that a run writes; their names are made here alone. */
export const OUTPUTS = [
  'segment-changed',
  'user-segments',
  'segment-catalog',
  'dead-letter',
  'journal',
] as const
export type Output = (typeof OUTPUTS)[number]

export type TopicNames = Readonly<Record<Output, Topic>>

export function topicNames(app: string): TopicNames {
  return {
    'segment-changed': `${app}.segment-changed.v1`,
    'user-segments': `${app}.user-segments.v1`,
    'segment-catalog': `${app}.segment-catalog.v1`,
    'dead-letter': `${app}.dead-letter.v1`,
    journal: `${app}.journal.v1`,
  }
}

/** The input that commands come by: on all partitions, for every task has its own. */
export const controlTopic = (app: string): Topic => `${app}.control.v1`

/** What `ingest` and `generate` write to: native events under their user's id. */
export const eventsTopic = (app: string): Topic => `${app}.events.v1`

/** A topic as it should be. */
export interface TopicSpec {
  readonly name: Topic
  readonly partitions: number
  readonly replication: number
  readonly config: Readonly<Record<string, string>>
}

/** A topic as it is. */
export interface FoundTopic {
  readonly partitions: number
  readonly replication: number
  /** Every setting in force. */
  readonly config: Readonly<Record<string, string>>
  /** Those set on this topic itself. */
  readonly own: Readonly<Record<string, string>>
}

export type TopicStep =
  | { readonly type: 'create'; readonly spec: TopicSpec }
  | { readonly type: 'configure'; readonly name: Topic; readonly config: Readonly<Record<string, string>> }
  /** What no step can mend. */
  | { readonly type: 'refuse'; readonly name: Topic; readonly why: string }

export interface TopicOptions {
  readonly app: string
  /** The events topic is an input of the app, so one of its own. */
  readonly withEvents?: boolean | undefined
  /** That of the input topics: output partition = task. */
  readonly partitions: number
  readonly replication: number
  readonly minInsyncReplicas: number
  /** Retention of segment-changed and dead-letter. */
  readonly retentionMs: Ms
  /** At least that of the longest input: what must be folded again is read by it. */
  readonly journalRetentionMs: Ms
  readonly maxMessageBytes: number
}

const UNLIMITED = '-1'

/** The app's own topics: outputs, journal, control, and events where they are its input. */
export function topicSpecs(o: TopicOptions): TopicSpec[] {
  const names = topicNames(o.app)
  const spec = (name: Topic, cleanup: 'delete' | 'compact', retentionMs?: string): TopicSpec => ({
    name,
    partitions: o.partitions,
    replication: o.replication,
    config: {
      'cleanup.policy': cleanup,
      ...(retentionMs === undefined ? {} : { 'retention.ms': retentionMs, 'retention.bytes': UNLIMITED }),
      'min.insync.replicas': String(o.minInsyncReplicas),
      'max.message.bytes': String(o.maxMessageBytes),
      // the time of publication is the broker's: ours could be refused
      'message.timestamp.type': 'LogAppendTime',
      'unclean.leader.election.enable': 'false',
    },
  })
  return [
    spec(names['segment-changed'], 'delete', String(o.retentionMs)),
    spec(names['user-segments'], 'compact'),
    spec(names['segment-catalog'], 'compact'),
    spec(names['dead-letter'], 'delete', String(o.retentionMs)),
    spec(names.journal, 'delete', String(o.journalRetentionMs)),
    spec(controlTopic(o.app), 'delete', UNLIMITED),
    ...(o.withEvents === true ? [spec(eventsTopic(o.app), 'delete', String(o.retentionMs))] : []),
  ]
}

/** What must be done so that the wanted topics are as they should be; nothing for those that are. Pure. */
export function planTopics(wanted: readonly TopicSpec[], found: ReadonlyMap<Topic, FoundTopic>): TopicStep[] {
  return wanted.flatMap((spec): TopicStep[] => {
    const { name } = spec
    const is = found.get(name)
    if (is === undefined) return [{ type: 'create', spec }]
    const steps: TopicStep[] = []
    if (is.partitions !== spec.partitions) {
      const why = `it has ${is.partitions} partitions, expected ${spec.partitions}: users would change places`
      steps.push({ type: 'refuse', name, why })
    }
    if (is.replication < spec.replication) {
      const why = `it has ${is.replication} replicas, expected ${spec.replication}: reassign its partitions`
      steps.push({ type: 'refuse', name, why })
    }
    const changes = Object.entries(spec.config).filter(([key, value]) => is.config[key] !== value)
    if (changes.length > 0) steps.push({ type: 'configure', name, config: Object.fromEntries(changes) })
    return steps
  })
}

/** How far a producer's clock may be ahead in an input, at most: beyond it a wrong date would hold a task's clock for long. */
export const MAX_TIMESTAMP_AHEAD_MS = 60 * 60 * 1000

/** What is wrong with the input topics, which belong to others. Pure. */
export function inputProblems(inputs: readonly Topic[], found: ReadonlyMap<Topic, FoundTopic>): TopicStep[] {
  const counts = new Set(inputs.flatMap((name) => found.get(name)?.partitions ?? []))
  return inputs.flatMap((name): TopicStep[] => {
    const is = found.get(name)
    const refuse = (why: string): TopicStep => ({ type: 'refuse', name, why })
    if (is === undefined) return [refuse('it does not exist')]
    const problems: TopicStep[] = []
    if (counts.size > 1)
      problems.push(refuse(`it has ${is.partitions} partitions; all inputs must have the same number`))
    if (is.config['cleanup.policy'] !== 'delete')
      problems.push(refuse(`cleanup.policy is ${is.config['cleanup.policy']}, expected delete`))
    const stamped = is.config['message.timestamp.type'] === 'LogAppendTime'
    const ahead = Number(is.config['message.timestamp.after.max.ms'] ?? Number.POSITIVE_INFINITY)
    if (!stamped && !(ahead <= MAX_TIMESTAMP_AHEAD_MS))
      problems.push(
        refuse(
          `message.timestamp.after.max.ms is ${ahead}, expected at most ${MAX_TIMESTAMP_AHEAD_MS}, or LogAppendTime`,
        ),
      )
    return problems
  })
}
