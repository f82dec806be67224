import type { FeatureTable } from '../app/training-table.ts'
import { CSV_DELIMITER, splitCsv } from '../domain/events/csv.ts'
import { fail } from '../errors.ts'

export interface FeatureCsv {
  /** One per row; empty strings where the file has no `user_id`. */
  readonly users: readonly string[]
  /** The distinct values of `as_of`, in order of appearance. */
  readonly asOf: readonly string[]
  /** Every column but `user_id` and `as_of`; NaN where a value is no number. */
  readonly table: FeatureTable
}

const USER = 'user_id'
const AS_OF = 'as_of'

/** Reads what `features` writes, or any table of numbers with a header line. Throws `training-data` naming line and column. */
export function parseFeatureCsv(text: string, origin: string): FeatureCsv {
  const records = csvRecords(text, origin)
  const header = records.next().value?.fields
  if (header === undefined) return fail('training-data', `${origin}: empty, expected a header line`)
  const names = header.map((name) => name.trim())
  const columns = names.filter((name) => name !== USER && name !== AS_OF)
  if (columns.length === 0) fail('training-data', `${origin}: line 1 names no column of numbers`)
  const users: string[] = []
  const asOf = new Set<string>()
  const values: number[] = []
  for (const { fields, line } of records) {
    if (fields.length !== names.length) {
      fail('training-data', `${origin}: line ${line} has ${fields.length} fields, expected ${names.length}`)
    }
    let user = ''
    fields.forEach((field, i) => {
      if (names[i] === USER) user = field
      else if (names[i] === AS_OF) asOf.add(field)
      else values.push(field.trim() === '' ? Number.NaN : Number(field))
    })
    users.push(user)
  }
  return { users, asOf: [...asOf], table: { columns, values: Float64Array.from(values) } }
}

/** Records with the line they start on; a quoted field may hold line ends. Empty lines are passed over. */
function* csvRecords(
  text: string,
  origin: string,
): Generator<{ fields: string[]; line: number }, undefined, undefined> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const start = i
    let record = lines[i] as string
    while (record.includes('"') && quotes(record) % 2 === 1 && i + 1 < lines.length)
      record += `\n${lines[++i]}`
    if (record === '') continue
    const fields = splitCsv(record, CSV_DELIMITER)
    if (typeof fields === 'string') fail('training-data', `${origin}: line ${start + 1}: ${fields}`)
    yield { fields, line: start + 1 }
  }
  return undefined
}

const quotes = (text: string): number => text.split('"').length - 1
