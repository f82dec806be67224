import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareUtf8 } from '../../../src/domain/base/canonical.ts'
import { Dues } from '../../../src/domain/profile/dues.ts'

const USERS = ['b', 'a', 'é', 'z', '😀', '\uE000', 'aa', 'B']

/** Dues beside the plain list that they stand for. */
class Pair {
  readonly dues = new Dues()
  /** Slot → user and due. */
  readonly slots = new Map<number, { user: string; due: number }>()

  set(slot: number, user: string, due: number): void {
    const held = this.slots.get(slot)
    if (held && held.user !== user) this.dues.forget(slot)
    this.slots.set(slot, { user, due })
    this.dues.set(slot, user, due)
  }

  forget(slot: number): void {
    this.slots.delete(slot)
    this.dues.forget(slot)
  }

  /** Takes from both; they must agree. Taken, a slot has no due until it is set again. */
  take(limit: number): number {
    const got = this.dues.take(limit, (slot) => this.slots.get(slot)?.due ?? Number.POSITIVE_INFINITY)
    const [first] = [...this.slots]
      .filter(([, e]) => e.due <= limit)
      .sort(([, a], [, b]) => a.due - b.due || compareUtf8(a.user, b.user))
    expect(got).toBe(first?.[0] ?? -1)
    if (first) first[1].due = Number.POSITIVE_INFINITY
    return got
  }
}

const step = fc.oneof(
  fc.record({ slot: fc.nat(7), user: fc.nat(USERS.length - 1), due: fc.nat(6) }),
  fc.record({ forget: fc.nat(7) }),
  fc.record({ limit: fc.nat(6) }),
)

test('users are taken smallest due first, equal ones by UTF-8, whatever was set, moved and given up before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const pair = new Pair()
      for (const s of steps) {
        if ('limit' in s) pair.take(s.limit)
        else if ('forget' in s) pair.forget(s.forget)
        else {
          const user = USERS[s.user] as string
          const elsewhere = [...pair.slots].find(([slot, e]) => e.user === user && slot !== s.slot)
          if (!elsewhere) pair.set(s.slot, user, s.due)
        }
      }
      while (pair.take(6) >= 0);
    }),
    { numRuns: 1000 },
  )
})

test('an entry of a slot’s former user does not lend its place among equal dues to the new one', () => {
  const pair = new Pair()
  pair.set(0, 'a', 5)
  pair.forget(0)
  pair.set(0, 'z', 5)
  pair.set(1, 'm', 5)
  expect([pair.take(5), pair.take(5), pair.take(5)]).toEqual([1, 0, -1])
})

test.each([
  [99, -1],
  [100, 3],
  [101, 3],
])('due at 100, asked up to %i: slot %i', (limit, slot) => {
  const dues = new Dues()
  dues.set(3, 'u', 100)
  expect(dues.take(limit, () => 100)).toBe(slot)
})

test('Infinity is no due', () => {
  const dues = new Dues()
  dues.set(0, 'u', Number.POSITIVE_INFINITY)
  expect(dues.take(Number.MAX_VALUE, () => Number.POSITIVE_INFINITY)).toBe(-1)
})

test('thousands of slots, moved ten times each, come out in order', () => {
  const dues = new Dues()
  const due = new Float64Array(5000)
  for (let round = 0; round < 10; round++) {
    for (let slot = 0; slot < due.length; slot++) {
      due[slot] = (slot * 7919 + round * 104_729) % 10_007
      dues.set(slot, `u${slot}`, due[slot] as number)
    }
  }
  let last = -1
  for (let n = 0; n < due.length; n++) {
    const slot = dues.take(Number.MAX_VALUE, (s) => due[s] as number)
    expect(due[slot]).toBeGreaterThanOrEqual(last)
    last = due[slot] as number
  }
  expect(dues.take(Number.MAX_VALUE, (s) => due[s] as number)).toBe(-1)
})
