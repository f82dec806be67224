import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compareUtf8 } from '../../src/domain/base/canonical.ts'
import { head, membership, profile } from '../support/revisions.ts'
import { checkpoint, type StoreHarness } from './store.ts'

async function all(users: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const user of users) found.push(user)
  return found
}

/** The contract of `StateReader`, a test a sentence. */
export function readerConformance(name: string, make: () => Promise<StoreHarness>): void {
  describe(`a reader: ${name}`, () => {
    let at: StoreHarness
    beforeEach(async () => {
      at = await make()
    })
    afterEach(() => at.close())

    test('of an empty state it knows nothing', async () => {
      const reader = at.reader()
      expect(await reader.head(0)).toBeUndefined()
      expect(await reader.profile('u')).toBeUndefined()
      expect(await reader.membership('u')).toBeUndefined()
      expect(await all(reader.members('loyal'))).toEqual([])
    })

    test('it sees the last checkpoint', async () => {
      const store = at.store()
      await store.take(await at.fence(), 'a')
      const one = membership('u', 'loyal')
      await store.checkpoint(0, checkpoint({ profiles: [profile('u', 5, 7)], memberships: [one] }))
      const reader = at.reader()
      expect(await reader.head(0)).toEqual(head(1))
      expect(await reader.profile('u')).toEqual(Uint8Array.of(7))
      expect(await reader.membership('u')).toEqual(one)
      const two = membership('u', 'at-risk', { previous: 'loyal', sequence: 2 })
      await store.checkpoint(0, checkpoint({ after: 1, head: head(2), memberships: [two] }))
      expect(await reader.head(0)).toEqual(head(2))
      expect(await reader.membership('u')).toEqual(two)
    })

    test('no token keeps it out, and it keeps nobody out', async () => {
      const store = at.store()
      await store.take(await at.fence(), 'a')
      await at.reader().head(0)
      expect(await store.checkpoint(0, checkpoint())).toBe('ok')
    })

    test('a user is a member of the one segment he is in, also after several moves in one checkpoint', async () => {
      const store = at.store()
      await store.take(await at.fence(), 'a')
      await store.checkpoint(0, checkpoint({ memberships: [membership('u', 'loyal')] }))
      const memberships = [membership('u', 'at-risk'), membership('u', 'new')]
      await store.checkpoint(0, checkpoint({ after: 1, head: head(2), memberships }))
      const reader = at.reader()
      expect(await all(reader.members('loyal'))).toEqual([])
      expect(await all(reader.members('at-risk'))).toEqual([])
      expect(await all(reader.members('new'))).toEqual(['u'])
    })

    test('members come in the order of their UTF-8 bytes, behind `after`, and of that segment alone', async () => {
      const store = at.store()
      await store.take(await at.fence(), 'a')
      const users = ['b', 'a', 'a/b', 'é', '\u{1F600}', '\uFB01', 'zz', 'a\u0000']
      const memberships = users.map((user) => membership(user, 'loyal'))
      memberships.push(membership('x', 'loyal-2'), membership('y', 'loya'))
      await store.checkpoint(0, checkpoint({ memberships }))
      const sorted = users.toSorted(compareUtf8)
      const reader = at.reader()
      expect(await all(reader.members('loyal'))).toEqual(sorted)
      for (const [i, user] of sorted.entries()) {
        expect(await all(reader.members('loyal', user))).toEqual(sorted.slice(i + 1))
      }
      expect(await all(reader.members('loyal', 'aa'))).toEqual(sorted.filter((u) => compareUtf8(u, 'aa') > 0))
    })

    test('listing members may stop anywhere', async () => {
      const store = at.store()
      await store.take(await at.fence(), 'a')
      const memberships = ['a', 'b', 'c'].map((user) => membership(user, 'loyal'))
      await store.checkpoint(0, checkpoint({ memberships }))
      for await (const user of at.reader().members('loyal')) {
        expect(user).toBe('a')
        break
      }
    })
  })
}
