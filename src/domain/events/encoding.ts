import type { Encoding } from './mapping-grammar.ts'

/** What windows-1252 has from 0x80 to 0x9f, where Latin-1 has control characters (WHATWG Encoding Standard). */
const FROM_0X80 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/**
 * Bytes → text, as far as they are any: what is not gets the replacement character. Not `TextDecoder` alone: several versions of
 * Node take windows-1252 for Latin-1 where they are given all bytes at once, and so lose the euro sign.
 */
export function textDecoder(encoding: Encoding): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder(encoding)
  if (encoding !== 'windows-1252') return (bytes) => decoder.decode(bytes)
  return (bytes) =>
    decoder.decode(bytes).replaceAll(/[\u0080-\u009f]/g, (c) => FROM_0X80[c.charCodeAt(0) - 0x80] ?? c)
}
