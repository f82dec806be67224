import { matrixOf, type Matrix } from './matrix.ts'

/** One axis beside the columns it is made of, F each. */
export interface AxisReading {
  /** Unit vector. */
  readonly loadings: number[]
  /** Pearson's r of each column with the scores: its coordinate in the correlation circle. */
  readonly correlations: number[]
  /** loading²: the share of the axis that each column makes; adds up to 1. */
  readonly contributions: number[]
  /** correlation²: the share of each column's variance that the axis shows. */
  readonly cos2: number[]
}

/**
 * Axes as a principal component analysis is read (Lebart, Morineau & Piron 1995; FactoMineR): x (n × F) are the columns, z
 * (n × C) the scores on the axes whose unit vectors are `components` (C × F).
 */
export function readAxes(x: Matrix, z: Matrix, components: readonly (readonly number[])[]): AxisReading[] {
  const r = crossCorrelations(x, z)
  return components.map((vector, c) => {
    const norm2 = vector.reduce((sum, v) => sum + v * v, 0)
    const correlations = Array.from({ length: x.cols }, (_, j) => r.data[j * z.cols + c] as number)
    return {
      loadings: [...vector],
      correlations,
      contributions: vector.map((v) => (norm2 > 0 ? (v * v) / norm2 : 0)),
      cos2: correlations.map((value) => value * value),
    }
  })
}

/** Pearson's r of every column of x (n × F) with every column of z (n × C), F × C; 0 where one does not vary. */
function crossCorrelations(x: Matrix, z: Matrix): Matrix {
  const [a, b] = [centred(x), centred(z)]
  const out = matrixOf(x.cols, z.cols)
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < x.cols; j++) {
      const v = a.data[i * x.cols + j] as number
      for (let c = 0; c < z.cols; c++)
        out.data[j * z.cols + c] =
          (out.data[j * z.cols + c] as number) + v * (b.data[i * z.cols + c] as number)
    }
  }
  const [na, nb] = [norms(a), norms(b)]
  for (let at = 0; at < out.data.length; at++) {
    const by = (na[Math.floor(at / z.cols)] as number) * (nb[at % z.cols] as number)
    out.data[at] = by > TINY * x.rows ? Math.max(-1, Math.min(1, (out.data[at] as number) / by)) : 0
  }
  return out
}

/** Product of deviations below which a column, or an axis, is the same everywhere but for rounding. */
const TINY = 1e-6

function centred(m: Matrix): Matrix {
  const mean = new Float64Array(m.cols)
  m.data.forEach((v, at) => (mean[at % m.cols] = (mean[at % m.cols] as number) + v / m.rows))
  return matrixOf(
    m.rows,
    m.cols,
    m.data.map((v, at) => v - (mean[at % m.cols] as number)),
  )
}

function norms(m: Matrix): Float64Array {
  const sum = new Float64Array(m.cols)
  m.data.forEach((v, at) => (sum[at % m.cols] = (sum[at % m.cols] as number) + v * v))
  return sum.map(Math.sqrt)
}
