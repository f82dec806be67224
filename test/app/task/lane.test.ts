import { expect, test } from 'vitest'
import { Lane, type Content, type TaskInput } from '../../../src/app/task/lane.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import { event } from '../../domain/profile/support.ts'
import { record } from '../../sim/scenario.ts'

/** A record's value says what it is: a number is an event's time, `c` and a number a command's, anything else is refused. */
const input: TaskInput = {
  topic: 'clicks',
  decode: (r: RawRecord, latestMs: number): Content => {
    const value = JSON.parse(new TextDecoder().decode(r.bytes)) as number | string
    if (typeof value === 'number')
      return value > latestMs
        ? { type: 'refused', reason: 'future', detail: '' }
        : {
            type: 'events',
            events: [event({ kind: 'page_viewed', eventTime: value, userId: `u${r.offset}` })],
          }
    if (!value.startsWith('c')) return { type: 'refused', reason: 'bad-time', detail: '' }
    return {
      type: 'command',
      command: { command: 'release', commandId: 'c', issuedAt: Number(value.slice(1)) },
    }
  },
}
const lane = (position = 0): Lane => new Lane(input, position, '')
const fill = (l: Lane, ...values: [offset: number, value: unknown][]): number =>
  l.accept(
    values.map(([offset, value]) => record(offset, value)),
    'dry',
    () => 1e15,
  )

test('T9: records below the next offset are dropped, gaps are none of its business', () => {
  const l = lane(5)
  expect(fill(l, [3, 1], [4, 1], [5, 10], [8, 20])).toBe(2)
  expect([l.buffered, l.wanted, l.position]).toEqual([2, 9, 5])
  expect(fill(l, [5, 10], [8, 20], [9, 30])).toBe(1)
  l.shift()
  expect([l.position, l.buffered, l.wanted]).toEqual([6, 2, 10])
})

test.each([
  ['an event', 70, 70, 70],
  ['a command: it has a place in time, and lets none pass', 'c70', 70, Number.NEGATIVE_INFINITY],
  [
    'a refused record: before everything of its input',
    'x',
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ],
])('T7: %s', (_name, value, time, passes) => {
  const l = lane()
  fill(l, [0, value])
  expect([l.head.time, l.head.passes]).toEqual([time, passes])
})

test.each([
  [99, true],
  [100, true],
  [101, false],
])(
  'R1: empty while 100 was folded elsewhere: a record of %i then comes too late for this revision: %s',
  (time, late) => {
    const l = lane()
    l.passed(50)
    l.passed(100)
    l.passed(70)
    fill(l, [0, time])
    expect(l.tooLate).toBe(late)
    l.freeze()
    expect(l.tooLate).toBe(false)
  },
)

test('R1: a record without a time comes too late as well', () => {
  const l = lane()
  l.passed(100)
  fill(l, [0, 'x'])
  expect(l.tooLate).toBe(true)
})

test('R1: what passes a lane that has records does not blind it', () => {
  const l = lane()
  fill(l, [0, 120])
  l.passed(100)
  expect(l.tooLate).toBe(false)
})

test('users of the next records, in order, from the front', () => {
  const l = lane()
  fill(l, [0, 1], [1, 'x'], [2, 2], [3, 3])
  expect(l.users(3)).toEqual(['u0', 'u2'])
  l.shift()
  expect(l.users(10)).toEqual(['u2', 'u3'])
})

test('a record’s own time bounds its future', () => {
  const l = lane()
  l.accept([record(0, 500)], 'dry', () => 499)
  expect(l.head.content).toMatchObject({ type: 'refused', reason: 'future' })
  l.accept([record(1, 500)], 'dry', () => 500)
  l.shift()
  expect(l.head.content.type).toBe('events')
})

test('R2: the digest follows the records folded, not those buffered, and goes on from where it was', () => {
  const values: [number, unknown][] = [
    [0, 1],
    [1, 2],
    [2, 3],
  ]
  const whole = lane()
  fill(whole, ...values)
  const before = whole.digest
  for (let i = 0; i < 3; i++) whole.shift()
  expect(whole.digest).not.toBe(before)
  const half = lane()
  fill(half, ...values)
  half.shift()
  const rest = new Lane(input, half.position, half.digest)
  fill(rest, ...values)
  while (!rest.empty) rest.shift()
  expect(rest.digest).toBe(whole.digest)
})
