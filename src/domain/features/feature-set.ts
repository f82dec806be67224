import { z } from 'zod'
import { parseDurationMs, SECOND_MS } from '../base/duration.ts'
import { EVENT_KINDS } from '../events/event.ts'
import { fail } from '../../errors.ts'
import { labelOf, measureOf, whereErrors } from './fields.ts'
import { parseWindow } from './window.ts'

const featureName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected lower-case letters, digits and _, starting with a letter')
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

const window = z.string().superRefine((text, context) => {
  const parsed = parseWindow(text)
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed })
})
const step = z
  .string()
  .refine(
    (text) => (parseDurationMs(text) ?? 0) >= SECOND_MS && (parseDurationMs(text) ?? 0) % SECOND_MS === 0,
    {
      error: 'expected whole seconds or more, such as "1s", "5m", "1h", "1d"',
    },
  )
const sumField = z.string().refine((of) => measureOf(of) !== undefined, {
  error: 'expected "amount", "quantity" or "attributes.<name>"',
})
const distinctField = z.string().refine((of) => labelOf(of) !== undefined, {
  error: 'expected "product", "category" (first token), "brand", "session" or "attributes.<name>"',
})
const where = z
  .record(z.string(), z.union([scalar, z.array(scalar).min(1)]))
  .superRefine((value, context) => {
    for (const message of whereErrors(value)) context.addIssue({ code: 'custom', message })
  })

/** Which events feed an aggregate: their kinds, and field → value or list of values, ANDed. */
const selection = {
  on: z.array(z.enum(EVENT_KINDS)).min(1),
  where: where.optional(),
}

const countFeature = z.strictObject({ ...common, aggregate: z.literal('count'), ...selection, window })
const sumFeature = z.strictObject({
  ...common,
  aggregate: z.literal('sum'),
  of: sumField,
  ...selection,
  window,
})
const distinctFeature = z.strictObject({
  ...common,
  aggregate: z.literal('distinct'),
  of: distinctField,
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
  step: step.optional(),
  cap: z.number().positive(),
})
const ratioFeature = z.strictObject({
  ...common,
  /** [numerator, denominator], names of features of this set, as raw values. */
  ratio: z.tuple([featureName, featureName]),
  whenEmpty: z.number(),
})

/** A column that only tables carry: no event feeds it, so that a model of it predicts tables and no stream. */
const givenFeature = z.strictObject({
  ...common,
  name: z
    .string()
    .regex(/^[^\s",](?:[^\r\n",]{0,62}[^\s",])?$/, 'expected at most 64 characters, no quotes and commas'),
  given: z.literal(true),
})

export const featureSchema = z.union([
  countFeature,
  sumFeature,
  distinctFeature,
  recencyFeature,
  ratioFeature,
  givenFeature,
])
export type Feature = z.infer<typeof featureSchema>
export type AggregateFeature = Extract<Feature, { aggregate: string }>

export type RatioFeature = z.infer<typeof ratioFeature>

/** How many distinct values are remembered where a feature does not say. */
export const KEEP_DEFAULT = 64
/** Grain of a recency where a feature does not say. */
export const STEP_DEFAULT = '1h'

/** What to remember about users and how to read numbers from it; data, copied into every bundle. */
export const featureSetSchema = z
  .strictObject({
    name: z.string().min(1),
    version: z.int().min(1),
    /** IANA zone whose calendar days the day-sized hops follow. */
    zone: z.string().min(1),
    features: z.array(featureSchema).min(1).max(256),
  })
  .superRefine((set, context) => {
    for (const { path, message } of setErrors(set.features))
      context.addIssue({ code: 'custom', path, message })
  })
export type FeatureSet = z.infer<typeof featureSetSchema>

/** A checked feature set; rejects with `feature-set-invalid`, naming every place at once. `origin` is the file or its like. */
export function parseFeatureSet(value: unknown, origin: string): FeatureSet {
  const parsed = featureSetSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map((issue) => `  ${placeOf(value, issue.path)}: ${issue.message}`)
  return fail('feature-set-invalid', `${origin}: not a feature set\n${places.join('\n')}`)
}

interface Problem {
  readonly path: (string | number)[]
  readonly message: string
}

/** What only the features together can get wrong: names, columns, and ratios of ratios in a circle. */
function setErrors(features: readonly Feature[]): Problem[] {
  const problems: Problem[] = []
  const byName = new Map<string, Feature>()
  features.forEach((feature, i) => {
    if (byName.has(feature.name))
      problems.push({ path: ['features', i, 'name'], message: `"${feature.name}" is there twice` })
    byName.set(feature.name, feature)
  })
  features.forEach((feature, i) => {
    if (!('ratio' in feature)) return
    for (const part of feature.ratio) {
      if (!byName.has(part))
        problems.push({ path: ['features', i, 'ratio'], message: `no feature "${part}" in this set` })
    }
    if (refersTo(feature, feature.name, byName, new Set())) {
      problems.push({ path: ['features', i, 'ratio'], message: `"${feature.name}" refers to itself` })
    }
  })
  if (features.every((f) => f.column === false))
    problems.push({ path: ['features'], message: 'expected at least one column' })
  return problems
}

function refersTo(
  from: Feature,
  name: string,
  byName: ReadonlyMap<string, Feature>,
  seen: Set<string>,
): boolean {
  if (!('ratio' in from)) return false
  return from.ratio.some((part) => {
    if (part === name) return true
    const next = byName.get(part)
    if (next === undefined || seen.has(part)) return false
    seen.add(part)
    return refersTo(next, name, byName, seen)
  })
}

/** `features[3].window (orders_30d)`: the path, with the feature's name where it has one. */
function placeOf(value: unknown, path: readonly PropertyKey[]): string {
  const text = path
    .map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i === 0 ? '' : '.'}${String(p)}`))
    .join('')
  if (path[0] !== 'features' || typeof path[1] !== 'number') return text === '' ? 'the set' : text
  const feature = (value as { features: unknown[] }).features[path[1]] as
    | { name?: unknown }
    | null
    | undefined
  return typeof feature?.name === 'string' ? `${text} (${feature.name})` : text
}
