import { clusterMeans } from '../../domain/model/indices.ts'
import { rowsOf, selectRows, type Matrix } from '../../domain/model/matrix.ts'
import { quantile, quantileOfSorted } from '../../domain/model/quantile.ts'
import { sampleRows, silhouettes } from '../../domain/model/silhouette.ts'
import { bootstrapJaccard } from '../../domain/model/stability.ts'
import { segmentSentences } from '../../domain/segments/describe.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { kindsOf } from '../../domain/segments/naming.ts'
import type { Kind } from '../../domain/segments/naming-kinds.ts'
import type { SegmentProfiles } from '../../domain/segments/portrait.ts'
import type { Studied } from './outliers.ts'
import { revenueShareOf } from './revenue.ts'
import type { Study } from './study.ts'

/** Of more users a seeded sample of as many stands for all. */
const SILHOUETTE_ROWS = 4_000
const CURVE_POINTS = 60
const TYPICAL_USERS = 3

export interface SegmentsInput extends Studied {
  readonly bundle: Pick<Bundle, 'centroids' | 'radii' | 'segments'>
}

/** What each segment is, K in the bundle's order. */
export function segmentStudies(s: SegmentsInput): Study['segments'] {
  const { bundle, raw, scaled, z, labels, fit } = s
  const K = bundle.segments.length
  const rows = Array.from({ length: K }, (_, k) =>
    Int32Array.from(labels.keys()).filter((i) => labels[i] === k),
  )
  const centres = Float64Array.from(bundle.centroids.flat())
  const profiles: SegmentProfiles = {
    columns: s.columns,
    standardised: rowsOf(clusterMeans(scaled, labels, K).means),
    raw: rowsOf(clusterMeans(raw, labels, K).means),
    everybody: rowsOf(clusterMeans(raw, new Int32Array(raw.rows), 1).means)[0] as number[],
    shares: rows.map((own) => own.length / raw.rows),
  }
  const kinds = kindsOf(profiles)
  const stability = bootstrapJaccard(z, centres, { seed: fit.seed })
  const curves = silhouetteCurves(z, labels, K, fit.seed)
  return bundle.segments.map(({ key }, k) => {
    const own = rows[k] as Int32Array
    const revenueShare = revenueShareOf(raw, s.revenue, own)
    const [kind, size] = [kinds[k] as Kind, { users: own.length, share: own.length / raw.rows, revenueShare }]
    return {
      key,
      sentences: {
        en: segmentSentences(profiles, k, kind, size, 'en'),
        fr: segmentSentences(profiles, k, kind, size, 'fr'),
      },
      ...size,
      radius: bundle.radii[k] as number,
      mean: [...(profiles.raw[k] as readonly number[])],
      median: medians(raw, own),
      standardised: [...(profiles.standardised[k] as readonly number[])],
      stability: stability[k] as number,
      silhouette: curves[k] as Study['segments'][number]['silhouette'],
      typical: typicalOf(s, own, bundle.centroids[k] as number[]),
    }
  })
}

function medians(raw: Matrix, rows: Int32Array): number[] {
  return Array.from({ length: raw.cols }, (_, j) =>
    rows.length === 0
      ? 0
      : quantile(
          Float64Array.from(rows, (i) => raw.data[i * raw.cols + j] as number),
          0.5,
        ),
  )
}

function silhouetteCurves(
  z: Matrix,
  labels: Int32Array,
  K: number,
  seed: number,
): Study['segments'][number]['silhouette'][] {
  const rows = sampleRows(z.rows, SILHOUETTE_ROWS, seed)
  const own = Int32Array.from(rows, (i) => labels[i] as number)
  const values = silhouettes(selectRows(z, rows), own, K)
  return Array.from({ length: K }, (_, k) => {
    const sorted = values.filter((_, i) => own[i] === k).sort()
    const n = sorted.length
    if (n === 0) return { mean: 0, belowZero: 0, curve: [] }
    const points = Math.min(CURVE_POINTS, n)
    return {
      mean: sorted.reduce((a, b) => a + b, 0) / n,
      belowZero: sorted.filter((v) => v < 0).length / n,
      curve: Array.from({ length: points }, (_, i) =>
        quantileOfSorted(sorted, 1 - i / Math.max(1, points - 1)),
      ),
    }
  })
}

/** The users nearest to the centroid, of those who differ in what is measured; ties: the first. */
function typicalOf(
  { raw, z }: Studied,
  rows: Int32Array,
  centroid: readonly number[],
): Study['segments'][number]['typical'] {
  const ranked = Array.from(rows, (i) => ({
    i,
    distance: Math.hypot(...centroid.map((v, c) => (z.data[i * z.cols + c] as number) - v)),
  })).sort((a, b) => a.distance - b.distance || a.i - b.i)
  const seen = new Set<string>()
  const typical: Study['segments'][number]['typical'] = []
  for (const { i, distance } of ranked) {
    const values = Array.from(raw.data.subarray(i * raw.cols, (i + 1) * raw.cols))
    if (seen.has(values.join())) continue
    seen.add(values.join())
    typical.push({ values, distance })
    if (typical.length === TYPICAL_USERS) break
  }
  return typical
}
