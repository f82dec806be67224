import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMinor } from '../../../src/domain/events/decimal.ts'

test.each<[string, number, number, number | undefined]>([
  ['35.79', 2, 1, 3579],
  ['35', 2, 1, 3500],
  ['35.', 2, 1, 3500],
  ['0.00', 2, 1, 0],
  ['-0.00', 2, 1, 0],
  ['-12.5', 2, 1, -1250],
  ['+1', 0, 1, 1],
  ['1.005', 2, 1, 101],
  ['1.004999', 2, 1, 100],
  ['-1.005', 2, 1, -101],
  ['0.055', 2, 3, 17],
  ['0.001', 3, 1, 1],
  ['1e2', 2, 1, 10_000],
  ['1.5e-7', 2, 1, 0],
  ['1e-300', 2, 1, 0],
  ['0e300', 2, 1, 0],
  ['90071992547409.91', 2, 1, Number.MAX_SAFE_INTEGER],
  ['90071992547409.92', 2, 1, undefined],
  ['1e300', 2, 1, undefined],
  ['12345678901234567890.5', 2, 0, 0],
  ['', 2, 1, undefined],
  ['.5', 2, 1, undefined],
  ['1,5', 2, 1, undefined],
  ['NaN', 2, 1, undefined],
  ['Infinity', 2, 1, undefined],
  ['0x10', 2, 1, undefined],
  [' 1', 2, 1, undefined],
  ['1 EUR', 2, 1, undefined],
])('%s at %i digits × %i is %s', (text, digits, quantity, expected) => {
  expect(parseMinor(text, digits, quantity)).toBe(expected)
})

test('it is the decimal number × quantity, rounded half away from zero', () => {
  const digits = fc.nat({ max: 3 })
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat({ max: 9_999_999 }),
      digits,
      fc.nat({ max: 1000 }),
      (whole, fraction, digits, quantity) => {
        const text = `${whole}.${String(fraction).padStart(7, '0')}`
        const product =
          (BigInt(whole) * 10_000_000n + BigInt(fraction)) * BigInt(quantity) * 10n ** BigInt(digits)
        expect(parseMinor(text, digits, quantity)).toBe(Number((product + 5_000_000n) / 10_000_000n))
      },
    ),
  )
})
