import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjustedRand, calinskiHarabasz, daviesBouldin } from '../../../src/domain/model/indices.ts'
import { matrixFromRows, matrixOf, selectRows } from '../../../src/domain/model/matrix.ts'
import { fitPca, projectRows } from '../../../src/domain/model/pca.ts'
import { rowsWithinQuantiles } from '../../../src/domain/model/outliers.ts'
import { quantile } from '../../../src/domain/model/quantile.ts'
import { addMoments, fitScaler, mergeMoments, noMoments, scalerOf } from '../../../src/domain/model/scaler.ts'
import { sampleRows, silhouetteScore, SILHOUETTE_EXACT_ROWS } from '../../../src/domain/model/silhouette.ts'
import { radiiOf } from '../../../src/domain/model/spread.ts'
import { signedLog1p, transformValue, type TransformName } from '../../../src/domain/model/transform.ts'

const table = fc.integer({ min: 1, max: 6 }).chain((cols) =>
  fc.array(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: cols, maxLength: cols }), {
    minLength: 3,
    maxLength: 600,
  }),
)

describe('transforms', () => {
  it.each<[TransformName, number, number]>([
    ['none', -3, -3],
    ['log1p', 0, 0],
    ['log1p', 1023, Math.log(1024)],
    ['log1p', 1024, Math.log(1025)],
    ['log1p', 2.5, Math.log(3.5)],
    ['log1p', -3, -Math.log(4)],
    ['sqrt', 9, 3],
    ['sqrt', -9, -3],
    ['asinh', 1, Math.log(1 + Math.SQRT2)],
  ])('%s of %d', (name, x, want) => {
    expect(transformValue(name, x)).toBeCloseTo(want, 12)
  })

  it('are odd and increasing over all finite numbers', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(
        fc.constantFrom<TransformName>('none', 'log1p', 'sqrt', 'asinh'),
        finite,
        finite,
        (name, a, b) => {
          const [x, y] = a <= b ? [a, b] : [b, a]
          expect(transformValue(name, x)).toBeLessThanOrEqual(transformValue(name, y))
          expect(transformValue(name, -x) + transformValue(name, x)).toBe(0)
        },
      ),
    )
  })

  it('the table of small counts holds what the function gives', () => {
    for (let i = 0; i < 1100; i++) expect(signedLog1p(i)).toBe(Math.log1p(i))
  })
})

describe('moments', () => {
  it('merge like the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(table, fc.nat(), (rows, cut) => {
        const x = matrixFromRows(rows)
        const at = cut % (rows.length + 1)
        const part = (from: number, to: number) =>
          addMoments(
            noMoments(x.cols),
            selectRows(
              x,
              Array.from({ length: to - from }, (_, i) => from + i),
            ),
          )
        const merged = scalerOf(mergeMoments(part(0, at), part(at, rows.length)))
        const whole = fitScaler(x)
        whole.mean.forEach((m, j) => expect(merged.mean[j]).toBeCloseTo(m, 9))
        whole.variance.forEach((v, j) => expect(merged.variance[j]).toBeCloseTo(v, 8))
      }),
    )
  })

  it('keep the variance of large values with a small spread', () => {
    const x = matrixFromRows([[1e9 + 1], [1e9 + 2], [1e9 + 3]])
    expect(fitScaler(x).variance[0]).toBeCloseTo(2 / 3, 9)
  })

  it('a constant column gets scale 1, even where rounding gives it a variance', () => {
    const x = matrixFromRows(Array.from({ length: 1000 }, () => [0.1, 1e12 / 3]))
    expect(fitScaler(x)).toMatchObject({ scale: Float64Array.of(1, 1), constant: [true, true] })
  })
})

describe('principal components', () => {
  it('are orthonormal, sorted, signed, and their scores have their variances and no correlation', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const x = matrixFromRows(rows)
        const pca = fitPca(x, x.cols)
        const z = projectRows(x, pca)
        pca.components.forEach((p, a) => {
          const largest = p.reduce((most, v) => (Math.abs(v) > Math.abs(most) ? v : most), 0)
          expect(largest).toBeGreaterThan(0)
          pca.components.forEach((q, b) => {
            expect(p.reduce((s, v, j) => s + v * (q[j] as number), 0)).toBeCloseTo(a === b ? 1 : 0, 9)
            let s = 0
            for (let i = 0; i < z.rows; i++)
              s += (z.data[i * z.cols + a] as number) * (z.data[i * z.cols + b] as number)
            const got = s / (z.rows - 1)
            expect(Math.abs(got - (a === b ? (pca.explainedVariance[a] as number) : 0))).toBeLessThan(
              1e-7 * (1 + (pca.explainedVariance[0] as number)),
            )
          })
        })
        expect(pca.explainedVariance).toEqual([...pca.explainedVariance].sort((a, b) => b - a))
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    [0.5, 1],
    [0.9923, 1],
    [0.9925, 2],
    [2, 2],
  ])('keep %d → %d components', (keep, want) => {
    const x = matrixFromRows([
      [-1, -1],
      [-2, -1],
      [-3, -2],
      [1, 1],
      [2, 1],
      [3, 2],
    ])
    expect(fitPca(x, keep).components.length).toBe(want)
  })
})

describe('quantiles', () => {
  it.each([
    [[4], 0.99, 4],
    [[1, 2], 0.5, 1.5],
    [[3, 1, 2], 0, 1],
    [[3, 1, 2], 1, 3],
    [[0, 10, 20, 30], 0.99, 29.7],
  ])('of %j at %d', (values, q, want) => {
    expect(quantile(Float64Array.from(values), q)).toBeCloseTo(want, 12)
  })

  it('radii are those of each centre alone; a centre without rows has 0', () => {
    const x = matrixFromRows([[0], [1], [2], [10], [14]])
    expect(radiiOf(x, [0, 0, 0, 1, 1], Float64Array.of(0, 10, 99), 0.5)).toEqual([1, 2, 0])
  })

  it('the cut goes column by column among the rows still there', () => {
    const rows = [
      [0, 100],
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [100, 5],
    ]
    // the first column drops rows 0 and 5, so 100 and 5 no longer count as extremes of the second
    expect(Array.from(rowsWithinQuantiles(matrixFromRows(rows), 0.1))).toEqual([2, 3])
  })
})

describe('indices', () => {
  it('adjusted Rand is 1 for the same partition under other names, and about 0 for chance', () => {
    expect(adjustedRand([0, 0, 1, 2], [5, 5, 3, 0])).toBe(1)
    const chance = Array.from({ length: 4000 }, (_, i) => [(i * 7919) % 3, (i * 104_729) % 4])
    expect(
      Math.abs(
        adjustedRand(
          chance.map((c) => c[0] as number),
          chance.map((c) => c[1] as number),
        ),
      ),
    ).toBeLessThan(0.01)
  })

  it.each([
    ['nothing varies within a cluster', [[0], [0], [5], [5]], [0, 0, 1, 1], 1, 0],
    ['there is one cluster', [[0], [1]], [0, 0], Number.NaN, 0],
  ])('have their edge values where %s', (_, rows, labels, ch, db) => {
    expect(calinskiHarabasz(matrixFromRows(rows), labels, 2)).toBe(ch)
    expect(daviesBouldin(matrixFromRows(rows), labels, 2)).toBe(db)
  })

  it('a sample is ascending, distinct, of the wanted size, and never reaches past the end', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.nat(), (n, size, seed) => {
        const rows = Array.from(sampleRows(n, size, seed))
        expect(rows.length).toBe(Math.min(size, n))
        expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
        expect(rows.every((i) => i >= 0 && i < n)).toBe(true)
      }),
    )
  })

  it('above the limit the silhouette is that of a seeded sample', () => {
    const n = SILHOUETTE_EXACT_ROWS + 1
    const x = matrixOf(
      n,
      1,
      Float64Array.from({ length: n }, (_, i) => (i % 2) * 10 + (i % 7) / 7),
    )
    const labels = Int32Array.from({ length: n }, (_, i) => i % 2)
    const score = silhouetteScore(x, labels, 2, 3)
    expect(silhouetteScore(x, labels, 2, 3)).toBe(score)
    expect(score).toBeGreaterThan(0.9)
  })
})
