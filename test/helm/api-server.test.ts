import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { startKube, type KubeAnswer, type KubeServer } from '../support/servers/kube.ts'
import { FOREIGN_KINDS, standIn } from './foreign-kinds.ts'
import { CHART, EXAMPLES, exampleFile, podOf, render, withValues, type Values } from './render.ts'
import { program, runTool, tool } from './tools.ts'

const helm = tool('helm')
const apiserver = tool('kube-apiserver')
const etcd = program('etcd', 'etcd-server')

/** Pods here are held to the strictest of the standards that Kubernetes has for them. */
const NAMESPACE = 'segments'
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' }

/** An upgrade as it comes every day: another config, another number. */
const CHANGE: Values = { config: { maxSleep: '12h' }, consumer: { replicas: 5 }, autoscaling: { max: 9 } }
const EMBEDDED_CHANGE: Values = { consumer: { heapPct: 50 } }

const templateOf = (body: KubeAnswer['body']): unknown => (body['spec'] as { template: unknown }).template

// Behind the API server is nothing, so that no pod runs. The kinds of KEDA, Prometheus and Strimzi are stand-ins which take every
// field; kinds.test.ts checks those by schemas.
describe.skipIf(!helm || !apiserver || !etcd)('an API server of Kubernetes', () => {
  let kube: KubeServer
  beforeAll(async () => {
    kube = await startKube({ etcd: etcd ?? '', apiserver: apiserver ?? '' })
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: RESTRICTED },
    }
    expect((await kube.ask('POST', '/api/v1/namespaces', namespace)).status).toBe(201)
    for (const kind of FOREIGN_KINDS) {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      expect((await kube.ask('POST', path, standIn(kind))).status).toBe(201)
    }
    for (const { group, version, plural } of FOREIGN_KINDS)
      while ((await kube.ask('GET', `/apis/${group}/${version}/${plural}`)).status !== 200) await sleep(50)
  }, 5 * MINUTE_MS)
  afterAll(() => kube?.stop())

  async function helmIn(...args: string[]): Promise<string> {
    const { code, out, err } = await runTool(helm ?? '', [
      ...args,
      '--namespace',
      NAMESPACE,
      '--kubeconfig',
      kube.config,
    ])
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${err}`)
    return out
  }

  const workload = async (release: string, embedded: boolean): Promise<KubeAnswer['body']> => {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/${embedded ? 'statefulsets' : 'deployments'}`
    const { body } = await kube.ask('GET', `${path}?labelSelector=app.kubernetes.io/instance=${release}`)
    const [item, ...others] = (body as { items: KubeAnswer['body'][] }).items
    expect(others).toEqual([])
    return item ?? {}
  }

  it.each(EXAMPLES)(
    'takes %s: installed, upgraded, rolled back and taken away',
    async (example) => {
      const embedded = example === 'embedded'
      const change = embedded ? EMBEDDED_CHANGE : CHANGE
      const installed = await helmIn('install', example, CHART, '-f', exampleFile(example))
      expect(installed).toMatch(/STATUS: deployed\nREVISION: 1\n/)
      const before = await workload(example, embedded)
      expect(before).toMatchObject({ metadata: { generation: 1 } })

      const upgraded = await withValues(change, (file) =>
        helmIn('upgrade', example, CHART, '-f', exampleFile(example), '-f', file),
      )
      expect(upgraded).toMatch(/STATUS: deployed\nREVISION: 2\n/)
      const after = await workload(example, embedded)
      expect(after).toMatchObject({ metadata: { generation: 2 } })
      // another config is another pod
      expect(templateOf(after)).not.toEqual(templateOf(before))

      await helmIn('rollback', example, '1')
      const back = await workload(example, embedded)
      expect(back['spec']).toEqual(before['spec'])
      await helmIn('uninstall', example)
      expect(await workload(example, embedded)).toEqual({})
    },
    2 * MINUTE_MS,
  )

  it.each(EXAMPLES)('takes the pods of %s where only the restricted are let in', async (example) => {
    const manifests = (await render(helm ?? '', example)).filter((manifest) => podOf(manifest)?.containers)
    for (const manifest of manifests) {
      const spec = { ...podOf(manifest) }
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${example}-${manifest.kind.toLowerCase()}` },
        spec,
      }
      // the volume that a StatefulSet makes for each of its pods
      const volumes = [
        ...spec.volumes,
        ...(manifest.kind === 'StatefulSet' ? [{ name: 'data', emptyDir: {} }] : []),
      ]
      const answer = await kube.ask('POST', `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`, {
        ...pod,
        spec: { ...spec, volumes },
      })
      expect(answer).toMatchObject({ status: 201 })
    }
  })

  it('refuses what no cluster would take', async () => {
    const broken = { extraVolumeMounts: [{ name: 'nowhere', mountPath: '/nowhere' }] }
    const install = withValues(broken, (file) =>
      helmIn('install', 'broken', CHART, '-f', exampleFile('msk'), '-f', file),
    )
    await expect(install).rejects.toThrow(/volumeMounts.*nowhere|Not found: "nowhere"/)
  })

  it('is told in the notes what to do next, and of more consumers than partitions', async () => {
    const notes = (release: string, values: Values): Promise<string> =>
      withValues(values, (file) =>
        helmIn('install', release, CHART, '--dry-run=server', '-f', exampleFile('msk'), '-f', file),
      )
    const enough = await notes('enough', { consumer: { replicas: 24 } })
    expect(enough).toContain('segmentation promote --config /etc/segmentation/live.yaml --model /files/model')
    expect(enough).not.toContain('WARNING')
    expect(await notes('many', { consumer: { replicas: 25 } })).toContain(
      'WARNING: 25 consumers for 24 partitions: 1 of',
    )
    const keda = { kind: 'keda', max: 30, prometheusUrl: 'http://prometheus:9090' }
    expect(await notes('scaled', { autoscaling: keda })).toContain(
      'WARNING: 30 consumers for 24 partitions: 6 of',
    )
  })
})
