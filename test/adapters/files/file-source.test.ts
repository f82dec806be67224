import { mkdtempSync, rmSync, writeFileSync, appendFileSync, renameSync, truncateSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
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
import type { SegmentationError } from '../../../src/errors.ts'
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

describe('a record beyond all bounds', () => {
  const sizes = [MAX_RECORD_BYTES, MAX_RECORD_BYTES + 1, MAX_RECORD_BYTES + 2, 3 * MAX_RECORD_BYTES]
  test.each(sizes)(
    'of %i bytes is one record; above the limit only its head stays, with size and hash',
    async (size) => {
      const big = Buffer.alloc(size, 'x')
      for (const end of ['\n', '\r\n']) {
        const content = Buffer.concat([Buffer.from('{"a":1}\n'), big, Buffer.from(`${end}b\n`)])
        const source = sourceOf({ path: file(content, `in${size}${end.length}`) })
        const [first, middle, last] = (await readAll(source, { t: 0 }))['t'] ?? []
        expect(textOf(first as RawRecord)).toBe('{"a":1}')
        expect(textOf(last as RawRecord)).toBe('b')
        expect(last?.offset).toBe(2)
        const kept = size > MAX_RECORD_BYTES ? DEAD_LETTER_HEAD_BYTES : size
        expect((middle?.to ?? 0) - (middle?.from ?? 0)).toBe(kept)
        const sha256 = createHash('sha256').update(big).digest('hex')
        expect(middle?.cut).toEqual(size > MAX_RECORD_BYTES ? { size, sha256 } : undefined)
      }
    },
  )

  test('carriage returns inside it count, the one at its end does not', async () => {
    const size = 2 * MAX_RECORD_BYTES + 3
    const source = sourceOf({ path: file(`${'\r'.repeat(size)}\r\nb\n`) })
    const [big, last] = (await readAll(source, { t: 0 }))['t'] ?? []
    const sha256 = createHash('sha256').update('\r'.repeat(size)).digest('hex')
    expect(big?.cut).toEqual({ size, sha256 })
    expect(last?.offset).toBe(1)
  })

  test('at the very end, without line feed', async () => {
    const source = sourceOf({ path: file('x'.repeat(2 * MAX_RECORD_BYTES)) })
    const [only, ...more] = (await readAll(source, { t: 0 }))['t'] ?? []
    expect(only?.cut?.size).toBe(2 * MAX_RECORD_BYTES)
    expect(more).toEqual([])
  })

  test('a line of 64 MiB passes in little memory', async () => {
    const megabyte = Buffer.alloc(1 << 20, 'x')
    const stream = Readable.from(
      (function* () {
        for (let i = 0; i < 64; i++) yield megabyte
      })(),
    )
    const source = new FileSource({
      inputs: [{ topic: 't', path: '-', format: 'ndjson' }],
      clock: realClock,
      stdin: stream,
    })
    open.push(source)
    const before = process.memoryUsage().arrayBuffers
    const { records } = await poll(source, 0)
    expect(records['t']?.[0]?.cut?.size).toBe(64 << 20)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20)
  })
})

describe('gzip', () => {
  const content = Array.from(
    { length: 20_000 },
    (_, i) => `{"n":${i},"x":${(i * 2_654_435_761) % 4_294_967_296}}\n`,
  ).join('')
  const packed = gzipSync(content)

  async function readUntilFault(path: string): Promise<{ read: number; message: string; code: string }> {
    const source = sourceOf({ path })
    let read = 0
    for (;;) {
      try {
        const { records, rest } = await poll(source, read)
        read += records['t']?.length ?? 0
        if (rest['t'] === 'ended') return { read, message: '', code: '' }
      } catch (error) {
        const { message, code } = error as SegmentationError
        return { read, message, code }
      }
    }
  }

  test('several members one after the other are one file', async () => {
    const twice = file(Buffer.concat([packed, packed]), 'twice.gz')
    expect(await texts(sourceOf({ path: twice }))).toHaveLength(40_000)
  })

  test('cut off: all whole records before the cut, then an error that names the file and their number', async () => {
    const path = file(packed.subarray(0, packed.length >> 1), 'cut.gz')
    const { read, message, code } = await readUntilFault(path)
    expect(code).toBe('input-truncated')
    expect(message).toBe(`${path}: the gzip data ends too early; ${read} whole records were read before`)
    expect(read).toBeGreaterThan(9000)
    const again = await readUntilFault(path)
    expect(again.read).toBe(read)
  })

  test('cut by its last byte only', async () => {
    const { read, code } = await readUntilFault(file(packed.subarray(0, -1), 'cut.gz'))
    expect([code, read]).toEqual(['input-truncated', 20_000])
  })

  test('damaged in the middle', async () => {
    const damaged = Buffer.from(packed)
    damaged.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64)
    const { read, message, code } = await readUntilFault(file(damaged, 'damaged.gz'))
    expect([code, message.includes('damaged.gz: the gzip data is damaged')]).toEqual([
      'input-truncated',
      true,
    ])
    expect(read).toBeGreaterThan(5000)
    expect(read).toBeLessThan(20_000)
  })

  test('cannot be followed', async () => {
    await expect(poll(sourceOf({ path: file(packed, 'in.gz'), follow: true }), 0)).rejects.toMatchObject({
      code: 'usage',
    })
  })
})

describe('positions', () => {
  test.each([
    ['input-changed', false],
    ['input-shrunk', true],
  ])('a file with fewer records than were read from it is %s', async (code, follow) => {
    const source = sourceOf({ path: file('a\nb\n'), follow })
    await expect(poll(source, 3)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('holds 2 records, 3 were'),
    })
    expect((await poll(source, 2)).records['t']).toEqual([])
  })

  test('a missing file is an error, unless it may come later', async () => {
    const path = join(dir, 'none')
    await expect(poll(sourceOf({ path }), 0)).rejects.toMatchObject({ code: 'file-missing' })
    await expect(poll(sourceOf({ path, follow: true }), 0)).rejects.toMatchObject({ code: 'file-missing' })
    const source = sourceOf({ path, follow: true, optional: true })
    expect(await poll(source, 0)).toEqual({ records: { t: [] }, rest: { t: 'dry' } })
    file('a\n', 'none')
    expect((await poll(source, 0)).records['t']?.map(textOf)).toEqual(['a'])
  })

  test('going far back and forth in a large file finds the same records', async () => {
    const content = Array.from({ length: 60_000 }, (_, i) => `record number ${i}, somewhat long`)
    const source = sourceOf({ path: file(content.join('\n')) })
    const { records: block } = await source.poll(0, { t: 0 }, { records: 60_000, bytes: 1 << 24 }, 0)
    const inBlock = block['t']?.length ?? 0
    await readAll(source, { t: 0 })
    for (const at of [59_999, 0, inBlock, 31_234, inBlock - 1, inBlock + 1]) {
      const { records } = await source.poll(0, { t: at }, { records: 1, bytes: 1 << 20 }, 0)
      expect(records['t']?.map(textOf)).toEqual([content[at]])
      expect(source.lineOf('t', at)).toBe(at + 1)
    }
  })

  test('standard input is read up to a position and never again from before it', async () => {
    const skipped: string[] = []
    const source = new FileSource({
      inputs: [{ topic: 't', path: '-', format: 'ndjson' }],
      clock: realClock,
      stdin: Readable.from([Buffer.from('a\nb\nc'), Buffer.from('\nd\n')]),
      onSkip: (topic, record) => skipped.push(`${topic} ${textOf(record)}`),
    })
    open.push(source)
    const found = (await poll(source, 2)).records['t']?.map((r) => [r.offset, textOf(r)])
    expect(found).toEqual([
      [2, 'c'],
      [3, 'd'],
    ])
    expect(skipped).toEqual(['t a', 't b'])
    expect(await texts(source, 3)).toEqual(['d'])
    expect(skipped).toHaveLength(2)
    await expect(poll(source, 1)).rejects.toMatchObject({ code: 'input-changed' })
  })

  test('a pipe by its path is read like standard input', async () => {
    const path = join(dir, 'pipe')
    execFileSync('mkfifo', [path])
    const writer = writeFile(path, 'a\nb\n')
    const source = sourceOf({ path })
    expect(await texts(source)).toEqual(['a', 'b'])
    expect((await source.progress()).total).toBeUndefined()
    await expect(poll(source, 0)).rejects.toMatchObject({ code: 'input-changed' })
    await writer
  })

  test('a folder is no input', async () => {
    await expect(poll(sourceOf({ path: dir }), 0)).rejects.toMatchObject({ code: 'usage' })
  })

  test('a stream that breaks stays broken', async () => {
    const stdin = Readable.from(
      (function* () {
        yield Buffer.from('a\nb')
        throw new Error('the other end died')
      })(),
    )
    const source = new FileSource({
      inputs: [{ topic: 't', path: '-', format: 'ndjson' }],
      clock: realClock,
      stdin,
    })
    open.push(source)
    expect((await poll(source, 0)).records['t']).toHaveLength(1)
    for (let i = 0; i < 2; i++)
      await expect(poll(source, 1)).rejects.toMatchObject({ code: 'file-unreadable' })
  })

  test('the line on which a record starts counts the header, empty lines and lines inside quotes', async () => {
    const source = sourceOf({ path: file('x,y\n\n1,2\n"a\nb",3\n\n\n4,5\n6,7\n'), format: 'csv' })
    expect(await texts(source)).toEqual(['1,2', '"a\nb",3', '4,5', '6,7'])
    expect([0, 1, 2, 3].map((offset) => source.lineOf('t', offset))).toEqual([3, 4, 8, 9])
    expect(await source.columns('t')).toEqual(['x', 'y'])
  })

  test('a CSV file without any line has no header', async () => {
    await expect(sourceOf({ path: file(''), format: 'csv' }).columns('t')).rejects.toMatchObject({
      code: 'mapping-invalid',
    })
  })

  test('progress counts bytes on disk', async () => {
    const path = file(gzipSync('a\n'.repeat(1000)), 'in.gz')
    const source = sourceOf({ path })
    expect((await source.progress()).done).toBe(0)
    await readAll(source, { t: 0 })
    const { done, total } = await source.progress()
    expect(done).toBe(total)
  })
})

describe('a followed file', () => {
  test('its last line counts once its line feed is there', async () => {
    const path = file('a\nb')
    const source = sourceOf({ path, follow: true })
    expect(await poll(source, 0)).toMatchObject({ rest: { t: 'more' }, records: { t: [{ offset: 0 }] } })
    expect(await poll(source, 1)).toEqual({ rest: { t: 'dry' }, records: { t: [] } })
    appendFileSync(path, 'c\n')
    expect((await poll(source, 1)).records['t']?.map(textOf)).toEqual(['bc'])
  })

  test.each<[string, (path: string) => void]>([
    ['cut', (path) => truncateSync(path, 2)],
    ['emptied', (path) => truncateSync(path, 0)],
    ['replaced', (path) => (writeFileSync(`${path}.new`, 'a\nb\nc\nd\n'), renameSync(`${path}.new`, path))],
    ['removed', (path) => rmSync(path)],
    ['written anew', (path) => writeFileSync(path, 'x\ny\nz\n1\n2\n')],
  ])('%s: said, with the name of the file', async (what, change) => {
    const path = file('a\nb\nc\n')
    const source = sourceOf({ path, follow: true })
    await readAll(source, { t: 0 })
    change(path)
    const word = what === 'emptied' ? 'cut' : what
    const failure = { code: 'input-shrunk', message: expect.stringMatching(new RegExp(`in: .*${word}`)) }
    await expect(poll(source, 3)).rejects.toMatchObject(failure)
  })
})
