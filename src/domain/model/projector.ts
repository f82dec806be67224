import { assert } from '../../errors.ts'
import { TRANSFORM_CODES, transformByCode, type TransformName } from './transform.ts'

/** A fitted chain raw → cut → transformed → standardised → principal components. Shapes: F features, C components. */
export interface ProjectionParams {
  /** Per feature, length F. */
  readonly transforms: readonly TransformName[]
  /** Values above are cut to it before the transform; Infinity: never. Length F. */
  readonly caps: readonly number[]
  readonly scaler: { readonly mean: readonly number[]; readonly scale: readonly number[] }
  /** components: C × F. */
  readonly pca: { readonly mean: readonly number[]; readonly components: readonly (readonly number[])[] }
}

export interface Projector {
  readonly F: number
  readonly C: number
  /** raw (F) → out (C). Both are read from and written at index 0; nothing is allocated. */
  readonly project: (raw: Float64Array, out: Float64Array) => void
}

/** The chain as one matrix and one offset over transformed, centred features. */
export interface FoldedProjection {
  readonly F: number
  readonly C: number
  /** W, C × F. */
  readonly weights: Float64Array
  /** b, length C. */
  readonly offset: Float64Array
  /** raw (F) → cut, transformed and centred (F); nothing is allocated. */
  readonly prepare: (raw: Float64Array, out: Float64Array) => void
}

/**
 * Folds scaler and PCA into one matrix and one offset: with t the transformed vector,
 * z = P·((t − μ)/σ − m) = W·(t − μ) − b, where W = P/σ and b = P·m. The mean is subtracted before the product, not folded
 * into b, because μ/σ can be large (days since an old event) and the difference of two large products would lose digits.
 */
export function foldProjection(params: ProjectionParams): FoldedProjection {
  const F = params.scaler.mean.length
  const C = params.pca.components.length
  assert(params.transforms.length === F && params.caps.length === F, 'a transform and a cap per feature')
  const codes = Uint8Array.from(params.transforms, (t) => TRANSFORM_CODES[t])
  const caps = Float64Array.from(params.caps)
  const mean = Float64Array.from(params.scaler.mean)
  const weights = new Float64Array(C * F)
  const offset = new Float64Array(C)
  params.pca.components.forEach((row, c) => {
    for (let j = 0; j < F; j++) {
      const p = row[j] as number
      weights[c * F + j] = p / (params.scaler.scale[j] as number)
      offset[c] = (offset[c] as number) + p * (params.pca.mean[j] as number)
    }
  })
  function prepare(raw: Float64Array, out: Float64Array): void {
    for (let j = 0; j < F; j++) {
      let x = raw[j] as number
      const cap = caps[j] as number
      if (x > cap) x = cap
      const code = codes[j] as number
      out[j] = (code === 0 ? x : transformByCode(code, x)) - (mean[j] as number)
    }
  }
  return { F, C, weights, offset, prepare }
}

/** Sums run over the features in ascending order, one accumulator per component. */
export function compileProjector(params: ProjectionParams): Projector {
  const { F, C, weights, offset, prepare } = foldProjection(params)
  const t = new Float64Array(F)

  function projectPlane(raw: Float64Array, out: Float64Array): void {
    prepare(raw, t)
    let z0 = 0
    let z1 = 0
    for (let j = 0; j < F; j++) {
      const x = t[j] as number
      z0 += (weights[j] as number) * x
      z1 += (weights[F + j] as number) * x
    }
    out[0] = z0 - (offset[0] as number)
    out[1] = z1 - (offset[1] as number)
  }

  function projectAny(raw: Float64Array, out: Float64Array): void {
    prepare(raw, t)
    for (let c = 0, at = 0; c < C; c++) {
      let z = 0
      for (let j = 0; j < F; j++) z += (weights[at++] as number) * (t[j] as number)
      out[c] = z - (offset[c] as number)
    }
  }

  return { F, C, project: C === 2 ? projectPlane : projectAny }
}
