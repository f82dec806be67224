import { expect, test } from 'vitest'
import type { Seen } from './reader.ts'
import type { Move } from './shop.ts'
import { EXACT, verdict } from './verdict.ts'

const move = (userId: string, sequence: number, from: string | null, to: string): Move => ({
  id: `${userId}/${sequence}`,
  userId,
  sequence,
  from,
  to,
  occurredAt: '2025-01-01T00:00:00.000Z',
})

const EXPECTED = [move('a', 1, null, 'x'), move('b', 1, null, 'x'), move('a', 2, 'x', 'y')]
const seen = (moves: readonly Move[]): Seen[] =>
  moves.map((m, offset) => ({
    partition: 0,
    offset,
    value: JSON.stringify({ ...m, sourceTopic: 'anywhere' }),
  }))

test('what was expected, in any order of users, is exact', () => {
  const [a1, b1, a2] = EXPECTED as [Move, Move, Move]
  expect(verdict(EXPECTED, seen([a1, b1, a2]))).toEqual({ moves: 3, ...EXACT })
  expect(verdict(EXPECTED, seen([b1, a1, a2]))).toEqual({ moves: 3, ...EXACT })
})

test.each([
  ['a second copy', [0, 1, 0, 2], { duplicates: 1 }],
  ['one missing at the end', [0, 1], { losses: 1 }],
  ['one missing in the middle', [1, 2], { losses: 1, disorder: 1 }],
  ['the wrong order', [2, 0, 1], { disorder: 2 }],
])('%s is noticed', (_what, order, faults) => {
  const moves = order.map((i) => EXPECTED[i] as Move)
  expect(verdict(EXPECTED, seen(moves))).toMatchObject({ ...EXACT, ...faults })
})

test('another content under a known id, or an unknown id, is foreign', () => {
  const [a1, b1, a2] = EXPECTED as [Move, Move, Move]
  expect(verdict(EXPECTED, seen([a1, { ...b1, to: 'z' }, a2]))).toMatchObject({ foreign: 1 })
  expect(verdict(EXPECTED, seen([...EXPECTED, move('c', 1, null, 'x')]))).toMatchObject({ foreign: 1 })
})
