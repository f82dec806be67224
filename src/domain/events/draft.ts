import { fail } from '../../errors.ts'
import { CSV_DELIMITER } from './csv.ts'
import type { Candidate } from './decode-event.ts'
import type { Decoded } from './event.ts'
import { csvFinder, firstOf, jsonFinder, namesOf } from './field.ts'
import type { FieldReader, Fields } from './field.ts'
import type { FieldSpec, Mapping } from './mapping-grammar.ts'

/** The members of an event while a record is read. */
export type Draft = { -readonly [M in keyof Candidate]: unknown }

/** A record that makes no event. */
export type Stop = Exclude<Decoded, { type: 'events' }>

/** Fills some members of the draft, or says why the record makes no event. `position` is the record's. */
export type Step = (fields: Fields, draft: Draft, position: number) => Stop | undefined

/** A field as a mapping names it. */
export interface Field {
  readonly read: FieldReader
  /** For messages. */
  readonly name: string
}

/** Makes readers of fields. */
export type FieldOf = (spec: FieldSpec) => Field

/** Readers by the mapping's format; throws `mapping-invalid` for a column that the header does not have. */
export function fieldReaders(mapping: Mapping, columns: readonly string[] | undefined): FieldOf {
  const csv = mapping.format === 'csv'
  if (csv && columns === undefined) fail('mapping-invalid', `${mapping.name}: a CSV input needs its header`)
  const find = csv ? csvFinder(columns ?? []) : jsonFinder
  return (spec) => {
    const names = namesOf(spec)
    const readers = names.map(find).filter((reader) => reader !== undefined)
    // of several names, files of another year may have only one
    if (readers.length === 0) noColumn(mapping, names, columns ?? [])
    const twice = names.find(
      (name) => columns !== undefined && columns.indexOf(name) < columns.lastIndexOf(name),
    )
    if (twice !== undefined) fail('mapping-invalid', `${mapping.name}: the header has column ${twice} twice`)
    return { read: firstOf(readers), name: names.join(' or ') }
  }
}

/** A first line that is no header is somebody's data: it is not repeated. */
function noColumn(mapping: Mapping, names: readonly string[], columns: readonly string[]): never {
  const missing = `${mapping.name}: there is no column ${names.join(' or ')}`
  const usual = [...namesOf(mapping.user), ...namesOf(mapping.time.field)]
  if (usual.some((name) => columns.includes(name)))
    fail('mapping-invalid', `${missing}; the header has ${columns.join(', ')}`)
  if (columns.length > 1)
    fail(
      'mapping-invalid',
      `${missing}, nor ${usual.join(', ')}: the first line is no header for this mapping`,
    )
  const delimiter = JSON.stringify(mapping.delimiter ?? CSV_DELIMITER)
  return fail('mapping-invalid', `${missing}; the first line is one field, is ${delimiter} the delimiter?`)
}

/** Readers inside one element of a list of objects. */
export const elementField: FieldOf = (spec) => {
  const names = namesOf(spec)
  return { read: firstOf(names.map(jsonFinder) as FieldReader[]), name: names.join(' or ') }
}
