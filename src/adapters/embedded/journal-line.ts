import { z } from 'zod'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Extent } from './log-file.ts'

/** The outputs whose lengths a journal line fixes. */
export const DATA_FILES = ['segment-changed', 'user-segments', 'dead-letter'] as const
export type DataFile = (typeof DATA_FILES)[number]
export type Extents = Readonly<Record<DataFile, Extent>>

/** A journal line as it stands in the file: with the extents of the outputs right after its revision. */
export interface StoredLine {
  readonly line: JournalLine
  readonly files: Extents
}

const whole = z.int().min(0)
const extent = z.tuple([z.int().min(1), whole]).readonly()
const segment = z.string().nullable()

const storedSchema = z.strictObject({
  rev: whole,
  tick: z.number().optional(),
  positions: z.record(z.string(), whole),
  digests: z.record(z.string(), z.string()),
  refused: z.record(z.string(), z.array(whole)).optional(),
  held: z.boolean().optional(),
  recipe: z.string().optional(),
  genesis: z
    .strictObject({
      app: z.string(),
      formats: z.record(z.string(), z.number()),
      startedAt: z.number(),
      liveFrom: z.number(),
    })
    .optional(),
  moves: z.array(z.tuple([z.string(), z.int(), segment, segment])),
  chain: z.string(),
  files: z.strictObject({ 'segment-changed': extent, 'user-segments': extent, 'dead-letter': extent }),
})

// A member that the port gains must be read back, too.
storedSchema.shape satisfies Record<keyof JournalLine | 'files', unknown>

/** One line of `journal.ndjson`, with its line end. */
export function encodeStoredLine(line: JournalLine, files: Extents): string {
  return `${JSON.stringify({ ...line, files })}\n`
}

/** A stored line, or what is wrong with it (a path and what was expected there; no values, for they hold user ids). */
export function parseStoredLine(text: string): StoredLine | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'expected one whole JSON object'
  }
  const parsed = storedSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    // Members of a move are named by position alone.
    return `${issue?.path.slice(0, 2).join('.') ?? ''}: ${issue?.code ?? 'expected a journal line'}`
  }
  const { files, ...line } = parsed.data
  return { line, files }
}
