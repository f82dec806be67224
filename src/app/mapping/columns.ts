/** One field of all records that were looked at, `undefined` where a record lacks it, by the name a mapping calls it. */
export interface Column {
  readonly name: string
  readonly values: readonly unknown[]
  /** How many are there. */
  readonly filled: number
  /** Different ones among them, as text. */
  readonly distinct: number
}

/** A list of objects in the records: the fields of all of its elements. */
export interface List {
  readonly name: string
  readonly columns: readonly Column[]
}

export interface Table {
  readonly records: number
  readonly columns: readonly Column[]
  readonly lists: readonly List[]
}

const MAX_DEPTH = 6
const MAX_COLUMNS = 400

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** CSV records by their header. */
export function csvTable(header: readonly string[], rows: readonly (readonly string[])[]): Table {
  const columns = header.map((name, at) =>
    column(
      name,
      rows.map((row) => row[at] || undefined),
    ),
  )
  return { records: rows.length, columns, lists: [] }
}

/** JSON objects by the paths of their leaves; null and an empty text count as missing. */
export function jsonTable(records: readonly unknown[]): Table {
  const leaves = new Map<string, unknown[]>()
  const lists = new Map<string, unknown[]>()
  const put = (name: string, row: number, value: unknown): void => {
    let values = leaves.get(name)
    if (values === undefined) {
      if (leaves.size >= MAX_COLUMNS) return
      leaves.set(name, (values = []))
    }
    values[row] = value
  }
  const walk = (value: unknown, path: string, row: number, depth: number): void => {
    if (value === null || value === undefined || value === '') return
    if (typeof value !== 'object') return put(path, row, value)
    if (Array.isArray(value)) {
      if (value.some((one) => typeof one === 'object' && one !== null))
        lists.set(path, [...(lists.get(path) ?? []), ...value])
      return
    }
    if (depth >= MAX_DEPTH) return
    for (const [key, inner] of Object.entries(value)) {
      const step = key.replaceAll('.', '\\.')
      walk(inner, path === '' ? step : `${path}.${step}`, row, depth + 1)
    }
  }
  records.forEach((record, row) => walk(record, '', row, 0))
  return {
    records: records.length,
    columns: [...leaves].map(([name, values]) => column(name, padded(values, records.length))),
    lists: [...lists].map(([name, elements]) => ({ name, columns: jsonTable(elements).columns })),
  }
}

const padded = (values: unknown[], length: number): unknown[] => Array.from({ length }, (_, i) => values[i])

function column(name: string, values: readonly unknown[]): Column {
  const there = values.filter((value) => value !== undefined)
  return { name, values, filled: there.length, distinct: new Set(there.map(textOf)).size }
}

/** The values that are there, as text. */
export const textsOf = ({ values }: Column): string[] =>
  values.flatMap((value) => (value === undefined ? [] : [textOf(value)]))
