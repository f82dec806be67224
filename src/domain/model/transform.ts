/** How a feature's raw value is bent before it is standardised. */
export type TransformName = 'none' | 'log1p' | 'sqrt' | 'asinh'

/** Small integer codes of the transforms, for flat plans. */
export const TRANSFORM_CODES: Readonly<Record<TransformName, number>> = {
  none: 0,
  log1p: 1,
  sqrt: 2,
  asinh: 3,
}

const TABLE_SIZE = 1024
/** log1p of 0 … 1023: most features are small counts, and a table look-up is several times faster than the logarithm. */
const LOG1P = Float64Array.from({ length: TABLE_SIZE }, (_, i) => Math.log1p(i))

/** log1p of the magnitude, with the sign of x. */
export function signedLog1p(x: number): number {
  const i = x | 0
  if (i === x && i >= 0 && i < TABLE_SIZE) return LOG1P[i] as number
  return x < 0 ? -Math.log1p(-x) : Math.log1p(x)
}

/**
 * Applies a transform by code. Total, odd and increasing on all finite numbers: log1p and sqrt act on the magnitude and keep
 * the sign, so that a negative sum (more refunded than bought) moves a user the other way instead of becoming NaN.
 */
export function transformByCode(code: number, x: number): number {
  if (code === 1) return signedLog1p(x)
  if (code === 2) return x < 0 ? -Math.sqrt(-x) : Math.sqrt(x)
  if (code === 3) return Math.asinh(x)
  return x
}

export function transformValue(name: TransformName, x: number): number {
  return transformByCode(TRANSFORM_CODES[name], x)
}
