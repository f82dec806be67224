import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Book } from '../../../src/app/task/book.ts'
import type { Slice } from '../../../src/ports/store.ts'
import { membership } from '../../support/revisions.ts'
import { newProfiles } from '../../sim/scenario.ts'
import { sliceOf, type Stored } from './folding.ts'

const EMPTY: Slice = { profiles: [], dues: [], complete: Number.POSITIVE_INFINITY }

function book(maxProfiles = 100, stored = true, knownRev = 10): Book {
  return new Book(newProfiles(), { maxProfiles, stored, knownRev })
}

/** Changes a user's profile as a revision would. */
function change(b: Book, user: string, rev: number, due: number): number {
  const slot = b.profiles.open(user)
  b.profiles.setDue(slot, due)
  b.touch(slot, rev)
  return slot
}

/** Profiles of these dues and stamps, as another task would have stored them. */
function storedOf(users: Readonly<Record<string, { due: number; stamp: number }>>): Stored {
  const b = book(100, false)
  for (const [user, { due, stamp }] of Object.entries(users)) change(b, user, stamp, due)
  return new Map(b.seal(10).profiles.map((p) => [p.user, p]))
}

test('a fresh state has nobody: no user is looked up, no due is missing', () => {
  const b = book(100, false)
  expect([b.missing('u'), b.horizon]).toEqual([false, Number.POSITIVE_INFINITY])
})

test('a user is looked up once: found, he is in memory; not found, he is known to be absent', () => {
  const b = book()
  const stored = storedOf({ a: { due: 5, stamp: 3 } })
  expect([b.missing('a'), b.missing('x'), b.horizon]).toEqual([true, true, Number.NEGATIVE_INFINITY])
  b.install(['a', 'x'], sliceOf(stored, ['a', 'x'], b.horizon, 0))
  expect([b.missing('a'), b.missing('x')]).toEqual([false, false])
})

test('what is in memory is never overwritten by what was read', () => {
  const b = book()
  const slot = change(b, 'a', 7, 50)
  b.install(['a'], sliceOf(storedOf({ a: { due: 5, stamp: 3 } }), ['a'], b.horizon, 10))
  expect([b.profiles.stamp(slot), b.profiles.due(slot)]).toEqual([7, 50])
})

test.each([
  [10, false],
  [11, true],
])('a stored stamp of %i, where revision 10 is the last known: foreign %s', (stamp, foreign) => {
  const b = book(100, true, 10)
  const read = (): void => b.install(['a'], sliceOf(storedOf({ a: { due: 5, stamp } }), ['a'], b.horizon, 0))
  if (foreign) expect(read).toThrow(expect.objectContaining({ code: 'state-foreign' }))
  else expect(read).not.toThrow()
})

test('R6: dirty profiles stay, and sealed ones until they are stored', () => {
  const b = book(1, false)
  for (const user of ['a', 'b', 'c']) change(b, user, 1, 100)
  b.evict()
  expect(b.profiles.size).toBe(3)
  b.seal(1)
  b.evict()
  expect(b.profiles.size).toBe(3)
  b.stored()
  b.evict()
  b.evict()
  expect(b.profiles.size).toBeLessThanOrEqual(1)
})

test('R6: changed again after the seal, a profile stays dirty though the seal is stored', () => {
  const b = book(1, false)
  change(b, 'a', 1, 100)
  b.seal(1)
  change(b, 'a', 2, 200)
  b.stored()
  change(b, 'b', 2, 200)
  b.evict()
  b.evict()
  expect(b.profiles.find('a')).toBeGreaterThanOrEqual(0)
  expect(b.seal(2).profiles.map((p) => [p.user, p.due])).toEqual([
    ['a', 200],
    ['b', 200],
  ])
})

test('given up, a user is looked up again, and the horizon falls below his due', () => {
  const b = book(1, false)
  change(b, 'a', 1, 100)
  change(b, 'b', 1, 70)
  b.seal(1)
  b.stored()
  b.evict()
  b.evict()
  const gone = ['a', 'b'].filter((user) => b.profiles.find(user) < 0)
  expect(gone.length).toBeGreaterThan(0)
  for (const user of gone) expect(b.missing(user)).toBe(true)
  expect(b.horizon).toBe(gone.includes('b') ? 69 : 99)
})

test('a user who was absent, came, was stored and given up is not taken for absent', () => {
  const b = book(0)
  b.install(['a'], EMPTY)
  expect(b.missing('a')).toBe(false)
  change(b, 'a', 1, 100)
  b.seal(1)
  b.stored()
  b.evict()
  b.evict()
  expect([b.profiles.find('a'), b.missing('a')]).toEqual([-1, true])
})

test('a seal holds the last membership of each user, once', () => {
  const b = book(10, false)
  change(b, 'a', 1, 100)
  b.member(membership('a', 'x', { sequence: 1 }))
  b.member(membership('a', 'y', { sequence: 2 }))
  expect(b.seal(1).memberships).toEqual([membership('a', 'y', { sequence: 2 })])
  expect(b.seal(2)).toEqual({ profiles: [], memberships: [], forgotten: [] })
})

test('R6, T7: whatever is changed, sealed, stored, given up and read, users are woken in the order of their dues', () => {
  const step = fc.oneof(
    fc.record({ user: fc.nat(7), due: fc.nat(60) }),
    fc.constantFrom('seal', 'stored', 'evict', 'wake' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 0, max: 5 }), (steps, max) => {
      const b = book(max, false, 1000)
      const state: Stored = new Map()
      const truth = new Map<string, number>()
      let sealed: ReturnType<Book['seal']> | undefined
      let rev = 0
      for (const s of [...steps, 'wake' as const, 'wake' as const]) {
        if (typeof s === 'object') {
          const user = `u${s.user}`
          if (b.missing(user)) b.install([user], sliceOf(state, [user], b.horizon, 0))
          truth.set(user, s.due)
          change(b, user, ++rev, s.due)
        } else if (s === 'seal' && sealed === undefined) sealed = b.seal(rev)
        else if (s === 'stored' && sealed) {
          for (const p of sealed.profiles) state.set(p.user, p)
          b.stored()
          sealed = undefined
        } else if (s === 'evict') b.evict()
        else if (s === 'wake') {
          while (b.horizon < 60) b.install([], sliceOf(state, [], b.horizon, 2))
          const due = [...truth].sort(([u, d], [v, e]) => d - e || (u < v ? -1 : 1))[0]
          const slot = b.dues.take(60, (x) => b.profiles.due(x))
          expect(slot < 0 ? undefined : [b.profiles.user(slot), b.profiles.due(slot)]).toEqual(
            due && due[1] <= 60 ? due : undefined,
          )
          if (slot >= 0) {
            truth.set(b.profiles.user(slot), 1000)
            change(b, b.profiles.user(slot), ++rev, 1000)
          }
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a forgotten user is not asked of the state again, and goes from it with the next seal', () => {
  const b = book()
  const stored = storedOf({ a: { due: 5, stamp: 3 }, b: { due: 6, stamp: 3 } })
  b.install(['a', 'b'], sliceOf(stored, ['a', 'b'], b.horizon, 0))
  b.member(membership('a', null))
  b.forget(b.profiles.find('a'))
  const other = change(b, 'c', 4, 9)
  for (const stage of ['before the seal', 'while it is stored']) {
    expect(b.missing('a'), stage).toBe(false)
    b.install([], sliceOf(stored, [], b.horizon, 10))
    expect(b.profiles.find('a'), stage).toBe(-1)
    if (stage === 'before the seal')
      expect(b.seal(4)).toMatchObject({
        profiles: [{ user: b.profiles.user(other) }],
        memberships: [],
        forgotten: ['a'],
      })
  }
  b.stored()
  expect(b.seal(5)).toEqual({ profiles: [], memberships: [], forgotten: [] })
})

test('who comes back before the seal is a profile of it, and not forgotten', () => {
  const b = book(100, false)
  const slot = change(b, 'a', 4, 9)
  b.member(membership('a', null))
  b.forget(slot)
  change(b, 'a', 5, 19)
  expect(b.seal(5)).toMatchObject({
    profiles: [{ user: 'a', due: 19 }],
    memberships: [{ userId: 'a', segment: null }],
    forgotten: [],
  })
})
