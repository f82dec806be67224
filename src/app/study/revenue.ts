import type { Feature } from '../../domain/features/feature-set.ts'
import type { Matrix } from '../../domain/model/matrix.ts'
import { roleOf } from '../../domain/segments/naming-roles.ts'

/** The first column that adds up what orders brought, each counting in full; −1: there is none. */
export function revenueColumn(columns: readonly Feature[]): number {
  return columns.findIndex((f) => roleOf(f) === 'spend' && !('aggregate' in f && f.aggregate !== 'sum'))
}

/** Share of the column's sum that these rows carry; null where there is no column or nothing in it. */
export function revenueShareOf(raw: Matrix, column: number, rows: ArrayLike<number>): number | null {
  if (column < 0) return null
  const at = (i: number): number => raw.data[i * raw.cols + column] as number
  let all = 0
  for (let i = 0; i < raw.rows; i++) all += at(i)
  let own = 0
  for (let i = 0; i < rows.length; i++) own += at(rows[i] as number)
  return all > 0 ? own / all : null
}
