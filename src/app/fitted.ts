import { z } from 'zod'
import type { FeatureSet } from '../domain/features/feature-set.ts'
import { columnsOf } from '../domain/segments/assigner.ts'
import { issuesText } from '../domain/segments/bundle.ts'
import { fail } from '../errors.ts'

const row = z.array(z.number())

/** The numbers of a chain that another program fitted; shapes: F columns, C components, K centroids. */
export const fittedSchema = z.strictObject({
  /** What fitted it, with its version. */
  by: z.string().min(1),
  columns: z.array(z.string().min(1)).min(1),
  /** Per column, before the scaler. */
  transforms: z.array(z.enum(['none', 'log1p', 'sqrt', 'asinh'])),
  scaler: z.strictObject({ mean: row, scale: z.array(z.number().positive()) }),
  pca: z.strictObject({
    mean: row,
    components: z.array(row).min(1),
    explainedVariance: row,
    explainedVarianceRatio: row,
  }),
  centroids: z.array(row).min(2),
})
export type Fitted = z.infer<typeof fittedSchema>

/** Parsed JSON → a fitted chain whose shapes agree and whose components have the signs of a bundle. Throws `training-data`. */
export function parseFitted(value: unknown, place: string): Fitted {
  const parsed = fittedSchema.safeParse(value)
  if (!parsed.success) return fail('training-data', `${place}: ${issuesText(parsed.error)}`)
  const { columns, transforms, scaler, pca, centroids } = parsed.data
  const F = columns.length
  const C = pca.components.length
  const shapes: readonly (readonly [name: string, found: readonly number[], want: number])[] = [
    ['transforms', [transforms.length], F],
    ['scaler.mean', [scaler.mean.length], F],
    ['scaler.scale', [scaler.scale.length], F],
    ['pca.mean', [pca.mean.length], F],
    ['pca.components', pca.components.map((p) => p.length), F],
    ['pca.explainedVariance', [pca.explainedVariance.length], C],
    ['pca.explainedVarianceRatio', [pca.explainedVarianceRatio.length], C],
    ['centroids', centroids.map((c) => c.length), C],
  ]
  for (const [name, found, want] of shapes) {
    const wrong = found.find((n) => n !== want)
    if (wrong !== undefined)
      fail('training-data', `${place}: ${name}: expected ${want} values, found ${wrong}`)
  }
  return turned(parsed.data)
}

/** The largest loading of each component made positive, and the centroids turned with it: older programs leave signs to chance. */
function turned(fitted: Fitted): Fitted {
  const signs = fitted.pca.components.map((p) => {
    const largest = p.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
    return largest < 0 ? -1 : 1
  })
  const times = (x: number, sign: number): number => (sign < 0 ? -x : x)
  const components = fitted.pca.components.map((p, c) => p.map((x) => times(x, signs[c] as number)))
  return {
    ...fitted,
    pca: { ...fitted.pca, components },
    centroids: fitted.centroids.map((z) => z.map((x, c) => times(x, signs[c] as number))),
  }
}

/** The columns of a fitted chain as features that tables carry. */
export function fittedFeatures({ columns, transforms }: Fitted, name: string): unknown {
  const features = columns.map((column, j) => ({ name: column, given: true, transform: transforms[j] }))
  return { name, version: 1, zone: 'UTC', features }
}

/** Refuses a feature set with other columns, another order or other transforms. */
export function checkFitted({ columns, transforms }: Fitted, featureSet: FeatureSet, place: string): void {
  const words = (list: readonly { name: string; transform?: string | undefined }[]): string =>
    list.map((f) => `${f.name} (${f.transform ?? 'none'})`).join(', ')
  const want = words(columns.map((name, j) => ({ name, transform: transforms[j] })))
  const found = words(columnsOf(featureSet))
  if (found !== want)
    fail('training-data', `${place} was fitted on ${want}; feature set "${featureSet.name}" has ${found}`)
}
