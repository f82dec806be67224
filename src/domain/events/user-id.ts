import { MAX_USER_ID_BYTES } from './event.ts'

const MAX_UTF8_BYTES_PER_UNIT = 3
const LONE_SURROGATE = /\p{Surrogate}/u

/** Bytes of well-formed text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes: two for each unit.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/**
 * A user id is well-formed text of 1 to `MAX_USER_ID_BYTES` UTF-8 bytes. A lone surrogate has no UTF-8 form, so two such ids
 * would become one on disk.
 */
export function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_USER_ID_BYTES) return false
  if (value.length * MAX_UTF8_BYTES_PER_UNIT > MAX_USER_ID_BYTES && utf8Bytes(value) > MAX_USER_ID_BYTES)
    return false
  return !LONE_SURROGATE.test(value)
}
