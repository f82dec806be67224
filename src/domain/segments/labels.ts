import { z } from 'zod'

const words = z.record(z.string(), z.string())

/** Name, text, colour and suggested action of a segment, by language. */
export const segmentLabelSchema = z.strictObject({
  name: words,
  description: words,
  colour: z.string(),
  action: words.optional(),
})
export type SegmentLabel = z.infer<typeof segmentLabelSchema>

/** Labels by segment key: beside a bundle and outside its hash, so that renaming moves nobody. */
export const labelsSchema = z.record(z.string(), segmentLabelSchema)
export type Labels = z.infer<typeof labelsSchema>
