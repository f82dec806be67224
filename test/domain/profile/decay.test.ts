import { expect, it } from 'vitest'
import { decayWeights } from '../../../src/domain/profile/decay.ts'

it.each([1, 2, 3, 7, 14, 30, 90])(
  'a half-life of %i days halves exactly, and in between as powers of 2',
  (days) => {
    const weights = decayWeights(days, 8 * days)
    expect(weights).toHaveLength(8 * days + 1)
    weights.forEach((weight, age) => {
      expect(Math.abs(weight / 2 ** (-age / days) - 1)).toBeLessThan(1e-14 * days)
      if (age >= days) expect(weight).toBe((weights[age - days] as number) / 2)
      if (age > 0) expect(weight).toBeLessThan(weights[age - 1] as number)
    })
    expect([weights[0], weights.at(-1)]).toEqual([1, 1 / 256])
  },
)
