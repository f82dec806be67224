import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AclEntry } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadKafkajs } from '../../src/adapters/kafka/repairs.ts'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { makeCertificates } from '../support/servers/certificates.ts'
import { freePorts } from '../support/servers/ports.ts'
import { quietClient, startRedis, type RedisServer } from '../support/servers/redis.ts'
import { agreed, consume, embedded, END_MS, until } from './consumer.ts'

const APP = 'shop'
const PARTITIONS = 2
const USER = 'segmentation'
const PASSWORD = 'horse-battery'

const kafka = new Place()
let redis: RedisServer | string = 'not started'
let tlsPort = 0
let securedBroker = ''
const folder = tempFolder()
const children: ChildProcess[] = []
const certificates = makeCertificates(folder)
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** Beside the usual listener, whose nameless users may do everything, one with TLS and names. */
beforeAll(async () => {
  const [secured = 0, tls = 0] = await freePorts(2)
  tlsPort = tls
  const jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  await kafka.start({
    scram: { [USER]: PASSWORD },
    properties: (port, controller) => ({
      listeners: `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${secured}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': jaas,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': certificates.server.both,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificates.ca,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    }),
  })
  const { ca, server } = certificates
  const files = ['--tls-cert-file', server.cert, '--tls-key-file', server.key, '--tls-ca-cert-file', ca]
  redis = await startRedis('--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files)
  securedBroker = `127.0.0.1:${secured}`
}, 2 * END_MS)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  if (typeof redis !== 'string') await redis.stop()
  await kafka.stop()
})

function config(name: string, kafkaLines: string): string {
  const path = join(folder, name)
  writeFileSync(join(folder, 'redis-password'), `${PASSWORD}\n`)
  writeFileSync(
    path,
    [
      `app: ${APP}`,
      `member: secured-${process.pid}`,
      `kafka: {${kafkaLines}, partitions: ${PARTITIONS}, replication: 1, minInsyncReplicas: 1}`,
      `redis: {nodes: ["127.0.0.1:${tlsPort}"], username: ${USER}, tls: {enabled: true, caFile: ${certificates.ca}}}`,
      'inputs: [{topic: clicks}, {topic: orders}]',
      `model: ${join(folder, 'model')}`,
      'tickAllowance: 9999d',
      // in a backlog of weeks more of them move within an hour than a shop's ever do
      'guards: {action: none}',
    ].join('\n'),
  )
  return path
}

/** The lines of the README, as the requests that they stand for. */
function grants(line: string): AclEntry[] {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = loadKafkajs()
  const of = (option: string): string[] =>
    [...line.matchAll(new RegExp(`--${option} (\\S+)`, 'g'))].map(([, value = '']) => value)
  const resources = [
    ...of('topic').map((name) => [AclResourceTypes.TOPIC, name] as const),
    ...of('group').map((name) => [AclResourceTypes.GROUP, name] as const),
    ...of('transactional-id').map((name) => [AclResourceTypes.TRANSACTIONAL_ID, name] as const),
  ]
  const numbers = {
    Read: AclOperationTypes.READ,
    Write: AclOperationTypes.WRITE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  }
  return resources.flatMap(([resourceType, resourceName]) =>
    of('operation').map((operation) => ({
      resourceType,
      resourceName,
      resourcePatternType: of('resource-pattern-type').includes('prefixed')
        ? ResourcePatternTypes.PREFIXED
        : ResourcePatternTypes.LITERAL,
      principal: of('allow-principal')[0] ?? '',
      host: '*',
      operation: numbers[operation as keyof typeof numbers],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  )
}

async function allow(): Promise<void> {
  const acl = [...readme.matchAll(/^kafka-acls\.sh --add .*$/gm)].flatMap(([line]) => grants(line))
  expect(acl.length).toBeGreaterThan(8)
  const admin = kafka.kafka().admin()
  await admin.connect()
  await admin.createAcls({ acl })
  await admin.disconnect()
  const [line = ''] = /^ACL SETUSER .*$/m.exec(readme) ?? []
  const [command = '', ...words] = line.replace('PASSWORD', PASSWORD).split(' ')
  const client = quietClient((redis as RedisServer).access.nodes[0]?.port ?? 0)
  await client.call(command, ...words)
  client.disconnect()
}

test(
  'over TLS, by SCRAM, with the rights of the README and no others, a consumer gives the moves of the run without servers',
  { timeout: 4 * END_MS },
  async (context) => {
    const missing = kafka.missing ?? (typeof redis === 'string' ? redis : undefined)
    context.skip(missing !== undefined, missing)
    const events = [...generateShop({ users: 150, days: 25, seed: 5, startMs: SHOP_START_MS })]
    const expected = await embedded(folder, APP, events)
    await kafka.createTopics(['clicks', 'orders'], PARTITIONS)
    const open = config('open.yaml', `brokers: ["${kafka.server.brokers[0]}"]`)
    const tls = `brokers: ["${securedBroker}"], tls: {enabled: true, caFile: ${certificates.ca}}`
    const scram = `${tls}, auth: {mechanism: scram-sha-512, username: ${USER}`
    const secured = config('secured.yaml', `${scram}}`)
    const forRedis = { SEGMENTATION_REDIS_PASSWORD_FILE: join(folder, 'redis-password') }
    const env = { ...forRedis, SEGMENTATION_KAFKA_AUTH_PASSWORD: PASSWORD }
    expect(await run(['topics', 'apply', '--config', open], { env: forRedis })).toMatchObject({ code: 0 })

    const wrong = config('wrong.yaml', `${scram}, password: wrong}`)
    const refused = await run(['topics', 'plan', '--config', wrong], { env: forRedis })
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\[config-invalid\].*SCRAM/) as unknown,
    })
    expect(refused.err).not.toContain('wrong.yaml: wrong')

    const denied = await run(['topics', 'plan', '--config', secured], { env })
    expect(denied).toMatchObject({ code: 3 })
    expect(denied.out.trim().split('\n').sort()).toEqual([
      '✗ right    group shop  Read',
      '✗ right    topic clicks  Read, DescribeConfigs',
      '✗ right    topic orders  Read, DescribeConfigs',
      '✗ right    topic shop.control.v1  Read, DescribeConfigs',
      '✗ right    topic shop.dead-letter.v1  Write, DescribeConfigs',
      '✗ right    topic shop.journal.v1  Read, Write, DescribeConfigs',
      '✗ right    topic shop.segment-catalog.v1  Write, DescribeConfigs',
      '✗ right    topic shop.segment-changed.v1  Write, DescribeConfigs',
      '✗ right    topic shop.user-segments.v1  Write, DescribeConfigs',
      '✗ right    transactional id shop.rights  Write',
    ])

    await allow()
    expect(await run(['topics', 'plan', '--config', secured], { env })).toMatchObject({ code: 0 })
    const promote = ['promote', '--model', join(folder, 'model'), '--at', 'start']
    expect(await run([...promote, '--config', secured], { env })).toMatchObject({ code: 0 })
    for (const topic of ['clicks', 'orders']) {
      const ingest = ['ingest', join(folder, topic), '--mapping', 'native', '--to', 'kafka', '--topic', topic]
      expect(await run([...ingest, '--config', open], { env: forRedis })).toMatchObject({ code: 0 })
    }
    const consumer = consume(secured, children, env)
    const published = async (): Promise<string[]> => {
      const topic = topicNames(APP)['segment-changed']
      const values: string[] = []
      for (let p = 0; p < PARTITIONS; p++)
        for (const { value } of await kafka.committed(topic, p)) values.push(String(value))
      return values
    }
    // time stands still in a task behind its own last event, so the last moves of the quiet are not made
    const found = async (): Promise<number> => (await published()).length
    await until('nearly all moves', async () => (await found()) > 0.9 * expected.length)
    consumer.child().kill('SIGTERM')
    expect(await consumer.ended).toBe(0)
    const ids = new Map(expected.map((move) => [move['id'], move]))
    const moves = agreed(await published())
    for (const move of moves) expect(move).toEqual(ids.get(move['id']))
    expect(consumer.words() + consumer.out()).not.toContain(PASSWORD)
  },
)
