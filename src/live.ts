import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaAdmin } from './adapters/kafka/admin.ts'
import type { KafkaAccess } from './adapters/kafka/client.ts'
import { KafkaOutlet } from './adapters/kafka/outlet.ts'
import { KafkaSource } from './adapters/kafka/source.ts'
import { controlTopic } from './adapters/kafka/topics.ts'
import { openBundleFiles } from './adapters/files/bundles.ts'
import { isTracing, PageSpans } from './adapters/trace/pages.ts'
import { openRedis, type RedisConnection } from './adapters/redis/client.ts'
import { redisMemory } from './adapters/redis/memory.ts'
import { RedisReader } from './adapters/redis/reader.ts'
import { RedisStore } from './adapters/redis/store.ts'
import { systemClock } from './adapters/system/clock.ts'
import { controlDecoder } from './app/control.ts'
import { makeDecoder } from './app/decode.ts'
import { withKnownSchemas } from './app/known-schemas.ts'
import { keyed } from './app/keyed.ts'
import type { TaskInput } from './app/task/lane.ts'
import type { TaskOptions, TaskPorts } from './app/task/options.ts'
import { HOUR_MS, parseDurationMs, SECOND_MS } from './domain/base/duration.ts'
import type { Mapping } from './domain/events/mapping.ts'
import type { Bundle } from './domain/segments/bundle.ts'
import { fail, type SegmentationError } from './errors.ts'
import { sample, type Sample } from './ports/metrics.ts'
import type { StateReader } from './ports/store.ts'
import type { Telemetry } from './ports/telemetry.ts'
import type { Task } from './ports/types.ts'
import { guardRule, taskOptions, zoneTables } from './compose.ts'
import { RUN_CONFIG_FORMAT, type RunConfig } from './config.ts'
import { runCurrency } from './first-start.ts'
import { kafkaAccess, redisAccess } from './live-access.ts'
import type { LiveConfig } from './live-config.ts'
import { openFormats, type LiveFormats } from './live-schemas.ts'

/** How a consumer works beside what its config says; none of it decides results. */
const LIVE = {
  revisionSteps: 1000,
  page: { maxRecords: 5000, maxOutputs: 2500, maxQuietAgeMs: 1000 },
  idleWaitMs: 100,
  watchIntervalMs: 5 * SECOND_MS,
} as const

/** Of a page's interval: by so much a fetch at the end of the inputs waits for more to come. */
const GATHER_SHARE = 1 / 6

/** At most so long, and a quarter of the journal's retention, passes between two lines of a task. */
const QUIET_LINE_MS = 6 * HOUR_MS

/** A consumer on Kafka and Redis with its doors open. */
export interface LiveRun {
  readonly ports: TaskPorts
  /** Number of tasks: that of the partitions of every input. */
  readonly partitions: number
  readonly optionsOf: (task: Task) => TaskOptions
  /** For who only looks. */
  readonly reader: StateReader
  /** Gauges that are not a task's: partitions, and the memory of the servers that hold the state where they answer. */
  readonly gauges: () => Promise<Sample[]>
  close(): Promise<void>
}

export interface OpenLive {
  readonly config: LiveConfig
  /** By input topic; absent: native events. */
  readonly mappings: ReadonlyMap<string, Mapping>
  readonly telemetry: Telemetry
  /** The client gave up: the process must end. */
  readonly onCrash: (error: SegmentationError) => void
}

/** Opens a consumer's doors: checks the inputs, reaches the state, joins nothing yet. */
export async function openLive({ config, mappings, telemetry, onCrash }: OpenLive): Promise<LiveRun> {
  const { app } = config
  const access = kafkaAccess(config)
  const { bundle } = await openBundleFiles().load(config.model)
  const topics = inputTopics(config)
  const partitions = await partitionsOf(access, topics)
  const formats = await openFormats(config, systemClock, telemetry)
  const optionsOf = taskOptionsOf({ config, mappings, bundle, partitions, formats })
  const member = formerMember(app, config.member)
  // last of what may fail: an open connection keeps a process alive that has given up
  const redis = await openRedis(redisAccess(config))
  const spans = isTracing() ? new PageSpans() : undefined
  const records = new KafkaSource({
    access,
    clock: systemClock,
    groupId: app,
    memberName: config.member,
    topics,
    formerMemberId: member.former,
    onMemberId: member.keep,
    onCrash,
    onBatch: spans && ((p, headers) => spans.arrived(p, headers)),
    sessionTimeoutMs: optionalMs(config.kafka.sessionTimeout),
    gatherMs: ms(config.pageInterval) * GATHER_SHARE,
  })
  const { avro, schemas } = formats
  const source = schemas === undefined ? records : withKnownSchemas(records, avro, schemas)
  const outlet = new KafkaOutlet({
    access,
    clock: systemClock,
    app,
    encode: formats.encode,
    lagGroupId: app,
    transactionTimeoutMs: optionalMs(config.kafka.transactionTimeout),
  })
  const store = new RedisStore(redis, { app, partitions })
  const close = async (): Promise<void> => {
    await source.close()
    await outlet.close()
    await redis.close()
  }
  const reader = new RedisReader(redis, app)
  return {
    partitions,
    reader,
    gauges: async () => [sample('segmentation_partitions', {}, partitions), ...(await memorySamples(redis))],
    ports: { source, outlet: spans?.around(outlet) ?? outlet, store, clock: systemClock, telemetry },
    optionsOf,
    close,
  }
}

async function memorySamples(redis: RedisConnection): Promise<Sample[]> {
  const nodes = await redisMemory(redis).catch(() => [])
  return nodes.flatMap(({ node, usedBytes, maxBytes }) => [
    sample('segmentation_redis_memory_bytes', { node }, usedBytes),
    ...(maxBytes === undefined ? [] : [sample('segmentation_redis_memory_max_bytes', { node }, maxBytes)]),
  ])
}

/** Inputs of a task: commands, then events. */
export const inputTopics = ({ app, inputs }: LiveConfig): string[] => [
  controlTopic(app),
  ...inputs.map(({ topic }) => topic),
]

export interface TaskParts {
  readonly config: LiveConfig
  readonly mappings: ReadonlyMap<string, Mapping>
  readonly bundle: Bundle
  readonly partitions: number
  readonly formats: LiveFormats
}

/** What every task of a config works by. */
export function taskOptionsOf(parts: TaskParts): (task: Task) => TaskOptions {
  const { config, mappings, bundle, partitions, formats } = parts
  const { avro, schemas } = formats
  const run = runConfig(config, mappings, bundle)
  const zones = zoneTables(run, bundle)
  const control = controlTopic(config.app)
  return (task) => {
    const inputs: TaskInput[] = [{ topic: control, control: true, decode: controlDecoder(control) }]
    for (const { topic, mapping } of run.inputs) {
      const format = avro.includes(topic) ? 'avro' : 'ndjson'
      const { currency } = run
      const decode = makeDecoder({ format, mapping: mapping ?? undefined, currency, zones, schemas })
      inputs.push({
        topic,
        schemas: format === 'avro' ? schemas : undefined,
        decode: keyed(decode, task, partitions),
      })
    }
    return {
      ...taskOptions({ config: run, avro, bundle, zones, inputs }),
      ...liveOptions(config, task, control),
    }
  }
}

const ms = (text: string): number => parseDurationMs(text) ?? fail('config-invalid', `${text} is no duration`)
const optionalMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : ms(text)

function liveOptions(config: LiveConfig, task: Task, control: string): Partial<TaskOptions> & { task: Task } {
  return {
    ...LIVE,
    task,
    page: { ...LIVE.page, maxAgeMs: ms(config.pageInterval) },
    checkpointIntervalMs: ms(config.checkpointInterval),
    tickAllowanceMs: ms(config.tickAllowance),
    guard: guardRule(config.guards),
    quietLineMs: Math.min(QUIET_LINE_MS, ms(config.journalRetention) / 4),
    startAt: (bounds) =>
      Object.fromEntries(
        Object.entries(bounds).map(([topic, { start, end }]) => [
          topic,
          topic === control || config.startAt === 'earliest' ? start : end,
        ]),
      ),
  }
}

/** The same description of what decides results as an embedded run has. */
export function runConfig(
  config: LiveConfig,
  mappings: ReadonlyMap<string, Mapping>,
  bundle: Bundle,
): RunConfig {
  const inputs: RunConfig['inputs'] = config.inputs.map(({ topic }) => ({
    topic,
    path: topic,
    format: 'ndjson',
    mapping: mappings.get(topic) ?? null,
  }))
  return {
    format: RUN_CONFIG_FORMAT,
    app: config.app,
    locale: config.locale,
    currency: runCurrency({ currency: config.currency ?? undefined, inputs }, bundle),
    follow: true,
    maxSleep: config.maxSleep,
    policy: config.policy,
    liveFrom: config.liveFrom,
    model: bundle.version,
    inputs,
  }
}

/** The one number of partitions of all inputs. Rejects with `config-invalid` where topics are missing or differ. */
export async function partitionsOf(access: KafkaAccess, topics: readonly string[]): Promise<number> {
  const admin = new KafkaAdmin(access, systemClock)
  try {
    const found = await admin.partitionCounts(topics)
    const missing = topics.filter((topic) => !found.has(topic))
    if (missing.length > 0) {
      fail(
        'config-invalid',
        `topics ${missing.join(', ')} do not exist, or this user may not see them; \`segmentation topics apply\` makes the app's own`,
      )
    }
    const counts = new Set(found.values())
    if (counts.size > 1) {
      const each = [...found].map(([topic, count]) => `${topic} ${count}`)
      fail('config-invalid', `all inputs need the same number of partitions, found ${each.join(', ')}`)
    }
    return [...counts][0] as number
  } finally {
    await admin.close()
  }
}

/**
 * The group's id for this member's former life, which a restart takes out of the group instead of waiting for its time-out. It
 * saves that wait and nothing else: where it cannot be kept or read, there is none.
 */
function formerMember(
  app: string,
  member: string,
): { former: string | undefined; keep: (id: string) => void } {
  const path = join(tmpdir(), `segmentation-${app}-${encodeURIComponent(member)}.member`)
  const tried = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch {
      return undefined
    }
  }
  return {
    former: tried(() => readFileSync(path, 'utf8')),
    keep: (id) => tried(() => writeFileSync(path, id)),
  }
}
