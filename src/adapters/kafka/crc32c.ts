/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78
const LANES = 8

/** Table k gives what a byte does to the remainder k bytes later (slicing-by-8: Kounavis and Berry, 2005). */
const TABLES = makeTables()

function makeTables(): Int32Array[] {
  const tables = Array.from({ length: LANES }, () => new Int32Array(256))
  const [first] = tables as [Int32Array]
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1
    first[byte] = rest
  }
  for (let k = 1; k < LANES; k++) {
    const [before, table] = [tables[k - 1] as Int32Array, tables[k] as Int32Array]
    for (let byte = 0; byte < 256; byte++) {
      const rest = before[byte] as number
      table[byte] = (rest >>> 8) ^ (first[rest & 0xff] as number)
    }
  }
  return tables
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** CRC-32C (RFC 3720, appendix B.4) of some bytes: the checksum of record batches. */
export function crc32c(bytes: Uint8Array): number {
  let rest = -1
  let i = 0
  const byte = (at: number): number => bytes[at] as number
  for (const end = bytes.length - LANES; i <= end; i += LANES) {
    rest ^= byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24)
    rest =
      (T7[rest & 0xff] as number) ^
      (T6[(rest >>> 8) & 0xff] as number) ^
      (T5[(rest >>> 16) & 0xff] as number) ^
      (T4[rest >>> 24] as number) ^
      (T3[byte(i + 4)] as number) ^
      (T2[byte(i + 5)] as number) ^
      (T1[byte(i + 6)] as number) ^
      (T0[byte(i + 7)] as number)
  }
  for (; i < bytes.length; i++) rest = (rest >>> 8) ^ (T0[(rest ^ byte(i)) & 0xff] as number)
  return ~rest >>> 0
}
