import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRedis, type RedisConnection } from '../../../src/adapters/redis/client.ts'
import type { Slice } from '../../../src/ports/store.ts'
import { openWire, type Wire } from '../../support/proxy.ts'
import { quietClient, startRedis } from '../../support/servers/redis.ts'
import { again, crowd, FENCE, Place } from './place.ts'

/** Faults of the server and of the way to it. The server is the tests' own: they stop it from writing. */
const server = await startRedis('--maxmemory-policy', 'noeviction')
const name = typeof server === 'string' ? server : server.version
/** Three chunks. */
const USERS = 2100

describe.skipIf(typeof server === 'string')(`Redis in trouble: ${name}`, () => {
  const port = typeof server === 'string' ? 0 : (server.access.nodes[0]?.port ?? 0)
  const behind = typeof server === 'string' ? undefined : quietClient(port)
  let wire: Wire
  let redis: RedisConnection
  let place: Place
  beforeEach(async () => {
    wire = await openWire(port)
    redis = await openRedis({
      nodes: [{ host: '127.0.0.1', port: wire.port }],
      cluster: false,
      commandTimeoutMs: 300,
    })
    place = new Place(redis, behind as Redis)
  })
  afterEach(async () => {
    await redis.close()
    await wire.stop()
  })
  afterAll(async () => {
    behind?.disconnect()
    if (typeof server !== 'string') await server.stop()
  })

  /** A short life: taken, two checkpoints, a read. Returns what was read and in how many calls. */
  async function life(at: Place): Promise<{ slice: Slice; calls: number }> {
    const store = at.store()
    const taken = await again(() => store.take(FENCE, 'a'))
    const first = await again(() => store.checkpoint(0, crowd(0, USERS, 1)))
    const second = await again(() => store.checkpoint(0, crowd(1, USERS, 2)))
    const users = Array.from({ length: USERS }, (_, i) => `user-${i}`)
    const { result: slice, calls } = await again(() => store.read(0, 'a', users, 900, 1500))
    expect([first.result, second.result]).toEqual(['ok', 'ok'])
    return { slice, calls: calls + taken.calls + first.calls + second.calls }
  }
  const without = (app: string, all: unknown): string => JSON.stringify(all).replaceAll(app, 'app')

  test('whichever answer is lost, the same call again ends in the same state', async () => {
    const undisturbed = await life(place)
    expect(undisturbed.calls).toBe(4)
    const expected = without(place.app, await place.all())
    let lost = 0
    // Past the last question nothing is lost any more. A long question counts for several.
    for (let after = 0; ; after++) {
      const at = new Place(redis, behind as Redis)
      await again(() => redis.call((client) => client.ping()))
      wire.loseAnswer(after)
      const { slice, calls } = await life(at)
      expect(slice).toEqual(undisturbed.slice)
      expect(without(at.app, await at.all())).toBe(expected)
      if (calls === undisturbed.calls) break
      lost++
    }
    wire.loseAnswer(Infinity)
    expect(lost).toBeGreaterThan(12)
  })

  test('connections cut at any time leave the same state', async () => {
    await life(place)
    const expected = without(place.app, await place.all())
    const scissors = setInterval(() => wire.cut(), 130)
    let calls = 0
    try {
      while (calls < 60) {
        const at = new Place(redis, behind as Redis)
        calls += (await life(at)).calls
        expect(without(at.app, await at.all())).toBe(expected)
      }
    } finally {
      clearInterval(scissors)
    }
  })

  test('an answer that comes too late is nobody else’s answer', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    wire.delayMs = 500
    const late = store.checkpoint(0, crowd(0, 10, 1))
    await expect(late).rejects.toMatchObject({ code: 'unreachable', retryable: true })
    wire.delayMs = 0
    const { result } = await again(() => store.checkpoint(0, crowd(0, 10, 1)))
    expect(result).toBe('ok')
    expect((await store.read(0, 'a', ['user-3'], 0, 0)).profiles[0]?.bytes).toEqual(Uint8Array.of(0, 1, 3))
  })

  test('a half-open connection is given up and replaced', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    wire.halfOpen()
    const began = performance.now()
    await expect(store.checkpoint(0, crowd(0, 10, 1))).rejects.toMatchObject({ code: 'unreachable' })
    expect(performance.now() - began).toBeLessThan(2000)
    const { result } = await again(() => store.checkpoint(0, crowd(0, 10, 1)))
    expect(result).toBe('ok')
  })

  test('a server that is away is unreachable, and its message names it without credentials', async () => {
    const nodes = [{ host: '127.0.0.1', port: wire.port }]
    await wire.stop()
    const call = place.store().take(FENCE, 'a')
    await expect(call).rejects.toMatchObject({ code: 'unreachable', message: /127\.0\.0\.1:\d+/ })
    const open = openRedis({ nodes, cluster: false, username: 'app', password: 'secret' })
    await expect(open).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.not.stringContaining('secret'),
    })
    const cluster = openRedis({ nodes, cluster: true })
    await expect(cluster).rejects.toMatchObject({ code: 'unreachable', message: /ECONNREFUSED/ })
  })

  test('a refused password is a matter of the configuration', async () => {
    const nodes = [{ host: '127.0.0.1', port }]
    const open = openRedis({ nodes, cluster: false, username: 'nobody', password: 'wrong' })
    await expect(open).rejects.toMatchObject({ code: 'config-invalid', message: /WRONGPASS/ })
  })

  test('a replica takes no writes, and the call passes once it is the master again', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    const { opened } = wire
    await behind?.replicaof('127.0.0.1', '1')
    try {
      await expect(store.checkpoint(0, crowd(0, 10, 1))).rejects.toMatchObject({
        code: 'unreachable',
        message: /is a replica and takes no writes/,
      })
    } finally {
      await behind?.replicaof('NO', 'ONE')
    }
    expect((await again(() => store.checkpoint(0, crowd(0, 10, 1)))).result).toBe('ok')
    // The name of a server may by now lead to another one.
    expect(wire.opened).toBe(opened + 1)
  })

  test('out of memory nothing is half written, and the call passes once there is some', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await store.checkpoint(0, crowd(0, 10, 1))
    const before = await place.all()
    await behind?.config('SET', 'maxmemory', '1')
    try {
      for (const call of [store.checkpoint(0, crowd(1, 10, 2)), place.store().take(FENCE, 'b')]) {
        await expect(call).rejects.toMatchObject({
          code: 'store-full',
          retryable: true,
          message: /maxmemory/,
        })
      }
      expect((await store.read(0, 'a', ['user-3'], 0, 0)).profiles).toHaveLength(1)
    } finally {
      await behind?.config('SET', 'maxmemory', '0')
    }
    expect(await place.all()).toEqual(before)
    expect(await store.checkpoint(0, crowd(1, 10, 2))).toBe('ok')
  })

  test('scripts that the server forgot are sent again', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    expect(await store.checkpoint(0, crowd(0, 10, 1))).toBe('ok')
    await behind?.script('FLUSH')
    expect(await store.checkpoint(0, crowd(1, 10, 2))).toBe('ok')
    await behind?.script('FLUSH')
    expect((await store.read(0, 'a', ['user-3'], 0, 0)).profiles).toHaveLength(1)
  })

  test('whatever else a server says is doubt, in words without user ids', async () => {
    const store = place.store()
    await store.take(FENCE, 'a')
    await behind?.set(place.key('profiles'), 'not a hash')
    const call = store.read(0, 'a', ['user-secret'], 0, 0)
    await expect(call).rejects.toMatchObject({
      code: 'task-fenced',
      message: expect.not.stringContaining('user-secret'),
    })
    await expect(call).rejects.toThrow(/refused: WRONGTYPE/)
    await expect(call).rejects.not.toHaveProperty('cause')
  })
})
