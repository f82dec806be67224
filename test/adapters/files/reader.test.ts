import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteInput } from '../../../src/adapters/files/bytes.ts'
import { LINES, csvRecords } from '../../../src/adapters/files/frame.ts'
import type { Framing } from '../../../src/adapters/files/frame.ts'
import { jsonRecords } from '../../../src/adapters/files/json-frame.ts'
import { RecordReader } from '../../../src/adapters/files/reader.ts'
import { splitCsv } from '../../../src/domain/events/csv.ts'
import { textOf } from '../../support/records.ts'

/** Gives `content` in pieces of the given sizes, over and over. */
function pieces(content: Buffer, sizes: readonly number[]): ByteInput {
  let at = 0
  let turn = 0
  return {
    read(block, to) {
      const size = Math.min(sizes[turn++ % sizes.length] as number, block.length - to)
      const n = content.copy(block, to, at, at + size)
      at += n
      return Promise.resolve(n)
    },
    close: () => Promise.resolve(),
  }
}

async function recordsOf(content: string, framing: Framing, sizes: readonly number[]): Promise<string[]> {
  const bytes = pieces(Buffer.from(content), sizes)
  const reader = new RecordReader(bytes, framing, { byte: 0, offset: 0, line: 1 }, () => undefined)
  const all: string[] = []
  for (;;) {
    const { records, atEnd } = await reader.next(true)
    all.push(...records.map(textOf))
    if (atEnd) return all
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

describe('how bytes arrive leaves no trace in the records', () => {
  test('lines', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ') })
    await fc.assert(
      fc.asyncProperty(text, sizes, async (content, sizes) => {
        const expected = content.split(/\r?\n/).filter((line) => line !== '')
        expect(await recordsOf(content, LINES, sizes)).toEqual(expected)
      }),
    )
  })

  test('CSV, well-formed: the fields that were written', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' '), maxLength: 6 })
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(rows, sizes, async (rows, sizes) => {
        const quote = (text: string): string =>
          /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
        const content = rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('')
        const records = await recordsOf(content, csvRecords(','), sizes)
        expect(records.map((record) => splitCsv(record, ','))).toEqual(rows)
      }),
    )
  })

  test('JSON, documents of a list or one after the other: what was written', async () => {
    const documents = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 })
    const space = fc.constantFrom('', ' ', '\n', '\r\n')
    await fc.assert(
      fc.asyncProperty(
        documents,
        sizes,
        space,
        fc.nat(2),
        fc.boolean(),
        async (documents, sizes, space, indent, list) => {
          const parts = documents.map((document) => JSON.stringify(document, undefined, indent))
          const content = list ? `[${space}${parts.join(`${space},${space}`)}${space}]` : parts.join(space)
          expect(await recordsOf(content, jsonRecords(), sizes)).toEqual(parts)
        },
      ),
    )
  })

  test('JSON, anything: the same records as in one piece', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\\\', '{', '}', '[', ']', ',', '\n', '1') })
    await fc.assert(
      fc.asyncProperty(text, sizes, async (content, sizes) => {
        const whole = await recordsOf(content, jsonRecords(), [1 << 20])
        expect(await recordsOf(content, jsonRecords(), sizes)).toEqual(whole)
      }),
    )
  })

  test('CSV, anything: the same records as in one piece', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '"', ',', '\n', '\r\n') })
    await fc.assert(
      fc.asyncProperty(text, sizes, async (content, sizes) => {
        const whole = await recordsOf(content, csvRecords(','), [1 << 20])
        expect(await recordsOf(content, csvRecords(','), sizes)).toEqual(whole)
      }),
    )
  })
})
