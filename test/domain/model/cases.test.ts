import { describe, expect, it } from 'vitest'
import { adjustedRand, calinskiHarabasz, daviesBouldin } from '../../../src/domain/model/indices.ts'
import { kmeans, kmeansFrom, relocateEmpty } from '../../../src/domain/model/kmeans.ts'
import { matrixFromRows, matrixOf, rowsOf, type Matrix } from '../../../src/domain/model/matrix.ts'
import { addBatch } from '../../../src/domain/model/minibatch.ts'
import { compileNearest } from '../../../src/domain/model/nearest.ts'
import { fitPca, projectRows } from '../../../src/domain/model/pca.ts'
import { fitScaler, standardise } from '../../../src/domain/model/scaler.ts'
import {
  silhouetteScore,
  silhouettes,
  silhouettesFromDistances,
} from '../../../src/domain/model/silhouette.ts'
import { newSweep } from '../../../src/domain/model/sweep.ts'
import { HAS_DATA, farthest, sharedJson } from './golden.ts'

/** The numeric cases of this folder's subject; each holds or stands here with the reason why it cannot. */
const KINDS = ['kmeans', 'kmeans-internal', 'scaler', 'pca', 'silhouette', 'cluster-index', 'minibatch']
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'kmeans-mljs-empty':
    'keeps an empty centre where it was; an empty cluster here takes the farthest row, as in scikit-learn',
  'minibatch-docstring': 'starts from numpy’s random numbers; the case with given starts holds',
}

interface Case {
  readonly id: string
  readonly kind: string
  readonly input: {
    X: number[][]
    init: number[][]
    weights?: number[]
    k: number
    predict: number[][]
    nearest: number[][]
    labels: number[]
    transform: number[][]
    batches: [number, number][]
    pairs: [number[], number[]][]
    centers_old: number[][]
    distance_lower_triangle_rowwise: number[]
    names: string[]
    labels_2: number[]
    labels_3: number[]
  }
  readonly expected: Record<string, unknown>
}

const cases = HAS_DATA ? (sharedJson('reference/cases.json') as { cases: Case[] }).cases : []
const byId = new Map(cases.map((c) => [c.id, c]))
const EXACT = 1e-9

function input(id: string): { x: Matrix; c: Case['input']; want: Record<string, unknown> } {
  const found = byId.get(id) as Case
  const x = Array.isArray(found.input.X) ? matrixFromRows(found.input.X) : matrixOf(0, 0)
  return { x, c: found.input, want: found.expected }
}
const near = (got: ArrayLike<number>, want: unknown, within = EXACT): void =>
  expect(farthest(got, (want as number[][]).flat(9))).toBeLessThan(within)
const sortedRows = (m: Matrix): number[][] => rowsOf(m).sort((a, b) => (a[0] as number) - (b[0] as number))

/** X standardised with divisor n − 1, as mljs and R do. */
function scaledDdof1(x: Matrix): Matrix {
  const scaler = fitScaler(x)
  const out = matrixOf(x.rows, x.cols)
  standardise(
    x,
    { mean: scaler.mean, scale: scaler.scale.map((s) => s * Math.sqrt(x.rows / (x.rows - 1))) },
    out,
  )
  return out
}

const CHECKS: Readonly<Record<string, () => void>> = {
  'kmeans-weighted-4pts': () => {
    const { x, c, want } = input('kmeans-weighted-4pts')
    const run = kmeansFrom(x, Float64Array.from(c.init.flat()), {
      weights: Float64Array.from(c.weights ?? []),
    })
    expect(Array.from(run.labels)).toEqual(want['labels'])
    near(run.centres, want['centers'])
    expect([run.inertia, run.iterations]).toEqual([want['inertia'], want['n_iter']])
  },
  'kmeans-empty-cluster-relocated': () => {
    const { x, c, want } = input('kmeans-empty-cluster-relocated')
    const run = kmeansFrom(x, Float64Array.from(c.init.flat()))
    near(sortedRows(matrixOf(2, 2, run.centres)).flat(), want['centers_any_order'])
    expect([run.inertia, run.iterations]).toEqual([want['inertia'], want['n_iter']])
  },
  'kmeans-empty-cluster-weighted': () => {
    const { x, c, want } = input('kmeans-empty-cluster-weighted')
    const run = kmeansFrom(x, Float64Array.from(c.init.flat()), {
      weights: Float64Array.from(c.weights ?? []),
    })
    near(run.centres, want['centers'])
    expect(new Set(run.labels).size).toBe(want['distinct_labels'])
  },
  'kmeans-relocate-step': () => {
    const { x, c, want } = input('kmeans-relocate-step')
    const sweep = newSweep(3, 1)
    sweep.sums[0] = x.data.reduce((a, b) => a + b, 0)
    sweep.weights[0] = x.rows
    relocateEmpty(x, Float64Array.from(c.centers_old.flat()), Int32Array.from(c.labels), sweep)
    near(sweep.weights, want['weights'])
    near(sweep.sums, want['center_sums'])
  },
  'kmeans-docstring': () => {
    const { x, c, want } = input('kmeans-docstring')
    const run = kmeans(x, { k: c.k, seed: 0 })
    near(
      sortedRows(matrixOf(2, 2, run.centres))
        .reverse()
        .flat(),
      want['centers_any_order'],
    )
    expect(run.inertia).toBe(want['inertia'])
    const nearest = compileNearest(rowsOf(matrixOf(2, 2, run.centres)))
    const [left, right] = c.predict.map((p) => nearest.find(Float64Array.from(p)))
    expect(left).toBe(run.labels[0])
    expect(right).toBe(run.labels[3])
  },
  'kmeans-fewer-distinct-points': () => {
    const { x, c, want } = input('kmeans-fewer-distinct-points')
    expect(new Set(kmeans(x, { k: c.k, seed: 0 }).labels).size).toBe(want['distinct_labels'])
  },
  'kmeans-mljs-simple': () => {
    const { x, c, want } = input('kmeans-mljs-simple')
    const run = kmeansFrom(x, Float64Array.from(c.init.flat()))
    expect(Array.from(run.labels)).toEqual(want['labels'])
    near(run.centres, want['centers'])
    expect([run.iterations, run.converged]).toEqual([want['iterations'], want['converged']])
    const nearest = compileNearest(rowsOf(matrixOf(2, 3, run.centres)))
    expect(c.nearest.map((p) => nearest.find(Float64Array.from(p)))).toEqual(want['nearest'])
    const cut = kmeansFrom(x, Float64Array.from(c.init.flat()), { maxIterations: 1 })
    const wantCut = want['after_max_iter_1'] as Record<string, unknown>
    near(cut.centres, wantCut['centers'])
    expect([cut.iterations, cut.converged]).toEqual([wantCut['iterations'], wantCut['converged']])
  },
  'kmeans-mljs-converge': () => {
    const { x, c, want } = input('kmeans-mljs-converge')
    const run = kmeansFrom(x, Float64Array.from(c.init.flat()))
    expect(Array.from(run.labels)).toEqual(want['labels'])
    near(run.centres, want['centers'])
    expect([run.iterations, run.converged]).toEqual([want['iterations'], want['converged']])
  },
  'scaler-flink-ddof1': () => {
    const { x, want } = input('scaler-flink-ddof1')
    near(fitScaler(x).mean, want['mean'], 1e-7)
    near(fitScaler(x).scale, want['std_ddof0_run_here'], 1e-7)
    near(scaledDdof1(x).data, want['with_mean_and_std'], 1e-7)
  },
  'minibatch-explicit-init': () => {
    const { c, want } = input('minibatch-explicit-init')
    const x = input('minibatch-docstring').x
    const centres = Float64Array.from(c.init.flat())
    const counts = new Float64Array(2)
    c.batches.forEach(([from, to], i) => {
      addBatch(matrixOf(to - from, 2, x.data.slice(2 * from, 2 * to)), centres, counts)
      const after = want[`after_${i + 1}`] as { centers: number[][]; counts: number[] }
      near(centres, after.centers)
      expect(Array.from(counts)).toEqual(after.counts)
    })
  },
  'scaler-sklearn-docstring': () => {
    const { x, c, want } = input('scaler-sklearn-docstring')
    const scaler = fitScaler(x)
    near(scaler.mean, want['mean'])
    const out = matrixOf(x.rows, 2)
    standardise(x, scaler, out)
    near(out.data, want['transformed'])
    const one = matrixFromRows(c.transform)
    standardise(one, scaler, one)
    near(one.data, want['transform'])
  },
  'pca-mljs-50x2': () => {
    const { x, want } = input('pca-mljs-50x2')
    const scaled = scaledDdof1(x)
    const pca = fitPca(scaled, 2)
    near(pca.explainedVariance, want['eigenvalues'], 1e-3)
    near(pca.components.flat().map(Math.abs), want['abs_components'], 1e-3)
    near(pca.explainedVarianceRatio, want['explained_variance_ratio'], 1e-3)
    near([projectRows(scaled, pca).data[0] as number], [want['first_row_first_component']], 1e-3)
  },
  'pca-iris': () => {
    const { want } = input('pca-iris')
    const x = matrixFromRows((sharedJson('reference/iris_mljs.json') as number[][]).map((r) => r.slice(0, 4)))
    const pca = fitPca(scaledDdof1(x), 4)
    near(pca.explainedVariance.map(Math.sqrt), want['sd'], 1e-3)
    near(pca.explainedVarianceRatio, want['explained_variance_ratio'], 1e-6)
    near(pca.components.flat().map(Math.abs), want['abs_components'], 1e-3)
    near(
      Array.from(projectRows(scaledDdof1(x), pca).data.subarray(0, 8), Math.abs),
      want['abs_scores_first_2'],
      1e-3,
    )
    const ours = matrixOf(x.rows, 4)
    standardise(x, fitScaler(x), ours)
    const here = want['sklearn_ddof0_run_here'] as Record<string, number[]>
    near(fitPca(ours, 4).explainedVariance, here['explained_variance'], 1e-8)
    near(projectRows(ours, fitPca(ours, 4)).data.subarray(0, 4), here['first_score'], 1e-7)
  },
  'pca-sklearn-docstring': () => {
    const { x, want } = input('pca-sklearn-docstring')
    const pca = fitPca(x, 2)
    const here = want['run_here'] as Record<string, unknown>
    near(pca.explainedVarianceRatio, want['explained_variance_ratio'], 1e-4)
    near(pca.explainedVariance, here['explained_variance'], 1e-8)
    near(pca.components.flat(), here['components'], 1e-8)
    near(projectRows(x, pca).data.subarray(0, 2), here['first_row'], 1e-8)
  },
  'pca-zero-variance': () => {
    // scikit-learn's side of the case: scale 1, so that the column becomes 0
    const { x } = input('pca-zero-variance')
    const scaler = fitScaler(x)
    expect(scaler.scale[0]).toBe(1)
    standardise(x, scaler, x)
    expect([0, 1, 2, 3].map((i) => x.data[i * 3])).toEqual([0, 0, 0, 0])
    expect(fitPca(x, 3).components.flat().every(Number.isFinite)).toBe(true)
  },
  'silhouette-rousseeuw-1987': () => {
    const { c, want } = input('silhouette-rousseeuw-1987')
    const n = c.names.length
    const d = matrixOf(n, n)
    let at = 0
    for (let i = 1; i < n; i++) {
      for (let j = 0; j < i; j++)
        d.data[i * n + j] = d.data[j * n + i] = c.distance_lower_triangle_rowwise[at++] as number
    }
    for (const [labels, k] of [
      [c.labels_2, 2],
      [c.labels_3, 3],
    ] as const) {
      const s = silhouettesFromDistances(
        d,
        labels.map((l) => l - 1),
        k,
      )
      near([s.reduce((a, b) => a + b, 0) / n], [want[`mean_${k}`]], 0.01)
      const perPoint = want[`per_point_${k}`] as Record<string, number>
      near(
        s,
        c.names.map((name) => perPoint[name] as number),
        0.01,
      )
    }
  },
  'cluster-indices-40pts': () => {
    const { x, c, want } = input('cluster-indices-40pts')
    near([calinskiHarabasz(x, c.labels, 4)], [want['calinski_harabasz']])
    near([daviesBouldin(x, c.labels, 4)], [want['davies_bouldin']])
    near([silhouetteScore(x, c.labels, 4, 1)], [want['silhouette_run_here']])
  },
  'davies-bouldin-singleton': () => {
    const { x, c, want } = input('davies-bouldin-singleton')
    near([daviesBouldin(x, c.labels, 3)], [want['davies_bouldin']])
    near(silhouettes(x, c.labels, 3), want['silhouette_samples_run_here'])
  },
  'adjusted-rand': () => {
    const { c, want } = input('adjusted-rand')
    near(
      c.pairs.map(([a, b]) => adjustedRand(a, b)),
      want['ari'],
    )
  },
}

describe.skipIf(!HAS_DATA)('reference cases (skipped without ../shared/data)', () => {
  const ids = cases.filter((c) => KINDS.includes(c.kind)).map((c) => c.id)

  it('every case holds or is a reasoned exception', () => {
    expect([...Object.keys(CHECKS), ...Object.keys(EXCEPTIONS)].sort()).toEqual([...ids].sort())
  })

  it.each(ids.filter((id) => id in CHECKS))('%s', (id) => CHECKS[id]?.())
})
