import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configLeaves } from '../../src/layered-config.ts'
import { layeredLiveConfig, liveConfigSchema, type LiveConfig } from '../../src/live-config.ts'
import { METRICS } from '../../src/ports/metrics.ts'
import { ROOT, tempFolder } from '../cli/run.ts'
import {
  CHART,
  EXAMPLES,
  exampleFile,
  ofKind,
  podOf,
  render,
  type Container,
  type Manifest,
  type Values,
} from './render.ts'
import { KUBERNETES, runTool, tool } from './tools.ts'

const helm = tool('helm') ?? ''
const LIVE = EXAMPLES.filter((example) => example !== 'embedded')

/** What a kubelet does to a container's environment, for the config that it then reads. */
function configOf(manifests: readonly Manifest[], kind = 'Deployment'): LiveConfig {
  const { containers } = podOf(ofKind(manifests, kind))
  const text = configText(manifests)
  const environment = Object.fromEntries(
    containers[0].env.map(({ name, value }) => [name, value ?? 'shop-segmentation-abc12']),
  )
  const readSecret = (path: string): string => `content of ${path}\n`
  return layeredLiveConfig({ file: { text, place: 'live.yaml' }, environment, readSecret }).config
}

const configText = (manifests: readonly Manifest[]): string =>
  manifests.find(({ kind, data }) => kind === 'ConfigMap' && data?.['live.yaml'])?.data?.['live.yaml'] ?? ''

/** What the tests below look at in a `spec`. */
interface Spec {
  readonly template: Manifest
  readonly triggers: readonly object[]
  readonly ingress: readonly { from: readonly object[] }[]
  readonly egress: readonly { ports: readonly { port: unknown }[] }[]
  readonly selector: { readonly matchLabels: object }
  readonly endpoints: readonly object[]
  readonly groups: readonly { rules: readonly { alert: string; annotations: { runbook_url: string } }[] }[]
  readonly authorization: {
    readonly acls: readonly {
      readonly resource: Readonly<Record<'type' | 'name' | 'patternType', string>>
      readonly operations: readonly string[]
    }[]
  }
}
const spec = (manifest: Manifest | undefined): Spec => manifest?.spec as unknown as Spec
const containerOf = (manifest: Manifest | undefined): Container => podOf(manifest).containers[0]

describe('the chart', () => {
  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))).toMatchObject({
      version,
      appVersion: version,
    })
  })
})

describe.skipIf(helm === '')('each example', () => {
  it.each(EXAMPLES)('%s passes helm lint --strict', async (example) => {
    const args = ['lint', '--strict', CHART, '--kube-version', KUBERNETES, '-f', exampleFile(example)]
    const { code, out } = await runTool(helm, args)
    expect({ code, out: code === 0 ? '' : out }).toEqual({ code: 0, out: '' })
  })

  it.each(LIVE)('%s gives a consumer the config that it means', async (example) => {
    const manifests = await render(helm, example)
    const values = parse(readFileSync(exampleFile(example), 'utf8')) as {
      config: object
      fromSecrets?: Record<string, unknown>
    }
    const config = configOf(manifests)
    const { auth: _, ...kafka } = (values.config as { kafka: { auth?: object } }).kafka
    expect(config).toMatchObject({ ...values.config, kafka })
    expect(config).toMatchObject({ member: 'shop-segmentation-abc12', ops: { port: 9404 } })
    const valueAt = (path: string): unknown =>
      path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], config)
    for (const path of Object.keys(values.fromSecrets ?? {})) {
      const mounted = `/secrets/${path}`
      expect(valueAt(path)).toBe(path.endsWith('File') ? mounted : `content of ${mounted}`)
    }
  })

  it.each(LIVE)('%s has no secret in what it renders', async (example) => {
    const secrets = configLeaves(liveConfigSchema).filter(({ secret }) => secret)
    const manifests = await render(helm, example)
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
    const text = configText(manifests)
    expect(secrets.filter(({ path }) => text.includes(`${path.split('.').at(-1)}:`))).toEqual([])
    const direct = new Set(secrets.map(({ variable }) => variable))
    for (const manifest of manifests)
      for (const { env } of podOf(manifest)?.containers ?? [])
        expect(env.filter(({ name }) => direct.has(name))).toEqual([])
  })

  it.each(EXAMPLES)('%s mounts every file that its config and its arguments name', async (example) => {
    const manifests = await render(helm, example)
    for (const manifest of manifests.filter((m) => podOf(m)?.containers)) {
      const { args = [], env, volumeMounts } = containerOf(manifest)
      const named = [...`${configText(manifests)} ${args.join(' ')}`.matchAll(/(?<=[\s=])\/[\w./-]+/g)].map(
        ([path]) => path,
      )
      const paths = [...named, ...env.flatMap(({ value }) => (value?.startsWith('/') ? [value] : []))]
      expect(
        paths.filter(
          (path) => !volumeMounts.some((m) => path.startsWith(`${m.mountPath}/`) || path === m.mountPath),
        ),
      ).toEqual([])
      const volumes = podOf(manifest).volumes.map(({ name }) => name)
      expect(
        volumeMounts
          .map(({ name }) => name)
          .filter((name) => name !== 'data')
          .sort(),
      ).toEqual([...volumes].sort())
    }
  })

  it.each(EXAMPLES)('%s runs as nobody, with nothing to write to but its volumes', async (example) => {
    const pods = (await render(helm, example)).filter((m) => podOf(m)?.containers)
    expect(pods.length).toBeGreaterThan(1)
    for (const pod of pods) {
      expect(podOf(pod)).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      })
      expect(containerOf(pod).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(containerOf(pod).resources).toMatchObject({ requests: {}, limits: {} })
      const writable = containerOf(pod).volumeMounts.filter((mount) => mount.readOnly !== true)
      expect(['/tmp', '/data']).toEqual(expect.arrayContaining(writable.map((mount) => mount.mountPath)))
    }
  })
})

describe.skipIf(helm === '')('consumers', () => {
  let manifests: readonly Manifest[] = []
  beforeAll(async () => void (manifests = await render(helm, 'production')))

  it('are replaced one by one, never more of them than there were', () => {
    expect(spec(ofKind(manifests, 'Deployment'))).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      minReadySeconds: 20,
      template: { spec: { terminationGracePeriodSeconds: 45 } },
    })
  })

  it('are asked on the ops port by each probe, at the path that is its own', () => {
    const container = containerOf(ofKind(manifests, 'Deployment')) as unknown as Record<string, object>
    const probes = { startupProbe: '/startupz', livenessProbe: '/livez', readinessProbe: '/readyz' }
    for (const [probe, path] of Object.entries(probes))
      expect(container[probe]).toMatchObject({ httpGet: { path, port: 'ops' } })
    expect(container['ports']).toEqual([{ name: 'ops', containerPort: 9404 }])
  })

  it('give their heap a share of the memory limit', () => {
    const { env } = containerOf(ofKind(manifests, 'Deployment'))
    expect(env.find(({ name }) => name === 'NODE_OPTIONS')?.value).toBe('--max-old-space-size-percentage=60')
  })

  it('have no number of their own where KEDA scales them by seconds behind, and never to none', async () => {
    expect(spec(ofKind(manifests, 'Deployment'))).not.toHaveProperty('replicas')
    const scaled = spec(ofKind(manifests, 'ScaledObject'))
    expect(scaled).toMatchObject({
      scaleTargetRef: { name: 'shop-segmentation' },
      minReplicaCount: 3,
      maxReplicaCount: 12,
    })
    expect(scaled.triggers).toMatchObject([
      {
        type: 'prometheus',
        metricType: 'Value',
        metadata: {
          query: 'max(segmentation_seconds_behind{namespace="segments",job="shop-segmentation-ops"})',
          threshold: '60',
        },
      },
    ])
    expect(Object.keys(METRICS)).toContain('segmentation_seconds_behind')
    const others = await render(helm, 'msk')
    expect(ofKind(others, 'ScaledObject')).toBeUndefined()
    expect(spec(ofKind(others, 'Deployment'))).toMatchObject({ replicas: 6 })
  })

  it('are new pods when their config is another one, and the topics a new job', async () => {
    const nameOfJob = (of: readonly Manifest[]): string => ofKind(of, 'Job')?.metadata.name ?? ''
    const checksum = (of: readonly Manifest[]): unknown =>
      spec(ofKind(of, 'Deployment')).template.metadata.annotations?.['checksum/config']
    const same = await render(helm, 'production', { consumer: { minReadySeconds: 21 } })
    expect([checksum(same), nameOfJob(same)]).toEqual([checksum(manifests), nameOfJob(manifests)])
    const other = await render(helm, 'production', { config: { maxSleep: '12h' } })
    expect(checksum(other)).not.toBe(checksum(manifests))
    expect(nameOfJob(other)).not.toBe(nameOfJob(manifests))
  })

  it('keep to their servers, DNS and one another where the network is closed', () => {
    const { ingress, egress } = spec(ofKind(manifests, 'NetworkPolicy'))
    expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([
      53, 53, 9404, 9094, 6379, 8081,
    ])
    expect(ingress[0]?.from).toHaveLength(2)
  })

  it('reach a registry at the port of its scheme where its address names none', async () => {
    const { egress } = spec(ofKind(await render(helm, 'confluent-cloud'), 'NetworkPolicy'))
    expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([
      53, 53, 9404, 9092, 6379, 443,
    ])
  })
})

describe.skipIf(helm === '')('what watches', () => {
  let manifests: readonly Manifest[] = []
  beforeAll(async () => void (manifests = await render(helm, 'production')))

  it('finds the service by its labels, and asks /metrics', () => {
    const { selector, endpoints } = spec(ofKind(manifests, 'ServiceMonitor'))
    expect(ofKind(manifests, 'Service')?.metadata.labels).toMatchObject(selector.matchLabels)
    expect(ofKind(manifests, 'ServiceMonitor')?.metadata.labels).toMatchObject({ release: 'prometheus' })
    expect(endpoints).toEqual([{ port: 'ops', path: '/metrics', interval: '30s' }])
  })

  it('has the alerts of the chart, with the address of their runbook in front', () => {
    const { groups } = spec(ofKind(manifests, 'PrometheusRule'))
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.map(({ alert }) => alert)).toContain('TaskBehind')
    for (const { annotations } of rules)
      expect(annotations.runbook_url).toMatch(/^https:\/\/wiki\.example\.com\/segmentation\/RUNBOOK\.md#\w+$/)
  })

  it('has the dashboards of the chart as they are', () => {
    const { data = {}, metadata } = manifests.find(
      ({ kind, metadata: { name } }) => kind === 'ConfigMap' && name.endsWith('-dashboards'),
    ) ?? { metadata: { name: '' } }
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' })
    expect(Object.keys(data).length).toBeGreaterThan(0)
    for (const [file, text] of Object.entries(data))
      expect(text.trim()).toBe(readFileSync(join(CHART, 'files/dashboards', file), 'utf8').trim())
  })
})

describe.skipIf(helm === '')('without alerts and dashboards in the chart', () => {
  const folder = tempFolder()

  it('nothing is made of them', async () => {
    cpSync(CHART, folder, { recursive: true, filter: (path) => path !== join(CHART, 'files') })
    const kinds = (await render(helm, 'production', {}, folder)).map(({ kind }) => kind)
    expect(kinds).toContain('ServiceMonitor')
    expect(kinds).not.toContain('PrometheusRule')
    expect(kinds.filter((kind) => kind === 'ConfigMap')).toHaveLength(1)
  })
})

describe.skipIf(helm === '')('an embedded run', () => {
  it('is one pod with a volume of its own, and needs neither config nor member', async () => {
    const manifests = await render(helm, 'embedded')
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(['Pod', 'Service', 'StatefulSet'])
    const set = ofKind(manifests, 'StatefulSet')
    expect(spec(set)).toMatchObject({
      replicas: 1,
      volumeClaimTemplates: [
        { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } } },
      ],
    })
    const { args, env } = containerOf(set)
    expect(args).toEqual(
      expect.arrayContaining([
        'stream',
        '/inbox/events.ndjson',
        '--model=/files/model',
        '--state=/data/run',
        '--follow',
      ]),
    )
    expect(env.map(({ name }) => name)).toEqual(['NODE_OPTIONS'])
  })

  it('reaches nothing but DNS and itself where the network is closed', async () => {
    const manifests = await render(helm, 'embedded', { networkPolicy: { enabled: true } })
    const { ingress, egress } = spec(ofKind(manifests, 'NetworkPolicy'))
    expect(egress).toHaveLength(2)
    expect(egress[1]).toMatchObject({ to: ingress[0]?.from, ports: [{ port: 9404 }] })
  })
})

describe.skipIf(helm === '')('certificates', () => {
  it('come from Secrets as well, for a consumer that shows one instead of a password', async () => {
    const ofUser = (key: string): object => ({ secret: 'shop-segmentation', key })
    const manifests = await render(helm, 'elasticache', {
      config: { kafka: { tls: { enabled: true }, auth: { mechanism: 'mtls' } } },
      fromSecrets: {
        'kafka.tls.caFile': { secret: 'events-cluster-ca-cert', key: 'ca.crt' },
        'kafka.tls.certFile': ofUser('user.crt'),
        'kafka.tls.keyFile': ofUser('user.key'),
      },
    })
    expect(configOf(manifests).kafka).toMatchObject({
      auth: { mechanism: 'mtls' },
      tls: {
        caFile: '/secrets/kafka.tls.caFile',
        certFile: '/secrets/kafka.tls.certFile',
        keyFile: '/secrets/kafka.tls.keyFile',
      },
    })
    const secrets = podOf(ofKind(manifests, 'Deployment')).volumes.find(({ name }) => name === 'secrets')
    expect((secrets as unknown as { projected: { sources: unknown[] } }).projected.sources).toContainEqual({
      secret: { name: 'shop-segmentation', items: [{ key: 'user.crt', path: 'kafka.tls.certFile' }] },
    })
  })
})

describe.skipIf(helm === '')('rights of a user of Strimzi', () => {
  const rights = async (values: Values): Promise<unknown[]> => {
    const { authorization } = spec(ofKind(await render(helm, 'strimzi', values), 'KafkaUser'))
    return authorization.acls.map(({ resource, operations }) => [
      `${resource.name} ${resource.patternType} ${resource.type}`,
      ...operations,
    ])
  }

  it('are those of the README, and no more', async () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const acls = [...readme.matchAll(/^kafka-acls\.sh .*$/gm)].map(([line]) => line)
    const listed = acls.flatMap((line) => {
      const operations = [...line.matchAll(/--operation (\w+)/g)].map(([, operation]) => operation)
      const pattern = line.includes('prefixed') ? 'prefix' : 'literal'
      const type = { '--topic': 'topic', '--group': 'group', '--transactional-id': 'transactionalId' }
      return Object.entries(type).flatMap(([flag, kind]) =>
        [...line.matchAll(new RegExp(`${flag} (\\S+)`, 'g'))].map(([, name]) => [
          `${name} ${pattern} ${kind}`,
          ...operations,
        ]),
      )
    })
    expect(listed.length).toBeGreaterThan(3)
    const given = await rights({ topics: { apply: false } })
    expect(new Set(given.map(String))).toEqual(new Set(listed.map(String)))
  })

  it('have what `topics apply` wants where it runs', async () => {
    expect(await rights({})).toContainEqual([
      'shop. prefix topic',
      'Read',
      'Write',
      'DescribeConfigs',
      'Create',
      'AlterConfigs',
    ])
  })
})

describe.skipIf(helm === '')('helm test', () => {
  it.each([
    ['production', ['tasks', '--config', '/etc/segmentation/live.yaml']],
    ['embedded', undefined],
  ])('of %s asks where the consumers stand', async (example, args) => {
    const pod = ofKind(await render(helm, example), 'Pod')
    expect(pod?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' })
    expect(containerOf(pod).args).toEqual(args)
  })
})
