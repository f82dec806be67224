import { durationText } from '../base/duration.ts'
import { CHOICE_RULE, elbow } from '../model/choose-k.ts'
import { columnsOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'
import { formatNumber, formatShare } from './format.ts'
import { segmentName } from './label.ts'
import type { Labels } from './labels.ts'

/** The bundle's card (Markdown): what it is, what it was trained from, what its segments look like, how to make it again. */
export function bundleCard(bundle: Bundle, labels: Labels): string {
  const t = bundle.training
  const sections = [
    `# Customer segmentation ${bundle.version.slice(0, 12)}`,
    `Version \`${bundle.version}\`, format ${bundle.format}. A customer's features are transformed, standardised, projected on ` +
      `${bundle.pca.components.length} principal components and assigned to the nearest of ${bundle.centroids.length} centroids.`,
    `## Training data\n\n${table(
      ['', ''],
      [
        ['source', t.source],
        ['as of', t.asOf],
        ['currency', t.currency ?? 'none known'],
        ['customers', formatNumber(t.users, 'en')],
        ['parent', bundle.lineage.parent ?? 'none'],
        ...Object.entries(t.metrics)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => [name, formatNumber(value, 'en')]),
      ],
    )}`,
    ...choiceOfK(bundle),
    `## Features\n\n${featureTable(bundle)}`,
    `## Principal components\n\n${componentTable(bundle)}`,
    `## Segments\n\n${segmentTable(bundle, labels)}`,
    `## Policy\n\n${policyText(bundle)}`,
    `## How to reproduce\n\nTrain with feature set \`${bundle.featureSet.name}\` version ${bundle.featureSet.version} ` +
      `(zone ${bundle.featureSet.zone}), as of ${t.asOf}, k ${bundle.centroids.length}, ` +
      `${bundle.pca.components.length} components, minimum ${bundle.policy.minEvents} events, seed ${t.seed}` +
      `${settingsText(t.settings)}. ` +
      'The same data gives the same version.',
  ]
  return sections.join('\n\n') + '\n'
}

function settingsText(settings: Bundle['training']['settings']): string {
  return Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function choiceOfK({ training, centroids }: Bundle): string[] {
  const { candidates } = training
  if (candidates === undefined) return []
  const bend = elbow(candidates)
  const rows = candidates.map((c) => [
    c.k === centroids.length ? `**${c.k}**` : String(c.k),
    ...[c.silhouette, c.daviesBouldin, c.calinskiHarabasz, c.inertia].map((x) => formatNumber(x, 'en')),
    c.stability.map((jaccard) => jaccard.toFixed(2)).join(' '),
    formatShare(c.smallestShare, 'en'),
  ])
  const head = [
    'k',
    'silhouette',
    'Davies–Bouldin',
    'Caliński–Harabasz',
    'inertia',
    'Jaccard of each segment',
    'smallest',
  ]
  const elbowText = bend === undefined ? '' : ` The curve of the inertia bends at ${bend}.`
  return [`## Choice of k\n\n${table(head, rows)}\n\nRule: ${CHOICE_RULE.en}.${elbowText}`]
}

function featureTable(bundle: Bundle): string {
  const rows = columnsOf(bundle.featureSet).map((f, j) => [
    f.name,
    f.transform ?? 'none',
    formatNumber(bundle.scaler.mean[j] as number, 'en'),
    formatNumber(bundle.scaler.scale[j] as number, 'en'),
  ])
  return table(['feature', 'transform', 'mean (transformed)', 'scale'], rows)
}

function componentTable(bundle: Bundle): string {
  const names = columnsOf(bundle.featureSet).map((f) => f.name)
  let sum = 0
  const rows = bundle.pca.components.map((loadings, c) => {
    const ratio = bundle.pca.explainedVarianceRatio[c] as number
    sum += ratio
    const strongest = loadings
      .map((value, j) => ({ value, j }))
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.j - b.j)
      .slice(0, 3)
      .map(({ value, j }) => `${value < 0 ? '−' : '+'} ${names[j]}`)
    return [String(c + 1), formatShare(ratio, 'en'), formatShare(sum, 'en'), strongest.join(', ')]
  })
  return table(['component', 'variance', 'cumulated', 'strongest loadings'], rows)
}

function segmentTable(bundle: Bundle, labels: Labels): string {
  const names = columnsOf(bundle.featureSet).map((f) => f.name)
  const rows = bundle.segments.map((s, k) => [
    s.key,
    segmentName(labels, s.key, 'en'),
    formatShare(s.share, 'en'),
    formatNumber(bundle.radii[k] as number, 'en'),
    ...s.profile.map((x) => formatNumber(x, 'en')),
  ])
  return table(['segment', 'name', 'share', 'radius', ...names.map((n) => `mean ${n}`)], rows)
}

function policyText(bundle: Bundle): string {
  const p = bundle.policy
  const outlier =
    p.outlier === 'segment'
      ? 'Beyond the radius of the nearest centroid a customer belongs to `outlier`.'
      : 'The nearest centroid always wins, however far it is.'
  const confirmed =
    p.confirmForMs === null ? '' : `, or was the nearest for ${durationText(p.confirmForMs)} without a break`
  const dwell = p.dwellMs === 0 ? '' : ` He stays at least ${durationText(p.dwellMs)} where he is.`
  return (
    `A customer is assigned from ${p.minEvents} events on. He moves only where the new centroid is nearer by at least ` +
    `${formatShare(p.marginRatio, 'en')}${confirmed}.${dwell} ${outlier}`
  )
}
