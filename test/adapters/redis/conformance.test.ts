import { randomBytes } from 'node:crypto'
import { afterAll, describe, test } from 'vitest'
import { openRedis, type RedisConnection } from '../../../src/adapters/redis/client.ts'
import { redisKey } from '../../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../../src/adapters/redis/reader.ts'
import { RedisStore } from '../../../src/adapters/redis/store.ts'
import { readerConformance } from '../../conformance/reader.ts'
import { storeConformance, type StoreHarness } from '../../conformance/store.ts'
import { startRedis, startRedisCluster, type RedisServer } from '../../support/servers/redis.ts'

function harness(redis: RedisConnection): StoreHarness {
  // An app of its own: the server may be somebody's.
  const app = `test-${randomBytes(6).toString('hex')}`
  const key = (name: string): string => redisKey(app, 0, name)
  return {
    store: () => new RedisStore(redis, { app, partitions: 1 }),
    reader: () => new RedisReader(redis, app),
    fence: async () => ({ task: 0 }),
    lose: async (user) => void (await redis.call((client) => client.hdel(key('profiles'), user))),
    loseHead: async () => void (await redis.call((client) => client.del(key('head')))),
    close: async () => {
      const segments = await redis.call((client) => client.smembers(key('segments')))
      const names = ['head', 'profiles', 'dues', 'members', 'segments', ...segments.map((s) => `in:${s}`)]
      await redis.call((client) => client.del(names.map(key)))
      await redis.call((client) => client.del(redisKey(app, undefined, 'meta')))
    },
  }
}

async function over(name: string, server: RedisServer | string): Promise<void> {
  if (typeof server === 'string') {
    describe.skip(`${name}: ${server}`, () => test('keeps the contracts', () => {}))
    return
  }
  const redis = await openRedis(server.access)
  afterAll(async () => {
    await redis.close()
    await server.stop()
  })
  storeConformance(`${name} ${server.version}`, async () => harness(redis))
  readerConformance(`${name} ${server.version}`, async () => harness(redis))
}

await over('Redis', await startRedis())
await over('Redis Cluster', await startRedisCluster())
