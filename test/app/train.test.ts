import { describe, expect, it } from 'vitest'
import { trainBundle, TRAIN_DEFAULTS, type TrainOptions } from '../../src/app/train.ts'
import { alignTable, type FeatureTable } from '../../src/app/training-table.ts'
import { seededRandom } from '../../src/domain/base/random.ts'
import { bundleShapeErrors, checkBundle } from '../../src/domain/segments/bundle.ts'
import { bundleCard } from '../../src/domain/segments/card.ts'
import { compileAssigner } from '../../src/domain/segments/assigner.ts'
import { HAS_DATA, farthest, sharedColumns, sharedJson, type Golden } from '../domain/model/golden.ts'
import { RECENCY, SPEND, VIEWS } from '../domain/segments/fixture.ts'

const featureSet = { name: 'small', version: 1, zone: 'UTC', features: [VIEWS, SPEND, RECENCY] }
const columns = featureSet.features.map((f) => f.name)
const options: TrainOptions = { ...TRAIN_DEFAULTS, k: 3, source: 'test', asOf: '2025-01-01T00:00:00.000Z' }

/** Quiet (half), buying (a third) and lost (a sixth) users, with some noise. */
function table(n = 600, seed = 1): FeatureTable {
  const random = seededRandom(seed)
  const kinds = [
    [3, 0, 60],
    [3, 0, 60],
    [3, 0, 60],
    [40, 900, 5],
    [40, 900, 5],
    [10, 200, 330],
  ]
  const values = Array.from({ length: n }, (_, i) =>
    (kinds[i % 6] as number[]).map((x) => Math.max(0, x * (1 + 0.1 * random.normal()))),
  )
  return { columns, values: Float64Array.from(values.flat()) }
}
const failure = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as unknown })

describe('trainBundle', () => {
  const trained = trainBundle({ featureSet, table: table(), options })

  it('gives a bundle that passes its own check, also after a way through JSON', () => {
    expect(bundleShapeErrors(trained.bundle)).toEqual([])
    expect(checkBundle(JSON.parse(JSON.stringify(trained.bundle)), 'x')).toEqual(trained.bundle)
  })

  it('finds the planted groups, in order of share, with their mean raw values as profiles', () => {
    const { segments } = trained.bundle
    expect(segments.map((s) => s.share)).toEqual([1 / 2, 1 / 3, 1 / 6])
    expect(segments[1]?.profile[1]).toBeGreaterThan(850)
    expect(Array.from(trained.assigned.subarray(0, 6))).toEqual([0, 0, 0, 1, 1, 2])
    expect(trained.metrics['silhouette']).toBeGreaterThan(0.8)
    expect(trained.metrics).toMatchObject({ k: 3, smallestShare: 1 / 6 })
    const [first = 0, second = 0] = trained.bundle.pca.explainedVarianceRatio
    expect(trained.metrics['varianceKept']).toBeCloseTo(first + second, 12)
    expect(trained.candidates).toEqual([])
  })

  it('labels every segment, and keys are the same in bundle and labels', () => {
    expect(Object.keys(trained.labels)).toEqual([...trained.bundle.segments.map((s) => s.key), 'outlier'])
    expect(new Set(Object.values(trained.labels).map((l) => l.colour)).size).toBe(4)
  })

  it('assigns the training users when serving exactly as it did when training', () => {
    const t = table()
    const assigner = compileAssigner(trained.bundle)
    for (let i = 0; i < 600; i++)
      expect(assigner.assign(t.values.slice(3 * i, 3 * i + 3))).toBe(trained.assigned[i])
  })

  it('leaves about a hundredth of each segment beyond its radius', () => {
    const t = table()
    const assigner = compileAssigner(trained.bundle)
    let beyond = 0
    for (let i = 0; i < 600; i++) {
      const k = assigner.assign(t.values.slice(3 * i, 3 * i + 3))
      if (Math.sqrt(assigner.distances2[k] as number) > (trained.bundle.radii[k] as number)) beyond++
    }
    expect(beyond).toBeGreaterThanOrEqual(3)
    expect(beyond).toBeLessThanOrEqual(9)
  })

  it('is a function of its input: same version again, another with another seed of the facts', () => {
    expect(trainBundle({ featureSet, table: table(), options }).bundle.version).toBe(trained.bundle.version)
    expect(
      trainBundle({ featureSet, table: table(), options: { ...options, seed: 2 } }).bundle.version,
    ).not.toBe(trained.bundle.version)
  })

  it('leaves users with too few events out, and says how many', () => {
    const eventsPerUser = Int32Array.from({ length: 600 }, (_, i) => (i < 6 ? 4 : 5))
    const { bundle, assigned, metrics } = trainBundle({
      featureSet,
      table: { ...table(), eventsPerUser },
      options,
    })
    expect(bundle.training.users).toBe(594)
    expect(Array.from(assigned.subarray(0, 7))).toEqual([-1, -1, -1, -1, -1, -1, 0])
    expect(metrics['leftOutUsers']).toBe(6)
  })

  it.each([0.01, 'robust'] as const)(
    'the cut %j keeps one wild user from taking a centroid',
    (outlierCut) => {
      const wild = table()
      wild.values.set([1e6, 1e9, 0], 0)
      const cut = trainBundle({ featureSet, table: wild, options: { ...options, outlierCut } })
      const uncut = trainBundle({ featureSet, table: wild, options })
      expect(uncut.bundle.segments.at(-1)?.share).toBe(1 / 600)
      expect(cut.bundle.segments.at(-1)?.share).toBeGreaterThan(0.1)
      expect(cut.metrics['cutUsers']).toBeGreaterThan(0)
      expect([uncut.metrics['cutUsers'], uncut.metrics['outlierUsers']]).toEqual([
        0,
        cut.metrics['outlierUsers'],
      ])
      expect(cut.bundle.training.settings['outlierCut']).toBe(outlierCut)
    },
  )

  it('chooses the planted k itself, and says in the bundle and on the card what it chose among', () => {
    const auto = trainBundle({ featureSet, table: table(), options: { ...options, k: 'auto' } })
    expect(auto.bundle.centroids).toEqual(trained.bundle.centroids)
    expect(auto.candidates.map((c) => c.k)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(auto.bundle.training.candidates).toEqual(auto.candidates)
    expect(checkBundle(JSON.parse(JSON.stringify(auto.bundle)), 'x').version).toBe(auto.bundle.version)
    const card = bundleCard(auto.bundle, auto.labels)
    expect(card).toContain('| **3** |')
    expect(card).toContain('bends at 3')
  })

  it('by mini-batches finds the same groups', () => {
    const mini = trainBundle({
      featureSet,
      table: table(),
      options: { ...options, clustering: 'mini-batch' },
    })
    expect(mini.assigned).toEqual(trained.assigned)
    expect(mini.bundle.training.settings['clustering']).toBe('mini-batch')
    expect(trained.bundle.training.settings['clustering']).toBe('full')
  })

  it('keeps as many components as a share of variance takes', () => {
    expect(
      trainBundle({ featureSet, table: table(), options: { ...options, components: 0.999_999 } }).bundle.pca
        .components.length,
    ).toBe(3)
  })

  it('reports its progress up to the end', () => {
    const seen: number[] = []
    trainBundle({ featureSet, table: table(), options, onProgress: (done, total) => seen.push(done / total) })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(1)
  })

  it('bears dependent columns, whose covariance has no inverse', () => {
    const twice = { ...featureSet, features: [VIEWS, { ...VIEWS, name: 'views_again' }, RECENCY] }
    const t = table()
    const values = t.values.map((x, at) => (at % 3 === 1 ? (t.values[at - 1] as number) : x))
    const { bundle } = trainBundle({
      featureSet: twice,
      table: { columns: ['views_30d', 'views_again', 'days_since_last_order'], values },
      options: { ...options, components: 3 },
    })
    expect(bundleShapeErrors(bundle)).toEqual([])
    expect(bundle.pca.explainedVariance[2]).toBeLessThan(1e-9)
  })

  it.each<[string, Partial<FeatureTable>, Partial<TrainOptions>, string, string]>([
    [
      'a value that is no number',
      { values: Float64Array.of(1, 2, 3, 4, Number.NaN, 6, 7, 8, 9) },
      {},
      'training-data',
      'row 2, column spend_90d: NaN',
    ],
    [
      'an infinite value',
      { values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, Infinity) },
      {},
      'training-data',
      'row 3, column days_since_last_order',
    ],
    [
      'fewer users than k',
      { values: Float64Array.of(1, 2, 3, 4, 5, 6) },
      {},
      'training-data',
      '2 users: expected at least k = 3',
    ],
    ['no users', { values: new Float64Array(0) }, {}, 'training-data', '0 users'],
    [
      'too few events everywhere',
      { eventsPerUser: new Int32Array(600) },
      {},
      'training-data',
      'with at least 5 events (of 600 users)',
    ],
    [
      'users who are all the same',
      { values: new Float64Array(300).fill(7) },
      {},
      'training-data',
      'the same for all 100 users',
    ],
    [
      'fewer positions than k',
      { values: Float64Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2) },
      {},
      'training-data',
      'only 2 different positions, but k is 3',
    ],
    [
      'other columns',
      { columns: ['a', 'b', 'c'] },
      {},
      'training-data',
      'expected those of the feature set: views_30d',
    ],
    ['half a row', { values: new Float64Array(7) }, {}, 'training-data', 'do not fill rows'],
    ['k of 1', {}, { k: 1 }, 'usage', 'k is 1'],
    ['no components', {}, { components: 0 }, 'usage', 'components is 0'],
    ['more components than features', {}, { components: 4 }, 'usage', 'expected 1 to 3'],
  ])('refuses %s', (_, change, demands, code, text) => {
    expect(() =>
      trainBundle({ featureSet, table: { ...table(), ...change }, options: { ...options, ...demands } }),
    ).toThrow(failure(code, text))
  })
})

describe('alignTable', () => {
  it('brings the columns into the feature set’s order and names those it does not use', () => {
    const given = {
      columns: ['extra', ...[...columns].reverse()],
      values: Float64Array.of(9, 3, 2, 1, 8, 6, 5, 4),
    }
    const { table: aligned, unused } = alignTable(given, featureSet)
    expect(aligned).toEqual({ columns, values: Float64Array.of(1, 2, 3, 4, 5, 6) })
    expect(unused).toEqual(['extra'])
  })

  it('names the columns that are missing and those that are there', () => {
    const given = { columns: ['views_30d', 'x'], values: new Float64Array(2) }
    expect(() => alignTable(given, featureSet)).toThrow(
      failure('training-data', 'spend_90d, days_since_last_order; the table has views_30d, x'),
    )
  })
})

it('the card says what it is, from what, with which segments, and how to make it again', () => {
  const { bundle, labels } = trainBundle({ featureSet, table: table(), options })
  const card = bundleCard(bundle, labels)
  for (const part of [
    bundle.version,
    'test',
    options.asOf,
    '600',
    'spend_90d',
    '50 %',
    'seed 1',
    ...bundle.segments.map((s) => s.key),
  ]) {
    expect(card).toContain(part)
  }
  expect(card).not.toMatch(/NaN|undefined|\d\.\d{7}/)
})

describe.skipIf(!HAS_DATA)('on the first notebooks’ features (skipped without ../shared/data)', () => {
  it('the bundle holds scikit-learn’s scaler and components, and groups at least as tightly as its k-means', () => {
    const golden = sharedJson('golden/rees46_first_170min_seed7.json') as Golden
    const x = sharedColumns('golden/rees46_first_170min_seed7_features.csv.gz', golden.features)
    const features = golden.features.map((name) => ({ ...SPEND, name, transform: 'none' as const }))
    const { bundle, metrics } = trainBundle({
      featureSet: { ...featureSet, features },
      table: { columns: golden.features, values: x.data },
      options: { ...options, k: 4 },
    })
    expect(farthest(bundle.scaler.mean, golden.scaler.mean)).toBeLessThan(1e-9)
    expect(farthest(bundle.scaler.scale, golden.scaler.scale)).toBeLessThan(1e-9)
    expect(
      farthest(bundle.pca.components.flat(), golden.pca_full.components.slice(0, 2).flat()),
    ).toBeLessThan(1e-9)
    expect(metrics['inertia']).toBeLessThanOrEqual(golden.kmeans_tol_1e4.inertia)
    const shares = bundle.segments.map((s) => s.share)
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
  })
})
