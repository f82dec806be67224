import type { Study } from '../../app/study/study.ts'
import { leastStability, type Candidate } from '../../domain/model/choose-k.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { number, percent } from '../../render/format.ts'
import { pad, table, width } from '../../render/table.ts'

/** Candidates shown on either side of the chosen one. */
const NEIGHBOURS = 2
/** Axes told by name. */
const AXES = 2
const GAP = 6

/** What speaks for each k that was tried, the one that the rule alone would take, and what was made of the bundle's own. */
export interface Choice {
  readonly candidates: readonly Candidate[]
  readonly byRule: number
  readonly study: Study
}

/** The k of the bundle among its neighbours, beside it what its axes are and who counts. */
export function choiceText({ centroids, policy }: Bundle, { candidates, byRule, study }: Choice): string {
  const chosen = centroids.length
  const near = candidates.filter(({ k }) => Math.abs(k - chosen) <= NEIGHBOURS)
  const left = table(near, [
    { title: 'CHOICE OF K', value: (c) => (c.k === chosen ? '          ▸' : '') },
    { title: 'k', value: (c) => number(c.k), align: 'right' },
    { title: 'silhouette', value: (c) => number(c.silhouette, 2), align: 'right' },
    { title: 'stability', value: (c) => number(leastStability(c), 2), align: 'right' },
    { title: 'smallest', value: (c) => percent(c.smallestShare, 0), align: 'right' },
  ]).split('\n')
  const { pca, minEvents, outliers } = study
  const kept = pca.ratios.slice(0, pca.kept).reduce((a, b) => a + b, 0)
  const axes = pca.axes.slice(0, AXES).map(({ name }, i) => `axis ${i + 1} “${name.en}”`)
  const first = minEvents?.curve.find(({ events }) => events === policy.minEvents)
  const right = [
    `PCA  ${pca.kept} components keep ${percent(kept, 0)} of the variance`,
    `     ${axes.join('   ')}`,
    `minimum ${policy.minEvents} events${first === undefined ? '' : `: ${percent(first.kept, 0)} keep their first segment`}`,
    `outliers flagged ${number(outliers.flagged)} (${percent(outliers.share)}), none dropped`,
    byRule === chosen
      ? 'k by the rule of --k auto'
      : `k asked for; the rule of --k auto would take ${byRule}`,
  ]
  return beside(left, right)
}

/** Two blocks next to each other. */
function beside(left: readonly string[], right: readonly string[]): string {
  const to = Math.max(...left.map(width)) + GAP
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${pad(left[i] ?? '', to)}${right[i] ?? ''}`.trimEnd(),
  ).join('\n')
}
