import { canonicalJson } from '../base/canonical.ts'
import { hash52, sha256Hex } from '../base/hash.ts'
import type { FieldSpec } from './mapping-grammar.ts'

/** A record taken apart: the fields of a CSV line, or a JSON object. */
export type Fields = unknown

/** Reads a field; undefined where it is missing, null or empty. */
export type FieldReader = (fields: Fields) => unknown

/** How fields are found by name: by place in a header, or by path in an object. Undefined for a name that cannot be there. */
export type Finder = (name: string) => FieldReader | undefined

/** CSV: a name is a column of the header. */
export function csvFinder(columns: readonly string[]): Finder {
  return (name) => {
    const at = columns.indexOf(name)
    return at < 0 ? undefined : (fields) => (fields as readonly string[])[at] || undefined
  }
}

/** JSON: a name is a path, points between its steps; `\\.` is a point of a name. */
export const jsonFinder: Finder = (name) => {
  const steps = name.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'))
  return (fields) => {
    let value = fields
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
      value = (value as Readonly<Record<string, unknown>>)[step]
    }
    return value === null || value === '' ? undefined : value
  }
}

export const namesOf = (spec: FieldSpec): readonly string[] => (typeof spec === 'string' ? [spec] : spec)

/** The first of several fields that is there. */
export function firstOf(readers: readonly FieldReader[]): FieldReader {
  const [only] = readers
  if (readers.length === 1 && only) return only
  return (fields) => {
    for (const read of readers) {
      const value = read(fields)
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** A scalar as text; undefined for what has no faithful text, such as an integer beyond 2^53. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value)
}

/** Digits of a 52-bit number in hexadecimal. */
const HASH52_DIGITS = 13
const ID_DIGITS = 32

/**
 * An id made of what a record holds. With the record's position the position makes it unique and a short hash keeps it
 * apart from other inputs'; without it the hash alone is the identity, so it is a cryptographic one.
 */
export function hashId(parts: readonly unknown[], position: number | undefined): string {
  const text = parts.map(lengthPrefixed).join('')
  if (position === undefined) return sha256Hex(text).slice(0, ID_DIGITS)
  return `${hash52(text).toString(16).padStart(HASH52_DIGITS, '0')}-${position}`
}

/** Without the lengths `["ab", "c"]` and `["a", "bc"]` would be one. */
function lengthPrefixed(part: unknown): string {
  const text = typeof part === 'string' ? part : part === undefined ? '' : canonicalJson(part)
  return `${text.length}:${text}`
}
