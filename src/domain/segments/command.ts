import { z } from 'zod'
import { bundleSchema } from './bundle.ts'
import { labelsSchema } from './labels.ts'

const common = {
  commandId: z.string().min(1),
  /** Unix ms; the command's place in time among the events. */
  issuedAt: z.int(),
}

/** Commands are an input of every task, folded in its order of time. An unknown one stops the task. */
export const commandSchema = z.discriminatedUnion('command', [
  z.strictObject({
    ...common,
    command: z.literal('promote'),
    bundle: bundleSchema,
    labels: labelsSchema.optional(),
    /** For this part of the users; absent: for all. */
    share: z.number().gt(0).max(1).optional(),
    /** Reaching them one after the other within so many ms from `issuedAt` on; absent: at once. */
    rampMs: z.int().min(0).optional(),
  }),
  z.strictObject({ ...common, command: z.literal('rollback') }),
  z.strictObject({ ...common, command: z.literal('labels'), labels: labelsSchema }),
  z.strictObject({ ...common, command: z.literal('hold'), reason: z.string().optional() }),
  z.strictObject({ ...common, command: z.literal('release') }),
])
export type Command = z.infer<typeof commandSchema>
