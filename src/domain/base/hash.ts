import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** Lower-case hex SHA-256 of UTF-8 text, 64 characters. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)))
}

/** Lower-case hex SHA-256 of bytes, 64 characters. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes))
}

/** 32-bit FNV-1a over UTF-16 code units with a final avalanche; for spreading and sharing, never for identity. */
export function hash32(text: string, seed = 0): number {
  let h = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix32(h)
}

/** murmur3's finaliser: every input bit reaches every output bit. Returns an unsigned 32-bit integer. */
export function mix32(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * 52-bit hash of the first `end` code units of text, as an exact integer in a double: two independent 32-bit lanes. For identity inside one profile
 * (distinct values, event ids), where a few thousand values collide with probability below 1e-9.
 */
export function hash52(text: string, end = text.length): number {
  putHash52(text, end, HASHED, 0)
  return HASHED[0] as number
}

const HASHED = new Float64Array(1)

/** `hash52` into `out[at]`: a double that a call returns would go to the heap. */
export function putHash52(text: string, end: number, out: Float64Array, at: number): void {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193)
    b = Math.imul(b ^ c, 0x5bd1e995)
    b ^= b >>> 15
  }
  out[at] = (mix32(a) & 0xfffff) * 0x1_0000_0000 + mix32(b ^ a)
}

/**
 * Apache Kafka's default partitioner hash (murmur2, seed 0x9747b28c) of key bytes, made positive with & 0x7fffffff as
 * Utils.toPositive does. Partition = result mod partitions.
 */
export function murmur2(key: Uint8Array): number {
  const m = 0x5bd1e995
  const n = key.length
  let h = 0x9747b28c ^ n
  let i = 0
  for (; i + 4 <= n; i += 4) {
    let k =
      (key[i] as number) |
      ((key[i + 1] as number) << 8) |
      ((key[i + 2] as number) << 16) |
      ((key[i + 3] as number) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = n - i
  if (rest >= 3) h ^= (key[i + 2] as number) << 16
  if (rest >= 2) h ^= (key[i + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (key[i] as number), m)
  h = Math.imul(h ^ (h >>> 13), m)
  return (h ^ (h >>> 15)) & 0x7fffffff
}
