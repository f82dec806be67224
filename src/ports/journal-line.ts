import { z } from 'zod'
import { ACCEPTANCES, type JournalLine } from './outlet.ts'

const whole = z.int().min(0)
const segment = z.string().nullable()

/** The members of a journal line, for codecs that add to them. */
export const JOURNAL_LINE_SHAPE = {
  rev: whole,
  tick: z.number().optional(),
  positions: z.record(z.string(), whole),
  digests: z.record(z.string(), z.string()),
  refused: z.record(z.string(), z.array(whole)).optional(),
  schemas: z.record(z.string(), z.string()).optional(),
  held: z
    .discriminatedUnion('why', [
      z.strictObject({ why: z.literal('silent'), asOf: whole, inputs: z.array(z.string()) }),
      z.strictObject({ why: z.enum(['moving', 'over']), asOf: whole }),
    ])
    .optional(),
  recipe: z.string().optional(),
  genesis: z
    .strictObject({
      app: z.string(),
      formats: z.record(z.string(), z.number()),
      startedAt: z.number(),
      liveFrom: z.number(),
    })
    .optional(),
  accepted: z
    .strictObject({ what: z.enum(ACCEPTANCES), lost: z.record(z.string(), whole).optional() })
    .optional(),
  moves: z.array(z.tuple([z.string(), z.int(), segment, segment])),
  moved: z.array(z.tuple([whole, whole])).optional(),
  suppressed: z.record(z.string(), whole).optional(),
  uncounted: z.record(z.string(), whole).optional(),
  chain: z.string(),
}

// A member that the port gains must be read back, too.
JOURNAL_LINE_SHAPE satisfies Record<keyof JournalLine, unknown>

const lineSchema = z.strictObject(JOURNAL_LINE_SHAPE)

/** A journal line as one line of JSON, without a line end. */
export function encodeJournalLine(line: JournalLine): string {
  return JSON.stringify(line)
}

/** A journal line, or what is wrong with it, as `parseWith` says it. */
export function parseJournalLine(text: string): JournalLine | string {
  return parseWith(lineSchema, text)
}

/** What `text` holds by `schema`, or what is wrong with it (a path and what was expected there; no values, for they hold user ids). */
export function parseWith<T>(schema: z.ZodType<T>, text: string): T | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'expected one whole JSON object'
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  // Members of a move are named by position alone.
  return `${issue?.path.slice(0, 2).join('.') ?? ''}: ${issue?.code ?? 'expected a journal line'}`
}
