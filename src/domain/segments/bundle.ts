import { z } from 'zod'
import { canonicalJson } from '../base/canonical.ts'
import { sha256Hex } from '../base/hash.ts'
import { fail } from '../../errors.ts'
import { currencyCode } from '../events/mapping.ts'
import { featureSetSchema } from '../features/feature-set.ts'
import { policySchema } from './policy.ts'
import { OUTLIER } from './transition.ts'

/** Bundle format written by this version. */
export const BUNDLE_FORMAT = 1

const row = z.array(z.number())
const segmentKey = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32')

export const segmentSchema = z.strictObject({
  key: segmentKey,
  /** Share of the training users, 0–1. */
  share: z.number().min(0).max(1),
  /** Mean raw value per feature of the training users of this segment, length F. */
  profile: row,
})

export const candidateSchema = z.strictObject({
  k: z.int(),
  inertia: z.number(),
  silhouette: z.number(),
  daviesBouldin: z.number(),
  calinskiHarabasz: z.number(),
  smallestShare: z.number(),
  stability: row,
})

/**
 * A trained model with all that decides with it. Shapes: F features, C components, K centroids. Scaler, PCA and centroids
 * only ever change together. The version is the hash of everything else in it.
 */
export const bundleSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  /** SHA-256 (hex) of the canonical JSON of the bundle without this member. */
  version: z.string().regex(/^[0-9a-f]{64}$/),
  featureSet: featureSetSchema,
  /** Standardisation of the transformed features: (x − mean) / scale, divisor n, constant column → scale 1; length F. */
  scaler: z.strictObject({ mean: row, scale: row }),
  /** mean (F), components (C × F, largest loading of each positive), explained variance (C, divisor n − 1) and its ratio. */
  pca: z.strictObject({
    mean: row,
    components: z.array(row),
    explainedVariance: row,
    explainedVarianceRatio: row,
  }),
  /** K × C, in component space. */
  centroids: z.array(row),
  /** 99th percentile of the training users' distances to their centroid; length K. */
  radii: row,
  segments: z.array(segmentSchema),
  policy: policySchema,
  training: z.strictObject({
    source: z.string(),
    asOf: z.string(),
    /** Of the amounts behind the features; null: none was given and none was seen. */
    currency: currencyCode.nullable(),
    users: z.int(),
    seed: z.int(),
    /** How it was fitted, beside the seed: what it takes to do it again. */
    settings: z.record(z.string(), z.union([z.string(), z.number()])),
    metrics: z.record(z.string(), z.number()),
    /** What k was chosen among, by the rule of `chooseK`; absent where it was given. */
    candidates: z.array(candidateSchema).optional(),
  }),
  lineage: z.strictObject({ parent: z.string().nullable() }),
})
export type Bundle = z.infer<typeof bundleSchema>

/** The version that a bundle's content asks for. */
export function bundleVersion(bundle: Omit<Bundle, 'version'>): string {
  const content: Record<string, unknown> = { ...bundle }
  delete content['version']
  return sha256Hex(canonicalJson(content))
}

/** A bundle with its version computed. */
export function sealBundle(content: Omit<Bundle, 'version'>): Bundle {
  return { ...content, version: bundleVersion(content) }
}

/** Disagreements of shape, in words; empty where the bundle is sound. The schema has been checked before. */
export function bundleShapeErrors(b: Bundle): string[] {
  const F = b.scaler.mean.length
  const C = b.pca.components.length
  const K = b.centroids.length
  const errors: string[] = []
  const want = (ok: boolean, text: string): void => {
    if (!ok) errors.push(text)
  }
  const columns = b.featureSet.features.filter((f) => f.column !== false).length
  want(columns === F, `featureSet has ${columns} columns, scaler.mean has ${F}`)
  want(b.scaler.scale.length === F, `scaler.scale: expected ${F} values, found ${b.scaler.scale.length}`)
  want(
    b.scaler.scale.every((s) => s > 0),
    'scaler.scale: expected every value above 0',
  )
  want(b.pca.mean.length === F, `pca.mean: expected ${F} values, found ${b.pca.mean.length}`)
  want(
    C >= 1 && b.pca.components.every((c) => c.length === F),
    `pca.components: expected rows of ${F} values`,
  )
  want(K >= 1 && b.centroids.every((c) => c.length === C), `centroids: expected rows of ${C} values`)
  want(F >= 1, 'scaler.mean: expected at least 1 value')
  want(b.pca.explainedVariance.length === C, `pca.explainedVariance: expected ${C} values`)
  want(b.pca.explainedVarianceRatio.length === C, `pca.explainedVarianceRatio: expected ${C} values`)
  want(
    b.radii.every((r) => r >= 0),
    'radii: expected no value below 0',
  )
  want(b.radii.length === K, `radii: expected ${K} values, found ${b.radii.length}`)
  want(b.segments.length === K, `segments: expected ${K} entries, found ${b.segments.length}`)
  want(new Set(b.segments.map((s) => s.key)).size === b.segments.length, 'segments: keys must be unique')
  want(!b.segments.some((s) => s.key === OUTLIER), `segments: the key "${OUTLIER}" is reserved`)
  want(
    b.segments.every((s) => s.profile.length === F),
    `segments: expected profiles of ${F} values`,
  )
  return errors
}

/**
 * A bundle from parsed JSON, checked: schema (`bundle-invalid` with path and what was expected), shapes (`bundle-invalid`),
 * hash (`bundle-hash` naming both). `place` is named in the message.
 */
export function checkBundle(value: unknown, place: string): Bundle {
  const parsed = bundleSchema.safeParse(value)
  if (!parsed.success) fail('bundle-invalid', `${place}: ${issuesText(parsed.error)}`)
  const bundle = parsed.data
  const errors = bundleShapeErrors(bundle)
  if (errors.length > 0) fail('bundle-invalid', `${place}: ${errors.join('; ')}`)
  const version = bundleVersion(bundle)
  if (version !== bundle.version) {
    fail('bundle-hash', `${place}: version says ${bundle.version}, but the content hashes to ${version}`)
  }
  return bundle
}

/** The first issues of a schema, one `path: what was expected` each. */
export function issuesText(error: z.ZodError, most = 5): string {
  const lines = error.issues
    .slice(0, most)
    .map((i) => `${i.path.map(String).join('.') || '(root)'}: ${i.message}`)
  const more = error.issues.length - lines.length
  return lines.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** JSON Schema of model.json, as published in `schemas/bundle.schema.json`. */
export function bundleJsonSchema(): object {
  return { title: 'Model bundle', ...z.toJSONSchema(bundleSchema) }
}
