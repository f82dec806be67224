import type { Candidate } from '../../domain/model/choose-k.ts'
import { CHOICE_RULE, chooseK, elbow } from '../../domain/model/choose-k.ts'
import { adjustedRand } from '../../domain/model/indices.ts'
import { matrixOf, selectRows, type Matrix } from '../../domain/model/matrix.ts'
import { sampleRows } from '../../domain/model/silhouette.ts'
import { standardise } from '../../domain/model/scaler.ts'
import { columnsOf, compileAssigner } from '../../domain/segments/assigner.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { candidatesOf } from '../choose-k.ts'
import { projectAll, transformed, tryFit, type FitOptions } from '../fit.ts'
import type { FeatureTable } from '../training-table.ts'
import { featureStudy } from './features.ts'
import { minEventsStudy } from './min-events.ts'
import { outlierStudy, type Studied } from './outliers.ts'
import { pcaStudy } from './pca.ts'
import { revenueColumn } from './revenue.ts'
import { segmentStudies } from './segments.ts'
import { STUDY_FORMAT, type Study } from './study.ts'
import { BOT_EVENTS_PER_DAY, BOT_HOURS_PER_DAY, type History } from './watch.ts'

export interface StudyInput {
  readonly bundle: Bundle
  /** What the bundle was trained on, n × F. */
  readonly table: FeatureTable
  /** Segment per row of the table; −1: left out of the training. */
  readonly assigned: Int32Array
  readonly fit: FitOptions
  /** What k was chosen among; empty where it was given. */
  readonly candidates: readonly Candidate[]
  /** Of the events behind the table; undefined: a table came alone. */
  readonly history?: History | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const SEEDS = 5
/** Of more users a seeded sample of as many is grouped anew. */
const SEED_ROWS = 10_000
const STEPS = 5

/**
 * Why a bundle is as it is and who its segments are, from the bundle and what it was trained on. A function of its input, and it
 * changes nothing.
 */
export function studyOf(input: StudyInput): Study {
  const { bundle, table, assigned, fit, history, onProgress } = input
  const columns = columnsOf(bundle.featureSet)
  const rows = Int32Array.from(assigned.keys()).filter((i) => (assigned[i] as number) >= 0)
  const n = assigned.length
  const raw = selectRows(matrixOf(n, columns.length, table.values), rows)
  const bent = transformed(raw, bundle.featureSet)
  const scaled = matrixOf(raw.rows, raw.cols)
  standardise(bent, scalerOf(bundle), scaled)
  const z = projectAll(raw, bundle)
  const own = Int32Array.from(rows, (i) => assigned[i] as number)
  const revenue = revenueColumn(columns)
  const studied: Studied = { columns, raw, scaled, z, labels: own, revenue, fit }
  onProgress?.(1, STEPS)
  const features = featureStudy(bundle.featureSet, raw, bent)
  const pca = pcaStudy({ bundle, columns, scaled, labels: own, seed: fit.seed })
  onProgress?.(2, STEPS)
  const choiceOfK = choiceStudy(z, own, input)
  onProgress?.(3, STEPS)
  const outliers = outlierStudy(studied)
  onProgress?.(4, STEPS)
  const segments = segmentStudies({ ...studied, bundle })
  onProgress?.(STEPS, STEPS)
  const { source, asOf, currency } = bundle.training
  return {
    format: STUDY_FORMAT,
    bundle: bundle.version,
    data: {
      source,
      asOf,
      currency,
      users: n,
      studied: raw.rows,
      events: history?.events ?? null,
      revenueFeature: revenue < 0 ? null : revenue,
    },
    ...features,
    minEvents:
      history === undefined
        ? null
        : minEventsStudy(history, compileAssigner(bundle), bundle.policy.minEvents),
    outliers,
    bots: history === undefined ? null : botStudy(history),
    pca,
    choiceOfK,
    segments,
  }
}

const scalerOf = ({ scaler }: Bundle): { mean: Float64Array; scale: Float64Array } => ({
  mean: Float64Array.from(scaler.mean),
  scale: Float64Array.from(scaler.scale),
})

function botStudy({ events, botUsers, botEvents }: History): Study['bots'] {
  return {
    rule: {
      en: `more than ${BOT_EVENTS_PER_DAY} events within a day, or events in more than ${BOT_HOURS_PER_DAY} of its hours`,
      fr: `plus de ${BOT_EVENTS_PER_DAY} événements en un jour, ou des événements dans plus de ${BOT_HOURS_PER_DAY} de ses heures`,
    },
    users: botUsers,
    events: botEvents,
    eventShare: events > 0 ? botEvents / events : 0,
  }
}

function choiceStudy(z: Matrix, labels: Int32Array, { fit, candidates }: StudyInput): Study['choiceOfK'] {
  const tried = candidates.length > 0 ? candidates : candidatesOf(z, fit)
  const rows = sampleRows(z.rows, Math.min(z.rows, SEED_ROWS), fit.seed)
  const [sample, own] = [selectRows(z, rows), Int32Array.from(rows, (i) => labels[i] as number)]
  const seeds = Array.from({ length: SEEDS }, (_, i) => fit.seed + 1 + i).flatMap((seed) => {
    const again = tryFit(sample, { ...fit, seed })
    return again === undefined ? [] : [{ seed, agreement: adjustedRand(own, again.labels) }]
  })
  return {
    chosen: fit.k,
    how: candidates.length > 0 ? 'rule' : 'given',
    rule: CHOICE_RULE,
    byRule: chooseK(tried),
    elbow: elbow(tried) ?? null,
    candidates: tried.map((c) => ({ ...c, stability: [...c.stability] })),
    seeds,
  }
}
