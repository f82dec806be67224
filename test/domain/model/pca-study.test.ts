import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readAxes } from '../../../src/domain/model/axes.ts'
import { correlations, dependences } from '../../../src/domain/model/correlation.ts'
import { distributionOf } from '../../../src/domain/model/distribution.ts'
import { matrixFromRows, matrixOf, rowsOf } from '../../../src/domain/model/matrix.ts'
import { aboveChance, parallelEigenvalues } from '../../../src/domain/model/parallel.ts'
import { fitPca, projectRows } from '../../../src/domain/model/pca.ts'
import { fitScaler, standardise } from '../../../src/domain/model/scaler.ts'
import { STUDY_QUANTILES } from '../../../src/app/study/study.ts'
import { farthest } from './golden.ts'

interface Reference {
  rows: number[][]
  eigenvalues: number[]
  ratios: number[]
  loadings: number[][]
  circle: number[][]
  contributions: number[][]
  cos2: number[][]
  correlations: number[][]
  explained: number[]
  parallel: { rows: number; columns: number; values: number[] }[]
  distribution: {
    column: number
    mean: number
    deviation: number
    skewness: number
    quantiles: number[]
    edges: number[]
    counts: number[]
  }
}
const file = resolve(import.meta.dirname, '../../reference/pca_study.json')
/** Made by pca_study.py beside it with numpy, scipy and scikit-learn. */
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference

const raw = matrixFromRows(reference.rows)
const scaled = matrixOf(raw.rows, raw.cols)
standardise(raw, fitScaler(raw), scaled)
const pca = fitPca(scaled, raw.cols)
const axes = readAxes(scaled, projectRows(scaled, pca), pca.components)
const real = reference.loadings.length

describe('the study of components agrees with scikit-learn', () => {
  it('in eigenvalues and shares of variance', () => {
    const eigenvalues = pca.explainedVariance.map((v) => (v * (raw.rows - 1)) / raw.rows)
    expect(farthest(eigenvalues, reference.eigenvalues)).toBeLessThan(1e-12)
    expect(farthest(pca.explainedVarianceRatio, reference.ratios)).toBeLessThan(1e-12)
  })

  it.each(['loadings', 'contributions', 'cos2'] as const)('in %s', (name) => {
    for (let c = 0; c < real; c++)
      expect(farthest(axes[c]?.[name] ?? [], reference[name][c] ?? [])).toBeLessThan(1e-9)
  })

  it('in the correlation circle, where a column that never varies stands in the middle', () => {
    for (let c = 0; c < real; c++)
      expect(farthest(axes[c]?.correlations ?? [], reference.circle[c] ?? [])).toBeLessThan(1e-9)
    expect(axes.map((axis) => axis.correlations[5])).toEqual(axes.map(() => 0))
  })

  it('contributions add up to 1 on each axis, cos² over all axes to 1 for each column that varies', () => {
    for (const axis of axes) expect(axis.contributions.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    const shown = axes[0]?.cos2.map((_, j) => axes.reduce((sum, axis) => sum + (axis.cos2[j] as number), 0))
    expect(shown?.map((v) => Math.round(v * 1e8) / 1e8)).toEqual([1, 1, 1, 1, 1, 0, 1])
  })

  it('in correlations of columns, 0 beside a constant one', () => {
    const found = rowsOf(correlations(raw))
    found.forEach((row, i) => expect(farthest(row, reference.correlations[i] ?? [])).toBeLessThan(1e-12))
  })

  it('in what the other columns explain of each, exactly dependent ones included', () => {
    const found = dependences(correlations(raw), 0)
    expect(
      farthest(
        found.map((d) => d.explained),
        reference.explained,
      ),
    ).toBeLessThan(1e-6)
    expect(
      dependences(correlations(raw), 0.999).map((d) => [d.column, d.by.toSorted((a, b) => a - b)]),
    ).toEqual([
      [0, [2, 6]],
      [2, [0, 6]],
      [6, [0, 2]],
    ])
  })

  it.each(reference.parallel)(
    'in the eigenvalues of chance: $rows × $columns',
    ({ rows, columns, values }) => {
      const found = parallelEigenvalues(rows, columns, { seed: 1, replicates: 2000 })
      // two simulations of the 95th percentile of thousands of draws
      expect(farthest(found, values)).toBeLessThan(0.03)
    },
  )

  it('in the distribution of a column', () => {
    const { column, edges, counts, ...wanted } = reference.distribution
    const values = Float64Array.from(reference.rows, (row) => row[column] as number)
    const { histogram, ...found } = distributionOf(values, STUDY_QUANTILES, counts.length)
    expect(histogram.counts).toEqual(counts)
    expect(farthest(histogram.edges, edges)).toBeLessThan(1e-12)
    expect(farthest(found.quantiles, wanted.quantiles)).toBeLessThan(1e-12)
    for (const name of ['mean', 'deviation', 'skewness'] as const)
      expect(found[name]).toBeCloseTo(wanted[name], 10)
  })
})

describe('aboveChance', () => {
  it.each([
    [[3, 1.2, 0.8], [1.3, 1.1, 0.9], 2],
    [[3, 1.1, 0.8], [1.3, 1.1, 0.9], 1],
    [[1.2, 1, 0.8], [1.3, 1.1, 0.7], 0],
    [[3, 2, 1], [1, 1, 0.5], 3],
  ])('of %j beside %j: the leading %i', (eigenvalues, parallel, count) => {
    expect(aboveChance(eigenvalues, parallel)).toBe(count)
  })
})

describe('a distribution', () => {
  it('of equal values is one bin around them, without skew', () => {
    const { histogram, skewness, deviation } = distributionOf(Float64Array.of(7, 7, 7), [0.5], 5)
    expect(histogram).toEqual({ edges: [6.5, 7.5], counts: [3] })
    expect([skewness, deviation]).toEqual([0, 0])
  })

  it('counts a value on an edge in the bin above, the highest in the last', () => {
    const { histogram } = distributionOf(Float64Array.of(0, 1, 2, 3, 4), [0.5], 4)
    expect(histogram.counts).toEqual([1, 1, 1, 2])
  })
})
