import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { EmbeddedReader } from '../../src/adapters/embedded/reader.ts'
import type { RunFolder } from '../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../src/adapters/embedded/store.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/client.ts'
import { RedisReader } from '../../src/adapters/redis/reader.ts'
import { RedisStore } from '../../src/adapters/redis/store.ts'
import { CODEC_VERSION, Profiles } from '../../src/domain/profile/profiles.ts'
import { FOLD_VERSION } from '../../src/domain/profile/version.ts'
import type { StateReader } from '../../src/ports/store.ts'
import { dumpRedis, folded, PLAN, restoreRedis, type Dumped } from '../support/recorded.ts'
import { discard, openFresh } from '../support/run-folder.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'

// A recorded state of both forms. It changes where the same events lead to another state, or the same state is written otherwise:
// then FOLD_VERSION or CODEC_VERSION is to be raised, for whoever has such a state cannot go on from it.
const VERSIONS = `fold-${FOLD_VERSION}-profile-${CODEC_VERSION}`
const fileOf = (form: string): URL => new URL(`../fixtures/state-${VERSIONS}-${form}.ndjson`, import.meta.url)
const textOf = (dumped: readonly unknown[]): string =>
  dumped.map((entry) => `${JSON.stringify(entry)}\n`).join('')
const recorded = (form: string): unknown =>
  readFileSync(fileOf(form), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

const { sealed, users } = folded()

/** A reader of what was recorded tells what was folded, and goes on from it. */
async function agrees(reader: StateReader): Promise<void> {
  expect(await reader.head(0)).toEqual(JSON.parse(JSON.stringify(sealed.head)))
  const profiles = new Profiles(PLAN)
  for (const { user, bytes } of sealed.profiles) {
    const stored = (await reader.profile(user)) as Uint8Array
    expect(Buffer.from(stored)).toEqual(Buffer.from(bytes))
    expect(profiles.save(profiles.load(user, stored))).toEqual(bytes)
  }
  for (const user of users)
    expect(await reader.membership(user)).toEqual(sealed.memberships.find((m) => m.userId === user))
}

test('the recorded state holds something of everything', () => {
  expect(users.length).toBe(6)
  expect(sealed.memberships.length).toBeGreaterThan(3)
  expect(sealed.head.counts.uncounted).toMatchObject({ duplicate: expect.any(Number) as number })
  const files = readdirSync(new URL('../fixtures/', import.meta.url))
  const recordedFiles = files.filter((name) => name.startsWith('state-fold-'))
  expect(recordedFiles).toEqual(['embedded', 'redis'].map((form) => basename(fileOf(form).pathname)))
})

describe('a state in a run folder', () => {
  let folder: RunFolder
  beforeAll(async () => {
    folder = await openFresh()
  })
  afterAll(() => discard(folder))

  it('is written as it was recorded', async () => {
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, sealed.token)
    expect(await store.checkpoint(0, sealed)).toBe('ok')
    const entries: [string, string][] = []
    for await (const [key, value] of folder.db.iterator())
      entries.push([Buffer.from(key).toString('base64'), Buffer.from(value).toString('base64')])
    await expect(textOf(entries)).toMatchFileSnapshot(fileOf('embedded').pathname)
  })

  it('is read as it was recorded', async () => {
    await folder.db.clear()
    for (const [key, value] of recorded('embedded') as [string, string][])
      await folder.db.put(Buffer.from(key, 'base64'), Buffer.from(value, 'base64'))
    await agrees(new EmbeddedReader(folder))
  })
})

const server = await startRedis()
describe.runIf(typeof server !== 'string')('a state in Redis', () => {
  let redis: RedisConnection
  const keysOf = (): Promise<string[]> => redis.call((client) => client.keys('{recorded*'))
  const clear = async (): Promise<void> => {
    for (const key of await keysOf()) await redis.call((client) => client.del(key))
  }
  const client = <T>(run: (c: Parameters<typeof dumpRedis>[0]) => Promise<T>): Promise<T> =>
    redis.call((c) => run(c as Parameters<typeof dumpRedis>[0]))

  beforeAll(async () => {
    redis = await openRedis((server as RedisServer).access)
    await clear()
  })
  afterAll(async () => {
    await clear()
    await redis.close()
    await (server as RedisServer).stop()
  })

  it('is written as it was recorded', async () => {
    const store = new RedisStore(redis, { app: 'recorded', partitions: 1 })
    await store.take({ task: 0 }, sealed.token)
    expect(await store.checkpoint(0, sealed)).toBe('ok')
    const keys = await keysOf()
    await expect(textOf(await client((c) => dumpRedis(c, keys)))).toMatchFileSnapshot(
      fileOf('redis').pathname,
    )
  })

  it('is read as it was recorded', async () => {
    await clear()
    await client((c) => restoreRedis(c, recorded('redis') as Dumped[]))
    await agrees(new RedisReader(redis, 'recorded'))
  })
})
