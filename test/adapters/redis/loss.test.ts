import type { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { Amends } from '../../../src/app/task/amends.ts'
import { judge } from '../../../src/app/task/judge.ts'
import { openRedis, type RedisConnection } from '../../../src/adapters/redis/client.ts'
import { redisKey } from '../../../src/adapters/redis/keys.ts'
import { settleMeta } from '../../../src/adapters/redis/meta.ts'
import { checkpoint } from '../../conformance/store.ts'
import { head, journalLine, membership, profile } from '../../support/revisions.ts'
import { quietClient, startRedis } from '../../support/servers/redis.ts'
import { crowd, FENCE, Place, watched } from './place.ts'

/** A server that loses what it had confirmed. It is the tests' own: they delete all that it holds. */
const server = await startRedis('--maxmemory-policy', 'noeviction')
const name = typeof server === 'string' ? server : server.version
const at = typeof server === 'string' ? undefined : server
const redis = at && (await openRedis(at.access))
const behind = at && quietClient(at.access.nodes[0]?.port ?? 0)
const lost = (p: Promise<unknown>): Promise<void> => expect(p).rejects.toMatchObject({ code: 'state-lost' })

afterAll(async () => {
  behind?.disconnect()
  await redis?.close()
  await at?.stop()
})

/** The connection, with something done behind the n-th chunk's answer. */
function interrupted(connection: RedisConnection, n: number, after: () => Promise<unknown>): RedisConnection {
  let chunks = 0
  return watched(connection, async (script) => {
    if (script === 'segmentationChunk' && ++chunks === n) await after()
  })
}

/** Three chunks. */
const MANY = 1500

describe.skipIf(!at)(`a Redis that loses: ${name}`, () => {
  let place: Place
  beforeEach(() => {
    place = new Place(redis as RedisConnection, behind as Redis)
  })

  test('all gone: nobody owns it, and the journal says that something was there', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 10, 1))
    await behind?.flushall()
    await expect(store.read(0, 'a', ['user-1'], 0, 0)).rejects.toMatchObject({ code: 'task-fenced' })
    expect(await store.checkpoint(0, crowd(1, 10, 2))).toBe('fenced')
    const nothing = await store.take(FENCE, 'b')
    expect(nothing).toBeUndefined()
    const findings = {
      tail: journalLine(1),
      lineAtHead: journalLine(0),
      bounds: {},
      topics: [],
      amends: new Amends([]),
    }
    expect(judge({ head: nothing, ...findings })).toMatchObject({ type: 'stop', code: 'state-lost' })
  })

  test('all gone between two chunks: the checkpoint is fenced', async () => {
    const store = place.store(
      {},
      interrupted(place.redis, 1, async () => behind?.flushall()),
    )
    await store.take(FENCE, 'a')
    expect(await store.checkpoint(0, crowd(0, MANY, 1))).toBe('fenced')
    expect(await place.keys()).toEqual([])
  })

  test('an older copy put back: its owner is refused, the next one finds the older revision', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 20, 1))
    const putBack = await place.copy()
    await store.checkpoint(0, crowd(1, 20, 2))
    await putBack()
    await expect(store.read(0, 'a', ['user-1'], 0, 0)).rejects.toMatchObject({ code: 'task-fenced' })
    await expect(store.read(0, 'a', [], 0, 10)).rejects.toMatchObject({ code: 'task-fenced' })
    const older = await place.all()
    expect(await store.checkpoint(0, crowd(2, 20, 3))).toBe('stale')
    expect(await place.all()).toEqual(older)
    expect((await store.take(FENCE, 'b'))?.rev).toBe(0)
    expect(await store.checkpoint(0, { ...crowd(1, 20, 2), token: 'b' })).toBe('ok')
  })

  test('an older copy with a former owner: the present one is fenced', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 20, 1))
    const putBack = await place.copy()
    await store.take(FENCE, 'b')
    await putBack()
    expect(await store.checkpoint(0, { ...crowd(1, 20, 2), token: 'b' })).toBe('fenced')
    await expect(store.read(0, 'b', [], 0, 10)).rejects.toMatchObject({ code: 'task-fenced' })
  })

  test.each([1, 2, 3])('a checkpoint of three chunks that loses its first %i is stale', async (chunks) => {
    const before = place.store()
    await before.take(FENCE, 'a')
    await before.checkpoint(0, crowd(0, MANY, 1))
    const putBack = await place.copy()
    const expected = await place.all()
    let restored = false
    const store = place.store(
      {},
      interrupted(place.redis, chunks, async () => {
        await putBack()
        restored = true
      }),
    )
    await store.take(FENCE, 'a')
    expect(await store.checkpoint(0, crowd(1, MANY, 2))).toBe('stale')
    expect(restored).toBe(true)
    expect(await place.all()).toEqual(expected)
  })

  test.each([0, 3])(
    'half a checkpoint that a former owner left is forgotten: the next one, of revision %i, starts at its first chunk',
    async (rev) => {
      const next = place.store()
      const store = place.store(
        {},
        interrupted(place.redis, 2, () => next.take(FENCE, 'b')),
      )
      await store.take(FENCE, 'a')
      expect(await store.checkpoint(0, crowd(0, MANY, 1))).toBe('fenced')
      expect(await behind?.hlen(place.key('profiles'))).toBeGreaterThan(MANY / 2)
      const sealed = { ...crowd(rev, MANY, 2), after: undefined }
      expect(await next.checkpoint(0, { ...sealed, token: 'b' })).toBe('ok')
      const undisturbed = new Place(place.redis, place.behind)
      const alone = undisturbed.store()
      await alone.take(FENCE, 'a')
      await alone.checkpoint(0, sealed)
      const without = async (at: Place): Promise<string> =>
        JSON.stringify(await at.all()).replaceAll(at.app, 'app')
      expect(await without(place)).toBe(await without(undisturbed))
    },
  )

  test('half a checkpoint goes on as itself only: one of another revision is stale', async () => {
    const store = place.store(
      {},
      interrupted(place.redis, 1, () => Promise.reject(new Error('the process is elsewhere'))),
    )
    await store.take(FENCE, 'a')
    await expect(store.checkpoint(0, crowd(0, MANY, 1))).rejects.toThrow('elsewhere')
    expect(await store.checkpoint(0, { ...crowd(1, MANY, 1), after: undefined })).toBe('stale')
    expect(await store.checkpoint(0, crowd(0, MANY, 1))).toBe('ok')
  })

  test.each([
    ['a profile', async (p: Place) => void (await behind?.hdel(p.key('profiles'), 'user-3'))],
    ['a due time', async (p: Place) => void (await behind?.zrem(p.key('dues'), 'user-3'))],
    ['a membership', async (p: Place) => void (await behind?.hdel(p.key('members'), 'user-3'))],
    ['all profiles', async (p: Place) => void (await behind?.del(p.key('profiles')))],
  ])('%s lost is noticed at once: in take, read and checkpoint', async (_what, lose) => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 10, 1))
    await lose(place)
    const before = await place.all()
    await lost(store.read(0, 'a', ['user-1'], 0, 0))
    await lost(store.checkpoint(0, crowd(1, 10, 2)))
    await lost(store.checkpoint(0, checkpoint({ after: 0, head: head(1) })))
    await lost(store.take(FENCE, 'b'))
    expect(await place.all()).toEqual(before)
  })

  test('a due time whose profile gave way to another is lost, though the sizes agree', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 10, 1))
    await behind?.hdel(place.key('profiles'), 'user-3')
    await behind?.hset(place.key('profiles'), 'stranger', 'x')
    await lost(store.read(0, 'a', [], 0, 10))
  })

  test('the layout is there whole or not at all, also where all is lost while it is made', async () => {
    const key = redisKey(place.app, undefined, 'meta')
    for (let i = 0; i < 100; i++) {
      const settling = [settleMeta(place.redis, place.app, 3), settleMeta(place.redis, place.app, 3)]
      await Promise.all([...settling, behind?.flushall()])
      expect([[], ['partitioner', 'partitions', 'scheme']]).toContainEqual((await behind?.hkeys(key))?.sort())
    }
  })

  test('taken anew, what is left of this task is deleted, once', async () => {
    const former = place.store({ partitions: 2 })
    for (const task of [0, 1]) {
      await former.take({ task }, 'a')
      const memberships = [membership('u', 'loyal'), membership('v', 'unheard-of')]
      await former.checkpoint(task, checkpoint({ profiles: [profile('u', 5)], memberships }))
    }
    await behind?.hdel(place.key('profiles'), 'u')
    await behind?.srem(place.key('segments'), 'loyal')
    await lost(place.store({ partitions: 2 }).take(FENCE, 'b'))
    const store = place.store({ partitions: 2 })
    expect(await store.take(FENCE, 'b', true)).toBeUndefined()
    expect((await place.keys()).filter((key) => key.startsWith(`{${place.app}:0}`))).toEqual([
      place.key('head'),
    ])
    expect((await place.reader().head(1))?.rev).toBe(1)
    expect(await store.checkpoint(0, { ...crowd(0, 10, 1), token: 'b' })).toBe('ok')
    // The same call again, whose answer was lost, does not begin anew.
    expect((await place.store({ partitions: 2 }).take(FENCE, 'b', true))?.rev).toBe(0)
    expect((await store.take(FENCE, 'c'))?.rev).toBe(0)
  })
})
