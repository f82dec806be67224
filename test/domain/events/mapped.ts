import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { compileMapping } from '../../../src/domain/events/compile-mapping.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import type { Mapping } from '../../../src/domain/events/mapping.ts'

const DIR = resolve(import.meta.dirname, '../../../models/mappings')
export const builtIn = (name: string): Mapping =>
  parseMapping(JSON.parse(readFileSync(resolve(DIR, `${name}.json`), 'utf8')), name)
export const LATEST = Date.UTC(2025, 0, 1)

/** The present members of the one event, or the outcome as text. */
export function outcome(
  mapping: Mapping,
  fields: unknown,
  columns?: string[],
  position = 7,
): Partial<Event> | string {
  const decoded = compileMapping(mapping, { columns })(fields, position, LATEST)
  if (decoded.type === 'skipped') return `skipped ${decoded.reason}`
  if (decoded.type === 'refused') return `${decoded.reason}: ${decoded.detail}`
  return JSON.parse(JSON.stringify(decoded.events[0])) as Event
}
