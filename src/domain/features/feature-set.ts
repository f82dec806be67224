import { z } from 'zod'
import { fail } from '../../errors.ts'
import { featureSchema, formOf, type Feature } from './feature.ts'
import { traitErrors, traitsSchema } from './traits.ts'

export type { AggregateFeature, Feature } from './feature.ts'

/** How many distinct values are remembered where a feature does not say. */
export const KEEP_DEFAULT = 64
/** Grain of an age where a feature does not say. */
export const STEP_DEFAULT = '1h'

/** What to remember about users and how to read numbers from it; data, copied into every bundle. */
export const featureSetSchema = z
  .strictObject({
    name: z.string().min(1),
    version: z.int().min(1),
    /** IANA zone whose clock and calendar the set goes by: day-sized hops, hours, weekdays, seasons. */
    zone: z.string().min(1),
    /** What memberships and moves say of a user beside his segment; absent: nothing. */
    traits: traitsSchema.optional(),
    features: z.array(featureSchema).min(1).max(256),
  })
  .superRefine((set, context) => {
    for (const { path, message } of [
      ...setErrors(set.features),
      ...traitErrors(set.traits ?? {}, set.features),
    ])
      context.addIssue({ code: 'custom', path, message })
  })
export type FeatureSet = z.infer<typeof featureSetSchema>

/** A checked feature set; rejects with `feature-set-invalid`, naming every place at once. `origin` is the file or its like. */
export function parseFeatureSet(value: unknown, origin: string): FeatureSet {
  const parsed = featureSetSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) => sharpened(value, issue))
  const places = problems.map(({ path, message }) => `  ${placeOf(value, path)}: ${message}`)
  return fail('feature-set-invalid', `${origin}: not a feature set\n${places.join('\n')}`)
}

interface Problem {
  readonly path: PropertyKey[]
  readonly message: string
}

/** What is wrong with a feature: not that it is none of all forms, but what keeps it from the one that it claims to be. */
function sharpened(value: unknown, issue: z.core.$ZodIssue): Problem[] {
  const [top, at] = issue.path
  if (issue.code !== 'invalid_union' || top !== 'features' || issue.path.length !== 2) return [issue]
  const feature = (value as { features: unknown[] }).features[at as number]
  const form = formOf(feature)
  if (typeof form === 'string') return [{ path: issue.path, message: form }]
  const found = form.safeParse(feature).error?.issues ?? [issue]
  return found.map((f) => ({ path: [...issue.path, ...f.path], message: f.message }))
}

/** Names of the features that a feature is made of, with the member that names them. */
function partsOf(f: Feature): { readonly member: string; readonly names: readonly string[] } | undefined {
  if ('ratio' in f) return { member: 'ratio', names: f.ratio }
  if ('difference' in f) return { member: 'difference', names: f.difference }
  if ('share' in f) return { member: 'share', names: [f.share.of] }
  return undefined
}

/** What only the features together can get wrong: names, columns, and features made of others in a circle. */
function setErrors(features: readonly Feature[]): Problem[] {
  const problems: Problem[] = []
  const byName = new Map<string, Feature>()
  features.forEach((feature, i) => {
    if (byName.has(feature.name))
      problems.push({ path: ['features', i, 'name'], message: `"${feature.name}" is there twice` })
    byName.set(feature.name, feature)
  })
  features.forEach((feature, i) => {
    const parts = partsOf(feature)
    if (parts === undefined) return
    const path = ['features', i, parts.member]
    for (const name of parts.names) {
      if (!byName.has(name)) problems.push({ path, message: `no feature "${name}" in this set` })
    }
    if (refersTo(feature, feature.name, byName, new Set()))
      problems.push({ path, message: `"${feature.name}" refers to itself` })
    const whole = 'share' in feature ? byName.get(feature.share.of) : undefined
    if (whole !== undefined && !isDivisible(whole)) {
      const message = `"${whole.name}": expected a count, sum, decayedCount or decayedSum`
      problems.push({ path: [...path, 'of'], message })
    }
  })
  if (features.every((f) => f.column === false))
    problems.push({ path: ['features'], message: 'expected at least one column' })
  return problems
}

/** An aggregate that the parts of its events add up to. */
export type Divisible = Extract<Feature, { aggregate: 'count' | 'sum' | 'decayedCount' | 'decayedSum' }>

function isDivisible(f: Feature): f is Divisible {
  return 'aggregate' in f && ['count', 'sum', 'decayedCount', 'decayedSum'].includes(f.aggregate)
}

function refersTo(
  from: Feature,
  name: string,
  byName: ReadonlyMap<string, Feature>,
  seen: Set<string>,
): boolean {
  return (partsOf(from)?.names ?? []).some((part) => {
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
