import { expect, test } from 'vitest'
import { textDecoder } from '../../../src/domain/events/encoding.ts'

const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)

test('windows-1252 has the euro sign, quotes and dashes of the Encoding Standard, and Latin-1 elsewhere', () => {
  const text = textDecoder('windows-1252')(bytes)
  expect(text).toHaveLength(256)
  expect(text.slice(0x80, 0xa0)).toBe('€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ')
  expect(text.slice(0xa0)).toBe(Buffer.from(bytes.subarray(0xa0)).toString('latin1'))
})

test.each([
  ['utf-8', [0xe2, 0x82, 0xac], '€'],
  ['iso-8859-15', [0xa4, 0xe9], '€é'],
  ['windows-1250', [0x80, 0xb3], '€ł'],
  ['windows-1251', [0x88, 0xcc], '€М'],
] as const)('%s', (encoding, some, text) => {
  expect(textDecoder(encoding)(Uint8Array.from(some))).toBe(text)
})
