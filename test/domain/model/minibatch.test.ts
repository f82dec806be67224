import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { adjustedRand } from '../../../src/domain/model/indices.ts'
import { kmeans } from '../../../src/domain/model/kmeans.ts'
import { firstColumns, matrixFromRows, matrixOf, type Matrix } from '../../../src/domain/model/matrix.ts'
import { addBatch, miniBatchKmeans } from '../../../src/domain/model/minibatch.ts'
import { fitPca, projectRows } from '../../../src/domain/model/pca.ts'
import { fitScaler, standardise } from '../../../src/domain/model/scaler.ts'
import { HAS_DATA, farthest, sharedColumns, sharedJson, type Golden } from './golden.ts'

/** k groups on a line of `gap` standard deviations, sizes in the ratio 4 : 3 : 2 : 1. */
function groups(n: number, gap: number, cols = 5): Matrix {
  const random = seededRandom(5)
  const x = matrixOf(n, cols)
  for (let i = 0; i < n; i++) {
    const g = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][i % 10] as number
    for (let c = 0; c < cols; c++) x.data[i * cols + c] = (c === g ? gap : 0) + random.normal()
  }
  return x
}

describe('mini-batches', () => {
  const x = matrixFromRows([
    [1, 2],
    [1, 4],
    [1, 0],
    [4, 2],
    [4, 0],
    [4, 4],
    [4, 5],
    [0, 1],
    [2, 2],
    [3, 2],
    [5, 5],
    [1, -1],
  ])

  it('a batch moves the centres by its rows, assigned to the centres as they were', () => {
    const centres = Float64Array.of(4, 2, 1, 2)
    const counts = new Float64Array(2)
    addBatch(matrixOf(6, 2, x.data.slice(0, 12)), centres, counts)
    expect([Array.from(centres), Array.from(counts)]).toEqual([
      [4, 2, 1, 2],
      [3, 3],
    ])
    addBatch(matrixOf(6, 2, x.data.slice(12)), centres, counts)
    expect(Array.from(counts)).toEqual([6, 6])
    expect(farthest(centres, [4, 3, 1, 4 / 3])).toBeLessThan(1e-12)
  })

  it('a centre that nobody is near to stays', () => {
    const centres = Float64Array.of(0, 100)
    const counts = new Float64Array(2)
    addBatch(matrixFromRows([[1], [3]]), centres, counts)
    expect([Array.from(centres), Array.from(counts)]).toEqual([
      [2, 100],
      [2, 0],
    ])
  })

  it.each([
    ['well apart', 8, 1.001, 0.999],
    ['overlapping', 3, 1.002, 0.95],
  ])(
    'on groups %s are about as tight as full k-means, and find the same groups',
    (_, gap, ratio, agreement) => {
      const data = groups(100_000, gap)
      const full = kmeans(data, { k: 4, seed: 1 })
      const mini = miniBatchKmeans(data, { k: 4, seed: 1, starts: 10 })
      expect(mini.inertia).toBeLessThan(full.inertia * ratio)
      expect(adjustedRand(mini.labels, full.labels)).toBeGreaterThan(agreement)
      expect(mini.converged).toBe(true)
    },
  )

  it('are a function of rows and seed', () => {
    const data = groups(5_000, 4)
    const run = (seed: number) => miniBatchKmeans(data, { k: 4, seed, starts: 3, batchRows: 256 })
    expect(run(7)).toEqual(run(7))
    expect(run(8).centres).not.toEqual(run(7).centres)
  })
})

describe.skipIf(!HAS_DATA)('scikit-learn’s partial_fit agrees (skipped without ../shared/data)', () => {
  interface Partial extends Golden {
    readonly minibatch_partial_fit: { batch: number; centers: number[][]; counts_seen: number[] }
  }
  it.each(['rees46_first_170min_seed7', 'rees46_first_170min_seed7_four_categories', 'online_retail_rfm'])(
    '%s',
    (name) => {
      const golden = sharedJson(`golden/${name}.json`) as Partial
      const x = sharedColumns(`golden/${name}_features.csv.gz`, golden.features)
      standardise(x, fitScaler(x), x)
      const z = firstColumns(projectRows(x, fitPca(x, 2)), 2)
      const { batch, centers, counts_seen } = golden.minibatch_partial_fit
      const centres = Float64Array.from(golden.kmeans_init.flat())
      const counts = new Float64Array(4)
      for (let from = 0; from < z.rows; from += batch) {
        const to = Math.min(from + batch, z.rows)
        addBatch(matrixOf(to - from, 2, z.data.slice(2 * from, 2 * to)), centres, counts)
      }
      expect(farthest(centres, centers.flat())).toBeLessThan(1e-9)
      expect(Array.from(counts)).toEqual(counts_seen)
    },
  )
})
