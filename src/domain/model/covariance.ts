import { matrixOf, type Matrix } from './matrix.ts'

/** Rows turned column-wise at a time, so that a block stays in the first-level cache. */
const BLOCK_ROWS = 256
/** Columns are padded with zeros to a multiple of the tile. */
const TILE_COLS = 4

/** Column means (cols). */
export function columnMeans({ data, rows, cols }: Matrix): Float64Array {
  const total = new Float64Array(cols)
  const block = new Float64Array(cols)
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    block.fill(0)
    const end = Math.min(from + BLOCK_ROWS, rows) * cols
    for (let at = from * cols; at < end; at += cols) {
      for (let j = 0; j < cols; j++) block[j] = (block[j] as number) + (data[at + j] as number)
    }
    for (let j = 0; j < cols; j++) total[j] = (total[j] as number) + (block[j] as number)
  }
  return total.map((x) => x / rows)
}

/**
 * Covariance (cols × cols) of the columns about `mean`, divisor n − 1. Blocks of rows are centred and turned column-wise, then
 * multiplied in tiles of 2 × 4 columns whose eight sums stay in registers; the order of summation is fixed.
 */
export function covariance(x: Matrix, mean: Float64Array): Matrix {
  const { data, rows, cols } = x
  const padded = Math.ceil(cols / TILE_COLS) * TILE_COLS
  const products = new Float64Array(padded * padded)
  const columns = new Float64Array(padded * BLOCK_ROWS)
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const size = Math.min(BLOCK_ROWS, rows - from)
    for (let i = 0, at = from * cols; i < size; i++) {
      for (let j = 0; j < cols; j++)
        columns[j * BLOCK_ROWS + i] = (data[at++] as number) - (mean[j] as number)
    }
    for (let a = 0; a < padded; a += 2) {
      for (let b = a - (a % TILE_COLS); b < padded; b += TILE_COLS)
        addTile(columns, size, a, b, products, padded)
    }
  }
  const out = matrixOf(cols, cols)
  for (let a = 0; a < cols; a++) {
    for (let b = a; b < cols; b++) {
      const value = (products[a * padded + b] as number) / (rows - 1)
      out.data[a * cols + b] = value
      out.data[b * cols + a] = value
    }
  }
  return out
}

/** Adds the products of columns a, a+1 with b … b+3 over a block. */
function addTile(
  columns: Float64Array,
  size: number,
  a: number,
  b: number,
  out: Float64Array,
  width: number,
): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0]
  const a0 = a * BLOCK_ROWS
  const b0 = b * BLOCK_ROWS
  for (let i = 0; i < size; i++) {
    const x0 = columns[a0 + i] as number
    const x1 = columns[a0 + BLOCK_ROWS + i] as number
    const y0 = columns[b0 + i] as number
    const y1 = columns[b0 + BLOCK_ROWS + i] as number
    const y2 = columns[b0 + 2 * BLOCK_ROWS + i] as number
    const y3 = columns[b0 + 3 * BLOCK_ROWS + i] as number
    s00 += x0 * y0
    s01 += x0 * y1
    s02 += x0 * y2
    s03 += x0 * y3
    s10 += x1 * y0
    s11 += x1 * y1
    s12 += x1 * y2
    s13 += x1 * y3
  }
  const sums = [s00, s01, s02, s03, s10, s11, s12, s13]
  for (let t = 0; t < 8; t++) {
    const at = (a + (t >> 2)) * width + b + (t & 3)
    out[at] = (out[at] as number) + (sums[t] as number)
  }
}
