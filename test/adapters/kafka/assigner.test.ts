import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  assignTasks,
  taskAssigner,
  unequalCounts,
  type Member,
} from '../../../src/adapters/kafka/assigner.ts'
import { loadKafkajs } from '../../../src/adapters/kafka/repairs.ts'

const members = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    tasks: fc.uniqueArray(fc.nat(40), { maxLength: 12 }),
  }),
  { minLength: 1, maxLength: 8, selector: (member) => member.id },
)
const count = fc.integer({ min: 0, max: 32 })
const plain = (shares: Map<string, number[]>): [string, number[]][] =>
  [...shares].sort(([a], [b]) => (a < b ? -1 : 1))

/** Members as they are after an assignment. */
const after = (shares: Map<string, number[]>, before: readonly Member[]): Member[] =>
  before.map((member) => ({ ...member, tasks: shares.get(member.id) ?? [] }))

const moved = (before: readonly Member[], shares: Map<string, number[]>): number =>
  before.reduce((sum, { id, tasks }) => sum + tasks.filter((p) => !shares.get(id)?.includes(p)).length, 0)

describe('sharing out tasks', () => {
  test('every task goes to one member, and shares differ by one at most', () => {
    fc.assert(
      fc.property(count, members, (n, some) => {
        const shares = assignTasks(n, some)
        const all = [...shares.values()].flat().sort((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: n }, (_, p) => p))
        const sizes = some.map(({ id }) => shares.get(id)?.length ?? -1)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the order of the members does not count', () => {
    fc.assert(
      fc.property(count, members, (n, some) => {
        expect(plain(assignTasks(n, [...some].reverse()))).toEqual(plain(assignTasks(n, some)))
      }),
    )
  })

  test('the same members keep what they have', () => {
    fc.assert(
      fc.property(count, members, (n, some) => {
        const shares = assignTasks(n, some)
        expect(plain(assignTasks(n, after(shares, some)))).toEqual(plain(shares))
      }),
    )
  })

  test('a member that comes takes its share, one that leaves gives up its own: nothing else moves', () => {
    fc.assert(
      fc.property(count, members, fc.uuid(), (n, some, id) => {
        const settled = after(assignTasks(n, some), some)
        const grown = assignTasks(n, [...settled, { id: `new-${id}`, name: 'z', tasks: [] }])
        expect(moved(settled, grown)).toBe(grown.get(`new-${id}`)?.length)
        const [, ...left] = settled
        if (left.length > 0) expect(moved(left, assignTasks(n, left))).toBe(0)
      }),
    )
  })

  test('a group that starts again, each member under a new id, comes out as before', () => {
    const named = ['a', 'b', 'c'].map((name) => ({ id: `1-${name}`, name, tasks: [] }))
    const again = named.map(({ name }) => ({ id: `0-${name}`, name, tasks: [] })).reverse()
    const byName = (shares: Map<string, number[]>): [string, number[]][] =>
      plain(new Map([...shares].map(([id, tasks]) => [id.slice(2), tasks])))
    expect(byName(assignTasks(16, again))).toEqual(byName(assignTasks(16, named)))
  })
})

describe('the group protocol', () => {
  const assignerOf = (counts: Record<string, number>, name = 'm') =>
    taskAssigner(loadKafkajs(), { name, tasks: () => [1] })({
      cluster: {
        findTopicPartitionMetadata: (topic: string) => Array.from({ length: counts[topic] ?? 0 }),
      },
    } as never)

  test('a task is the same partition of every topic', async () => {
    const { AssignerProtocol } = loadKafkajs()
    const assigner = assignerOf({ clicks: 3, orders: 3 })
    const memberMetadata = assigner.protocol({ topics: ['clicks', 'orders'] }).metadata
    const joined = ['x', 'y'].map((memberId) => ({ memberId, memberMetadata }))
    const given = await assigner.assign({ members: joined, topics: ['clicks', 'orders'] })
    const tasks = given.map(
      ({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
    )
    for (const each of tasks) expect(each?.['clicks']).toEqual(each?.['orders'])
    expect(tasks.flatMap((each) => each?.['clicks'] ?? []).sort((a, b) => a - b)).toEqual([0, 1, 2])
  })

  test('topics that grew apart while the group ran are refused', async () => {
    await expect(assignerOf({ a: 2, b: 3 }).assign({ members: [], topics: ['a', 'b'] })).rejects.toThrow(
      'a 2, b 3',
    )
  })

  test.each([
    [{}, undefined],
    [{ a: 4 }, undefined],
    [{ a: 4, b: 4 }, undefined],
    [{ a: 4, b: 5 }, 'input topics with different numbers of partitions: a 4, b 5; expected the same number'],
  ])('%j: %s', (counts, problem) => {
    expect(unequalCounts(counts)).toBe(problem)
  })
})
