import { z } from 'zod'
import { EVENT_KINDS } from '../events/event.ts'

const featureName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected lower-case letters, digits and _, starting with a letter')
const words = z.strictObject({ en: z.string().optional(), fr: z.string().optional() })
const scalar = z.union([z.string(), z.number(), z.boolean()])

const common = {
  name: featureName,
  /** false: a helper that others refer to, not a column of the vector. */
  column: z.boolean().optional(),
  transform: z.enum(['none', 'log1p', 'sqrt', 'asinh']).optional(),
  /** Values above are cut to it, before the transform. */
  cap: z.number().positive().optional(),
  label: words.optional(),
  unit: z.string().optional(),
  /** Sentence part for reasons, `{now}` and `{before}` are filled in: "{now} orders in 30 days (was {before})". */
  phrase: words.optional(),
}

/** Which events feed an aggregate: their kinds, and field → value or list of values, ANDed. */
const selection = {
  on: z.array(z.enum(EVENT_KINDS)).min(1),
  where: z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])).optional(),
}

const window = z.string().regex(/^(lifetime|[1-9]\d*(m|h|d|w))$/, 'expected a window such as "30m", "12h", "30d" or "lifetime"')

const countFeature = z.strictObject({ ...common, aggregate: z.literal('count'), ...selection, window })
const sumFeature = z.strictObject({ ...common, aggregate: z.literal('sum'), of: z.string(), ...selection, window })
const distinctFeature = z.strictObject({
  ...common,
  aggregate: z.literal('distinct'),
  of: z.string(),
  ...selection,
  window,
  /** How many distinct values are remembered; the newest stay and the count saturates. */
  keep: z.int().min(1).max(1024).optional(),
})
const recencyFeature = z.strictObject({
  ...common,
  aggregate: z.literal('recency'),
  ...selection,
  unit: z.enum(['day', 'hour', 'minute', 'second']),
  /** Ages are floored to whole steps; at least 1 minute in a live bundle. */
  step: z.string().optional(),
  cap: z.number().positive(),
})
const ratioFeature = z.strictObject({
  ...common,
  /** [numerator, denominator], names of features of this set, as raw values. */
  ratio: z.tuple([featureName, featureName]),
  whenEmpty: z.number(),
})

export const featureSchema = z.union([countFeature, sumFeature, distinctFeature, recencyFeature, ratioFeature])
export type Feature = z.infer<typeof featureSchema>
export type AggregateFeature = Extract<Feature, { aggregate: string }>

/** What to remember about users and how to read numbers from it; data, copied into every bundle. */
export const featureSetSchema = z.strictObject({
  name: z.string(),
  version: z.int().min(1),
  /** IANA zone whose calendar days the day-sized hops follow. */
  zone: z.string(),
  features: z.array(featureSchema).min(1).max(256),
})
export type FeatureSet = z.infer<typeof featureSetSchema>
