import { seededRandom } from '../../domain/base/random.ts'
import type { Feature } from '../../domain/features/feature-set.ts'
import { adjustedRand } from '../../domain/model/indices.ts'
import { selectRows, type Matrix } from '../../domain/model/matrix.ts'
import { rowsWithinFences, rowsWithinQuantiles } from '../../domain/model/outliers.ts'
import { sampleRows } from '../../domain/model/silhouette.ts'
import { newSweep, sweepRows } from '../../domain/model/sweep.ts'
import { formatNumber, formatShare, type Locale } from '../../domain/segments/format.ts'
import { reasonLabel } from '../../domain/segments/phrase.ts'
import { tryFit, type FitOptions } from '../fit.ts'
import { revenueShareOf } from './revenue.ts'
import type { Study } from './study.ts'

export interface Studied {
  readonly columns: readonly Feature[]
  /** n × F each. */
  readonly raw: Matrix
  readonly scaled: Matrix
  /** In component space, n × C. */
  readonly z: Matrix
  /** Segment per row, n. */
  readonly labels: Int32Array
  /** Column of money; −1: none. */
  readonly revenue: number
  readonly fit: FitOptions
}

/** What the model is fitted again with; the share on each side is what the first notebooks cut. */
const CUTS: readonly FitOptions['outlierCut'][] = ['none', 'robust', 0.01]
const FOLDS = 5
const FOLD_STARTS = 3
/** Of more users a seeded sample of as many is fitted again. */
const SENSITIVITY_ROWS = 10_000
const MARKS = 4
/** Standard deviations from everybody from which a feature marks the flagged. */
const MARKS_FROM = 0.5

/** Who lies beyond the fences, what they carry, and what the model would be without them. */
export function outlierStudy(s: Studied): Study['outliers'] {
  const { z, raw, scaled, labels, fit } = s
  const within = rowsWithinFences(z)
  const flagged = others(within, z.rows)
  const marks = marksOf(raw, scaled, flagged)
  const share = flagged.length / z.rows
  const revenueShare = revenueShareOf(raw, s.revenue, flagged)
  const inSegment = countsOf(labels, Array.from(flagged), fit.k)
  const sizes = countsOf(labels, Array.from(labels.keys()), fit.k)
  const words = (locale: Locale): string =>
    sentenceOf(s.columns, { marks, flagged: flagged.length, share, revenueShare }, locale)
  return {
    flagged: flagged.length,
    share,
    revenueShare,
    marks,
    sentence: { en: words('en'), fr: words('fr') },
    bySegment: inSegment.map((n, k) => n / Math.max(1, sizes[k] as number)),
    sensitivity: CUTS.flatMap((cut) => sensitivityOf(s, cut) ?? []),
  }
}

function others(rows: Int32Array, n: number): Int32Array {
  const inside = new Uint8Array(n)
  for (const i of rows) inside[i] = 1
  return Int32Array.from(inside.keys()).filter((i) => inside[i] === 0)
}

function countsOf(labels: Int32Array, rows: readonly number[], k: number): number[] {
  const counts = Array.from({ length: k }, () => 0)
  for (const i of rows) counts[labels[i] as number] = (counts[labels[i] as number] as number) + 1
  return counts
}

function marksOf(raw: Matrix, scaled: Matrix, rows: Int32Array): Study['outliers']['marks'] {
  const mean = (m: Matrix, j: number, of: ArrayLike<number>): number => {
    let sum = 0
    for (let i = 0; i < of.length; i++) sum += m.data[(of[i] as number) * m.cols + j] as number
    return sum / Math.max(1, of.length)
  }
  const all = Int32Array.from({ length: raw.rows }, (_, i) => i)
  return Array.from({ length: raw.cols }, (_, feature) => ({
    feature,
    deviations: mean(scaled, feature, rows),
    mean: mean(raw, feature, rows),
    everybody: mean(raw, feature, all),
  }))
    .filter((m) => Math.abs(m.deviations) >= MARKS_FROM)
    .sort((a, b) => Math.abs(b.deviations) - Math.abs(a.deviations) || a.feature - b.feature)
    .slice(0, MARKS)
}

interface Flagged extends Pick<Study['outliers'], 'marks' | 'flagged' | 'share' | 'revenueShare'> {}

function sentenceOf(columns: readonly Feature[], o: Flagged, locale: Locale): string {
  const fr = locale === 'fr'
  const colon = fr ? '\u00A0: ' : ': '
  const facts = o.marks.map(({ feature, mean, everybody }) => {
    const label = reasonLabel(columns[feature] as Feature, locale)
    return `${label} ${formatNumber(mean, locale)} (${fr ? 'moyenne' : 'average'} ${formatNumber(everybody, locale)})`
  })
  const who = facts.length === 0 ? '' : `${colon}${facts.join(', ')}`
  const count = formatNumber(o.flagged, locale)
  const share = formatShare(o.share, locale)
  const money = o.revenueShare === null ? undefined : formatShare(o.revenueShare, locale)
  if (o.flagged === 0) return fr ? 'Personne n’est hors des limites.' : 'Nobody lies beyond the fences.'
  return fr
    ? `${count} clients (${share}) sont hors des limites${money === undefined ? '' : ` et portent ${money} du chiffre d’affaires`}${who}.`
    : `${count} customers (${share}) lie beyond the fences${money === undefined ? '' : ` and carry ${money} of the revenue`}${who}.`
}

type Sensitivity = Study['outliers']['sensitivity'][number]

/**
 * The model fitted again without the users of each fold, with a cut, and what it makes of the users held back. Undefined where
 * what is left has no k groups.
 */
function sensitivityOf(s: Studied, cut: FitOptions['outlierCut']): Sensitivity | undefined {
  const { z, fit } = s
  const rows = sampleRows(z.rows, Math.min(z.rows, SENSITIVITY_ROWS), fit.seed)
  const random = seededRandom(fit.seed)
  const fold = Int32Array.from(rows, () => random.below(FOLDS))
  const agreements: number[] = []
  let inertia = 0
  let smallest = 1
  for (let f = 0; f < FOLDS; f++) {
    const train = selectRows(
      z,
      rows.filter((_, i) => fold[i] !== f),
    )
    const heldBack = rows.filter((_, i) => fold[i] === f)
    const again = tryFit(train, { ...fit, outlierCut: cut, starts: FOLD_STARTS })
    if (again === undefined) return undefined
    const sweep = newSweep(fit.k, z.cols)
    const found = new Int32Array(heldBack.length)
    sweepRows(selectRows(z, heldBack), again.centres, found, sweep)
    agreements.push(
      adjustedRand(
        Int32Array.from(heldBack, (i) => s.labels[i] as number),
        found,
      ),
    )
    inertia += sweep.inertia
    const sizes = countsOf(again.labels, Array.from(again.labels.keys()), fit.k)
    smallest = Math.min(smallest, ...sizes.map((n) => n / train.rows))
  }
  const out = others(withinCut(z, cut), z.rows)
  return {
    cut: String(cut),
    cutUsers: out.length,
    revenueShare: revenueShareOf(s.raw, s.revenue, out),
    agreement: agreements.reduce((a, b) => a + b, 0) / FOLDS,
    leastAgreement: Math.min(...agreements),
    heldBackInertia: inertia / rows.length,
    smallestShare: smallest,
  }
}

function withinCut(z: Matrix, cut: FitOptions['outlierCut']): Int32Array {
  if (cut === 'none') return Int32Array.from({ length: z.rows }, (_, i) => i)
  return cut === 'robust' ? rowsWithinFences(z) : rowsWithinQuantiles(z, cut)
}
