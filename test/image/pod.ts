import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { podOf, type Manifest } from '../helm/render.ts'

/** What lies in the cluster beside the release: by name, the files or keys of each. */
export interface Beside {
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
}

interface Projected {
  readonly sources: readonly {
    readonly secret: {
      readonly name: string
      readonly items: readonly { readonly key: string; readonly path: string }[]
    }
  }[]
}
interface Pod {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number }
  readonly containers: readonly [
    {
      readonly args: readonly string[]
      readonly resources: { readonly limits: { readonly memory: string } }
    },
  ]
}

/** What every container of the chart says of itself (test/helm checks that), and this machine's network. */
const AS_IT_SAYS = [
  '--read-only',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
  '--network',
  'host',
]

/**
 * What a kubelet would do with the pod of a rendered object, as arguments of `docker run`: its user, environment, memory and
 * volumes, whose contents are written to `folder`.
 */
export function asPod(
  manifest: Manifest,
  manifests: readonly Manifest[],
  beside: Beside,
  folder: string,
  image: string,
): string[] {
  const spec = podOf(manifest)
  const { securityContext: user, containers } = spec as unknown as Pod
  const [{ args, resources }] = containers
  const [{ env, volumeMounts }] = spec.containers
  const variables = env.map(({ name, value }) => `${name}=${value ?? manifest.metadata.name}`)
  const mounts = volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = spec.volumes.find((one) => one.name === name) ?? { name }
    const files = contentOf(volume, manifests, beside)
    if (files === undefined) return ['--tmpfs', mountPath]
    const on = join(folder, name)
    mkdirSync(on, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(on, file), text)
    return ['-v', `${on}:${mountPath}:ro`]
  })
  return [
    ...AS_IT_SAYS,
    '--user',
    `${user.runAsUser}:${user.runAsGroup}`,
    '-m',
    resources.limits.memory.replace(/Mi$/, 'm').replace(/Gi$/, 'g'),
    ...variables.flatMap((variable) => ['-e', variable]),
    ...mounts,
    image,
    ...args,
  ]
}

/** The files of a volume; undefined: it is empty, and may be written to. */
function contentOf(
  volume: Readonly<Record<string, unknown>>,
  manifests: readonly Manifest[],
  { configMaps, secrets }: Beside,
): Readonly<Record<string, string>> | undefined {
  const { configMap, projected } = volume as { configMap?: { name: string }; projected?: Projected }
  if (configMap) {
    const own = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name,
    )
    return own?.data ?? configMaps[configMap.name] ?? {}
  }
  if (!projected) return undefined
  const items = projected.sources.flatMap(({ secret }) =>
    secret.items.map(({ key, path }) => [path, secrets[secret.name]?.[key] ?? ''] as const),
  )
  return Object.fromEntries(items)
}
