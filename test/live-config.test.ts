import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kafkaAccess, redisAccess } from '../src/live-access.ts'
import { layeredLiveConfig, parseLiveConfig, type LiveConfig } from '../src/live-config.ts'
import { tempFolder } from './cli/run.ts'

const folder = tempFolder()
const at = (name: string, content = name): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const text = (kafka: string, redis = ''): string =>
  `kafka: {brokers: ["k:1"]${kafka}}\nredis: {nodes: ["r:1"]${redis}}\ninputs: [{topic: clicks}]\nmodel: m\n`
const parsed = (kafka = '', redis = ''): LiveConfig => parseLiveConfig(text(kafka, redis), 'live.yaml')

describe('how brokers are reached', () => {
  it('in the open, by nobody, unless something else is said', () => {
    const { brokers, ssl, sasl } = kafkaAccess(parsed())
    expect({ brokers, ssl, sasl }).toEqual({ brokers: ['k:1'], ssl: undefined, sasl: undefined })
  })

  it('over TLS with the authorities of Node, or with a file; with a certificate of its own', () => {
    expect(kafkaAccess(parsed(', tls: {enabled: true}')).ssl).toEqual({})
    const files = `caFile: ${at('ca')}, certFile: ${at('cert')}, keyFile: ${at('key')}, serverName: s`
    const { ssl, sasl } = kafkaAccess(parsed(`, tls: {enabled: true, ${files}}, auth: {mechanism: mtls}`))
    expect(ssl).toEqual({ ca: ['ca'], cert: 'cert', key: 'key', servername: 's' })
    expect(sasl).toBeUndefined()
  })

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'by %s, the password from the environment or a file',
    (mechanism) => {
      const auth = `, tls: {enabled: true}, auth: {mechanism: ${mechanism}, username: u}`
      const read = (environment: Record<string, string>): unknown => {
        const layers = {
          file: { text: text(auth), place: 'live.yaml' },
          environment,
          readSecret: () => 'secret\n',
        }
        return kafkaAccess(layeredLiveConfig(layers).config).sasl
      }
      const expected = { mechanism, username: 'u', password: 'secret' }
      expect(read({ SEGMENTATION_KAFKA_AUTH_PASSWORD: 'secret' })).toEqual(expected)
      expect(read({ SEGMENTATION_KAFKA_AUTH_PASSWORD_FILE: '/run/secrets/kafka' })).toEqual(expected)
    },
  )

  it('by a token, read from its file again for every connection', async () => {
    const path = at('token', 'first\n')
    const auth = `, tls: {enabled: true}, auth: {mechanism: oauthbearer, tokenFile: ${path}}`
    const { sasl } = kafkaAccess(parsed(auth))
    const next = (): unknown => sasl && 'oauthBearerProvider' in sasl && sasl.oauthBearerProvider()
    expect(await next()).toEqual({ value: 'first' })
    at('token', 'second\n')
    expect(await next()).toEqual({ value: 'second' })
  })

  it('with a file that is missing it says which', () => {
    const config = parsed(', tls: {enabled: true, caFile: /nowhere/ca.pem}')
    expect(() => kafkaAccess(config)).toThrow(/\/nowhere\/ca\.pem/)
  })

  it.each([
    [', tls: {caFile: ca}', 'kafka.tls: expected enabled: true'],
    [', tls: {enabled: true, certFile: c}', 'kafka.tls: certFile and keyFile go together'],
    [', auth: {mechanism: mtls}', 'kafka.auth.mechanism: mtls wants'],
    [', auth: {mechanism: plain, username: u, password: p}', 'kafka.auth.mechanism: sends the secret itself'],
    [', auth: {mechanism: oauthbearer, tokenFile: t}', 'kafka.auth.mechanism: sends the secret itself'],
    [', auth: {mechanism: scram-sha-512, username: u}', 'kafka.auth.password'],
    [', auth: {mechanism: kerberos}', 'kafka.auth.mechanism'],
    [', replication: 1', 'kafka.minInsyncReplicas: expected at most replication'],
  ])('refuses %s', (kafka, what) => {
    expect(() => parsed(kafka)).toThrow(what)
  })
})

describe('how Redis is reached', () => {
  it('a server, any nodes of a Cluster, or the Sentinels of a master', () => {
    expect(redisAccess(parsed())).toMatchObject({
      nodes: [{ host: 'r', port: 1 }],
      cluster: false,
      sentinel: undefined,
    })
    expect(redisAccess(parsed('', ', mode: cluster'))).toMatchObject({ cluster: true })
    const sentinel = ', mode: sentinel, sentinelName: state, sentinelPassword: s, username: u, password: p'
    expect(redisAccess(parsed('', sentinel))).toMatchObject({
      cluster: false,
      sentinel: { name: 'state', password: 's' },
      username: 'u',
      password: 'p',
    })
    expect(redisAccess(parsed('', `, tls: {enabled: true, caFile: ${at('ca')}}`)).tls).toEqual({ ca: ['ca'] })
  })

  it.each([
    [', mode: sentinel', 'redis.sentinelName: goes with mode: sentinel'],
    [', sentinelName: state', 'redis.sentinelName: goes with mode: sentinel'],
    [', username: u', 'redis.username: expected a password'],
    [', mode: ring', 'redis.mode'],
  ])('refuses %s', (redis, what) => {
    expect(() => parsed('', redis)).toThrow(what)
  })

  it('refuses several addresses of a single server', () => {
    const two = text('').replace('nodes: ["r:1"]', 'nodes: ["r:1", "r:2"]')
    expect(() => parseLiveConfig(two, 'live.yaml')).toThrow('redis.nodes: a single server has one address')
  })
})
