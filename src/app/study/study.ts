import { z } from 'zod'
import { fail } from '../../errors.ts'
import { candidateSchema, issuesText } from '../../domain/segments/bundle.ts'

/** Study format written by this version. */
export const STUDY_FORMAT = 1
/** Beside `model.json`. */
export const STUDY_FILE = 'study.json'

/** Ranks of the quantiles of a distribution, in order. */
export const STUDY_QUANTILES = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1] as const

const row = z.array(z.number())
const words = z.strictObject({ en: z.string(), fr: z.string() })
const share = z.number().min(0).max(1)
/** Of the money of everybody studied; null: no feature adds up what orders brought. */
const revenueShare = z.number().nullable()

/** How one column's values lie. */
const distribution = z.strictObject({
  mean: z.number(),
  /** Divisor n. */
  deviation: z.number(),
  skewness: z.number(),
  /** At the ranks of `STUDY_QUANTILES`. */
  quantiles: row,
  /** Counts of B equal bins, with their B + 1 edges; the last bin holds its upper edge. */
  histogram: z.strictObject({ edges: row, counts: row }),
})

const feature = z.strictObject({
  name: z.string(),
  label: words,
  unit: z.string().nullable(),
  transform: z.string(),
  raw: distribution,
  /** After cap and transform, before standardisation. */
  transformed: distribution,
})

/** A column that the others tell already: its share of variance that a linear regression on them explains. */
const dependentColumn = z.strictObject({ feature: z.int(), explained: share, by: z.array(z.int()) })

const minEvents = z.strictObject({
  chosen: z.int(),
  /** Of events after which a user's later segment was looked at. */
  later: z.int(),
  /** Users who made so many. */
  users: z.int(),
  /** Of them, the share whose segment after `events` events is the one after `later`. */
  curve: z.array(z.strictObject({ events: z.int(), kept: share })),
  /** From so many events on at least this share keeps it. */
  enough: z.strictObject({ kept: share, events: z.int() }),
})

const outliers = z.strictObject({
  flagged: z.int(),
  share,
  revenueShare,
  /** Who they are: the features in which they lie farthest from everybody, in standard deviations, strongest first. */
  marks: z.array(
    z.strictObject({ feature: z.int(), deviations: z.number(), mean: z.number(), everybody: z.number() }),
  ),
  sentence: words,
  /** Share of each segment's users that is flagged, K. */
  bySegment: row,
  /** The model fitted again, by folds of users, without those that each cut leaves out. */
  sensitivity: z.array(
    z.strictObject({
      /** `none`, `robust`, or the share cut on each side. */
      cut: z.string(),
      /** Users left out by it, of everybody, and what they carry. */
      cutUsers: z.int(),
      revenueShare,
      /** Adjusted Rand index of the users held back with the model studied: mean and least of the folds. */
      agreement: z.number(),
      leastAgreement: z.number(),
      /** Mean squared distance of the users held back to their centroid, in component space. */
      heldBackInertia: z.number(),
      smallestShare: share,
    }),
  ),
})

const bots = z.strictObject({
  rule: words,
  users: z.int(),
  events: z.int(),
  /** Of all events. */
  eventShare: share,
})

/** One axis; arrays of length F. Loadings are unit vectors, largest of each positive. */
const axis = z.strictObject({
  /** What it sorts people by, in words. */
  name: words,
  /** Who stands at its upper and its lower end. */
  high: words,
  low: words,
  loadings: row,
  /** Correlation of each feature with the axis: its coordinate in the correlation circle. */
  correlations: row,
  /** Share of the axis that each feature makes; adds up to 1. */
  contributions: row,
  /** Share of each feature's variance that the axis shows; adds up to 1 over all axes. */
  cos2: row,
})

const pca = z.strictObject({
  /** Components of the model. */
  kept: z.int(),
  /** Of the correlation matrix, F, descending. */
  eigenvalues: row,
  ratios: row,
  /** 95th percentile of the eigenvalues of unrelated columns, F (parallel analysis, Horn 1965). */
  parallel: row,
  /** Leading components above it. */
  suggested: z.int(),
  /** All F, in order of eigenvalue. */
  axes: z.array(axis),
  /** In the plane of the first two axes. */
  biplot: z.strictObject({
    /** A seeded sample of users. */
    points: z.array(z.strictObject({ x: z.number(), y: z.number(), segment: z.int() })),
    /** Per feature, scaled to the points: the end of its arrow. */
    arrows: z.array(z.strictObject({ x: z.number(), y: z.number() })),
    /** Per segment. */
    centroids: z.array(z.strictObject({ x: z.number(), y: z.number(), radius: z.number() })),
  }),
})

const choiceOfK = z.strictObject({
  chosen: z.int(),
  /** `rule`: by the rule; `given`: by whoever trained it. */
  how: z.enum(['rule', 'given']),
  rule: words,
  /** What the rule asks for. */
  byRule: z.int(),
  elbow: z.int().nullable(),
  candidates: z.array(candidateSchema),
  /** Adjusted Rand index of the chosen k, grouped anew from other seeds, with the model. */
  seeds: z.array(z.strictObject({ seed: z.int(), agreement: z.number() })),
})

const segment = z.strictObject({
  /** Name, description and colour are its label. */
  key: z.string(),
  /** Three sentences: who they are, what sets them apart, what they bring. */
  sentences: z.strictObject({ en: z.array(z.string()), fr: z.array(z.string()) }),
  users: z.int(),
  share,
  revenueShare,
  radius: z.number(),
  /** Raw, F. */
  mean: row,
  median: row,
  /** Mean of the standardised features, F: standard deviations from everybody. */
  standardised: row,
  /** Bootstrap Jaccard (Hennig 2007). */
  stability: z.number(),
  /** Mean silhouette, the share of users below 0, and a curve of it at equally spaced ranks, descending. */
  silhouette: z.strictObject({ mean: z.number(), belowZero: share, curve: row }),
  /** The users nearest to the centroid, without their ids: a model's folder travels farther than its data. Values raw, F. */
  typical: z.array(z.strictObject({ values: row, distance: z.number() })),
})

/**
 * Why a bundle is as it is and who its segments are: plain data for a report. Shapes: F features (columns of the vector, in its
 * order), K segments (in the bundle's order); features and segments are named by index. It decides nothing, and stands beside
 * the bundle, outside its hash.
 */
export const studySchema = z.strictObject({
  format: z.literal(STUDY_FORMAT),
  /** Version of the bundle studied. */
  bundle: z.string(),
  data: z.strictObject({
    source: z.string(),
    asOf: z.string(),
    currency: z.string().nullable(),
    users: z.int(),
    /** With events enough to count: everything below is about them. */
    studied: z.int(),
    /** Behind the features; null: a table does not say. */
    events: z.int().nullable(),
    /** Feature whose sum is taken for revenue; null: none adds up what orders brought. */
    revenueFeature: z.int().nullable(),
  }),
  features: z.array(feature),
  /** Pearson's r of the transformed features, F × F; 0 with a constant one. */
  correlations: z.array(row),
  dependent: z.array(dependentColumn),
  /** Columns that are the same for everybody. */
  constant: z.array(z.int()),
  /** null: a table does not say what came first. */
  minEvents: minEvents.nullable(),
  outliers,
  /** null: a table does not show them. */
  bots: bots.nullable(),
  pca,
  choiceOfK,
  segments: z.array(segment),
})
export type Study = z.infer<typeof studySchema>
export type StudyWords = z.infer<typeof words>

/** A study from parsed JSON, checked to be of this bundle; `study-invalid` names `place` and what was expected. */
export function parseStudy(value: unknown, place: string, bundleVersion: string): Study {
  const parsed = studySchema.safeParse(value)
  if (!parsed.success) return fail('study-invalid', `${place}: ${issuesText(parsed.error)}`)
  if (parsed.data.bundle !== bundleVersion)
    return fail(
      'study-invalid',
      `${place}: of bundle ${parsed.data.bundle}, expected one of ${bundleVersion}`,
    )
  return parsed.data
}
