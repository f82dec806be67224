import { fail } from '../errors.ts'
import { transformValue } from '../domain/model/transform.ts'
import { columnsOf, compileAssigner } from '../domain/segments/assigner.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import type { Locale } from '../domain/segments/format.ts'
import { segmentName } from '../domain/segments/label.ts'
import type { Labels } from '../domain/segments/labels.ts'
import { explainMove } from '../domain/segments/reasons.ts'
import { OUTLIER, type Reason } from '../domain/segments/transition.ts'

/** One vector's way through a bundle. */
export interface Prediction {
  readonly segment: string
  readonly name: string
  /** Euclidean distances in component space, in the bundle's order of segments. */
  readonly distances: readonly { readonly segment: string; readonly distance: number }[]
  /** 1 − nearest / second nearest distance: 0 on a boundary, near 1 close to the centroid. */
  readonly margin: number
  /** Beyond the nearest centroid's radius; `segment` says so only where the policy has it. */
  readonly outlier: boolean
  readonly reasons: readonly Reason[]
  readonly summary: string
  readonly steps: {
    readonly raw: number[]
    readonly transformed: number[]
    readonly scaled: number[]
    readonly projected: number[]
  }
}

/** Assigns a raw vector (F, the bundle's column order); `usage` where it does not fit. History does not matter here: no hysteresis, no minimum of events. */
export function predict(
  bundle: Bundle,
  labels: Labels,
  raw: ArrayLike<number>,
  locale: Locale = 'en',
): Prediction {
  const columns = columnsOf(bundle.featureSet)
  if (raw.length !== columns.length) {
    fail(
      'usage',
      `the vector has ${raw.length} values: expected ${columns.length} (${columns.map((f) => f.name).join(', ')})`,
    )
  }
  const vector = Float64Array.from(raw)
  const bad = columns.findIndex((_, j) => !Number.isFinite(vector[j]))
  if (bad >= 0) fail('usage', `${columns[bad]?.name} is ${vector[bad]}: expected a finite number`)

  const assigner = compileAssigner(bundle)
  const nearest = assigner.assign(vector)
  const distances = bundle.segments.map((s, k) => ({
    segment: s.key,
    distance: Math.sqrt(assigner.distances2[k] as number),
  }))
  const nearestDistance = distances[nearest]?.distance ?? 0
  const second = Math.min(...distances.filter((_, k) => k !== nearest).map((d) => d.distance))
  const outlier = nearestDistance > (bundle.radii[nearest] as number)
  const asOutlier = outlier && bundle.policy.outlier === 'segment'
  const segment = asOutlier ? OUTLIER : (bundle.segments[nearest]?.key ?? '')
  const fromIndex = asOutlier ? nearest : undefined
  const { reasons, summary } = explainMove({
    bundle,
    before: undefined,
    now: vector,
    fromIndex,
    toIndex: nearest,
    locale,
  })
  const transformed = columns.map((f, j) =>
    transformValue(f.transform ?? 'none', Math.min(vector[j] as number, f.cap ?? Number.POSITIVE_INFINITY)),
  )
  const { mean, scale } = bundle.scaler
  return {
    segment,
    name: segmentName(labels, segment, locale),
    distances,
    margin: Number.isFinite(second) && second > 0 ? 1 - nearestDistance / second : 0,
    outlier,
    reasons,
    summary,
    steps: {
      raw: Array.from(vector),
      transformed,
      scaled: transformed.map((t, j) => (t - (mean[j] as number)) / (scale[j] as number)),
      projected: Array.from(assigner.z),
    },
  }
}
