import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../cli/run.ts'
import { FOREIGN_KINDS } from './foreign-kinds.ts'
import { writeKindSchemas } from './kind-schemas.ts'
import { EXAMPLES, render, type Manifest } from './render.ts'
import { runTool, tool } from './tools.ts'

const helm = tool('helm')
const kubeconform = tool('kubeconform')
const swagger = tool('swagger.json')

/** Written into rendered objects, as a slip in a template would. */
const SLIPS: readonly (readonly [kind: string, right: string, wrong: string])[] = [
  ['Deployment', '"readinessProbe"', '"readynessProbe"'],
  ['Deployment', '"maxSurge":0', '"maxSurges":0'],
  ['Deployment', '"containerPort":9404', '"containerPort":"9404"'],
  ['ScaledObject', '"minReplicaCount"', '"minReplicas"'],
  ['ScaledObject', '"threshold":"60"', '"threshold":60'],
  ['ServiceMonitor', '"interval"', '"scrapeInterval"'],
  ['ScaledObject', '"prometheus"', '"kafka"'],
  ['PrometheusRule', '"expr"', '"expression"'],
]

describe.skipIf(!helm || !kubeconform || !swagger)('by the schemas of their kinds', () => {
  const folder = tempFolder()
  let location = ''
  beforeAll(() => void (location = writeKindSchemas(swagger ?? '', folder)))

  /** What kubeconform finds wrong, one line for each. */
  async function complaints(manifests: readonly Manifest[]): Promise<string[]> {
    const args = ['-strict', '-output', 'json', '-schema-location', location, '-']
    const input = manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n')
    const { out, err } = await runTool(kubeconform ?? '', args, input)
    if (out === '') throw new Error(err)
    const { resources } = JSON.parse(out) as {
      resources: { kind: string; name: string; msg: string }[] | null
    }
    return (resources ?? []).map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)
  }

  it.each(EXAMPLES)('%s is right in every field', async (example) => {
    expect(await complaints(await render(helm ?? '', example))).toEqual([])
  })

  it.each(SLIPS)('a %s in which %s is %s is not', async (kind, right, wrong) => {
    const [manifest] = (await render(helm ?? '', 'production')).filter((m) => m.kind === kind)
    if (manifest === undefined) throw new Error(`production has no ${kind}`)
    expect(await complaints([manifest])).toEqual([])
    const text = JSON.stringify(manifest)
    expect(text).toContain(right)
    const slipped = JSON.parse(text.replace(right, wrong)) as Manifest
    const [complaint, ...others] = await complaints([slipped])
    expect({ complaint, others }).toEqual({ complaint: expect.stringContaining(kind), others: [] })
  })

  it('each foreign kind that has a schema is in an example', async () => {
    const rendered = await Promise.all(EXAMPLES.map((example) => render(helm ?? '', example)))
    const kinds = new Set(rendered.flat().map(({ kind }) => kind))
    expect(FOREIGN_KINDS.filter(({ kind }) => !kinds.has(kind))).toEqual([])
  })
})
