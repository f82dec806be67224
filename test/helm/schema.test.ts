import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CHART, EXAMPLES, exampleFile } from './render.ts'
import { valuesJsonSchema } from './values-schema.ts'

type Json = Record<string, unknown>

const values = (path: string): Json => parse(readFileSync(path, 'utf8')) as Json
const defaults = values(join(CHART, 'values.yaml'))

/** As Helm does it: maps by name, everything else as a whole. */
function merged(under: unknown, over: unknown): unknown {
  const maps = [under, over].every((v) => typeof v === 'object' && v !== null && !Array.isArray(v))
  if (!maps) return over
  const [below, above] = [under as Json, over as Json]
  const inner = Object.entries(above).map(([key, value]) => [
    key,
    key in below ? merged(below[key], value) : value,
  ])
  return { ...below, ...Object.fromEntries(inner) }
}

const ajv = new Ajv({ strict: false, validateFormats: false })
const schema = valuesJsonSchema()
const accepts = (example: string, over: Json = {}): boolean =>
  ajv.validate(schema, merged(merged(defaults, values(exampleFile(example))), over))

describe('values.schema.json', () => {
  it('is made from the schema of the config (vitest -u writes it anew)', async () => {
    await expect(`${JSON.stringify(schema, undefined, 1)}\n`).toMatchFileSnapshot(
      join(CHART, 'values.schema.json'),
    )
  })

  it('knows each value of values.yaml, and no other', () => {
    const known = Object.keys((schema as { properties: Json }).properties)
    // what Helm gives a chart that is part of another
    expect(known.filter((name) => name !== 'global').sort()).toEqual(Object.keys(defaults).sort())
  })

  it.each(EXAMPLES)('accepts the example %s', (example) => {
    expect({ ok: accepts(example), errors: ajv.errors }).toEqual({ ok: true, errors: null })
  })

  it.each<[string, Json]>([
    ['a name that is unknown', { consumers: {} }],
    ['one that is unknown further in', { consumer: { replica: 2 } }],
    ['one that the config does not know', { config: { kafka: { broker: 'k:9092' } } }],
    ['a secret in the config', { config: { redis: { password: 'hunter2' } } }],
    [
      'a secret in the config of Kafka',
      { config: { kafka: { auth: { mechanism: 'plain', password: 'hunter2' } } } },
    ],
    ['a member: that is the pod', { config: { member: 'me' } }],
    ['a port of its own in the config', { config: { ops: { port: 1 } } }],
    ['no consumer at all', { consumer: { replicas: 0 } }],
    ['to be scaled to nothing', { autoscaling: { min: 0 } }],
    ['KEDA without a Prometheus to ask', { autoscaling: { kind: 'keda', prometheusUrl: '' } }],
    ['a grace shorter than an orderly end', { consumer: { terminationGracePeriodSeconds: 10 } }],
    ['a Secret for what is none', { fromSecrets: { 'kafka.partitions': { secret: 's', key: 'k' } } }],
    ['a Secret without a key', { fromSecrets: { 'redis.password': { secret: 's' } } }],
    ['a duration that is none', { config: { maxSleep: 5 } }],
    ['no image', { image: { repository: '' } }],
    ['no brokers', { config: { kafka: { brokers: [] } } }],
    ['files of a run beside topics', { embedded: { enabled: true, inputs: ['/x'], model: '/m' } }],
  ])('refuses %s', (_, over) => {
    expect(accepts('development')).toBe(true)
    expect(accepts('development', over)).toBe(false)
  })

  it('leaves to Secrets what may come from there', () => {
    expect(accepts('development', { config: { kafka: { auth: { mechanism: 'plain' } } } })).toBe(true)
    expect(accepts('development', { config: { kafka: { auth: { mechanism: 'oauthbearer' } } } })).toBe(true)
  })

  it.each<[string, Json]>([
    ['no inputs', { embedded: { inputs: [] } }],
    ['no model', { embedded: { model: '' } }],
    ['a relative path', { embedded: { inputs: ['events.ndjson'] } }],
  ])('refuses an embedded run with %s', (_, over) => {
    expect(accepts('embedded', over)).toBe(false)
  })
})
