import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRedis, type RedisAccess, type RedisConnection } from '../../../src/adapters/redis/client.ts'
import { RedisReader } from '../../../src/adapters/redis/reader.ts'
import { SCRIPTS } from '../../../src/adapters/redis/scripts.ts'
import { RedisStore } from '../../../src/adapters/redis/store.ts'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import type { Slice } from '../../../src/ports/store.ts'
import { ROOT, tempFolder } from '../../cli/run.ts'
import { makeCertificates, type Certificates } from '../../support/servers/certificates.ts'
import { freePorts } from '../../support/servers/ports.ts'
import { quietClient, startRedis, startRedisSentinel, type RedisServer } from '../../support/servers/redis.ts'
import { again, crowd, FENCE } from './place.ts'

const APP = 'shop'
const HOST = '127.0.0.1'
const PASSWORD = 'correct horse'
const USERS = 50
const users = Array.from({ length: USERS }, (_, i) => `user-${i}`)

const opened: RedisConnection[] = []
async function open(access: RedisAccess): Promise<RedisConnection> {
  const connection = await openRedis(access)
  opened.push(connection)
  return connection
}
afterEach(async () => {
  for (const connection of opened.splice(0)) await connection.close()
})

/** Everything that is asked of a state: take-over, checkpoints, dues, what others read. */
async function life(redis: RedisConnection): Promise<{ store: RedisStore; slice: Slice }> {
  const store = new RedisStore(redis, { app: APP, partitions: 1 })
  await store.take(FENCE, 'a')
  expect(await store.checkpoint(0, crowd(0, USERS, 1))).toBe('ok')
  expect(await store.checkpoint(0, crowd(1, USERS, 2))).toBe('ok')
  const reader = new RedisReader(redis, APP)
  expect(await reader.head(0)).toMatchObject({ rev: 1 })
  expect(await reader.profile('user-3')).toBeDefined()
  const member = await reader.membership('user-3')
  const members: string[] = []
  for await (const user of reader.members(member?.segment ?? '')) members.push(user)
  expect(members).toContain('user-3')
  return { store, slice: await store.read(0, 'a', users, 900, 500) }
}

describe('a Redis that wants to know who asks', () => {
  let server: RedisServer | string = 'not started'
  let admin: Redis | undefined
  let certificates: Certificates
  let tlsPort = 0

  beforeAll(async () => {
    certificates = makeCertificates(folder)
    ;[tlsPort = 0] = await freePorts(1)
    const { ca, server: own } = certificates
    const files = ['--tls-cert-file', own.cert, '--tls-key-file', own.key, '--tls-ca-cert-file', ca]
    server = await startRedis('--tls-port', String(tlsPort), ...files)
    if (typeof server === 'string') return
    admin = quietClient(server.access.nodes[0]?.port ?? 0)
    const [line] = /^ACL SETUSER .*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
    // a password of two words is one argument, as it is in a config
    const words = (line ?? '').split(' ').map((word) => (word === '>PASSWORD' ? `>${PASSWORD}` : word))
    await admin.call(words[0] ?? '', ...words.slice(1))
  }, 30 * SECOND_MS)
  afterAll(async () => {
    admin?.disconnect()
    if (typeof server !== 'string') await server.stop()
  })
  beforeEach(async (context) => {
    context.skip(typeof server === 'string', 'no redis-server')
    await admin?.flushall()
  })
  const folder = tempFolder()
  const byName = (more: Partial<RedisAccess> = {}): RedisAccess => {
    if (typeof server === 'string') throw new Error(server)
    return { ...server.access, username: 'segmentation', password: PASSWORD, ...more }
  }

  test('the rights that the README grants are enough, and without any one of them the config is at fault', async () => {
    expect((await life(await open(byName()))).slice.profiles).toHaveLength(USERS)
    const granted = (await admin?.call('ACL', 'GETUSER', 'segmentation')) as string[]
    const commands = String(granted[granted.indexOf('commands') + 1])
      .split(' ')
      .filter((word) => /^\+(?!@)/.test(word))
    expect(commands.length).toBeGreaterThan(10)
    const spare: string[] = []
    for (const command of commands) {
      await admin?.flushall()
      await admin?.script('FLUSH')
      await admin?.call('ACL', 'SETUSER', 'segmentation', command.replace('+', '-'))
      try {
        await open(byName()).then(life)
        spare.push(command)
      } catch (error) {
        expect(error, command).toMatchObject({ code: 'config-invalid' })
      } finally {
        await admin?.call('ACL', 'SETUSER', 'segmentation', command)
      }
    }
    // the client's own question, and what a longer life asks
    expect(spare.sort()).toEqual(['+hdel', '+info', '+smembers', '+unlink', '+zcount'])
    const inScripts = Object.values(SCRIPTS).flatMap(({ lua }) =>
      [...lua.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, command = '']) => `+${command.toLowerCase()}`),
    )
    expect(commands).toEqual(expect.arrayContaining([...new Set(inScripts)]))
  })

  test('another app’s keys are out of reach', async () => {
    const other = new RedisStore(await open(byName()), { app: 'other', partitions: 1 })
    await expect(other.take(FENCE, 'a')).rejects.toMatchObject({ code: 'config-invalid' })
  })

  test('over TLS, with a certificate of its own; not without one, nor to a server that nobody vouches for', async () => {
    const nodes = [{ host: HOST, port: tlsPort }]
    const { ca, client } = certificates
    const read = (path: string): string => readFileSync(path, 'utf8')
    const tls = { ca: [read(ca)], cert: read(client.cert), key: read(client.key) }
    expect((await life(await open(byName({ nodes, tls })))).slice.profiles).toHaveLength(USERS)
    const anonymous = open(byName({ nodes, tls: { ca: [read(ca)] } }))
    await expect(anonymous).rejects.toMatchObject({ code: 'unreachable' })
    const unknown = open(byName({ nodes, tls: { cert: tls.cert, key: tls.key } }))
    await expect(unknown).rejects.toMatchObject({ code: 'unreachable', message: /certificate/ })
  })
})

test(
  'when the master under a Sentinel is killed, the same call again reaches the replica in its place',
  { timeout: 60 * SECOND_MS },
  async (context) => {
    const sentinel = await startRedisSentinel()
    context.skip(typeof sentinel === 'string', 'no redis-server')
    if (typeof sentinel === 'string') throw new Error(sentinel)
    try {
      const redis = await open(sentinel.access)
      const { store, slice } = await life(redis)
      // what the replica has not heard of may be lost: the task folds it again
      await redis.call((client) => client.wait(1, 5 * SECOND_MS))
      await sentinel.killMaster()
      const { result } = await again(() => store.read(0, 'a', users, 900, 500), 15 * SECOND_MS)
      expect(result).toEqual(slice)
      expect((await again(() => store.checkpoint(0, crowd(2, USERS, 3)), 15 * SECOND_MS)).result).toBe('ok')
    } finally {
      await sentinel.stop()
    }
  },
)
