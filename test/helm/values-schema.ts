import { z } from 'zod'
import { configLeaves } from '../../src/layered-config.ts'
import { liveConfigSchema } from '../../src/live-config.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

// Helm before 3.18 knows no younger draft.
const DRAFT = 'draft-7'

/** What the chart itself says of a consumer: the pod's name, and the port of its probes. */
const CHARTS_OWN = ['member', 'ops']

const leaves = configLeaves(liveConfigSchema)
const secrets = new Set(leaves.flatMap(({ path, secret }) => (secret ? [path] : [])))

/** Values that may lie in a Secret: those that must, files, and the names that go with passwords. */
const fromSecrets = leaves.flatMap(({ path }) =>
  secrets.has(path) || path.endsWith('File') || /username$/i.test(path) ? [path] : [],
)

/** What a values file may say of the config: all but secrets, and without what may come from Secrets too. */
function configSchema(): JsonSchema {
  const whole = z.toJSONSchema(liveConfigSchema, { io: 'input', target: DRAFT })
  const schema = without(whole, [])
  for (const name of CHARTS_OWN) delete schema.properties?.[name]
  delete schema.$schema
  return schema
}

function without(schema: JsonSchema, path: readonly string[]): JsonSchema {
  const named = (name: string): string => [...path, name].join('.')
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    secrets.has(named(name))
      ? []
      : [[name, typeof inner === 'boolean' ? inner : without(inner, [...path, name])] as const],
  )
  const inEach = (parts: JsonSchema['anyOf']): JsonSchema[] =>
    (parts ?? []).flatMap((part) => (typeof part === 'boolean' ? [] : [without(part, path)]))
  return {
    ...schema,
    ...(schema.properties && { properties: Object.fromEntries(properties) }),
    ...(schema.required && {
      required: schema.required.filter((name) => !fromSecrets.includes(named(name))),
    }),
    ...(schema.oneOf && { oneOf: inEach(schema.oneOf) }),
    ...(schema.anyOf && { anyOf: inEach(schema.anyOf) }),
  }
}

const some = z.looseObject({})
const text = z.string()
const name = text.min(1)
const labels = z.record(text, text)
const count = z.int().min(1)
/** A number of pods, or a share of them. */
const pods = z.union([z.int().min(0), text.regex(/^\d{1,3}%$/)])
const absolutePath = text.regex(/^\/./)

/** An orderly end takes at most ten seconds; shorter than this it would be cut short. */
const MIN_GRACE_SECONDS = 15

const valuesSchema = z.strictObject({
  global: some,
  image: z.strictObject({
    repository: name,
    tag: text,
    digest: z.union([z.literal(''), text.regex(/^sha256:[0-9a-f]{64}$/)]),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
    pullSecrets: z.array(name),
  }),
  config: some,
  fromSecrets: z.partialRecord(z.enum(fromSecrets), z.strictObject({ secret: name, key: name })),
  files: z.record(text.regex(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/), name),
  consumer: z.strictObject({
    replicas: count,
    resources: z.strictObject({ requests: some, limits: some }),
    heapPct: z.int().min(10).max(90),
    terminationGracePeriodSeconds: z.int().min(MIN_GRACE_SECONDS),
    strategy: z.strictObject({ maxSurge: pods, maxUnavailable: pods }),
    minReadySeconds: z.int().min(0),
    pdb: z.strictObject({ enabled: z.boolean(), maxUnavailable: pods }),
    topologySpread: z.enum(['zone', 'host', 'none']),
    podAnnotations: labels,
    podLabels: labels,
    nodeSelector: labels,
    tolerations: z.array(some),
    affinity: some,
    priorityClassName: text,
  }),
  autoscaling: z.strictObject({
    kind: z.enum(['none', 'keda']),
    min: count,
    max: count,
    secondsBehind: z.number().min(1),
    scaleDownStabilizationSeconds: z.int().min(0).max(3600),
    prometheusUrl: text,
  }),
  topics: z.strictObject({ apply: z.boolean() }),
  embedded: z.strictObject({
    enabled: z.boolean(),
    inputs: z.array(absolutePath),
    model: text,
    args: z.array(text),
    storage: z.strictObject({ size: text.regex(/^\d+(\.\d+)?[KMGTP]i?$/), className: text }),
  }),
  ops: z.strictObject({ port: z.int().min(1024).max(65535) }),
  monitoring: z.strictObject({
    serviceMonitor: z.strictObject({
      enabled: z.boolean(),
      labels,
      interval: text.regex(/^\d+(ms|s|m)$/),
    }),
    rules: z.strictObject({ enabled: z.boolean(), labels, runbookBaseUrl: text }),
    dashboards: z.strictObject({ enabled: z.boolean(), label: name }),
  }),
  networkPolicy: z.strictObject({ enabled: z.boolean(), from: z.array(some), egress: z.array(some) }),
  strimzi: z.strictObject({
    kafkaUser: z.strictObject({
      enabled: z.boolean(),
      cluster: text,
      authentication: z.enum(['scram-sha-512', 'tls']),
    }),
  }),
  serviceAccountName: text,
  extraEnv: z.array(some),
  extraEnvFrom: z.array(some),
  extraVolumes: z.array(some),
  extraVolumeMounts: z.array(some),
  nameOverride: text,
  fullnameOverride: text,
})

/** The schema that Helm checks values by: the chart's own values, with the consumer's config in it as the consumer itself checks it. */
export function valuesJsonSchema(): object {
  const { required: _, ...own } = z.toJSONSchema(valuesSchema, { io: 'input', target: DRAFT })
  return {
    ...own,
    title: 'Values of the chart segmentation',
    required: ['image'],
    allOf: [
      unless(isSet('embedded', 'enabled', true), { config: configSchema() }),
      unless(
        { not: isSet('embedded', 'enabled', true) },
        {
          config: { maxProperties: 0 },
          fromSecrets: { maxProperties: 0 },
          embedded: { properties: { inputs: { minItems: 1 }, model: { minLength: 1 } } },
        },
      ),
      unless(
        { not: isSet('autoscaling', 'kind', 'keda') },
        { autoscaling: { properties: { prometheusUrl: { pattern: '^https?://' } } } },
      ),
    ],
  }
}

const isSet = (section: string, key: string, value: unknown): object => ({
  required: [section],
  properties: { [section]: { required: [key], properties: { [key]: { const: value } } } },
})

const unless = (condition: object, properties: object): object => ({ if: condition, else: { properties } })
