import { fail } from '../errors.ts'
import type { FeatureSet } from '../domain/features/feature-set.ts'
import { columnsOf } from '../domain/segments/assigner.ts'

/** Raw feature values, one row a user. */
export interface FeatureTable {
  /** Names of the F columns. */
  readonly columns: readonly string[]
  /** n × F, row-major. */
  readonly values: Float64Array
  /** Events per user (n), for `minEvents`; absent: everybody has enough. */
  readonly eventsPerUser?: ArrayLike<number> | undefined
  /** Of its columns of money (ISO 4217), where it is known. */
  readonly currency?: string | undefined
}

export interface AlignedTable {
  readonly table: FeatureTable
  /** Columns that the feature set does not name; they are not used. */
  readonly unused: readonly string[]
}

/** The table with the columns of a feature set, in its order; `training-data` where one is missing. */
export function alignTable(table: FeatureTable, featureSet: FeatureSet): AlignedTable {
  const names = columnsOf(featureSet).map((f) => f.name)
  const from = names.map((name) => table.columns.indexOf(name))
  const missing = names.filter((_, j) => (from[j] as number) < 0)
  if (missing.length > 0) {
    fail(
      'training-data',
      `feature set "${featureSet.name}" has columns that the table lacks: ${missing.join(', ')}; ` +
        `the table has ${table.columns.join(', ')}. Give the feature set that the table was made with`,
    )
  }
  const width = table.columns.length
  const n = table.values.length / width
  const values = new Float64Array(n * names.length)
  for (let i = 0, at = 0; i < n; i++)
    for (const j of from) values[at++] = table.values[i * width + j] as number
  const unused = table.columns.filter((name) => !names.includes(name))
  return { table: { ...table, columns: names, values }, unused }
}

export interface TableDemands {
  readonly k: number
  readonly components: number
  readonly minEvents: number
}

/** Rows with at least `minEvents` events, ascending; `training-data` or `usage` where table and demands do not fit. */
export function eligibleRows(table: FeatureTable, featureSet: FeatureSet, demands: TableDemands): Int32Array {
  const { columns, values, eventsPerUser } = table
  const { k, components, minEvents } = demands
  const names = columnsOf(featureSet).map((f) => f.name)
  if (names.join() !== columns.join()) {
    fail(
      'training-data',
      `the table's columns are ${columns.join(', ')}; expected those of the feature set: ${names.join(', ')}`,
    )
  }
  if (!Number.isInteger(k) || k < 2) fail('usage', `k is ${k}: expected a whole number of at least 2`)
  const share = components > 0 && components < 1
  if (!share && !(Number.isInteger(components) && components >= 1 && components <= names.length)) {
    fail(
      'usage',
      `components is ${components}: expected 1 to ${names.length}, or a share of variance between 0 and 1`,
    )
  }
  const n = values.length / names.length
  if (!Number.isInteger(n))
    fail('training-data', `${values.length} values do not fill rows of ${names.length} columns`)
  const rows: number[] = []
  for (let i = 0; i < n; i++)
    if (eventsPerUser === undefined || (eventsPerUser[i] ?? 0) >= minEvents) rows.push(i)
  if (rows.length < k) {
    const held = eventsPerUser === undefined ? '' : ` with at least ${minEvents} events (of ${n} users)`
    fail('training-data', `${rows.length} users${held}: expected at least k = ${k}`)
  }
  for (const i of rows) {
    for (let j = 0; j < names.length; j++) {
      const x = values[i * names.length + j] as number
      if (!Number.isFinite(x))
        fail('training-data', `row ${i + 1}, column ${names[j]}: ${x}, expected a finite number`)
    }
  }
  return Int32Array.from(rows)
}
