import { z } from 'zod'
import { DAY_MS } from '../base/duration.ts'

/** How a membership is decided from distances; part of the bundle, so that a model and its manners change together. */
export const policySchema = z.strictObject({
  /** Behaviour events a user must have made before he is assigned; lifetime, all kinds but the passive ones. */
  minEvents: z.int().min(1).max(1_000_000),
  /** Switch A → B only where d_B ≤ (1 − marginRatio) · d_A. */
  marginRatio: z.number().min(0).lt(1),
  /** No switch earlier than this after the last one. */
  dwellMs: z.int().min(0),
  /** Without the margin too, once B has been the nearest for this long at every evaluation; null: never. */
  confirmForMs: z.int().min(1).nullable(),
  /** `segment`: beyond his nearest centroid's radius a user belongs to `outlier`; `ignore`: the nearest centroid always wins. */
  outlier: z.enum(['ignore', 'segment']),
})
export type Policy = z.infer<typeof policySchema>

/** What a bundle is trained with where nothing else is asked for; the tables of SPEC.md say why. */
export const DEFAULT_POLICY: Policy = {
  minEvents: 5,
  marginRatio: 0.1,
  dwellMs: 7 * DAY_MS,
  confirmForMs: null,
  outlier: 'ignore',
}
