import { describe, expect, it } from 'vitest'
import { calinskiHarabasz, daviesBouldin } from '../../../src/domain/model/indices.ts'
import { kmeansFrom } from '../../../src/domain/model/kmeans.ts'
import {
  firstColumns,
  matrixFromRows,
  matrixOf,
  rowsOf,
  selectRows,
} from '../../../src/domain/model/matrix.ts'
import { fitPca, projectRows } from '../../../src/domain/model/pca.ts'
import { compileProjector } from '../../../src/domain/model/projector.ts'
import { addMoments, fitScaler, noMoments, scalerOf, standardise } from '../../../src/domain/model/scaler.ts'
import { silhouetteScore } from '../../../src/domain/model/silhouette.ts'
import { rowsWithinQuantiles } from '../../../src/domain/model/outliers.ts'
import { HAS_DATA, farthest, sharedColumns, sharedJson, type Golden } from './golden.ts'

const EXACT = 1e-9

const FILES = ['rees46_first_170min_seed7', 'rees46_first_170min_seed7_four_categories', 'online_retail_rfm']

describe.skipIf(!HAS_DATA)('scikit-learn 1.9.1 agrees (skipped without ../shared/data)', () => {
  describe.each(FILES)('%s', (name) => {
    const golden = (HAS_DATA ? sharedJson(`golden/${name}.json`) : undefined) as Golden
    const x = HAS_DATA
      ? sharedColumns(`golden/${name}_features.csv.gz`, golden.features)
      : matrixFromRows([[0, 0]])
    const scaler = fitScaler(x)
    const scaled = matrixOf(x.rows, x.cols)
    standardise(x, scaler, scaled)
    const pca = fitPca(scaled, x.cols)
    const z = firstColumns(projectRows(scaled, pca), 2)

    it('scaler', () => {
      expect(x.rows).toBe(golden.rows)
      expect(farthest(scaler.mean, golden.scaler.mean)).toBeLessThan(EXACT)
      expect(farthest(scaler.variance, golden.scaler.var)).toBeLessThan(EXACT)
      expect(farthest(scaler.scale, golden.scaler.scale)).toBeLessThan(EXACT)
    })

    it('scaler fitted piece by piece', () => {
      let moments = noMoments(x.cols)
      for (let from = 0; from < x.rows; from += 1000) {
        const part = selectRows(
          x,
          Array.from({ length: Math.min(1000, x.rows - from) }, (_, i) => from + i),
        )
        moments = addMoments(moments, part)
      }
      expect(farthest(scalerOf(moments).mean, golden.scaler.mean)).toBeLessThan(EXACT)
      expect(farthest(scalerOf(moments).variance, golden.scaler.var)).toBeLessThan(EXACT)
    })

    it('components, their signs and variances', () => {
      expect(farthest(pca.components.flat(), golden.pca_full.components.flat())).toBeLessThan(EXACT)
      expect(farthest(pca.explainedVariance, golden.pca_full.explained_variance)).toBeLessThan(EXACT)
      expect(farthest(pca.explainedVarianceRatio, golden.pca_full.explained_variance_ratio)).toBeLessThan(
        EXACT,
      )
    })

    it('projections', () => {
      expect(farthest(rowsOf(z).slice(0, 5).flat(), golden.projected_first_5.flat())).toBeLessThan(EXACT)
    })

    it('the cut at the 1st and 99th percentile', () => {
      expect(rowsWithinQuantiles(z, 0.01).length).toBe(golden.seed_outlier_filter_1_99.kept)
    })

    it.each([
      [1e-4, 'kmeans_tol_1e4'],
      [0, 'kmeans_tol_0'],
    ] as const)('k-means with tolerance %d', (tolerance, key) => {
      const want = golden[key]
      const got = kmeansFrom(z, Float64Array.from(golden.kmeans_init.flat()), { tolerance })
      expect(farthest(got.centres, want.centers.flat())).toBeLessThan(EXACT)
      expect(farthest([got.inertia], [want.inertia])).toBeLessThan(EXACT)
      expect(got.iterations).toBe(want.n_iter)
      const counts = want.counts.map((_, k) => got.labels.filter((l) => l === k).length)
      expect(counts).toEqual(want.counts)
    })

    it('quality indices', () => {
      const { labels } = kmeansFrom(z, Float64Array.from(golden.kmeans_init.flat()), { tolerance: 0 })
      const want = golden.metrics_on_kmeans_tol_0
      expect(farthest([daviesBouldin(z, labels, 4)], [want.davies_bouldin])).toBeLessThan(EXACT)
      expect(farthest([calinskiHarabasz(z, labels, 4)], [want.calinski_harabasz])).toBeLessThan(EXACT)
      expect(farthest([silhouetteScore(z, labels, 4, 1)], [want.silhouette])).toBeLessThan(EXACT)
    })
  })

  it('seed-model: the scaler and PCA of the first notebooks project their worked rows', () => {
    interface Seed {
      scaler: { mean: number[]; scale: number[] }
      pca: { mean: number[]; components: number[][] }
      worked_rows: { rows: number[][]; scaled_computed_here: number[][]; pc_computed_here: number[][] }
    }
    const seed = sharedJson('reference/seed_model.json') as Seed
    const raw = matrixFromRows(seed.worked_rows.rows.map((r) => r.slice(1)))
    const F = raw.cols
    const scaled = matrixOf(raw.rows, F)
    const asArrays = {
      mean: Float64Array.from(seed.scaler.mean),
      scale: Float64Array.from(seed.scaler.scale),
    }
    standardise(raw, asArrays, scaled)
    expect(farthest(scaled.data, seed.worked_rows.scaled_computed_here.flat())).toBeLessThan(EXACT)
    const projector = compileProjector({
      transforms: raw.data.slice(0, F).reduce<'none'[]>((list) => [...list, 'none'], []),
      caps: Array.from({ length: F }, () => Number.POSITIVE_INFINITY),
      scaler: seed.scaler,
      pca: seed.pca,
    })
    const out = new Float64Array(2)
    seed.worked_rows.rows.forEach((r, i) => {
      projector.project(Float64Array.from(r.slice(1)), out)
      expect(farthest(out, seed.worked_rows.pc_computed_here[i] as number[])).toBeLessThan(EXACT)
    })
  })
})
