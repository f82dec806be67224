import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { matrixFromRows, matrixOf } from '../../../src/domain/model/matrix.ts'
import {
  adjustedFences,
  medcouple,
  rowsWithinFences,
  rowsWithinQuantiles,
} from '../../../src/domain/model/outliers.ts'

const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort()

describe('the medcouple', () => {
  // computed with statsmodels 0.15.0, medcouple(…, use_fast=False)
  it.each([
    [[1, 2, 7, 9, 10], -1 / 3],
    [[0.2, 0.17, 0.08, 0.16, 0.88, 0.86, 0.09, 0.54, 0.27, 0.14], 0.7307692307692308],
    [[1, 2, 2, 2, 3, 9], 0.375],
    [[0, 0, 0, 0, 1, 5, 9], 1],
    [[5, 4, 3, 2, 1, 0, -30, -40], -0.65],
  ])('of %j is %d', (values, want) => {
    expect(medcouple(ascending(values))).toBeCloseTo(want, 12)
    expect(medcouple(ascending(values.map((x) => -x)))).toBeCloseTo(-want, 12)
  })

  it('of many values is that of their distribution: 1/3 for the exponential, 0 for a symmetric one', () => {
    const n = 20_000
    const quantiles = (f: (p: number) => number): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => f((i + 0.5) / n))
    expect(medcouple(quantiles((p) => -Math.log(1 - p)))).toBeCloseTo(0.333, 2)
    expect(medcouple(quantiles((p) => Math.log(p / (1 - p))))).toBeCloseTo(0, 6)
  })
})

describe('adjusted fences', () => {
  it('are Tukey’s where the values lie symmetrically', () => {
    const [low, high] = adjustedFences(ascending([1, 2, 3, 4, 5, 6, 7]))
    expect([low, high]).toEqual([2.5 - 4.5, 5.5 + 4.5])
  })

  it('cut a few thousandths of a long tail, where Tukey’s cut a twentieth', () => {
    const random = seededRandom(1)
    const x = ascending(Array.from({ length: 20_000 }, () => -Math.log(1 - random.next())))
    const [low, high] = adjustedFences(x)
    expect(x.filter((v) => v < low || v > high).length / x.length).toBeLessThan(0.006)
    expect(high).toBeGreaterThan(5)
    expect(high).toBeLessThan(7)
  })

  it('say nothing where half of the values are equal', () => {
    expect(adjustedFences(ascending([0, 0, 0, 0, 0, 0, 0, 9]))).toEqual([-Infinity, Infinity])
  })
})

describe('rows within', () => {
  const random = seededRandom(3)
  const x = matrixOf(
    500,
    2,
    Float64Array.from({ length: 1000 }, () => random.normal()),
  )
  x.data.set([1e9, 0], 0)
  x.data.set([0, -1e9], 2)

  it('fences are all but the strange', () => {
    const kept = rowsWithinFences(x)
    expect(Array.from(kept)).not.toContain(0)
    expect(Array.from(kept)).not.toContain(1)
    expect(kept.length).toBeGreaterThan(480)
  })

  it('quantiles shrink with each column, those of one column by what the former left', () => {
    expect(rowsWithinQuantiles(x, 0.01).length).toBe(500 - 10 - 10)
    expect(Array.from(rowsWithinQuantiles(matrixFromRows([[1], [2], [3]]), 0))).toEqual([0, 1, 2])
  })
})
