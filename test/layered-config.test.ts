import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configLeaves, layeredConfig, type ConfigLayers } from '../src/layered-config.ts'

const schema = z.strictObject({
  app: z.string().default('shop'),
  kafka: z.strictObject({
    brokers: z.array(z.string().regex(/:\d+$/, 'expected host:port')).min(1),
    minInsyncReplicas: z.int().min(1).default(2),
    auth: z
      .discriminatedUnion('mechanism', [
        z.strictObject({ mechanism: z.literal('none') }),
        z.strictObject({
          mechanism: z.literal('plain'),
          username: z.string(),
          password: z.string().meta({ writeOnly: true }),
        }),
      ])
      .default({ mechanism: 'none' }),
  }),
  follow: z.boolean().default(false),
  since: z.iso.datetime().nullable().default(null),
  inputs: z.array(z.strictObject({ topic: z.string() })).default([]),
})
const file = {
  place: 'live.yaml',
  text: 'kafka: {brokers: ["a:1", "b:2"], minInsyncReplicas: 1}\nfollow: true\n',
}
const read = (layers: ConfigLayers) => layeredConfig(schema, layers)
const invalid = (text: string) =>
  expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(text) as unknown })

describe('a config in layers', () => {
  it('takes each value from the highest layer that has it, and says which', () => {
    const { config, origins } = read({
      file,
      environment: { SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS: '3', SEGMENTATION_APP: 'env', HOME: '/root' },
      flags: { app: { flag: '--app', value: 'flag' } },
    })
    expect(config).toMatchObject({ app: 'flag', kafka: { brokers: ['a:1', 'b:2'], minInsyncReplicas: 3 } })
    expect(Object.fromEntries(origins)).toEqual({
      app: '--app',
      'kafka.brokers': 'live.yaml',
      'kafka.minInsyncReplicas': 'SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS',
      'kafka.auth.mechanism': 'default',
      follow: 'live.yaml',
      since: 'default',
      inputs: 'default',
    })
  })

  it.each<[string, string, unknown]>([
    ['SEGMENTATION_KAFKA_BROKERS', 'c:3, d:4', { kafka: { brokers: ['c:3', 'd:4'] } }],
    ['SEGMENTATION_KAFKA_BROKERS', '["c:3"]', { kafka: { brokers: ['c:3'] } }],
    ['SEGMENTATION_INPUTS', '[{topic: clicks}]', { inputs: [{ topic: 'clicks' }] }],
    ['SEGMENTATION_FOLLOW', 'false', { follow: false }],
    ['SEGMENTATION_APP', '0123', { app: '0123' }],
    ['SEGMENTATION_SINCE', '2025-01-01T00:00:00Z', { since: '2025-01-01T00:00:00Z' }],
    ['SEGMENTATION_APP', '', { app: 'shop' }],
  ])('reads %s=%j', (variable, text, want) => {
    expect(read({ file, environment: { [variable]: text } }).config).toMatchObject(want as object)
  })

  it('reads a secret from the file that a variable names, without the end of its line', () => {
    const { config, origins } = read({
      file,
      environment: {
        SEGMENTATION_KAFKA_AUTH_MECHANISM: 'plain',
        SEGMENTATION_KAFKA_AUTH_USERNAME: 'me',
        SEGMENTATION_KAFKA_AUTH_PASSWORD_FILE: '/run/secrets/p',
      },
      readSecret: (path) => `of ${path}\n`,
    })
    expect(config.kafka.auth).toEqual({ mechanism: 'plain', username: 'me', password: 'of /run/secrets/p' })
    expect(origins.get('kafka.auth.password')).toBe('SEGMENTATION_KAFKA_AUTH_PASSWORD_FILE')
  })

  it('an empty file leaves everything to the other layers', () => {
    const environment = { SEGMENTATION_KAFKA_BROKERS: 'c:3' }
    expect(read({ file: { place: 'x', text: '# nothing' }, environment }).config.kafka.brokers).toEqual([
      'c:3',
    ])
  })

  it('names all errors at once, each with the place it comes from', () => {
    const layers: ConfigLayers = {
      file: { place: 'live.yaml', text: 'kafka: {brokers: [a], color: red}\n' },
      environment: { SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS: 'two', SEGMENTATION_KAFKA_BROKER: 'a:1' },
    }
    for (const text of [
      'kafka.brokers.0: expected host:port (live.yaml)',
      '"color"',
      'kafka.minInsyncReplicas: Invalid input: expected number, received string (SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS)',
      'SEGMENTATION_KAFKA_BROKER: no value of the config has this name',
    ])
      expect(() => read(layers)).toThrow(invalid(text))
  })

  it('passes over what Kubernetes sets beside a service of that name', () => {
    const environment = {
      SEGMENTATION_SERVICE_HOST: '10.0.0.1',
      SEGMENTATION_SERVICE_PORT_HTTP: '80',
      SEGMENTATION_PORT: 'tcp://10.0.0.1:80',
      SEGMENTATION_PORT_80_TCP_ADDR: '10.0.0.1',
    }
    expect(read({ file, environment }).config.app).toBe('shop')
  })

  it.each<[string, ConfigLayers, string]>([
    ['a value and its file', { file, environment: both() }, 'expected one of them'],
    ['no YAML', { file: { place: 'x', text: 'a: [' } }, 'x: '],
    ['a list', { file: { place: 'x', text: '- a' } }, 'x: expected names with values'],
  ])('refuses %s', (_, layers, text) => {
    expect(() => read({ readSecret: () => 'x', ...layers })).toThrow(invalid(text))
  })

  it.each([
    ['a second colon', 'hunter2: x', 'line 2, column 13: '],
    ['a quote that stays open', '"hunter2', 'line 3, column 1: '],
    ['a second value', "x\n  password: 'hunter2'", 'line 3, column 3: duplicate key'],
    ['a tag', '!hunter2 x', 'line 2, column 13: '],
    ['an alias', '*hunter2', 'goes in quotes'],
  ])('never quotes a file that is no YAML: %s', (_, password, where) => {
    const secret = { place: 'live.yaml', text: `auth:\n  password: ${password}\n` }
    const thrown = caught(() => read({ file: secret }))
    expect(thrown).toEqual(invalid(`live.yaml: `))
    expect(thrown).toEqual(invalid(where))
    const all = `${(thrown as Error).stack}${String((thrown as Error).cause)}`
    expect(all).not.toContain('hunter2')
  })

  it('knows which values are secret and how each variable is called', () => {
    const leaves = configLeaves(schema)
    expect(leaves.filter((l) => l.secret).map((l) => l.variable)).toEqual([
      'SEGMENTATION_KAFKA_AUTH_PASSWORD',
    ])
    expect(new Set(leaves.map((l) => l.variable)).size).toBe(leaves.length)
  })
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

function both(): Record<string, string> {
  return { SEGMENTATION_APP: 'a', SEGMENTATION_APP_FILE: '/b' }
}
