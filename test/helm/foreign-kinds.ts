type Schema = Readonly<Record<string, unknown>>

/** A kind that Kubernetes learns from somebody else, as far as the chart makes objects of it. */
export interface ForeignKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Every field that the chart may write, by their documentation; no other passes. */
  readonly spec: Schema
}

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const labels = { type: 'object', additionalProperties: text }
const object = (properties: Readonly<Record<string, Schema>>, ...required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const list = (items: Schema): Schema => ({ type: 'array', items, minItems: 1 })

const scalingRules = object({
  stabilizationWindowSeconds: { ...count, maximum: 3600 },
  policies: list(
    object(
      {
        type: { enum: ['Pods', 'Percent'] },
        value: { ...count, minimum: 1 },
        periodSeconds: { ...count, minimum: 1, maximum: 1800 },
      },
      'type',
      'value',
      'periodSeconds',
    ),
  ),
})

/** A scaled object of KEDA 2 with a trigger of Prometheus; its metadata are texts. */
const scaledObject = object(
  {
    scaleTargetRef: object({ name: text }, 'name'),
    minReplicaCount: { ...count, minimum: 1 },
    maxReplicaCount: { ...count, minimum: 1 },
    advanced: object({
      horizontalPodAutoscalerConfig: object({
        behavior: object({ scaleUp: scalingRules, scaleDown: scalingRules }),
      }),
    }),
    triggers: list(
      object(
        {
          type: { const: 'prometheus' },
          metricType: { enum: ['AverageValue', 'Value'] },
          metadata: object(
            {
              serverAddress: { type: 'string', pattern: '^https?://' },
              query: text,
              threshold: { type: 'string', pattern: String.raw`^\d+(\.\d+)?$` },
              ignoreNullValues: { enum: ['true', 'false'] },
            },
            'serverAddress',
            'query',
            'threshold',
          ),
        },
        'type',
        'metadata',
      ),
    ),
  },
  'scaleTargetRef',
  'triggers',
)

const serviceMonitor = object(
  {
    selector: object({ matchLabels: labels }),
    endpoints: list(
      object({ port: text, path: text, interval: { type: 'string', pattern: String.raw`^\d+(ms|s|m)$` } }),
    ),
  },
  'selector',
  'endpoints',
)

const rule = object({ alert: text, record: text, expr: text, for: text, labels, annotations: labels }, 'expr')
const prometheusRule = object(
  { groups: list(object({ name: text, interval: text, rules: list(rule) }, 'name', 'rules')) },
  'groups',
)

const OPERATIONS = [
  'Read',
  'Write',
  'Create',
  'Delete',
  'Alter',
  'Describe',
  'ClusterAction',
  'AlterConfigs',
  'DescribeConfigs',
  'IdempotentWrite',
  'All',
]
const named = (type: string): Schema =>
  object(
    { type: { const: type }, name: { ...text, minLength: 1 }, patternType: { enum: ['literal', 'prefix'] } },
    'type',
    'name',
  )
const kafkaUser = object({
  authentication: object({ type: { enum: ['scram-sha-512', 'tls', 'tls-external'] } }, 'type'),
  authorization: object(
    {
      type: { const: 'simple' },
      acls: list(
        object(
          {
            resource: {
              oneOf: [
                named('topic'),
                named('group'),
                named('transactionalId'),
                object({ type: { const: 'cluster' } }, 'type'),
              ],
            },
            operations: list({ enum: OPERATIONS }),
          },
          'resource',
          'operations',
        ),
      ),
    },
    'type',
    'acls',
  ),
})

export const FOREIGN_KINDS: readonly ForeignKind[] = [
  {
    group: 'keda.sh',
    version: 'v1alpha1',
    kind: 'ScaledObject',
    plural: 'scaledobjects',
    spec: scaledObject,
  },
  {
    group: 'monitoring.coreos.com',
    version: 'v1',
    kind: 'ServiceMonitor',
    plural: 'servicemonitors',
    spec: serviceMonitor,
  },
  {
    group: 'monitoring.coreos.com',
    version: 'v1',
    kind: 'PrometheusRule',
    plural: 'prometheusrules',
    spec: prometheusRule,
  },
  { group: 'kafka.strimzi.io', version: 'v1beta2', kind: 'KafkaUser', plural: 'kafkausers', spec: kafkaUser },
]

/** A definition that lets everything pass: what makes a server take objects of a kind, not what checks them. */
export function standIn({ group, version, kind, plural }: ForeignKind): Schema {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
  }
}
