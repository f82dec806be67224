import { MAX_USER_ID_BYTES } from './event.ts'

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A user id is well-formed text of 1 to `MAX_USER_ID_BYTES` UTF-8 bytes. A lone surrogate has no UTF-8 form, so two such ids
 * would become one on disk.
 */
export function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_USER_ID_BYTES) return false
  let bytes = value.length
  let surrogates = false
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x80) continue
    const surrogate = unit >= 0xd800 && unit <= 0xdfff
    surrogates ||= surrogate
    // A surrogate pair is two units and four bytes: two for each unit.
    bytes += unit < 0x800 || surrogate ? 1 : 2
  }
  return bytes <= MAX_USER_ID_BYTES && !(surrogates && LONE_SURROGATE.test(value))
}
