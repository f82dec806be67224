import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../src/domain/model/matrix.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import { run, tempFolder } from '../cli/run.ts'
import { HAS_DATA, farthest, sharedColumns, sharedJson, type Golden } from '../domain/model/golden.ts'

const folder = tempFolder()
const EXACT = 1e-9

/** Trains on a table as somebody does who has nothing but a CSV. */
async function train(name: string, golden: Golden, ...options: string[]): Promise<Bundle> {
  mkdirSync(join(folder, name), { recursive: true })
  const csv = join(folder, name, 'features.csv')
  const rows = rowsOf(sharedColumns(`golden/${name}_features.csv.gz`, golden.features))
  const lines = rows.map((row, i) => [`u${i}`, 'nobody', ...row].join(','))
  writeFileSync(csv, [['user_id', 'remark', ...golden.features].join(','), ...lines].join('\n'))
  const out = join(folder, name, 'model')
  const { code, err } = await run(['train', '--features', csv, '--out', out, ...options])
  expect({ code, unused: err.includes('not used, they hold no number: remark') }).toEqual({
    code: 0,
    unused: true,
  })
  return JSON.parse(readFileSync(join(out, 'model.json'), 'utf8')) as Bundle
}

describe.skipIf(!HAS_DATA)('train --features and scikit-learn (skipped without ../shared/data)', () => {
  const names = [
    'online_retail_rfm',
    'rees46_first_170min_seed7',
    'rees46_first_170min_seed7_four_categories',
  ]

  it.each(names)('%s: the same scaler and components', async (name) => {
    const golden = sharedJson(`golden/${name}.json`) as Golden
    const { scaler, pca, training } = await train(name, golden, '--components', '3')
    expect(training.users).toBe(golden.rows)
    expect(farthest(scaler.mean, golden.scaler.mean)).toBeLessThan(EXACT)
    expect(farthest(scaler.scale, golden.scaler.scale)).toBeLessThan(EXACT)
    expect(farthest(pca.components.flat(), golden.pca_full.components.slice(0, 3).flat())).toBeLessThan(EXACT)
    expect(farthest(pca.explainedVariance, golden.pca_full.explained_variance.slice(0, 3))).toBeLessThan(
      EXACT,
    )
  })

  // several fixed points lie close together; from the reference's own starts the numeric core reaches its very numbers
  it.each(names)('%s: groups as tight as the reference, in order of size', async (name) => {
    const golden = sharedJson(`golden/${name}.json`) as Golden
    const { segments, training } = await train(name, golden, '--tolerance', '0')
    expect(training.metrics['inertia']).toBeLessThanOrEqual(golden.kmeans_tol_0.inertia * (1 + 1e-5))
    const shares = segments.map((s) => s.share)
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
  })

  it('online_retail_rfm: sizes within a hundredth of the reference', async () => {
    const golden = sharedJson('golden/online_retail_rfm.json') as Golden
    const { segments } = await train('online_retail_rfm', golden, '--tolerance', '0')
    const { counts } = golden.kmeans_tol_0
    const want = counts.toSorted((a, b) => b - a).map((n) => n / golden.rows)
    expect(
      farthest(
        segments.map((s) => s.share),
        want,
      ),
    ).toBeLessThan(0.01)
  })

  it.each(names)('%s: the percentile cut leaves out as many', async (name) => {
    const golden = sharedJson(`golden/${name}.json`) as Golden
    const { training } = await train(name, golden, '--outliers', '0.01')
    expect(training.metrics['cutUsers']).toBe(golden.rows - golden.seed_outlier_filter_1_99.kept)
    expect(training.settings['outlierCut']).toBe(0.01)
  })
})
