import type { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openRedis, type RedisConnection } from '../../../src/adapters/redis/client.ts'
import { indexKey, redisKey, taskOf } from '../../../src/adapters/redis/keys.ts'
import { compareUtf8 } from '../../../src/domain/base/canonical.ts'
import type { Checkpoint, Head, StateStore } from '../../../src/ports/store.ts'
import { checkpoint } from '../../conformance/store.ts'
import { head, membership, profile } from '../../support/revisions.ts'
import { quietClient, startRedis } from '../../support/servers/redis.ts'
import { FENCE, Place, watched } from './place.ts'

/** How a state lies in Redis: what others rely on who read it without this program. */
const server = await startRedis('--maxmemory-policy', 'noeviction')
const name = typeof server === 'string' ? server : server.version
const at = typeof server === 'string' ? undefined : server
const redis = at && (await openRedis(at.access))
const behind = at && quietClient(at.access.nodes[0]?.port ?? 0)

afterAll(async () => {
  behind?.disconnect()
  await redis?.close()
  await at?.stop()
})

/** Writes one checkpoint after the other, as one owner. */
async function written(store: StateStore, ...checkpoints: Partial<Checkpoint>[]): Promise<void> {
  await store.take(FENCE, 'a')
  for (const [i, over] of checkpoints.entries()) {
    const after = i === 0 ? undefined : i - 1
    expect(await store.checkpoint(0, checkpoint({ after, head: head(i), ...over }))).toBe('ok')
  }
}

async function all(users: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const user of users) found.push(user)
  return found
}

describe('keys', () => {
  test('all of a task share its hash tag, whatever the segment is called', () => {
    expect(redisKey('shop', 3, 'profiles')).toBe('{shop:3}:profiles')
    expect(redisKey('shop', undefined, 'meta')).toBe('{shop}:meta')
    expect(indexKey('shop', 3, 'lo}y{al')).toBe('{shop:3}:in:lo}y{al')
  })

  test('a user’s task is that of Kafka’s partitioner', () => {
    // kafka-clients 3.9: Utils.toPositive(Utils.murmur2(bytes)) % 12
    expect(['21', 'foobar', 'a-little-bit-long-string'].map((user) => taskOf(user, 12))).toEqual(
      [-973932308, -790332482, -985981536].map((h) => (h & 0x7fffffff) % 12),
    )
  })
})

describe.skipIf(!at)(`a state in Redis ${name}`, () => {
  let place: Place
  beforeEach(() => {
    place = new Place(redis as RedisConnection, behind as Redis)
  })

  test('a visitor’s segment is one HGET away, members and segments are listed, nothing expires', async () => {
    await written(place.store(), {
      profiles: [profile('u', 5), profile('w', 7)],
      memberships: [membership('u', 'loyal'), membership('w', 'loyal')],
    })
    const text = await behind?.hget(place.key('members'), 'u')
    expect(JSON.parse(text ?? '')).toEqual(membership('u', 'loyal'))
    expect(await behind?.zrange(place.key('in:loyal'), 0, '-1')).toEqual(['u', 'w'])
    expect(await behind?.smembers(place.key('segments'))).toEqual(['loyal'])
    expect(await behind?.zrange(place.key('dues'), 0, '-1', 'WITHSCORES')).toEqual(['u', '5', 'w', '7'])
    expect(await behind?.hgetall(redisKey(place.app, undefined, 'meta'))).toEqual({
      partitions: '1',
      partitioner: 'murmur2',
      scheme: '1',
    })
    const keys = await place.keys()
    expect(keys).toHaveLength(7)
    for (const key of keys) expect(await behind?.ttl(key)).toBe(-1)
  })

  test('each reader finds a user in his task, and lists members of all tasks in one order', async () => {
    const partitions = 2
    const store = place.store({ partitions })
    const users = Array.from({ length: 2500 }, (_, i) => `user-${(i * 7919) % 10_007}`)
    for (let p = 0; p < partitions; p++) {
      const its = users.filter((user) => taskOf(user, partitions) === p)
      await store.take({ task: p }, 'a')
      const memberships = its.map((user) => membership(user, 'loyal'))
      await store.checkpoint(p, checkpoint({ profiles: its.map((user) => profile(user, 5, p)), memberships }))
    }
    const reader = place.reader()
    for (const user of users.slice(0, 50)) {
      expect(await reader.profile(user)).toEqual(Uint8Array.of(taskOf(user, partitions)))
      expect(await reader.membership(user)).toEqual(membership(user, 'loyal'))
    }
    const sorted = users.toSorted(compareUtf8)
    expect(await all(reader.members('loyal'))).toEqual(sorted)
    expect(await all(reader.members('loyal', sorted[1234]))).toEqual(sorted.slice(1235))
  })

  test('another number of partitions, or another scheme, is refused', async () => {
    await written(place.store())
    await expect(place.store({ partitions: 2 }).take(FENCE, 'b')).rejects.toMatchObject({
      code: 'config-invalid',
      message: /1 partitions, the inputs have 2/,
    })
    await behind?.hset(redisKey(place.app, undefined, 'meta'), 'scheme', 2)
    await expect(place.store().take(FENCE, 'b')).rejects.toMatchObject({ code: 'state-version' })
    await expect(place.reader().membership('u')).rejects.toMatchObject({ code: 'state-version' })
  })

  test('one who was never due is in no queue, and comes back into it', async () => {
    const store = place.store()
    await written(
      store,
      { profiles: [profile('u', Infinity), profile('w', 7)] },
      { profiles: [profile('u', 9), profile('w', Infinity)] },
    )
    expect((await store.read(0, 'a', [], -Infinity, 10)).dues).toEqual([profile('u', 9)])
    expect((await store.take(FENCE, 'b'))?.rev).toBe(1)
  })

  test('many who are due at one instant come all at once, with their profiles', async () => {
    const store = place.store()
    const users = Array.from({ length: 2600 }, (_, i) => `user-${String(i).padStart(4, '0')}`)
    const profiles = users.map((user, i) => profile(user, i === 0 ? 4 : 5, i & 0xff, i >> 8))
    await written(store, { profiles: [...profiles, profile('z', 6)] })
    for (const limit of [2, 1500, 2600]) {
      expect(await store.read(0, 'a', [], 0, limit)).toEqual({ profiles: [], dues: profiles, complete: 5 })
    }
    expect((await store.read(0, 'a', [], 0, 1)).dues).toEqual(profiles.slice(0, 1))
    expect((await store.read(0, 'a', [], 4, 1)).dues).toEqual(profiles.slice(1))
    const { profiles: found } = await store.read(0, 'a', [...users, 'nobody'], 0, 0)
    expect(found).toEqual(profiles.map(({ user, bytes }) => ({ user, bytes })))
  })

  test('ties up to the last due leave nothing behind them', async () => {
    const store = place.store()
    const profiles = ['a', 'b', 'c'].map((user) => profile(user, 5))
    await written(store, { profiles })
    expect(await store.read(0, 'a', [], 0, 2)).toEqual({ profiles: [], dues: profiles, complete: Infinity })
  })

  test('large profiles go in small chunks', async () => {
    let chunks = 0
    const counting = watched(place.redis, (script) => {
      if (script === 'segmentationChunk') chunks++
    })
    const store = place.store({}, counting)
    const bytes = new Uint8Array(32_768)
    await written(store, {
      profiles: Array.from({ length: 200 }, (_, i) => ({ user: `u${i}`, due: i, bytes })),
    })
    expect((await store.read(0, 'a', ['u199'], 0, 0)).profiles[0]?.bytes).toHaveLength(bytes.length)
    // One MiB each, and a profile.
    expect(chunks).toBe(7)
  })

  test('a member leaves a segment that this owner has never heard of', async () => {
    await written(place.store(), {
      profiles: [profile('u', 5)],
      memberships: [membership('u', 'unheard-of')],
    })
    const store = place.store()
    await store.take(FENCE, 'b')
    const moved = checkpoint({ token: 'b', after: 0, head: head(1), memberships: [membership('u', 'loyal')] })
    expect(await store.checkpoint(0, moved)).toBe('ok')
    expect(await all(place.reader().members('unheard-of'))).toEqual([])
    expect(await all(place.reader().members('loyal'))).toEqual(['u'])
    expect(await behind?.exists(place.key('in:unheard-of'))).toBe(0)
  })

  test('bundles and labels are written only where they change, and always read with their head', async () => {
    const bundles: string[] = []
    const listening = watched(place.redis, (script, args) => {
      if (script === 'segmentationHead') bundles.push(String(args[6]))
    })
    const store = place.store({}, listening)
    const labels = { loyal: { name: { en: 'Loyal', fr: 'Fidèles' } } } as unknown as Head['labels']
    const heads = [head(0), head(1), head(2, { labels }), head(3, { labels: { ...labels } }), head(4)]
    await store.take(FENCE, 'a')
    for (const [i, each] of heads.entries()) {
      const after = i === 0 ? undefined : i - 1
      expect(await store.checkpoint(0, checkpoint({ after, head: each }))).toBe('ok')
      expect(await place.reader().head(0)).toEqual(each)
    }
    expect(bundles.map((text) => text !== '')).toEqual([true, false, true, false, true])
    const later = place.store({}, listening)
    expect(await later.take(FENCE, 'b')).toEqual(heads[4])
    await later.checkpoint(0, checkpoint({ token: 'b', after: 4, head: head(5) }))
    expect(bundles.at(-1)).toBe('')
  })

  test('a user costs what is said of him', async () => {
    const count = 10_000
    const users = Array.from({ length: count }, (_, i) => `user-${100_000 + i}`)
    await written(place.store(), {
      profiles: users.map((user, i) => ({
        user,
        due: Date.UTC(2025, 0, 1) + i * 8641,
        bytes: Uint8Array.from({ length: 120 }, (_, j) => (i * j) & 0xff),
      })),
      memberships: users.map((user, i) => membership(user, i % 2 === 0 ? 'loyal' : 'at-risk')),
    })
    const bytes = async (...keys: string[]): Promise<number> => {
      const sizes = await Promise.all(
        keys.map(async (key) => behind?.memory('USAGE', place.key(key), 'SAMPLES', 0)),
      )
      return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / count
    }
    const profiles = await bytes('profiles')
    const dues = await bytes('dues')
    const members = await bytes('members')
    const index = await bytes('in:loyal', 'in:at-risk')
    process.stdout.write(
      `bytes a user in Redis ${name}: profile of 120 bytes ${profiles.toFixed(0)}, due ${dues.toFixed(0)}, ` +
        `membership ${members.toFixed(0)}, index ${index.toFixed(0)}, ` +
        `in all ${(profiles + dues + members + index).toFixed(0)}\n`,
    )
    expect(profiles).toBeLessThan(300)
    expect(profiles + dues + members + index).toBeLessThan(1000)
  })
})
