import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { ROOT } from '../cli/run.ts'
import { KUBERNETES, runTool } from './tools.ts'

export const CHART = join(ROOT, 'helm')
export const RELEASE = 'shop'

const EXAMPLES_DIR = join(CHART, 'examples')
/** Names of the values files that the chart comes with. */
export const EXAMPLES = readdirSync(EXAMPLES_DIR).map((file) => file.replace(/\.yaml$/, ''))
export const exampleFile = (example: string): string => join(EXAMPLES_DIR, `${example}.yaml`)

/** A Kubernetes object, as far as every kind has it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
}

/** Values above those of a file, as `--set-json` has them. */
export type Values = Readonly<Record<string, unknown>>

const IN_CLUSTER = ['--namespace', 'segments', '--kube-version', KUBERNETES]

/** What `helm template` makes of an example, with other values above it. */
export async function render(
  helm: string,
  example: string,
  values: Values = {},
  chart = CHART,
): Promise<Manifest[]> {
  const { code, out, err } = await withValues(values, (file) =>
    runTool(helm, ['template', RELEASE, chart, ...IN_CLUSTER, '-f', exampleFile(example), '-f', file]),
  )
  if (code !== 0) throw new Error(err)
  return parseAllDocuments(out).flatMap((document) => {
    const [wrong] = document.errors
    if (wrong) throw wrong
    const value = document.toJS() as Manifest | null
    return value === null ? [] : [value]
  })
}

/** Calls with a values file that is gone afterwards. */
export async function withValues<T>(values: Values, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'segmentation-helm-'))
  try {
    const file = join(folder, 'values.yaml')
    writeFileSync(file, JSON.stringify(values))
    return await use(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Container {
  readonly args?: readonly string[]
  readonly env: readonly { name: string; value?: string; valueFrom?: unknown }[]
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[]
  readonly securityContext: object
  readonly resources: object
}
export interface PodSpec {
  readonly containers: readonly [Container]
  readonly volumes: readonly { name: string; [source: string]: unknown }[]
}

/** The one object of a kind; undefined where there is none. */
export function ofKind(manifests: readonly Manifest[], kind: string): Manifest | undefined {
  const found = manifests.filter((manifest) => manifest.kind === kind)
  if (found.length > 1) throw new Error(`${found.length} of kind ${kind}`)
  return found[0]
}

/** The pods that an object makes, or is. */
export function podOf(manifest: Manifest | undefined): PodSpec {
  const spec = manifest?.spec as { template?: { spec: unknown } } | undefined
  return (spec?.template?.spec ?? spec) as PodSpec
}
