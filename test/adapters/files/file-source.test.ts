import { mkdtempSync, rmSync, writeFileSync, appendFileSync, renameSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileSource } from '../../../src/adapters/files/file-source.ts'
import type { FileInput } from '../../../src/adapters/files/open.ts'
import { DEAD_LETTER_HEAD_BYTES } from '../../../src/domain/events/dead-letter.ts'
import { MAX_RECORD_BYTES } from '../../../src/domain/events/event.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import { realClock } from '../../support/clock.ts'
import { readAll, textOf } from '../../support/records.ts'

let dir: string
const open: FileSource[] = []
const LIMIT = { records: 1000, bytes: 1 << 24 }

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'file-source-'))
})
afterEach(async () => {
  for (const source of open.splice(0)) await source.close()
  rmSync(dir, { recursive: true })
})

function file(content: string | Buffer, name = 'in'): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

function sourceOf(input: Partial<FileInput> & { path: string }, stdin?: Buffer): FileSource {
  const full: FileInput = { topic: 't', format: 'ndjson', ...input }
  const source = new FileSource({ inputs: [full], clock: realClock, stdin: stdin && Readable.from([stdin]) })
  open.push(source)
  return source
}

async function texts(source: FileSource, from = 0): Promise<string[]> {
  return ((await readAll(source, { t: from }))['t'] as RawRecord[]).map(textOf)
}

const poll = (source: FileSource, from: number, waitMs = 0) => source.poll(0, { t: from }, LIMIT, waitMs)

describe('what is a record', () => {
  test.each([
    ['lines end with a line feed', 'a\nb\n', ['a', 'b']],
    ['or with CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['the last line of a complete file needs none', 'a\nb', ['a', 'b']],
    ['empty lines are no records', '\n\na\n\r\nb\n\n', ['a', 'b']],
    ['a byte order mark is not part of the first record', '\ufeffa\nb\n', ['a', 'b']],
    ['an empty file has none', '', []],
    ['only a byte order mark: none', '\ufeff', []],
    ['one byte', 'a', ['a']],
    ['spaces are a record', ' \n', [' ']],
  ])('%s', async (_rule, content, expected) => {
    expect(await texts(sourceOf({ path: file(content) }))).toEqual(expected)
    expect(await texts(sourceOf({ path: file(gzipSync(content), 'in.gz') }))).toEqual(expected)
    expect(await texts(sourceOf({ path: '-' }, Buffer.from(content)))).toEqual(expected)
  })

  test.each([
    ['the header is no record', 'x,y\n1,2\n', ['1,2']],
    ['a line feed inside quotes belongs to the record', 'x,y\n"a\nb",2\n3,4\n', ['"a\nb",2', '3,4']],
    ['doubled quotes do not close', 'x,y\n"a""\nb",2\n3,4\n', ['"a""\nb",2', '3,4']],
    ['a quote inside a bare field opens nothing', 'x,y\n5" disk,2\n3,4\n', ['5" disk,2', '3,4']],
    ['a quote that is never closed ends with its line', 'x,y\n"a,2\n3,4\n5,6\n', ['"a,2', '3,4', '5,6']],
    ['CR LF', 'x,y\r\n1,"2\r\n3"\r\n', ['1,"2\r\n3"']],
  ])('CSV: %s', async (_rule, content, expected) => {
    expect(await texts(sourceOf({ path: file(content), format: 'csv' }))).toEqual(expected)
    expect(await texts(sourceOf({ path: file(gzipSync(content), 'in.gz'), format: 'csv' }))).toEqual(expected)
  })
})
