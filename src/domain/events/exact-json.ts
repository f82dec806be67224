/** Integers of this many digits may lie beyond 2^53. */
const LONG_DIGITS = 16
const MAYBE_LONG = new RegExp(String.raw`\d{${LONG_DIGITS}}`)
/**
 * A string, passed over as a whole, or an integer of so many digits that is no part of a fraction or an exponent, begins with
 * no 0 and is no name: JSON has none such.
 */
const STRING_OR_LONG = new RegExp(
  String.raw`"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?[1-9]\d{${LONG_DIGITS - 1},}(?![\d.eE]|\s*:)`,
  'gs',
)

/**
 * JSON.parse, but an integer that a double cannot hold becomes its text: ids of other systems have up to 20 digits, and two
 * of them must never become one. Throws what JSON.parse throws.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(MAYBE_LONG.test(text) ? text.replaceAll(STRING_OR_LONG, quoteLong) : text)
}

const quoteLong = (token: string): string =>
  token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`
