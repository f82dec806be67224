import type { Decoded, RefusalReason } from './event.ts'

export type Refused = Extract<Decoded, { type: 'refused' }>

const SHOWN_CHARS = 40

export function refused(reason: RefusalReason, detail: string): Refused {
  return { type: 'refused', reason, detail }
}

/** A value as a refusal names it: JSON-like, on one line, at most 40 characters of it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARS
    return (
      JSON.stringify(cut ? value.slice(0, SHOWN_CHARS) : value) +
      (cut ? `… (${value.length} characters)` : '')
    )
  }
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

/** What a user id is, without saying which: `text of 300 characters`. User ids never reach a message. */
export function shownUser(value: unknown): string {
  return typeof value === 'string'
    ? `a text of ${value.length} characters`
    : value === null
      ? 'null'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`
}

/** A whole record as a refusal names it: a bare text or number may well be a user id. */
export const shownRecord = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? shownUser(value) : shown(value)
