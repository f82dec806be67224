import type { Trained } from '../../app/train.ts'
import { leastStability, type Candidate } from '../../domain/model/choose-k.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { number, percent } from '../../render/format.ts'
import { pad, table, width } from '../../render/table.ts'

/** Candidates shown on either side of the chosen one. */
const NEIGHBOURS = 2
/** Axes told by the features that make them, and how many of these. */
const AXES = 3
const FEATURES_OF_AXIS = 2

/** What speaks for each k that was tried, and the one that the rule alone would take. */
export interface Choice {
  readonly candidates: readonly Candidate[]
  readonly byRule: number
}

/** The k of the bundle among its neighbours, beside it what the axes are. */
export function choiceText(
  { bundle, metrics }: Pick<Trained, 'bundle' | 'metrics'>,
  { candidates, byRule }: Choice,
): string {
  const chosen = bundle.centroids.length
  const near = candidates.filter(({ k }) => Math.abs(k - chosen) <= NEIGHBOURS)
  const left = table(near, [
    { title: 'CHOICE OF K', value: (c) => (c.k === chosen ? '          ▸' : '') },
    { title: 'k', value: (c) => number(c.k), align: 'right' },
    { title: 'silhouette', value: (c) => number(c.silhouette, 2), align: 'right' },
    { title: 'stability', value: (c) => number(leastStability(c), 2), align: 'right' },
    { title: 'smallest', value: (c) => percent(c.smallestShare, 0), align: 'right' },
  ]).split('\n')
  const { pca, training } = bundle
  const { varianceKept = Number.NaN, outlierUsers = 0, cutUsers = 0 } = metrics
  const dropped = cutUsers === 0 ? 'none' : number(cutUsers)
  const right = [
    `PCA  ${pca.components.length} components keep ${percent(varianceKept, 0)} of the variance`,
    ...pca.components.slice(0, AXES).map((_, i) => `     axis ${i + 1}: ${axisText(bundle, i)}`),
    `     minimum ${bundle.policy.minEvents} events; ${number(outlierUsers)} outliers flagged (${percent(outlierUsers / training.users)}), ${dropped} dropped`,
    byRule === chosen
      ? `     k by the rule of --k auto`
      : `     k asked for; the rule of --k auto would take ${byRule}`,
  ]
  return beside(left, right)
}

/** The features that make most of an axis, each with the end at which it is large. */
function axisText({ featureSet, pca }: Bundle, axis: number): string {
  const loadings = pca.components[axis] ?? []
  return columnsOf(featureSet)
    .map((feature, j) => ({ feature, loading: loadings[j] ?? 0 }))
    .toSorted((a, b) => Math.abs(b.loading) - Math.abs(a.loading))
    .slice(0, FEATURES_OF_AXIS)
    .map(({ feature, loading }) => `${loading < 0 ? '−' : '+'} ${feature.label?.['en'] ?? feature.name}`)
    .join(', ')
}

/** Two blocks next to each other. */
function beside(left: readonly string[], right: readonly string[]): string {
  const to = Math.max(...left.map(width)) + 6
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${pad(left[i] ?? '', to)}${right[i] ?? ''}`.trimEnd(),
  ).join('\n')
}
