import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import { profileKey, rangeOf } from '../../../src/adapters/embedded/keys.ts'
import { EmbeddedReader } from '../../../src/adapters/embedded/reader.ts'
import { EmbeddedStore } from '../../../src/adapters/embedded/store.ts'
import { fail } from '../../../src/errors.ts'
import type { Point } from '../../../src/ports/telemetry.ts'
import { checkpoint } from '../../conformance/store.ts'
import { busyRevision, head, membership, page, profile } from '../../support/revisions.ts'
import { discard, openFresh, outletOf } from '../../support/run-folder.ts'

describe('the state in a run folder', () => {
  let folder: RunFolder
  let points: Point[]
  let stopAt: Point | undefined
  beforeEach(async () => {
    points = []
    stopAt = undefined
    folder = await openFresh({
      mark: (point) => {
        points.push(point)
        if (point === stopAt) throw new Error('stopped here')
      },
    })
  })
  afterEach(() => discard(folder))

  const taken = async (): Promise<EmbeddedStore> => {
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, 'a')
    return store
  }

  test('outputs and journal are on the disk before a head says so', async () => {
    const outlet = outletOf(folder)
    await outlet.publish(await outlet.fence(0), page(busyRevision(0, 1)))
    const store = await taken()
    const synced: string[] = []
    for (const file of folder.files) {
      const sync = file.sync.bind(file)
      file.sync = async () => {
        expect(await new EmbeddedReader(folder).head(0)).toBeUndefined()
        await sync()
        synced.push(file.name)
      }
    }
    expect(await store.checkpoint(0, checkpoint({ head: head(0) }))).toBe('ok')
    expect(synced.at(-1)).toBe('journal')
    expect(synced.toSorted()).toEqual([
      'dead-letter',
      'journal',
      'segment-catalog',
      'segment-changed',
      'user-segments',
    ])
  })

  test('a disk that cannot be synced leaves the state as it was', async () => {
    const store = await taken()
    folder.sync = async () => fail('disk-error', 'sync: EIO')
    await expect(store.checkpoint(0, checkpoint())).rejects.toMatchObject({ code: 'disk-error' })
    expect(await new EmbeddedReader(folder).head(0)).toBeUndefined()
  })

  test('a process that stops before the batch is written leaves the state as it was', async () => {
    const store = await taken()
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 1, 1)] }))
    stopAt = 'checkpoint-writing'
    const next = checkpoint({
      after: 1,
      head: head(2),
      profiles: [profile('u', 2, 2), profile('v', 2)],
      memberships: [membership('u', 'loyal')],
    })
    await expect(store.checkpoint(0, next)).rejects.toThrow('stopped here')
    stopAt = undefined
    expect(points.filter((p) => p === 'checkpoint-writing')).toHaveLength(2)
    const later = new EmbeddedStore(folder)
    expect((await later.take({ task: 0 }, 'b'))?.rev).toBe(1)
    expect(await later.read(0, 'b', ['u', 'v'], 0, 9)).toMatchObject({
      profiles: [{ user: 'u', bytes: Uint8Array.of(1) }],
      dues: [profile('u', 1, 1)],
    })
    expect(await later.checkpoint(0, { ...next, token: 'b' })).toBe('ok')
  })

  test('take and checkpoint at once happen one after the other', async () => {
    const store = await taken()
    const [first, head1, late] = await Promise.all([
      store.checkpoint(0, checkpoint({ profiles: [profile('u', 1)] })),
      store.take({ task: 0 }, 'b'),
      store.checkpoint(0, checkpoint({ after: 1, head: head(2) })),
    ])
    expect([first, head1?.rev, late]).toEqual(['ok', 1, 'fenced'])
  })

  test.each(['p', 'd'] as const)('a key of kind %s that vanished is noticed at take', async (kind) => {
    const store = await taken()
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 1), profile('v', 2)] }))
    await folder.db.clear({ ...rangeOf(kind), limit: 1 })
    await expect(store.take({ task: 0 }, 'a')).rejects.toMatchObject({
      code: 'state-lost',
      message: expect.stringMatching(/expected 2 profiles and 2 due times, found/) as string,
    })
  })

  test('a due time whose profile is gone is never handed out', async () => {
    const store = await taken()
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 1)] }))
    await folder.db.del(profileKey('u'))
    await expect(store.read(0, 'a', [], 0, 9)).rejects.toMatchObject({ code: 'state-lost' })
  })

  test('a head with times that JSON cannot hold is refused', async () => {
    const store = await taken()
    const endless = checkpoint({ head: head(1, { clock: -Infinity }) })
    await expect(store.checkpoint(0, endless)).rejects.toThrow('finite')
  })

  test('more dues than one step of reading come whole and in order', async () => {
    const store = await taken()
    const profiles = Array.from({ length: 1200 }, (_, i) => profile(`u-${i}`, Math.floor(i / 400)))
    await store.checkpoint(0, checkpoint({ profiles }))
    const slice = await store.read(0, 'a', [], -1, 401)
    expect([slice.dues.length, slice.complete]).toEqual([800, 1])
    expect((await store.read(0, 'a', [], -1, 5000)).dues).toHaveLength(1200)
  })
})
