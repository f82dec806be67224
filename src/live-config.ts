import { z } from 'zod'
import { currencyCode } from './domain/events/mapping.ts'
import { parseDurationMs } from './domain/base/duration.ts'
import { fail } from './errors.ts'
import { LOG_LEVEL_DEFAULT, LOG_LEVELS } from './ports/telemetry.ts'
import { guardsSchema, runPolicySchema } from './config.ts'
import { configLeaves, layeredConfig, type ConfigLayers, type Layered } from './layered-config.ts'

const duration = z
  .string()
  .refine(
    (text) => parseDurationMs(text) !== undefined,
    'expected a duration such as "24h", "90s" or "250ms"',
  )
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected lower-case letters, digits and dashes, at most 64')
const hostPort = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'expected host:port')

const secret = z.string().min(1).meta({ writeOnly: true })
const file = z.string().min(1)

/** How a server proves itself, and this process to it. */
const tls = z
  .strictObject({
    enabled: z.boolean().default(false),
    caFile: file
      .optional()
      .describe('PEM; of the authority that signed the servers’ certificates. Default: those of Node.'),
    certFile: file.optional().describe('PEM; this process’s own certificate'),
    keyFile: file.optional().describe('PEM; its key'),
    serverName: z.string().optional().describe('of the servers’ certificates, where it is not their host'),
  })
  .refine((t) => (t.certFile === undefined) === (t.keyFile === undefined), 'certFile and keyFile go together')
  .refine(
    (t) => t.enabled || Object.keys(t).length === 1,
    'expected enabled: true beside certificates: without it nothing is encrypted',
  )
  .prefault({})

const byPassword = { username: z.string().min(1), password: secret }
const kafkaAuth = z
  .discriminatedUnion('mechanism', [
    z.strictObject({ mechanism: z.literal('none') }),
    z.strictObject({ mechanism: z.literal('mtls') }),
    z.strictObject({ mechanism: z.literal('plain'), ...byPassword }),
    z.strictObject({ mechanism: z.literal('scram-sha-256'), ...byPassword }),
    z.strictObject({ mechanism: z.literal('scram-sha-512'), ...byPassword }),
    z.strictObject({
      mechanism: z.literal('oauthbearer'),
      tokenFile: file.describe('holds the token alone; read again whenever a connection is made'),
    }),
  ])
  .prefault({ mechanism: 'none' })

const kafka = z
  .strictObject({
    brokers: z.array(hostPort).min(1),
    tls,
    auth: kafkaAuth,
    partitions: z
      .int()
      .min(1)
      .optional()
      .describe('of topics that `topics apply` makes; the inputs have as many'),
    replication: z.int().min(1).default(3),
    minInsyncReplicas: z.int().min(1).default(2),
    /** A member that was not heard of for so long is given up, and its tasks go to others. */
    sessionTimeout: duration.optional(),
    /** A page that was begun and not heard of for so long is aborted; until then readers wait behind it. */
    transactionTimeout: duration.optional(),
  })
  .refine((k) => k.minInsyncReplicas <= k.replication, {
    path: ['minInsyncReplicas'],
    message: 'expected at most replication',
  })
  .refine((k) => k.auth.mechanism !== 'mtls' || k.tls.certFile !== undefined, {
    path: ['auth', 'mechanism'],
    message: 'mtls wants tls.certFile and tls.keyFile',
  })
  .refine((k) => !['plain', 'oauthbearer'].includes(k.auth.mechanism) || k.tls.enabled, {
    path: ['auth', 'mechanism'],
    message: 'sends the secret itself: expected tls.enabled: true, or scram',
  })

const redis = z
  .strictObject({
    nodes: z.array(hostPort).min(1).describe('the server; any nodes of a Cluster; or the Sentinels'),
    mode: z.enum(['single', 'cluster', 'sentinel']).default('single'),
    sentinelName: z.string().min(1).optional().describe('of the master, as the Sentinels call it'),
    username: z.string().min(1).optional(),
    password: secret.optional(),
    sentinelUsername: z.string().min(1).optional(),
    sentinelPassword: secret.optional(),
    tls,
  })
  .refine((r) => r.mode !== 'single' || r.nodes.length === 1, {
    path: ['nodes'],
    message: 'a single server has one address; expected mode: cluster or sentinel',
  })
  .refine((r) => (r.mode === 'sentinel') === (r.sentinelName !== undefined), {
    path: ['sentinelName'],
    message: 'goes with mode: sentinel, and with it alone',
  })
  .refine((r) => r.username === undefined || r.password !== undefined, {
    path: ['username'],
    message: 'expected a password beside it',
  })

const recordFormat = z.enum(['avro', 'json'])

/** What `stream --config` reads: a consumer on Kafka and Redis. Every default of it is written here. */
export const liveConfigSchema = z.strictObject({
  /** Prefix of topics, keys and ids: one app runs one segmentation. */
  app: name.default('segmentation'),
  /** This process among its replicas; stable over restarts (a pod's name), so that tasks come back to it. */
  member: z.string().min(1).default('member-0'),
  locale: z.enum(['en', 'fr']).default('en'),
  /** Reporting currency; null: the bundle's. */
  currency: currencyCode.nullable().default(null),
  kafka,
  redis,
  inputs: z
    .array(
      z.strictObject({
        topic: z.string().min(1),
        /** Built-in name or file; absent: events in their native form. */
        mapping: z.string().optional(),
        format: recordFormat.optional().describe('Default: avro where a schemaRegistry is named, else json.'),
      }),
    )
    .min(1),
  /** Confluent's API. */
  schemaRegistry: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      username: z.string().optional(),
      password: z.string().optional().meta({ writeOnly: true }),
    })
    .optional(),
  output: z
    .strictObject({
      format: recordFormat.optional().describe('Default: avro where a schemaRegistry is named, else json.'),
    })
    .prefault({}),
  /** Bundle whose features the profiles keep; it decides once it was promoted. */
  model: z.string(),
  /** Where a first start begins in the inputs. */
  startAt: z.enum(['earliest', 'latest']).default('earliest'),
  /** Moves before this are history: into user-segments only. ISO 8601. */
  liveFrom: z.iso.datetime({ offset: true }).nullable().default(null),
  maxSleep: duration.default('24h'),
  policy: runPolicySchema,
  guards: guardsSchema,
  pageInterval: duration.default('100ms'),
  checkpointInterval: duration.default('1s'),
  /** Where probes and operators ask this process; absent: nowhere. */
  ops: z.strictObject({ host: z.string().default('0.0.0.0'), port: z.int().min(0).max(65535) }).optional(),
  log: z
    .strictObject({
      level: z
        .enum(LOG_LEVELS)
        .default(LOG_LEVEL_DEFAULT)
        .describe(
          'error: a person must act; warn: made good by itself; info: what changes; debug: every page',
        ),
    })
    .prefault({}),
  /** How long `topics apply` lets the journal keep its lines: at least as long as any input keeps its records. */
  journalRetention: duration.default('400d'),
  /** On idle inputs the clock stays this far behind the wall clock. */
  tickAllowance: duration.default('30s'),
})
export type LiveConfig = z.infer<typeof liveConfigSchema>

/** Format of an input or of the outputs: what is said of it, else Avro where there is a registry. Throws `config-invalid`. */
export function formatOf(
  config: Pick<LiveConfig, 'schemaRegistry'>,
  place: string,
  said: 'avro' | 'json' | undefined,
): 'avro' | 'json' {
  if (config.schemaRegistry !== undefined) return said ?? 'avro'
  if (said === 'avro') fail('config-invalid', `${place}: avro needs a schemaRegistry`)
  return 'json'
}

/** In place of a secret. */
export const HIDDEN = '••••'

/** A config as it may be shown: without its secrets. */
export function shownConfig(config: LiveConfig): unknown {
  const secret = new Set(configLeaves(liveConfigSchema).flatMap((leaf) => (leaf.secret ? [leaf.path] : [])))
  const shown = (value: unknown, path: string): unknown => {
    if (secret.has(path)) return HIDDEN
    if (typeof value === 'string') return value.replace(/\/\/[^/?#]*@/, `//${HIDDEN}@`)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    const inner = Object.entries(value).map(([name, member]) => [
      name,
      shown(member, path === '' ? name : `${path}.${name}`),
    ])
    return Object.fromEntries(inner)
  }
  return shown(config, '')
}

/** JSON Schema of what the file may hold. */
export function liveConfigJsonSchema(): object {
  return { title: 'Consumer', ...z.toJSONSchema(liveConfigSchema, { io: 'input' }) }
}

/** The config of its layers, with the origin of each value; all errors at once. Throws `config-invalid`. */
export function layeredLiveConfig(layers: ConfigLayers): Layered<LiveConfig> {
  return layeredConfig(liveConfigSchema, layers)
}

/** YAML or JSON text alone → config. Throws `config-invalid`. */
export function parseLiveConfig(text: string, place: string): LiveConfig {
  return layeredLiveConfig({ file: { text, place } }).config
}
