import { describe, expect, it } from 'vitest'
import { medianStay, movementOf } from '../../../src/app/report/movement.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'

const START = Date.UTC(2025, 0, 1)
const at = (day: number): string => new Date(START + day * DAY_MS).toISOString()

async function* lines(rows: readonly object[]): AsyncGenerator<string> {
  for (const row of rows) yield await Promise.resolve(JSON.stringify(row))
}

const stay = (days: number, left: boolean): { days: number; left: boolean } => ({ days, left })

describe('how long customers stay', () => {
  it.each([
    ['nobody came', [], null],
    ['all have left', [stay(1, true), stay(2, true), stay(3, true), stay(4, true)], 2],
    ['nobody has left', [stay(9, false), stay(8, false)], null],
    ['exactly half have left', [stay(5, true), stay(9, false)], 5],
    ['who is still there counts as long as he was seen', [stay(1, false), stay(2, true), stay(3, true)], 2],
    ['at the same length who leaves goes first', [stay(2, false), stay(2, true)], 2],
  ])('%s', (_, stays, expected) => {
    expect(medianStay(stays)).toBe(expected)
    expect(medianStay(stays.toReversed())).toBe(expected)
  })
})

describe('movement of a run', () => {
  const move = (
    userId: string,
    from: string | null,
    to: string | null,
    day: number,
    spend: number | null,
  ): object => ({
    userId,
    from,
    to,
    cause: from === null ? 'first' : 'behaviour',
    occurredAt: at(day),
    spend365dMinor: spend,
  })
  const member = (userId: string, segment: string | null, day: number): object => ({
    userId,
    segment,
    since: at(day),
  })
  const run = {
    keys: ['b', 'a'],
    firstEventOf: (user: string): number | undefined => (user === 'x' ? START : undefined),
    spendOf: (user: string): number | undefined => (user === 'z' ? 7 : undefined),
  }

  it('adds up who went where, in the order of the segments, first assignments apart', async () => {
    const moves = [
      move('x', null, 'a', 1, 5),
      move('x', 'a', 'b', 3, 100),
      move('y', 'a', 'b', 4, null),
      move('y', 'b', null, 9, null),
    ]
    const found = await movementOf({ ...run, moves: lines(moves), members: lines([]) })
    expect(found.flows).toEqual([
      { from: 'b', to: null, users: 1, spendMinor: null },
      { from: 'a', to: 'b', users: 2, spendMinor: 100 },
    ])
    expect(found.causes).toEqual([
      ['behaviour', 3],
      ['first', 1],
    ])
    expect([found.firstAt, found.lastAt]).toEqual([at(1), at(9)])
    expect(found.firstDays).toBeNull()
  })

  it('takes what a customer spends from his orders where the move does not say it', async () => {
    const moves = [move('z', 'a', 'b', 3, null), move('z', 'a', 'b', 5, 100), move('y', 'a', 'b', 6, null)]
    const { flows } = await movementOf({ ...run, moves: lines(moves), members: lines([]) })
    expect(flows).toEqual([{ from: 'a', to: 'b', users: 3, spendMinor: 107 }])
  })

  it('tells segments of other bundles after those asked for, and knows no move where only the bundle changed', async () => {
    const members = [member('x', 'z', 1), member('x', 'c', 3), member('x', 'c', 4), member('x', 'a', 9)]
    const found = await movementOf({
      ...run,
      moves: lines([move('x', 'z', 'c', 3, 1)]),
      members: lines(members),
    })
    expect(found.segments).toEqual(['b', 'a', 'c', 'z'])
    expect(found.flows).toEqual([{ from: 'z', to: 'c', users: 1, spendMinor: 1 }])
    expect(found.stays.map((s) => [s.segment, s.stays, s.medianDays])).toEqual([
      ['b', 0, null],
      ['a', 1, null],
      ['c', 1, 6],
      ['z', 1, 2],
    ])
  })

  it('tells stays, those that go on included, and the wait for the first segment', async () => {
    const members = [member('x', 'a', 2), member('y', 'a', 3), member('x', 'b', 6), member('y', null, 10)]
    const found = await movementOf({ ...run, moves: lines([]), members: lines(members) })
    expect(found.stays).toEqual([
      { segment: 'b', stays: 1, medianDays: null },
      { segment: 'a', stays: 2, medianDays: 4 },
    ])
    expect(found.firstDays).toEqual([2, 2, 2])
  })
})
