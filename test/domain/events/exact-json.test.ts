import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExactJson } from '../../../src/domain/events/exact-json.ts'

test.each<[string, unknown]>([
  ['{"id":9007199254740991}', { id: 2 ** 53 - 1 }],
  ['{"id":9007199254740993}', { id: '9007199254740993' }],
  ['{"id":-9007199254740993}', { id: '-9007199254740993' }],
  ['[12345678901234567890,1]', ['12345678901234567890', 1]],
  ['12345678901234567890', '12345678901234567890'],
  ['{"id" : 2103807459595387724 }', { id: '2103807459595387724' }],
  [
    '{"text":"no 12345678901234567890, \\" 12345678901234567890"}',
    { text: 'no 12345678901234567890, " 12345678901234567890' },
  ],
  ['{"12345678901234567890":1}', { '12345678901234567890': 1 }],
  ['{"x":0.12345678901234567890}', { x: Number('0.12345678901234567890') }],
  ['{"x":12345678901234567890.5}', { x: Number('12345678901234567890.5') }],
  ['{"x":1e1234567890123456}', { x: Number.POSITIVE_INFINITY }],
  ['{"x":12345678901234567e3}', { x: Number('12345678901234567e3') }],
])('%s', (text, expected) => {
  expect(parseExactJson(text)).toEqual(expected)
})

test('what JSON.parse reads without loss is read the same', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const plain = JSON.parse(text) as unknown
      if (!/\d{16}/.test(text)) expect(parseExactJson(text)).toEqual(plain)
      expect(JSON.stringify(parseExactJson(JSON.stringify({ text })))).toBe(JSON.stringify({ text }))
    }),
  )
})

test('integers of any length keep their digits, wherever they stand', () => {
  const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String)
  fc.assert(
    fc.property(fc.array(digits, { minLength: 1 }), (ids) => {
      const parsed = parseExactJson(`{"a":[${ids.join(' , ')}],"b":{"c":${ids[0]}}}`) as {
        a: unknown[]
        b: { c: unknown }
      }
      expect([...parsed.a, parsed.b.c].map(String)).toEqual([...ids, ids[0]])
    }),
  )
})

test.each([
  '{12345678901234567890:1}',
  '{12345678901234567890 : 1}',
  '[01234567890123456789]',
  '-01234567890123456789',
])('%s is no JSON here either', (text) => {
  expect(() => parseExactJson(text)).toThrow(SyntaxError)
})
