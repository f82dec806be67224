const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/
/** Integers of this many digits and fewer are exact in a double, with room for a quantity. */
const EXACT_DIGITS = 15

/** A positive decimal number: `unscaled` × 10^−`digits`, both whole. */
export interface Decimal {
  readonly unscaled: number
  readonly digits: number
}

export const ONE: Decimal = { unscaled: 1, digits: 0 }

/** Is this the text of a decimal number, however large? */
export const isDecimal = (text: string): boolean => DECIMAL.test(text)

/** Decimal text without sign and exponent, at most 15 digits → its value; undefined where it is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = /^(\d+)(?:\.(\d*))?$/.exec(text)
  if (parts === null) return undefined
  const digits = `${parts[1] ?? ''}${parts[2] ?? ''}`
  return digits.length > EXACT_DIGITS
    ? undefined
    : { unscaled: Number(digits), digits: parts[2]?.length ?? 0 }
}

/**
 * Decimal text × quantity × rate → integer minor units, by arithmetic on the digits, never through a binary fraction:
 * `"19.99"` with 2 digits is 1999. Digits beyond the minor unit are rounded once, after the multiplication, half away from
 * zero.
 *
 * @param text decimal number with a point, sign and exponent optional
 * @param digits decimal digits of the minor unit, 0 to 3
 * @param quantity whole number
 * @param rate what one unit of the text's currency is worth
 * @returns undefined where the text is no decimal number, or the result is no exact integer
 */
export function parseMinor(text: string, digits: number, quantity = 1, rate = ONE): number | undefined {
  const parts = DECIMAL.exec(text)
  if (parts === null || !Number.isSafeInteger(quantity)) return undefined
  const fraction = parts[3] ?? ''
  const shift = digits - fraction.length - rate.digits + Number(parts[4] ?? 0)
  const unscaled = (parts[2] as string) + fraction
  const size = scale(unscaled, quantity, rate.unscaled, shift)
  if (size === undefined || !Number.isSafeInteger(size)) return undefined
  return parts[1] === '-' && size !== 0 ? -size : size
}

/** |unscaled × quantity × rate × 10^shift|, rounded. */
function scale(unscaled: string, quantity: number, rate: number, shift: number): number | undefined {
  const factor = quantity * rate
  const product = Number(unscaled) * factor
  const exact =
    unscaled.length <= EXACT_DIGITS && Number.isSafeInteger(factor) && Number.isSafeInteger(product)
  if (exact && shift === 0) return product
  if (exact && shift < 0 && shift >= -EXACT_DIGITS) {
    const unit = 10 ** -shift
    const rest = product % unit
    return (product - rest) / unit + (2 * rest >= unit ? 1 : 0)
  }
  if (shift > EXACT_DIGITS) return Number(unscaled) === 0 ? 0 : undefined
  return scaleBig(BigInt(unscaled) * BigInt(quantity) * BigInt(rate), shift)
}

function scaleBig(product: bigint, shift: number): number {
  if (shift >= 0) return Number(product * 10n ** BigInt(shift))
  const unit = 10n ** BigInt(-shift)
  const whole = product / unit
  return Number(2n * (product % unit) >= unit ? whole + 1n : whole)
}
