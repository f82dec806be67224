import { minorDigits } from '../../domain/events/currency.ts'
import type { Mapping } from '../../domain/events/mapping.ts'
import { textsOf, type Column } from './columns.ts'

type Numbers = NonNullable<Mapping['numbers']>

/** How the numbers of some columns are written. */
export interface NumbersGuess {
  /** Undefined: as numbers are in JSON. */
  readonly numbers: Numbers | undefined
  /** Currencies by the signs around the numbers. */
  readonly currency: string | undefined
  /** What the data say of it, or that they leave it open. */
  readonly why: { readonly known: boolean; readonly text: string } | undefined
}

const SIGNS: Readonly<Record<string, string>> = {
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  zł: 'PLN',
  Kč: 'CZK',
  $: 'USD',
}
const NUMBER = /^\s*[-+]?\s*(\D{0,4}?)\s*[-+]?(\d[\d.,' \u00a0\u202f\u2019]*)\s*(\D{0,4}?)\s*-?\s*$/u
const SPACES = [' ', '\u00a0', '\u202f', "'", '\u2019'] as const

/** Is this text a number, however it is written? */
export const isNumberLike = (text: string): boolean => NUMBER.test(text)

/** Share of a column's values that are numbers in whatever form. */
export function numberShare(column: Column): number {
  const texts = textsOf(column)
  return texts.length === 0 ? 0 : texts.filter(isNumberLike).length / texts.length
}

/** One way of writing that reads the numbers of all these columns. */
export function guessNumbers(columns: readonly Column[], commaLands: boolean): NumbersGuess {
  const symbols = new Set<string>()
  const digits: string[] = []
  for (const text of columns
    .filter(({ values }) => values.some((v) => typeof v === 'string'))
    .flatMap(textsOf)) {
    const m = NUMBER.exec(text)
    if (m === null) continue
    for (const symbol of [m[1] ?? '', m[3] ?? '']) if (symbol.trim() !== '') symbols.add(symbol.trim())
    digits.push((m[2] ?? '').trim())
  }
  const { decimal, known, text } = decimalOf(digits, commaLands)
  const other = decimal === ',' ? '.' : ','
  const thousands = [other, ...SPACES].filter((mark) =>
    digits.some((d) => d.includes(mark)),
  ) as Numbers['thousands']
  const numbers: Numbers = {
    ...(decimal === ',' && { decimal }),
    ...(thousands !== undefined && thousands.length > 0 && { thousands }),
    ...(symbols.size > 0 && { symbols: [...symbols].sort() }),
  }
  const currencies = new Set(
    [...symbols].map((symbol) => SIGNS[symbol] ?? (minorDigits(symbol) === undefined ? '' : symbol)),
  )
  const [currency] = currencies
  return {
    numbers: Object.keys(numbers).length === 0 ? undefined : numbers,
    currency: currencies.size === 1 && currency !== '' ? currency : undefined,
    why: text === undefined ? undefined : { known, text },
  }
}

/** A mark that stands once, in front of other than three digits, is the decimal one; behind another mark the last one is. */
function decimalOf(
  digits: readonly string[],
  commaLands: boolean,
): { decimal: '.' | ','; known: boolean; text?: string } {
  const votes = { '.': 0, ',': 0 }
  let either = 0
  for (const text of digits) {
    const marks = text.replace(/[^.,]/g, '')
    const last = marks.at(-1) as '.' | ',' | undefined
    if (last === undefined) continue
    const behind = text.length - 1 - text.lastIndexOf(last)
    const repeated = marks.length > 1 && marks === last.repeat(marks.length)
    if (repeated) votes[last === '.' ? ',' : '.']++
    else if (marks.length > 1 || behind !== 3 || text.startsWith('0')) votes[last]++
    else either++
  }
  if (votes[','] === 0 && votes['.'] === 0) {
    if (either === 0) return { decimal: '.', known: true }
    const decimal = commaLands ? ',' : '.'
    return {
      decimal,
      known: false,
      text: `${either} numbers have one mark before three digits: is it of decimals or of thousands? Read as ${decimal} for decimals`,
    }
  }
  const decimal = votes[','] > votes['.'] ? ',' : '.'
  const others = votes[decimal === ',' ? '.' : ',']
  if (others > 0)
    return {
      decimal,
      known: false,
      text: `${votes[decimal]} numbers say that ${decimal} is of decimals, ${others} say the other`,
    }
  return decimal === ','
    ? { decimal, known: true, text: `${votes[',']} numbers can only be read so` }
    : { decimal, known: true }
}
