import { MINUTE_MS } from '../base/duration.ts'

/**
 * Half-hours of a bucket as bits of one integer: bit i for slot i from the bucket's start on, and END where the last slot of
 * the bucket is among them, however long the bucket is. The union of bits commutes. A session is a run of occupied slots.
 */
export const SLOT_MS = 30 * MINUTE_MS
/** The longest local day since 2000 has 54 half-hours; what lies behind the last slot counts to it. */
const LAST_SLOT = 51
const END = 2 ** 52
const AT_END = 64
/** 2^slot by slot. */
const BITS = Float64Array.from({ length: LAST_SLOT + 1 }, (_, slot) => 2 ** slot)
const HALF = 2 ** 26
const LOW_BITS = HALF - 1

/** Slot of a time so many ms after its bucket's start and before its end, + AT_END for the last one: a small integer. */
export function slotCode(sinceStartMs: number, untilEndMs: number): number {
  const slot = Math.min(LAST_SLOT, Math.floor(sinceStartMs / SLOT_MS))
  const last = Math.min(LAST_SLOT, Math.ceil((sinceStartMs + untilEndMs) / SLOT_MS) - 1)
  return slot === last ? slot + AT_END : slot
}

/** Adds a slot to the bits in `numbers[at]`. By how much this raises the runs in the bucket; ALREADY where the slot is there. */
export function occupy(numbers: Float64Array, at: number, code: number): number {
  const bits = numbers[at] as number
  const slot = code & (AT_END - 1)
  if (has(bits, slot)) return ALREADY
  numbers[at] = bits + (BITS[slot] as number) + (code >= AT_END ? END : 0)
  const before = slot > 0 && has(bits, slot - 1) ? 1 : 0
  const behind = slot < LAST_SLOT && has(bits, slot + 1) ? 1 : 0
  return 1 - before - behind
}

export const ALREADY = -2

function has(bits: number, slot: number): boolean {
  return Math.floor(bits / (BITS[slot] as number)) % 2 === 1
}

/** Is it the first slot of its bucket, so that it may go on a run of the one before? */
export function isFirst(code: number): boolean {
  return (code & (AT_END - 1)) === 0
}

export function isLast(code: number): boolean {
  return code >= AT_END
}

/** Runs of occupied slots in one bucket. */
export function runs(bits: number): number {
  const low = bits % HALF
  const high = Math.floor(bits / HALF) & LOW_BITS
  const carried = low >>> 25
  return ones(low & ~(low << 1)) + ones(high & ~((high << 1) | carried))
}

/** Does a run go on from one bucket into the next? */
export function goesOn(bits: number, next: number): boolean {
  return bits >= END && next % 2 === 1
}

/** Number of bits set (Hacker's Delight, 5-1). */
function ones(x: number): number {
  let n = x - ((x >>> 1) & 0x5555_5555)
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
