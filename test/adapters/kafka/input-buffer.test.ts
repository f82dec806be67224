import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deal } from '../../../src/adapters/kafka/deal.ts'
import { InputBuffer, type FetchedMessage } from '../../../src/adapters/kafka/input-buffer.ts'

const message = (offset: number, size = 3): FetchedMessage => ({
  offset: String(offset),
  timestamp: '5',
  key: Buffer.from('k'),
  value: Buffer.alloc(size, offset),
})
const range = (from: number, to: number): FetchedMessage[] =>
  Array.from({ length: to - from }, (_, i) => message(from + i))
const offsets = (buffer: InputBuffer): number[] => buffer.slice(1e6).map(({ offset }) => offset)
const started = (from: number): InputBuffer => {
  const buffer = new InputBuffer()
  buffer.restart(from)
  return buffer
}

describe('the buffer of an input', () => {
  test('holds what was fetched once and in order, however fetches overlap, and forgets what is released', () => {
    const ops = fc.array(
      fc.oneof(
        fc.record({
          op: fc.constant('take' as const),
          from: fc.nat(50),
          length: fc.integer({ min: 1, max: 12 }),
        }),
        fc.record({ op: fc.constant('release' as const), to: fc.nat(60) }),
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(ops, (all) => {
        const buffer = started(0)
        let [base, end] = [0, 0]
        for (const op of all) {
          if (op.op === 'take') {
            const joins = op.from <= end
            expect(buffer.take(range(op.from, op.from + op.length), op.from, op.from + op.length - 1)).toBe(
              joins,
            )
            if (joins) end = Math.max(end, op.from + op.length)
          } else if (buffer.reaches(op.to)) {
            buffer.release(op.to)
            base = op.to
          } else expect(op.to < base || op.to > end).toBe(true)
          expect(offsets(buffer)).toEqual(Array.from({ length: end - base }, (_, i) => base + i))
          expect(buffer.fetched).toBe(end)
        }
      }),
    )
  })

  test('markers at the end of a range are passed over', () => {
    const buffer = started(3)
    expect(buffer.take(range(3, 5), 3, 6)).toBe(true)
    expect([offsets(buffer), buffer.fetched]).toEqual([[3, 4], 7])
    expect(buffer.reaches(5)).toBe(true)
    expect(buffer.reaches(7)).toBe(true)
    expect(buffer.reaches(8)).toBe(false)
  })

  test('a filtered range that does not join on is believed when it comes again after the seek', () => {
    const buffer = started(10)
    expect(buffer.pass(10, 12)).toBe(true)
    expect(buffer.fetched).toBe(13)
    expect(buffer.pass(20, 22)).toBe(false)
    expect(buffer.fetched).toBe(13)
    expect(buffer.pass(20, 22)).toBe(true)
    expect(buffer.fetched).toBe(23)
    expect(buffer.pass(5, 8)).toBe(true)
    expect(buffer.fetched).toBe(23)
  })

  test('begins anew at any position, and knows nothing before it was asked for one', () => {
    expect(new InputBuffer().reaches(0)).toBe(false)
    const buffer = started(0)
    buffer.take(range(0, 9), 0, 8)
    buffer.restart(4)
    expect([offsets(buffer), buffer.fetched, buffer.reaches(3), buffer.reaches(4)]).toEqual([
      [],
      4,
      false,
      true,
    ])
  })

  test('is full at its bounds, and roomy again at half of them', () => {
    const large = started(0)
    for (let i = 0; i < 5; i++) large.take([message(i, 1 << 20)], i, i)
    expect([large.full, large.roomy]).toEqual([true, false])
    large.release(4)
    expect([large.full, large.roomy]).toEqual([false, true])
    const many = started(0)
    many.take(range(0, 20_000), 0, 19_999)
    expect(many.full).toBe(true)
    many.release(10_001)
    expect(many.roomy).toBe(true)
  })
})

describe('dealing out records', () => {
  const queue = (...sizes: number[]): { peek(i: number): never } => ({
    peek: (i) => (sizes[i] === undefined ? undefined : { from: 0, to: sizes[i] }) as never,
  })

  test.each([
    ['nothing', [[]], 10, 100, [0]],
    ['all', [[1, 1], [1]], 10, 100, [2, 1]],
    [
      'one each first',
      [
        [1, 1, 1, 1],
        [1, 1],
      ],
      2,
      100,
      [1, 1],
    ],
    [
      'an equal part each',
      [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1],
      ],
      8,
      100,
      [4, 4],
    ],
    ['what one leaves goes to the other', [[1, 1, 1, 1, 1, 1], [1]], 6, 100, [5, 1]],
    ['the first whatever its size', [[500, 1]], 10, 100, [1]],
    ['as many bytes as there may be', [[40, 40, 40]], 10, 100, [2]],
    ['no record at all', [[1], [1]], 0, 100, [0, 0]],
  ])('%s', (_, sizes, records, bytes, expected) => {
    expect(
      deal(
        sizes.map((some) => queue(...some)),
        { records, bytes },
      ),
    ).toEqual(expected)
  })
})
