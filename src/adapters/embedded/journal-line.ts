import { z } from 'zod'
import { JOURNAL_LINE_SHAPE, parseWith } from '../../ports/journal-line.ts'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Extent } from './log-file.ts'

/** The outputs whose lengths a journal line fixes. */
export const DATA_FILES = ['segment-changed', 'user-segments', 'dead-letter', 'segment-catalog'] as const
export type DataFile = (typeof DATA_FILES)[number]
export type Extents = Readonly<Record<DataFile, Extent>>

/** A journal line as it stands in the file: with the extents of the outputs right after its revision. */
export interface StoredLine {
  readonly line: JournalLine
  readonly files: Extents
}

const extent = z.tuple([z.int().min(1), z.int().min(0)]).readonly()

const storedSchema = z.strictObject({
  ...JOURNAL_LINE_SHAPE,
  files: z.strictObject({
    'segment-changed': extent,
    'user-segments': extent,
    'dead-letter': extent,
    // lines of before it was journalled do not name it
    'segment-catalog': extent.default([1, 0]),
  }),
})

/** One line of `journal.ndjson`, with its line end. */
export function encodeStoredLine(line: JournalLine, files: Extents): string {
  return `${JSON.stringify({ ...line, files })}\n`
}

/** A stored line, or what is wrong with it (a path and what was expected there; no values, for they hold user ids). */
export function parseStoredLine(text: string): StoredLine | string {
  const stored = parseWith(storedSchema, text)
  if (typeof stored === 'string') return stored
  const { files, ...line } = stored
  return { line, files }
}
