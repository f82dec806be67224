import { createReadStream, readSync } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { fail } from '../../errors.ts'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Rev } from '../../ports/types.ts'
import { parseStoredLine, type StoredLine } from './journal-line.ts'
import type { Extent, LogFile } from './log-file.ts'

/** First window of the search for the last lines, in bytes; doubled until it holds enough. */
const WINDOW_BYTES = 64 * 1024
const NEWLINE = 10

/** A line and the length of its part right behind it. */
export interface PlacedLine extends StoredLine {
  readonly extent: Extent
}

/**
 * The whole lines at the end of the journal, newest first, as far back as the newest part goes (or the last line of the part
 * before, where the newest has none). One torn line at the very end is passed over; a broken one before it rejects with
 * `state-foreign`.
 */
export async function* linesFromEnd(journal: LogFile): AsyncGenerator<PlacedLine> {
  const [part, size] = journal.extent
  let found = false
  let torn = false
  let upTo = size
  for (let window = WINDOW_BYTES; upTo > 0; window *= 2) {
    const from = Math.max(0, upTo - window)
    const bytes = Buffer.alloc(upTo - from)
    readSync(journal.fd, bytes, 0, bytes.length, from)
    let end = bytes.lastIndexOf(NEWLINE)
    let progressed = upTo
    while (end >= 0) {
      const start = end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1)
      if (start < 0 && from > 0) break
      const stored = parseStoredLine(bytes.toString('utf8', start + 1, end))
      if (typeof stored !== 'string') {
        found = true
        yield { ...stored, extent: [part, from + end + 1] }
      } else if (found || torn) {
        fail('state-foreign', `${journal.name}.ndjson, byte ${from + start + 1}: ${stored}`)
      } else torn = true
      progressed = from + start + 1
      end = start
    }
    if (from === 0) break
    // The line that the window cut is read again, whole, by the next one.
    if (progressed < upTo) window = WINDOW_BYTES / 2
    upTo = progressed
  }
  const before = journal.finishedParts().at(-1)
  if (found || before === undefined) return
  let last: StoredLine | undefined
  for await (const stored of linesOfPart(journal, before)) last = stored
  if (last) yield { ...last, extent: [part, 0] }
}

/** The lines with rev > `after`, in order, of all parts up to `end`; a line that is not whole at the very end is not there yet. */
export async function* linesAfter(journal: LogFile, after: Rev, end: Extent): AsyncGenerator<JournalLine> {
  const [endPart, endBytes] = end
  const parts = [...journal.finishedParts().filter((p) => p < endPart), endPart]
  // The newest part that begins at or before the line wanted.
  let first = parts.length - 1
  while (first > 0) {
    const head = await firstRev(
      journal,
      parts[first] as number,
      parts[first] === endPart ? endBytes : undefined,
    )
    if (head !== undefined && head <= after + 1) break
    first--
  }
  for (const part of parts.slice(first)) {
    const bytes = part === endPart ? endBytes : undefined
    for await (const stored of linesOfPart(journal, part, bytes)) {
      if (stored.line.rev > after) yield stored.line
    }
  }
}

async function firstRev(journal: LogFile, part: number, bytes: number | undefined): Promise<Rev | undefined> {
  for await (const stored of linesOfPart(journal, part, bytes)) return stored.line.rev
  return undefined
}

/** `bytes`: read so far only, and let a torn end pass; absent: a finished part, which must be whole. */
async function* linesOfPart(journal: LogFile, part: number, bytes?: number): AsyncGenerator<StoredLine> {
  if (bytes === 0) return
  const opened = journal.openPart(part)
  if (!opened) return
  const raw = createReadStream('', {
    fd: opened.fd,
    start: 0,
    ...(bytes === undefined || opened.gzip ? {} : { end: bytes - 1 }),
  })
  const stream = opened.gzip ? raw.pipe(createGunzip()) : raw
  raw.on('error', (error) => stream.destroy(error))
  const file = basename(opened.file)
  let number = 0
  let broken: string | undefined
  try {
    for await (const { text, ended } of splitLines(stream)) {
      number++
      if (broken !== undefined) fail('state-foreign', broken)
      const stored = ended ? parseStoredLine(text) : 'the line has no end'
      if (typeof stored !== 'string') yield stored
      else broken = `${file}, line ${number}: ${stored}`
    }
    if (broken !== undefined && bytes === undefined) fail('state-foreign', broken)
  } finally {
    raw.destroy()
  }
}

async function* splitLines(stream: AsyncIterable<unknown>): AsyncGenerator<{ text: string; ended: boolean }> {
  let rest: Buffer[] = []
  for await (const piece of stream) {
    const chunk = piece as Buffer
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      rest.push(chunk.subarray(from, at))
      yield { text: Buffer.concat(rest).toString('utf8'), ended: true }
      rest = []
      from = at + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
  if (rest.length > 0) yield { text: Buffer.concat(rest).toString('utf8'), ended: false }
}
