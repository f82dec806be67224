import { asText } from './field.ts'
import type { Mapping } from './mapping-grammar.ts'

/** A value of a record → plain decimal text, such as `-1234.5`; undefined for what is no number as it should be written. */
export type NumberText = (value: unknown) => string | undefined

/** No number is written with more; the spaces around its parts would be tried in every split. */
const MAX_CHARS = 100
const SPACES = String.raw`[\s\u00a0\u202f]*`

/**
 * How a mapping's numbers are written. Thousands must stand between whole groups of three digits, so that `1.23` is never
 * taken for 123; a minus may stand in front or behind.
 */
export function numberText({ numbers }: Pick<Mapping, 'numbers'>): NumberText {
  if (numbers === undefined) return asText
  const { decimal = '.', thousands = [], symbols = [] } = numbers
  const around = symbols.length === 0 ? '' : `(?:${symbols.map(literal).join('|')})?${SPACES}`
  const between = `[${thousands.map(literal).join('')}]`
  const grouped = thousands.length === 0 ? '' : String.raw`|\d{1,3}(?:${between}\d{3})+`
  const form = new RegExp(
    String.raw`^${SPACES}([+-]?)${SPACES}${around}([+-]?)(\d+${grouped})(?:${literal(decimal)}(\d*))?${SPACES}${around}(-?)${SPACES}$`,
  )
  const separators = thousands.length === 0 ? undefined : new RegExp(between, 'g')
  return (value) => {
    if (typeof value === 'number') return asText(value)
    const text = asText(value)
    const m = text === undefined || text.length > MAX_CHARS ? null : form.exec(text)
    if (m === null) return undefined
    const signs = `${m[1] ?? ''}${m[2] ?? ''}${m[5] ?? ''}`
    if (signs.length > 1) return undefined
    const whole = separators ? (m[3] as string).replace(separators, '') : (m[3] as string)
    return `${signs === '-' ? '-' : ''}${whole}${m[4] === undefined ? '' : `.${m[4]}`}`
  }
}

/** An example of such a number, for messages. */
export function numberForm({ numbers }: Pick<Mapping, 'numbers'>): string {
  return `1${numbers?.thousands?.[0] ?? ''}234${numbers?.decimal ?? '.'}56`
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
