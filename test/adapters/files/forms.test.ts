import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileSource } from '../../../src/adapters/files/file-source.ts'
import type { FileInput } from '../../../src/adapters/files/open.ts'
import { MAX_RECORD_BYTES } from '../../../src/domain/events/event.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import { realClock } from '../../support/clock.ts'
import { readAll, textOf } from '../../support/records.ts'

let path: string
let source: FileSource

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'forms-')), 'in')
})
afterEach(async () => {
  await source.close()
  rmSync(join(path, '..'), { recursive: true })
})

/** Each record with the line on which it starts. */
async function read(content: string | Buffer, form: Partial<FileInput>): Promise<[number, string][]> {
  writeFileSync(path, content)
  source = new FileSource({ inputs: [{ topic: 't', path, format: 'json', ...form }], clock: realClock })
  const records = (await readAll(source, { t: 0 }))['t'] as RawRecord[]
  return records.map((record) => [source.lineOf('t', record.offset) ?? 0, textOf(record)])
}

describe('JSON', () => {
  test.each<[string, string, [number, string][]]>([
    [
      'a list on one line',
      '[{"a":1},{"a":2}]',
      [
        [1, '{"a":1}'],
        [1, '{"a":2}'],
      ],
    ],
    [
      'a list, pretty',
      '[\n  {\n    "a": 1\n  },\n  {"a":2}\n]\n',
      [
        [2, '{\n    "a": 1\n  }'],
        [5, '{"a":2}'],
      ],
    ],
    ['one document', '\n{"a":[1,{"b":"}"}]}\n', [[2, '{"a":[1,{"b":"}"}]}']]],
    [
      'one after the other',
      '{"a":1}{"a":2}\n\n{"a":3}',
      [
        [1, '{"a":1}'],
        [1, '{"a":2}'],
        [3, '{"a":3}'],
      ],
    ],
    ['quotes and brackets in texts', '[{"a":"\\"]}"}]', [[1, '{"a":"\\"]}"}']]],
    [
      'what is no object is a record too',
      '[1, "x"\n, {"a":1}]',
      [
        [1, '1'],
        [1, '"x"'],
        [2, '{"a":1}'],
      ],
    ],
    [
      'a document that is cut off',
      '[{"a":1},\n{"a":\n2',
      [
        [1, '{"a":1}'],
        [2, '{"a":\n2'],
      ],
    ],
    ['nothing', '[]\n', []],
    ['a byte order mark', '\ufeff[{"a":1}]', [[1, '{"a":1}']]],
  ])('%s', async (_what, content, expected) => {
    expect(await read(content, {})).toEqual(expected)
  })

  test('a document beyond all bounds is one record, and the next is read', async () => {
    const big = `{"a":[\n${'1,\n'.repeat(MAX_RECORD_BYTES / 3)}1]}`
    writeFileSync(path, `[${big},\n{"a":2}]`)
    source = new FileSource({ inputs: [{ topic: 't', path, format: 'json' }], clock: realClock })
    const records = (await readAll(source, { t: 0 }))['t'] as RawRecord[]
    expect(records.map((record) => record.cut?.size)).toEqual([big.length + 1, undefined])
    expect(textOf(records[1] as RawRecord)).toBe('{"a":2}')
    expect(source.lineOf('t', 1)).toBe(big.split('\n').length + 1)
  })

  test('so is a text beyond all bounds, whose end is looked for outside of any object', async () => {
    const big = `"${'x'.repeat(MAX_RECORD_BYTES + 10)}"`
    expect((await read(`${big}\n{"a":2}\n{"a":3}\n`, {})).slice(1)).toEqual([
      [2, '{"a":2}'],
      [3, '{"a":3}'],
    ])
  })
})

describe('encodings', () => {
  const text = 'Prénom;x\nZoé;1 €\n'
  const utf16be = Buffer.from(`\ufeff${text}`, 'utf16le').swap16()

  test.each<[string, Buffer]>([
    ['UTF-16, little end first', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, big end first', utf16be],
    ['UTF-16 in gzip', gzipSync(utf16be)],
  ])('%s is known by its byte order mark', async (_what, bytes) => {
    const records = await read(bytes, { format: 'csv', delimiter: ';' })
    expect(records).toEqual([[2, 'Zoé;1 €']])
    expect(await source.columns('t')).toEqual(['Prénom', 'x'])
  })

  test('UTF-16: a character of two halves is whole wherever a read ends', async () => {
    const line = `x${'😀'.repeat(100_000)}`
    const records = await read(Buffer.from(`\ufeff${line}\n`, 'utf16le'), { format: 'ndjson' })
    expect(records).toEqual([[1, line]])
  })

  test('the header has the encoding that the mapping says', async () => {
    const bytes = Buffer.from('Prénom;x\n', 'latin1')
    await read(bytes, { format: 'csv', delimiter: ';', encoding: 'windows-1252' })
    expect(await source.columns('t')).toEqual(['Prénom', 'x'])
  })
})
