import { assert } from '../../errors.ts'

/** Row-major matrix: row i, column j at `data[i * cols + j]`. */
export interface Matrix {
  readonly rows: number
  readonly cols: number
  readonly data: Float64Array
}

/** A view of `data` as rows × cols, zeros where none is given. */
export function matrixOf(
  rows: number,
  cols: number,
  data: Float64Array = new Float64Array(rows * cols),
): Matrix {
  assert(data.length === rows * cols, 'rows × cols values')
  return { rows, cols, data }
}

export function matrixFromRows(rows: readonly (readonly number[])[]): Matrix {
  return matrixOf(rows.length, rows[0]?.length ?? 0, Float64Array.from(rows.flat()))
}

/** The rows with these indices, copied, in the order given. */
export function selectRows(m: Matrix, indices: ArrayLike<number>): Matrix {
  const out = matrixOf(indices.length, m.cols)
  for (let i = 0; i < indices.length; i++) {
    const at = (indices[i] as number) * m.cols
    out.data.set(m.data.subarray(at, at + m.cols), i * m.cols)
  }
  return out
}

/** The first `cols` columns, copied. */
export function firstColumns(m: Matrix, cols: number): Matrix {
  const out = matrixOf(m.rows, cols)
  for (let i = 0; i < m.rows; i++) out.data.set(m.data.subarray(i * m.cols, i * m.cols + cols), i * cols)
  return out
}

export function rowsOf(m: Matrix): number[][] {
  return Array.from({ length: m.rows }, (_, i) => Array.from(m.data.subarray(i * m.cols, (i + 1) * m.cols)))
}
