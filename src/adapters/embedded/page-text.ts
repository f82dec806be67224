import { encodeCatalogEntry, encodeMembership, encodeTransition } from '../../domain/segments/payload.ts'
import type { DeadLetter } from '../../domain/events/dead-letter.ts'
import type { Page, Revision } from '../../ports/outlet.ts'
import { DATA_FILES, type DataFile, encodeStoredLine, type Extents } from './journal-line.ts'
import type { Extent } from './log-file.ts'

/** All that one page appends to each file. */
export interface PageText {
  readonly data: Readonly<Record<DataFile, Uint8Array>>
  readonly journal: Uint8Array
}

export interface PageContext {
  /** The run's name, in every payload. */
  readonly app: string
  readonly lineOf: (topic: string, offset: number) => number
}

const EMPTY = new Uint8Array(0)

/** The bytes of a page behind `start`: one build per file, the extents right after each revision in its journal line. */
export function encodePage(page: Page, start: Extents, context: PageContext): PageText {
  const texts: Record<DataFile, string[]> = {
    'segment-changed': [],
    'user-segments': [],
    'dead-letter': [],
    'segment-catalog': [],
  }
  const extents: Record<DataFile, Extent> = { ...start }
  let journal = ''
  for (const revision of page.revisions) {
    for (const name of DATA_FILES) {
      const text = linesOf(name, revision, context)
      if (text === '') continue
      texts[name].push(text)
      extents[name] = [extents[name][0], extents[name][1] + Buffer.byteLength(text)]
    }
    journal += encodeStoredLine(revision.line, extents)
  }
  const bytes = (name: DataFile): Uint8Array => {
    const parts = texts[name]
    return parts.length === 0
      ? EMPTY
      : Buffer.from(parts.length === 1 ? (parts[0] as string) : parts.join(''))
  }
  return {
    data: {
      'segment-changed': bytes('segment-changed'),
      'user-segments': bytes('user-segments'),
      'dead-letter': bytes('dead-letter'),
      'segment-catalog': bytes('segment-catalog'),
    },
    journal: Buffer.from(journal),
  }
}

function linesOf(name: DataFile, revision: Revision, context: PageContext): string {
  let text = ''
  if (name === 'segment-changed') {
    // History before go-live says where everyone is, and never that someone moved.
    for (const t of revision.transitions)
      if (t.origin !== 'backfill') text += `${encodeTransition(t, context.app)}\n`
  } else if (name === 'user-segments') {
    for (const m of revision.memberships) text += `${encodeMembership(m)}\n`
  } else if (name === 'segment-catalog') {
    for (const e of revision.catalog) text += `${encodeCatalogEntry(e)}\n`
  } else {
    for (const d of revision.deadLetters) text += `${encodeDeadLetter(d, context.lineOf)}\n`
  }
  return text
}

/** One line of `dead-letter.ndjson`: what could not be read, where it stands, and its bytes in base64. */
export function encodeDeadLetter(d: DeadLetter, lineOf: PageContext['lineOf']): string {
  return JSON.stringify({
    reason: d.reason,
    detail: d.detail,
    file: d.topic,
    line: lineOf(d.topic, d.offset),
    offset: d.offset,
    size: d.size,
    sha256: d.sha256,
    key: base64(d.key),
    bytes: base64(d.value),
  })
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
