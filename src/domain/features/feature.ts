import { z } from 'zod'
import { DAY_MS, parseDurationMs, SECOND_MS } from '../base/duration.ts'
import { EVENT_KINDS } from '../events/event.ts'
import { CLOCK_FIELDS, LINE_FIELDS, TEXT_FIELDS } from './fields.ts'
import { labelOf } from './label.ts'
import { MEASURE_NAMES, measureOf } from './measure.ts'
import { whereErrors } from './where.ts'
import { parseDays, parseWindow } from './window.ts'

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

/** A text that a parser takes: where it does not, it returns the sentence that says why. */
function parsed(parse: (text: string) => unknown): z.ZodString {
  return z.string().superRefine((text, context) => {
    const found = parse(text)
    if (typeof found === 'string') context.addIssue({ code: 'custom', message: found })
  })
}

const window = parsed(parseWindow)
const dayWindow = parsed(parseDays)
const sessionWindow = parsed((text) => {
  const found = parseWindow(text)
  if (typeof found === 'string') return found
  return found === null || found.hop === '5m'
    ? `expected a window of more than 12 hours, not a lifetime, found "${text}"`
    : found
})
const step = z
  .string()
  .refine(
    (text) => (parseDurationMs(text) ?? 0) >= SECOND_MS && (parseDurationMs(text) ?? 0) % SECOND_MS === 0,
    { error: 'expected whole seconds or more, such as "1s", "5m", "1h", "1d"' },
  )
const numberField = z.string().refine((of) => measureOf(of) !== undefined, {
  error: `expected one of ${MEASURE_NAMES.join(', ')}`,
})
const textField = z.string().refine((of) => labelOf(of) !== undefined, {
  error: `expected one of ${[...TEXT_FIELDS, ...LINE_FIELDS, ...CLOCK_FIELDS, 'attributes.<name>'].join(', ')}`,
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
const reversals = z
  .enum(['apply', 'ignore'])
  .optional()
  .describe(
    'apply: a cancelled order is taken out of counts and sums, a refund out of sums of amounts and quantities, at the time of the ' +
      'order. ignore: both stay as they were ordered.',
  )
/** The value where there is nothing to read it from. */
const whenEmpty = z.number()
const halfLife = z.string().refine((text) => (parseDurationMs(text) ?? 1) % DAY_MS === 0, {
  error: 'expected whole days such as "7d", "30d"',
})
const aged = {
  ...common,
  ...selection,
  unit: z.enum(['day', 'hour', 'minute', 'second']),
  /** Ages are floored to whole steps; at least 1 minute in a live bundle. */
  step: step.optional(),
  /** Where an age comes to rest. */
  cap: z.number().positive(),
}
const observed = { ...common, of: numberField, ...selection, window, whenEmpty }

/** Every form of a feature that names an aggregate, by that name. */
const AGGREGATES = {
  count: z.strictObject({ ...common, aggregate: z.literal('count'), ...selection, window, reversals }),
  sum: z.strictObject({
    ...common,
    aggregate: z.literal('sum'),
    of: numberField,
    ...selection,
    window,
    reversals,
  }),
  min: z.strictObject({ ...observed, aggregate: z.literal('min') }),
  max: z.strictObject({ ...observed, aggregate: z.literal('max') }),
  mean: z.strictObject({ ...observed, aggregate: z.literal('mean'), reversals }),
  distinct: z.strictObject({
    ...common,
    aggregate: z.literal('distinct'),
    of: textField,
    ...selection,
    window,
    /** How many distinct values are remembered; the newest stay and the count saturates. */
    keep: z.int().min(1).max(1024).optional(),
  }),
  /** Local days of the set's zone with such an event. */
  distinctDays: z.strictObject({
    ...common,
    aggregate: z.literal('distinctDays'),
    ...selection,
    window: dayWindow,
  }),
  /** Runs of half-hours with such an event. */
  sessions: z.strictObject({
    ...common,
    aggregate: z.literal('sessions'),
    ...selection,
    window: sessionWindow,
  }),
  /** Time since the newest such event; its cap where there was none. */
  recency: z.strictObject({ ...aged, aggregate: z.literal('recency') }),
  /** Time since the first such event; 0 where there was none. */
  tenure: z.strictObject({ ...aged, aggregate: z.literal('tenure') }),
  /** Events, each weighing half after every half-life, per local day. */
  decayedCount: z.strictObject({
    ...common,
    aggregate: z.literal('decayedCount'),
    ...selection,
    halfLife,
    reversals,
  }),
  decayedSum: z.strictObject({
    ...common,
    aggregate: z.literal('decayedSum'),
    of: numberField,
    ...selection,
    halfLife,
    reversals,
  }),
} as const

/** Every form of a feature that is made of others, or given, by the member that tells it. */
const DERIVED = {
  /** [numerator, denominator], names of features of this set, as raw values. */
  ratio: z.strictObject({ ...common, ratio: z.tuple([featureName, featureName]), whenEmpty }),
  /** The part of a count or sum of this set whose events meet a further condition. */
  share: z.strictObject({
    ...common,
    share: z.strictObject({ of: featureName, where }),
    whenEmpty,
    /** What those are who have much of it fond of, for the names of segments: "toys and kids". */
    topic: words.optional(),
  }),
  /** The first less the second. */
  difference: z.strictObject({ ...common, difference: z.tuple([featureName, featureName]) }),
  /** A column that only tables carry: no event feeds it, so that a model of it predicts tables and no stream. */
  given: z.strictObject({
    ...common,
    name: z
      .string()
      .regex(/^[^\s",](?:[^\r\n",]{0,62}[^\s",])?$/, 'expected at most 64 characters, no quotes and commas'),
    given: z.literal(true),
  }),
} as const

export const featureSchema = z.union([
  AGGREGATES.count,
  AGGREGATES.sum,
  AGGREGATES.min,
  AGGREGATES.max,
  AGGREGATES.mean,
  AGGREGATES.distinct,
  AGGREGATES.distinctDays,
  AGGREGATES.sessions,
  AGGREGATES.recency,
  AGGREGATES.tenure,
  AGGREGATES.decayedCount,
  AGGREGATES.decayedSum,
  DERIVED.ratio,
  DERIVED.share,
  DERIVED.difference,
  DERIVED.given,
])
export type Feature = z.infer<typeof featureSchema>
export type AggregateFeature = Extract<Feature, { aggregate: string }>
export type Aggregated<A extends AggregateFeature['aggregate']> = Extract<Feature, { aggregate: A }>

/** The schema of the form that a value claims to have; a sentence where it claims none. */
export function formOf(value: unknown): z.ZodType<Feature> | string {
  if (typeof value !== 'object' || value === null) return 'expected an object'
  if ('aggregate' in value) {
    const name = value.aggregate
    if (typeof name === 'string' && Object.hasOwn(AGGREGATES, name))
      return AGGREGATES[name as AggregateFeature['aggregate']]
    return `aggregate: expected one of ${Object.keys(AGGREGATES).join(', ')}, found ${JSON.stringify(name)}`
  }
  for (const [member, form] of Object.entries(DERIVED)) if (member in value) return form
  return `expected one of the members aggregate, ${Object.keys(DERIVED).join(', ')}`
}
