import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { bytes, counted, day, duration, euros, number, percent, signed } from '../../src/render/format.ts'
import { bar, sparkline } from '../../src/render/spark.ts'
import { facts, table, width, type Column } from '../../src/render/table.ts'

describe('numbers', () => {
  it.each([
    [0, 0, '0'],
    [999, 0, '999'],
    [1000, 0, '1,000'],
    [1234567, 0, '1,234,567'],
    [-1234.5, 1, '−1,234.5'],
    [-0.4, 0, '0'],
    [0.05, 1, '0.1'],
    [Number.NaN, 0, '–'],
    [Number.POSITIVE_INFINITY, 2, '–'],
  ])('%d with %d decimals is %s', (value, digits, text) => {
    expect(number(value, digits)).toBe(text)
  })

  it('lose nothing but their separators', () => {
    fc.assert(
      fc.property(fc.integer(), (n) => {
        expect(Number(number(n).replaceAll(',', '').replace('−', '-'))).toBe(n)
      }),
    )
  })

  it.each([
    [signed(1214), '+1,214'],
    [signed(-31), '−31'],
    [signed(0), '0'],
    [percent(0.44), '44.0 %'],
    [percent(1, 0), '100 %'],
    [euros(31_299), '€ 313'],
    [euros(31_299, 2), '€ 312.99'],
    [counted(1, 'user'), '1 user'],
    [counted(0, 'user'), '0 users'],
    [counted(2, 'category', 'categories'), '2 categories'],
    [day(Date.UTC(2025, 2, 31, 23, 59)), '2025-03-31'],
  ])('%s', (found, text) => {
    expect(found).toBe(text)
  })
})

describe('lengths of time', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [SECOND_MS, '1.0 s'],
    [MINUTE_MS - SECOND_MS, '59.0 s'],
    [MINUTE_MS - 1, '1 min 00 s'],
    [125 * SECOND_MS, '2 min 05 s'],
    [HOUR_MS - 1, '1 h 00 min'],
    [3 * HOUR_MS + 10 * MINUTE_MS, '3 h 10 min'],
    [DAY_MS - 1, '1 d'],
    [61 * DAY_MS, '61 d'],
    [-SECOND_MS, '−1.0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_740_000, '1.7 MB'],
    [410_000_000, '410 MB'],
    [999_900, '1.0 MB'],
  ])('%d bytes is %s', (count, text) => {
    expect(bytes(count)).toBe(text)
  })
})

describe('tables', () => {
  const columns: readonly Column<{ key: string; users: number }>[] = [
    { title: 'SEGMENT', value: (r) => r.key },
    { title: 'USERS', value: (r) => number(r.users), align: 'right' },
  ]

  it('stand in columns, with no space at the ends of lines', () => {
    const rows = [
      { key: 'loyal', users: 2564 },
      { key: 'window-shoppers', users: 7 },
    ]
    expect(table(rows, columns)).toBe(
      'SEGMENT          USERS\nloyal            2,564\nwindow-shoppers      7',
    )
    expect(table([], columns)).toBe('SEGMENT  USERS')
  })

  it('count characters, not UTF-16 units', () => {
    expect(width('é😀')).toBe(2)
    expect(table([{ key: '😀', users: 1 }], columns).split('\n')[1]).toBe('😀            1')
  })

  it('put names beside values', () => {
    const entries = [
      ['k', '4'],
      ['users', '12'],
    ] as const
    expect(facts(entries)).toBe('k      4\nusers  12')
    expect(facts([])).toBe('')
  })
})

describe('pictures in a line', () => {
  it.each([
    [[0, 1], '▁█'],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇██'],
    [[5, 5, 5], '▄▄▄'],
    [[1, Number.NaN, 2], '▁ █'],
    [[], ''],
  ])('%j is %s', (values, text) => {
    expect(sparkline(values)).toBe(text)
  })

  it.each([
    [0, '    '],
    [1, '████'],
    [0.5, '██  '],
    [1 / 32, '▏   '],
    [2, '████'],
    [-1, '    '],
    [Number.NaN, '    '],
  ])('a share of %d fills "%s"', (share, text) => {
    expect(bar(share, 4)).toBe(text)
  })
})
