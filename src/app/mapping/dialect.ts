import { textDecoder } from '../../domain/events/encoding.ts'
import type { Encoding, RecordFormat } from '../../domain/events/mapping.ts'
import { splitCsv } from '../../domain/events/csv.ts'
import { csvRecords } from './csv-records.ts'

/** How the records of a file are written, as far as its first bytes tell. */
export interface Dialect {
  readonly format: Exclude<RecordFormat, 'avro'>
  /** Undefined: UTF-8. */
  readonly encoding: Encoding | undefined
  /** Of CSV. */
  readonly delimiter: string | undefined
  /** The names in the first line of CSV; undefined where it is a record already, or where it is not CSV. */
  readonly header: readonly string[] | undefined
  /** What was seen, in words. */
  readonly why: { readonly format: string; readonly encoding: string | undefined }
}

const DELIMITERS = [',', ';', '\t', '|'] as const
const LOOKED_AT = 200

/** Reads the dialect from the head of a file, as UTF-8 where it was UTF-16; the head may end anywhere. */
export function detectDialect(head: Uint8Array): Dialect {
  const { encoding, why } = detectEncoding(head)
  const text = textDecoder(encoding ?? 'utf-8')(head).trimStart()
  const form = text.startsWith('{') || text.startsWith('[') ? jsonForm(text) : csvForm(text)
  return { ...form, encoding, why: { format: form.why, encoding: why } }
}

type Form = Pick<Dialect, 'format' | 'delimiter' | 'header'> & { readonly why: string }

function jsonForm(text: string): Form {
  const lines = text.split('\n', LOOKED_AT)
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines
  const eachIsObject = text.startsWith('{') && whole.every((line) => line.trim() === '' || isObject(line))
  const found = eachIsObject
    ? 'an object a line'
    : text.startsWith('[')
      ? 'a list of objects'
      : 'objects over several lines'
  return { format: eachIsObject ? 'ndjson' : 'json', delimiter: undefined, header: undefined, why: found }
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function csvForm(text: string): Form {
  const records = csvRecords(text, LOOKED_AT)
  const [best] = DELIMITERS.map((delimiter) => ({ delimiter, ...evenness(records, delimiter) })).sort(
    (a, b) => b.share - a.share || b.fields - a.fields,
  )
  const delimiter = best?.delimiter ?? ','
  const first = splitCsv(records[0] ?? '', delimiter)
  const cells = typeof first === 'string' ? [] : first.map((cell) => cell.trim())
  const named =
    new Set(cells).size === cells.length && cells.every((cell) => /^[^\d\W]|^[\p{L}_]/u.test(cell))
  const header = named && !cells.some(looksLikeValue) ? cells : undefined
  const name = delimiter === '\t' ? 'tabs' : `"${delimiter}"`
  return { format: 'csv', delimiter, header, why: `${best?.fields ?? 0} fields a line between ${name}` }
}

/** How many records have the commonest number of fields; 0 where that is one field. */
function evenness(records: readonly string[], delimiter: string): { share: number; fields: number } {
  const counts = new Map<number, number>()
  for (const record of records) {
    const cells = splitCsv(record, delimiter)
    const fields = typeof cells === 'string' ? 0 : cells.length
    counts.set(fields, (counts.get(fields) ?? 0) + 1)
  }
  const [[fields, times] = [0, 0]] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])
  return fields < 2 ? { share: 0, fields } : { share: times / records.length, fields }
}

/** A cell that no column is called: an address, an id of many digits. */
const looksLikeValue = (cell: string): boolean => /@.+\.|^[0-9a-f]{8}-[0-9a-f]{4}-|\d{4,}/.test(cell)

/** UTF-8 unless its bytes forbid it; then by which letters the other bytes would be. */
export function detectEncoding(head: Uint8Array): {
  readonly encoding: Encoding | undefined
  readonly why: string | undefined
} {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return { encoding: undefined, why: undefined }
  } catch {
    const western = textDecoder('windows-1252')(head)
    const words = western.match(/[A-Za-z\u0080-\uffff]+/g) ?? []
    const foreign = words.filter((word) => /[\u0080-\uffff]/.test(word))
    const high = foreign.join('').replace(/[A-Za-z]/g, '').length / Math.max(1, foreign.join('').length)
    if (high > MOSTLY && foreign.some((word) => word.length > 2))
      return { encoding: 'windows-1251', why: 'not UTF-8, and whole words are Cyrillic' }
    if (foreign.some((word) => /[A-Za-z][³¹¿¼¾£¥]|[³¹¿¼¾£¥][a-z]/.test(word)))
      return { encoding: 'windows-1250', why: 'not UTF-8, with letters of Central Europe' }
    if (/\d ?¤/.test(western))
      return { encoding: 'iso-8859-15', why: 'not UTF-8, with a euro sign where this one has it' }
    return { encoding: 'windows-1252', why: 'not UTF-8; look at a name with an accent' }
  }
}

/** Share of letters beyond ASCII from which on a text is in another script. */
const MOSTLY = 0.8
