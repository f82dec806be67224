import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FOREIGN_KINDS } from './foreign-kinds.ts'

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[]
}
interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** What the API's description says more narrowly than the API takes. */
const WIDER: Readonly<Record<string, object>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['number', 'string'] },
}

const ALL = '_definitions.json'

/** What kubeconform looks for: `deployment-apps-v1.json`, of the group no more than its first word. */
const fileOf = ({ group, version, kind }: GroupVersionKind): string =>
  [kind.toLowerCase(), group.split('.')[0], version].filter((part) => part !== '').join('-') + '.json'

/**
 * Writes a schema for each kind of Kubernetes, by its own description of its API, and for the foreign ones by ours; each refuses
 * fields that it does not know. Returns the location in kubeconform's words.
 */
export function writeKindSchemas(swaggerPath: string, folder: string): string {
  const { definitions } = JSON.parse(readFileSync(swaggerPath, 'utf8')) as {
    definitions: Readonly<Record<string, Definition>>
  }
  const write = (file: string, schema: unknown): void =>
    writeFileSync(join(folder, file), JSON.stringify(schema))
  const strict = Object.entries(definitions).map(([name, definition]) => [
    name,
    WIDER[name] ?? (definition.properties ? { ...definition, additionalProperties: false } : definition),
  ])
  write(ALL, { definitions: Object.fromEntries(strict) })
  for (const [name, definition] of Object.entries(definitions))
    for (const kind of definition['x-kubernetes-group-version-kind'] ?? [])
      write(fileOf(kind), { $ref: `${ALL}#/definitions/${name}` })
  for (const kind of FOREIGN_KINDS)
    write(fileOf(kind), {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        apiVersion: { const: `${kind.group}/${kind.version}` },
        kind: { const: kind.kind },
        metadata: { $ref: `${ALL}#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` },
        spec: kind.spec,
      },
      required: ['apiVersion', 'kind', 'metadata', 'spec'],
      additionalProperties: false,
    })
  return join(folder, '{{.ResourceKind}}{{.KindSuffix}}.json')
}
