import type { Ms } from '../../ports/types.ts'

const utf8 = (text: string): Uint8Array => Buffer.from(text)

/**
 * Every key of `state/`. The first byte says what it is; user ids follow as UTF-8, so that the store's byte order is the one
 * order of users.
 *
 *     p<user>             due as float64, then the encoded profile
 *     d<due><user>        nothing: the order of wakes
 *     m<user>             membership, JSON
 *     s<segment>/<user>   nothing: the member index
 *     h t k f             head, owner's token, mark beside the head, format
 */
export const KEYS = { head: utf8('h'), token: utf8('t'), mark: utf8('k'), format: utf8('f') } as const

/** Bytes of a due in front of a profile and in a due key. */
const DUE_BYTES = 8

export const profileKey = (user: string): Uint8Array => utf8(`p${user}`)
export const memberKey = (user: string): Uint8Array => utf8(`m${user}`)
export const indexKey = (segment: string, user: string): Uint8Array => utf8(`s${segment}/${user}`)

/** d + a form of the double whose byte order is the order of the numbers (sign bit flipped; negatives inverted) + user. */
export function dueKey(due: Ms, user: string): Uint8Array {
  const key = Buffer.allocUnsafe(1 + DUE_BYTES + Buffer.byteLength(user))
  key[0] = 0x64
  key.writeDoubleBE(due === 0 ? 0 : due, 1)
  flipForOrder(key, (key[1] as number) >= 0x80)
  key.write(user, 1 + DUE_BYTES)
  return key
}

export function parseDueKey(key: Uint8Array): { due: Ms; user: string } {
  const bytes = Buffer.from(key)
  flipForOrder(bytes, (bytes[1] as number) < 0x80)
  return { due: bytes.readDoubleBE(1), user: bytes.toString('utf8', 1 + DUE_BYTES) }
}

export type KeyKind = 'p' | 'd' | 'm' | 's'

/** Half-open range of all keys of one kind. */
export function rangeOf(kind: KeyKind): { gte: Uint8Array; lt: Uint8Array } {
  const { gte, lt } = textRangeOf(kind)
  return { gte: utf8(gte), lt: utf8(lt) }
}

export function textRangeOf(kind: KeyKind): { gte: string; lt: string } {
  return { gte: kind, lt: String.fromCharCode(kind.charCodeAt(0) + 1) }
}

/** Keys of the due times behind `after`, of whatever user. */
export function duesAfter(after: Ms): { gte: Uint8Array; lt: Uint8Array } {
  const gte = Buffer.from(dueKey(after, ''))
  // The next larger eight bytes; every user of `after` lies below.
  for (let i = DUE_BYTES; i >= 1 && (gte[i] = ((gte[i] as number) + 1) & 0xff) === 0; i--);
  return { gte, lt: rangeOf('d').lt }
}

function flipForOrder(key: Buffer, negative: boolean): void {
  if (negative) for (let i = 1; i <= DUE_BYTES; i++) key[i] = ~(key[i] as number) & 0xff
  else key[1] = (key[1] as number) ^ 0x80
}

/** Value of a profile key: due, then the encoded profile. */
export function profileValue(due: Ms, bytes: Uint8Array): Uint8Array {
  const value = Buffer.allocUnsafe(DUE_BYTES + bytes.length)
  value.writeDoubleBE(due, 0)
  value.set(bytes, DUE_BYTES)
  return value
}

export function dueOf(value: Uint8Array): Ms {
  return new DataView(value.buffer, value.byteOffset, DUE_BYTES).getFloat64(0)
}

/** The encoded profile in a value; shares its memory. */
export function bytesOf(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset + DUE_BYTES, value.length - DUE_BYTES)
}
