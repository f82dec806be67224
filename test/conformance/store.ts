import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import type { Fence } from '../../src/ports/outlet.ts'
import type { Checkpoint, StateReader, StateStore } from '../../src/ports/store.ts'
import { head, membership, profile } from '../support/revisions.ts'

/** One place that states are kept in. */
export interface StoreHarness {
  /** A new store over the same place, as a process that starts makes it. */
  store(): StateStore
  reader(): StateReader
  fence(): Promise<Fence>
  /** Loses one stored profile behind the store's back. */
  lose(user: string): Promise<void>
  /** Loses the head, and nothing else. */
  loseHead(): Promise<void>
  close(): Promise<void>
}

export const checkpoint = (over: Partial<Checkpoint> = {}): Checkpoint => ({
  token: 'a',
  after: undefined,
  head: head(1),
  profiles: [],
  memberships: [],
  forgotten: [],
  ...over,
})

/** The contract of `StateStore`, a test a sentence. */
export function storeConformance(name: string, make: () => Promise<StoreHarness>): void {
  describe(`a store: ${name}`, () => {
    let at: StoreHarness
    beforeEach(async () => {
      at = await make()
    })
    afterEach(() => at.close())

    takeTests(() => at)
    checkpointTests(() => at)
    deletionTests(() => at)
    readTests(() => at)
    orderTests(make)
  })
}

function takeTests(at: () => StoreHarness): void {
  test('a fresh state has no head', async () => {
    expect(
      await at()
        .store()
        .take(await at().fence(), 'a'),
    ).toBeUndefined()
  })

  test('take returns the head as it was written, again and again with one token', async () => {
    const store = at().store()
    const fence = await at().fence()
    await store.take(fence, 'a')
    expect(await store.checkpoint(0, checkpoint())).toBe('ok')
    const later = at().store()
    expect(await later.take(fence, 'b')).toEqual(head(1))
    expect(await later.take(fence, 'b')).toEqual(head(1))
  })

  test('take makes the former owner nobody: his checkpoints are fenced, his reads refused', async () => {
    const former = at().store()
    const fence = await at().fence()
    await former.take(fence, 'a')
    const later = at().store()
    await later.take(fence, 'b')
    expect(await former.checkpoint(0, checkpoint({ profiles: [profile('u', 5)] }))).toBe('fenced')
    await expect(former.read(0, 'a', [], 10, 10)).rejects.toMatchObject({ code: 'task-fenced' })
    expect((await later.read(0, 'b', ['u'], 10, 10)).profiles).toEqual([])
    expect(await at().reader().head(0)).toBeUndefined()
  })

  test('nobody owns a state that was never taken', async () => {
    expect(await at().store().checkpoint(0, checkpoint())).toBe('fenced')
    await expect(at().store().read(0, 'a', [], 10, 10)).rejects.toMatchObject({ code: 'task-fenced' })
  })

  test('a lost profile is noticed at take', async () => {
    const fence = await at().fence()
    const store = at().store()
    await store.take(fence, 'a')
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5), profile('v', 5)] }))
    await at().lose('u')
    await expect(at().store().take(fence, 'b')).rejects.toMatchObject({ code: 'state-lost' })
  })

  test('profiles without a head are noticed at take', async () => {
    const fence = await at().fence()
    const store = at().store()
    await store.take(fence, 'a')
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5)] }))
    await at().loseHead()
    await expect(at().store().take(fence, 'b')).rejects.toMatchObject({ code: 'state-lost' })
  })
}

function checkpointTests(at: () => StoreHarness): void {
  test('a checkpoint that follows another revision is stale and changes nothing', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    await store.checkpoint(0, checkpoint({ head: head(4), profiles: [profile('u', 5, 1)] }))
    for (const after of [undefined, 3, 5]) {
      const other = checkpoint({ after, head: head(6), profiles: [profile('u', 9, 2)] })
      expect(await store.checkpoint(0, other)).toBe('stale')
    }
    expect(await at().reader().head(0)).toEqual(head(4))
    expect(await store.read(0, 'a', ['u'], 0, 10)).toEqual({
      profiles: [{ user: 'u', bytes: Uint8Array.of(1) }],
      dues: [profile('u', 5, 1)],
      complete: Infinity,
    })
  })

  test('the first checkpoint of a fresh state follows none', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    expect(await store.checkpoint(0, checkpoint({ after: 0 }))).toBe('stale')
    expect(await store.checkpoint(0, checkpoint())).toBe('ok')
  })

  test('the same checkpoint again is ok and changes nothing', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    const first = checkpoint({ profiles: [profile('u', 5)], memberships: [membership('u', 'loyal')] })
    expect(await store.checkpoint(0, first)).toBe('ok')
    expect(await store.checkpoint(0, first)).toBe('ok')
    const fence = await at().fence()
    expect((await at().store().take(fence, 'b'))?.rev).toBe(1)
  })

  test('the same revision of another chain is stale', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    await store.checkpoint(0, checkpoint())
    expect(await store.checkpoint(0, checkpoint({ head: head(1, { chain: 'other' }) }))).toBe('stale')
  })

  test('of two profiles of one user in a checkpoint the last one stays, with one due time', async () => {
    const store = at().store()
    const fence = await at().fence()
    await store.take(fence, 'a')
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5, 1), profile('u', 7, 2)] }))
    expect((await store.read(0, 'a', [], 0, 10)).dues).toEqual([profile('u', 7, 2)])
    expect((await store.take(fence, 'a'))?.rev).toBe(1)
  })

  test('profiles are copied: changing the bytes afterwards changes nothing stored', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    const sealed = profile('u', 5, 1, 2)
    await store.checkpoint(0, checkpoint({ profiles: [sealed] }))
    sealed.bytes[0] = 9
    const slice = await store.read(0, 'a', ['u'], 0, 0)
    expect(slice.profiles).toEqual([{ user: 'u', bytes: Uint8Array.of(1, 2) }])
  })
}

function deletionTests(at: () => StoreHarness): void {
  const gone = async (user: string): Promise<unknown[]> => {
    const reader = at().reader()
    const members: string[] = []
    for await (const m of reader.members('loyal')) members.push(m)
    return [await reader.profile(user), await reader.membership(user), members]
  }

  test.each([
    ['a forgotten user goes whole', [], [], ['u'], [undefined, undefined, []]],
    [
      'one who came back without a segment has a profile, and no membership',
      [profile('u', 8, 4)],
      [membership('u', null)],
      [],
      [Uint8Array.of(4), undefined, []],
    ],
    [
      'one who came back to his segment has both',
      [profile('u', 8, 4)],
      [membership('u', 'loyal')],
      [],
      [Uint8Array.of(4), membership('u', 'loyal'), ['u']],
    ],
  ])('deletion: %s', async (_what, profiles, memberships, forgotten, expected) => {
    const store = at().store()
    const fence = await at().fence()
    await store.take(fence, 'a')
    await store.checkpoint(
      0,
      checkpoint({ profiles: [profile('u', 5)], memberships: [membership('u', 'loyal')] }),
    )
    await store.checkpoint(0, checkpoint({ after: 1, head: head(2), profiles, memberships, forgotten }))
    expect(await gone('u')).toEqual(expected)
    const { dues } = await store.read(0, 'a', [], 0, 10)
    expect(dues.map((d) => d.due)).toEqual(expected[0] === undefined ? [] : [8])
    expect((await store.take(fence, 'a'))?.rev).toBe(2)
  })

  test('many are forgotten at once, and their segments’ lists with them', async () => {
    const store = at().store()
    const fence = await at().fence()
    await store.take(fence, 'a')
    const users = Array.from({ length: 2500 }, (_, i) => `u${i}`)
    const profiles = users.map((user) => profile(user, 5))
    const memberships = users.map((user, i) => membership(user, i % 2 === 0 ? 'loyal' : 'lost'))
    await store.checkpoint(0, checkpoint({ profiles, memberships }))
    const forgotten = users.slice(1)
    const second = checkpoint({ after: 1, head: head(2), forgotten })
    expect([await store.checkpoint(0, second), await store.checkpoint(0, second)]).toEqual(['ok', 'ok'])
    expect((await store.read(0, 'a', [], 0, 10)).dues.map((d) => d.user)).toEqual(['u0'])
    expect(await gone('u1')).toEqual([undefined, undefined, ['u0']])
    expect((await at().store().take(fence, 'b'))?.rev).toBe(2)
  })

  test('deleting one who is not there changes nothing', async () => {
    const store = at().store()
    const fence = await at().fence()
    await store.take(fence, 'a')
    await store.checkpoint(0, checkpoint({ forgotten: ['nobody'] }))
    expect((await store.take(fence, 'a'))?.rev).toBe(1)
  })
}

function readTests(at: () => StoreHarness): void {
  test.each([
    // dueAfter, limit → users, complete
    [-Infinity, 0, [], -Infinity],
    [4, 0, [], 4],
    [-Infinity, 1, ['a', 'b', 'c'], 5],
    [-Infinity, 3, ['a', 'b', 'c'], 5],
    [-Infinity, 4, ['a', 'b', 'c', 'd'], 7],
    [-Infinity, 5, ['a', 'b', 'c', 'd', 'e'], Infinity],
    [-Infinity, 10, ['a', 'b', 'c', 'd', 'e'], Infinity],
    [4.999, 1, ['a', 'b', 'c'], 5],
    [5, 1, ['d'], 7],
    [5, 10, ['d', 'e'], Infinity],
    [8.5, 1, ['e'], Infinity],
    [9, 3, [], Infinity],
  ])('dues behind %d, at least %i: %j, complete to %d', async (dueAfter, limit, users, complete) => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    const profiles = [profile('c', 5), profile('e', 9), profile('a', 5), profile('d', 7), profile('b', 5)]
    await store.checkpoint(0, checkpoint({ profiles }))
    const slice = await store.read(0, 'a', [], dueAfter, limit)
    expect(slice.dues.map((d) => d.user)).toEqual(users)
    expect(slice.complete).toBe(complete)
  })

  test('users without a profile are left out', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5, 1), profile('w', 5, 2)] }))
    const { profiles } = await store.read(0, 'a', ['w', 'v', 'u'], -Infinity, 0)
    expect(profiles).toEqual([
      { user: 'w', bytes: Uint8Array.of(2) },
      { user: 'u', bytes: Uint8Array.of(1) },
    ])
  })

  test('a later due time replaces the former', async () => {
    const store = at().store()
    await store.take(await at().fence(), 'a')
    await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5)] }))
    await store.checkpoint(0, checkpoint({ after: 1, head: head(2), profiles: [profile('u', 50)] }))
    expect((await store.read(0, 'a', [], 4, 10)).dues).toEqual([profile('u', 50)])
    expect((await store.read(0, 'a', [], 50, 10)).dues).toEqual([])
  })
}

function orderTests(make: () => Promise<StoreHarness>): void {
  const users = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 20 })
  const dues = fc
    .oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map((due) => due + 0)

  const sealed = fc
    .tuple(users, fc.array(dues, { minLength: 20, maxLength: 20 }))
    .map(([names, at]) => names.map((user, i) => profile(user, at[i] as number)))

  test('dues come in the order of (due, UTF-8 bytes of the user), whatever the numbers and names', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sealed, { minLength: 1, maxLength: 4 }),
        fc.nat(25),
        async (checkpoints, limit) => {
          const at = await make()
          try {
            const store = at.store()
            await store.take(await at.fence(), 'a')
            const expected = new Map<string, number>()
            for (const [i, profiles] of checkpoints.entries()) {
              const after = i === 0 ? undefined : i - 1
              expect(await store.checkpoint(0, checkpoint({ after, head: head(i), profiles }))).toBe('ok')
              for (const { user, due } of profiles) expected.set(user, due)
            }
            const sorted = [...expected].sort(([a, x], [b, y]) => x - y || compareUtf8(a, b))
            const { dues, complete } = await store.read(0, 'a', [], -Infinity, limit)
            const last = sorted[limit - 1]?.[1] ?? -Infinity
            const wanted = sorted.filter(([, due], i) => i < limit || (limit > 0 && due === last))
            expect(dues.map(({ user, due }) => [user, due])).toEqual(wanted)
            expect(sorted.filter(([, due]) => due <= complete).length).toBeLessThanOrEqual(wanted.length)
            expect((await store.take(await at.fence(), 'a'))?.rev).toBe(checkpoints.length - 1)
          } finally {
            await at.close()
          }
        },
      ),
      { numRuns: 40 },
    )
  })
}
