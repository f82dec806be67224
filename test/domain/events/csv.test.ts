import { expect, test } from 'vitest'
import { splitCsv } from '../../../src/domain/events/csv.ts'

test.each<[string, string[] | string]>([
  ['a,b', ['a', 'b']],
  ['', ['']],
  [',', ['', '']],
  ['a,', ['a', '']],
  ['"a","b"', ['a', 'b']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a""b"', ['a"b']],
  ['""', ['']],
  ['"",""', ['', '']],
  ['"a",', ['a', '']],
  ['"a\nb"', ['a\nb']],
  ['"""a"""', ['"a"']],
  ['5" disk,1', 'field 1 has a quote inside, but is not quoted'],
  ['1,"a', 'field 2 opens a quote that is never closed'],
  ['"a"b,1', 'field 1 goes on behind its closing quote'],
  ['1,"a""', 'field 2 opens a quote that is never closed'],
])('%j', (text, expected) => {
  expect(splitCsv(text, ',')).toEqual(expected)
})

test('another delimiter', () => {
  expect(splitCsv('"a;b";1,5', ';')).toEqual(['a;b', '1,5'])
})
