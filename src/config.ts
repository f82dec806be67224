import { z } from 'zod'
import { fail } from './errors.ts'
import { parseDurationMs } from './domain/base/duration.ts'
import { currencyCode, mappingSchema } from './domain/events/mapping.ts'

/** Form of `config.json` that this version writes and reads. */
export const RUN_CONFIG_FORMAT = 1

const days = z.int().min(1).max(36_500)

/** When silent users are forgotten, and whom campaigns leave alone. Its defaults are written here. */
export const runPolicySchema = z
  .strictObject({
    /** Without an event for so long, a user is deleted, with a tombstone. */
    forgetAfterDays: days.default(400),
    /** The same where he never had a segment. */
    anonymousForgetAfterDays: days.default(30),
    /** Share of the users that is held out, in percent to a hundredth: moves and memberships say so. */
    holdoutPct: z.number().min(0).max(100).multipleOf(0.01).default(0),
    /** Another salt holds out others. */
    holdoutSalt: z.string().default(''),
  })
  .prefault({})

/** When a consumer holds the clock by itself (rule T16 of the task). Its defaults are written here. */
export const guardsSchema = z
  .strictObject({
    inputSilenceMinutes: z
      .int()
      .min(5)
      .max(360)
      .multipleOf(5)
      .default(60)
      .describe('an input is silent that in this time gave less than its floor'),
    inputFloorPct: z
      .number()
      .min(0)
      .max(100)
      .default(30)
      .describe('of what it gave at the same hours of the last days'),
    maxMovedPctPerHour: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe('of the members, moved by what they did or did not do'),
    action: z.enum(['hold', 'none']).default('hold'),
  })
  .prefault({})
export type Guards = z.infer<typeof guardsSchema>

const input = z.strictObject({
  topic: z.string(),
  path: z.string(),
  format: z.enum(['ndjson', 'csv', 'json']),
  /** null: events in their native form. */
  mapping: mappingSchema.nullable(),
})

/** What a run folder was made with; everything in it decides results, so a later start must agree. */
export const runConfigSchema = z.strictObject({
  format: z.literal(RUN_CONFIG_FORMAT),
  app: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected lower-case letters, digits and dashes, at most 64'),
  locale: z.enum(['en', 'fr']),
  follow: z.boolean(),
  /** A quiet user is looked at at least this often, and a new bundle reaches everybody within it. */
  maxSleep: z
    .string()
    .refine((text) => parseDurationMs(text) !== undefined, 'expected a duration such as "24h" or "7d"'),
  policy: runPolicySchema,
  /** ISO 8601; null: everything is live. */
  liveFrom: z.string().nullable(),
  /** The one currency of all amounts. Never none: without one, two could be added. */
  currency: currencyCode,
  inputs: z.array(input).min(1),
  /** Version of the bundle that the run was started with; promoted ones come by the control input. */
  model: z.string(),
})
export type RunConfig = z.infer<typeof runConfigSchema>
export type RunInput = RunConfig['inputs'][number]

/** `config.json` as text → config. Rejects what another version wrote, naming the first disagreements. */
export function parseRunConfig(text: string, place: string): RunConfig {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('folder-foreign', `${place}: is not JSON`, error)
  }
  const format = (value as { format?: unknown } | null)?.format
  if (format !== RUN_CONFIG_FORMAT) {
    return fail(
      'state-version',
      `${place}: has format ${String(format)}, this version reads ${RUN_CONFIG_FORMAT}`,
    )
  }
  const parsed = runConfigSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 3).map((i) => `${i.path.join('.')}: ${i.message}`)
  return fail('folder-foreign', `${place}: ${issues.join('; ')}`)
}

/** Refuses to go on in a folder that was made with other options; names option, given and former value. */
export function sameRun(former: RunConfig, given: Partial<RunConfig>, place: string): void {
  const differ = (what: string, now: unknown, then: unknown): never =>
    fail('folder-foreign', `${place} was made with ${what} ${String(then)}, now ${String(now)} is given`)
  if (given.app !== undefined && given.app !== former.app) differ('--app', given.app, former.app)
  if (given.locale !== undefined && given.locale !== former.locale)
    differ('--locale', given.locale, former.locale)
  if (given.maxSleep !== undefined && given.maxSleep !== former.maxSleep) {
    differ('--max-sleep', given.maxSleep, former.maxSleep)
  }
  if (given.model !== undefined && given.model !== former.model) {
    differ('bundle', given.model.slice(0, 12), former.model.slice(0, 12))
  }
  if (given.liveFrom !== undefined && given.liveFrom !== former.liveFrom) {
    differ('--live-from', given.liveFrom ?? 'the first event', former.liveFrom ?? 'the first event')
  }
  if (given.currency !== undefined && given.currency !== former.currency)
    differ('--currency', given.currency, former.currency)
  if (given.policy !== undefined && given.policy.holdoutPct !== former.policy.holdoutPct)
    differ('--holdout', `${given.policy.holdoutPct} %`, `${former.policy.holdoutPct} %`)
  if (given.policy !== undefined && given.policy.holdoutSalt !== former.policy.holdoutSalt)
    differ('--holdout-salt', given.policy.holdoutSalt, former.policy.holdoutSalt)
  if (given.inputs === undefined) return
  const topics = (config: { inputs: readonly RunInput[] }): string =>
    config.inputs.map((i) => i.topic).join(', ')
  if (topics({ inputs: given.inputs }) !== topics(former))
    differ('inputs', topics({ inputs: given.inputs }), topics(former))
  given.inputs.forEach((now, i) => {
    const then = former.inputs[i]
    if (then === undefined || JSON.stringify(now.mapping) === JSON.stringify(then.mapping)) return
    const [given, made] = [now.mapping?.name ?? 'none', then.mapping?.name ?? 'none']
    differ(`mapping (input ${now.topic})`, given === made ? 'another one of that name' : given, made)
  })
}
