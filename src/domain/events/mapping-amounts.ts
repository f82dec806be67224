import { minorDigits } from './currency.ts'
import { ONE, isDecimal, parseDecimal, parseMinor } from './decimal.ts'
import type { Decimal } from './decimal.ts'
import type { Draft, Field, FieldOf, Step } from './draft.ts'
import type { EventKind } from './event.ts'
import { numberForm, numberText } from './numbers.ts'
import type { NumberText } from './numbers.ts'
import type { FieldSpec, Mapping, Sign } from './mapping-grammar.ts'
import { refused, shown } from './refusal.ts'
import type { Refused } from './refusal.ts'

/** A whole number of pieces; exports of data frames write `6.0`. */
const WHOLE = /^(-?)(\d{1,15})(?:\.0*)?$/

/** How amounts and quantities of one mapping are read; `digits` and `rate` are those of the record at hand. */
export class Money {
  readonly text: NumberText
  /** Of the minor unit; undefined where the record has no currency. */
  digits: number | undefined
  rate: Decimal = ONE
  readonly #form: string

  constructor(mapping: Mapping) {
    this.text = numberText(mapping)
    this.#form = numberForm(mapping)
  }

  /** A value × quantity in minor units. */
  read(value: unknown, name: string, quantity: number, sign: Sign = 'positive'): number | Refused {
    if (this.digits === undefined)
      return refused('missing-field', `currency: is missing, ${name} (amount) needs one`)
    const text = this.text(value)
    const minor = text === undefined ? undefined : parseMinor(text, this.digits, quantity, this.rate)
    if (minor === undefined) {
      const wrong =
        text !== undefined && isDecimal(text) ? 'too large' : `not a number of the form ${this.#form}`
      return refused('bad-value', `${name} (amount): ${shown(value)} is ${wrong}`)
    }
    return signed(minor, sign) ?? refused('bad-value', `${name} (amount): ${shown(value)} is ${WRONG[sign]}`)
  }

  /** A count of pieces: a whole number, or the text of one. */
  readQuantity(value: unknown, name: string, sign: Sign = 'positive'): number | Refused {
    const m = WHOLE.exec(this.text(value) ?? '')
    if (m === null) return refused('bad-value', `${name} (quantity): ${shown(value)} is not a whole number`)
    const count = Number(m[2])
    const given = m[1] === '-' && count > 0 ? -count : count
    return (
      signed(given, sign) ?? refused('bad-value', `${name} (quantity): ${shown(value)} is ${WRONG[sign]}`)
    )
  }
}

const WRONG = { positive: 'negative', negative: 'positive, expected negative', any: '' } as const

/** The size of a number that has the sign it should have. */
function signed(value: number, sign: Sign): number | undefined {
  if (sign === 'positive' && value < 0) return undefined
  if (sign === 'negative' && value > 0) return undefined
  return Math.abs(value)
}

/** One of several ways to a number: the first for the event's kind whose field is there counts. */
interface Rule extends Field {
  readonly on: ReadonlySet<unknown> | undefined
  readonly sign: Sign | undefined
  readonly timesQuantity: boolean
}

interface RuleSpec {
  readonly field: FieldSpec
  readonly on?: readonly EventKind[] | undefined
  readonly sign?: Sign | undefined
  readonly timesQuantity?: boolean | undefined
}

const ruleOf = ({ field, on, sign, timesQuantity = false }: RuleSpec, fieldOf: FieldOf): Rule => ({
  ...fieldOf(field),
  on: on && new Set<unknown>(on),
  sign,
  timesQuantity,
})

export function quantityStep({ quantity }: Mapping, fieldOf: FieldOf, money: Money): Step | undefined {
  if (quantity === undefined) return undefined
  const plain = typeof quantity === 'string' || (Array.isArray(quantity) && typeof quantity[0] === 'string')
  const specs = plain ? [{ field: quantity as FieldSpec }] : ([quantity].flat() as RuleSpec[])
  const rules = specs.map((spec) => ruleOf(spec, fieldOf))
  return (fields, draft) => {
    for (const { on, read, name, sign } of rules) {
      if (on?.has(draft.kind) === false) continue
      const value = read(fields)
      if (value === undefined) continue
      const count = money.readQuantity(value, name, sign)
      if (typeof count !== 'number') return count
      draft.quantity = count
      return undefined
    }
    return undefined
  }
}

/** Sets the currency in which the amounts of the record are read, and what it is worth in that of the mapping. */
export function currencyStep(mapping: Mapping, fieldOf: FieldOf, money: Money): Step | undefined {
  const { currency, rates } = mapping
  if (currency === undefined) return undefined
  const known = ratesOf(rates)
  const take = (code: string, draft: Draft): boolean => {
    const rate = known === undefined ? ONE : known.get(code)
    draft.currency = rates?.to ?? code
    money.digits = minorDigits(draft.currency as string)
    money.rate = rate ?? ONE
    return rate !== undefined
  }
  if (typeof currency === 'string') {
    return (_fields, draft) => {
      take(currency, draft)
      return undefined
    }
  }
  const { read, name } = fieldOf(currency.field)
  return (fields, draft) => {
    const code = read(fields) ?? currency.default
    money.digits = undefined
    if (code === undefined) return undefined
    if (typeof code !== 'string' || minorDigits(code) === undefined)
      return refused('unknown-currency', `${name} (currency): ${shown(code)} is not an ISO 4217 code`)
    if (take(code, draft)) return undefined
    return refused('unknown-currency', `${name} (currency): ${shown(code)} has no rate to ${rates?.to}`)
  }
}

function ratesOf(rates: Mapping['rates']): ReadonlyMap<string, Decimal> | undefined {
  if (rates === undefined) return undefined
  const table = Object.entries(rates.table).map(
    ([code, worth]) => [code, parseDecimal(worth) ?? ONE] as const,
  )
  // minor units of both currencies may differ: amounts are read as major units, so the rate alone is enough
  return new Map([...table, [rates.to, ONE]])
}

/** The event's amount, from the first rule for its kind whose field is there, and its discount. */
export function amountStep(mapping: Mapping, fieldOf: FieldOf, money: Money): Step | undefined {
  const specs: readonly RuleSpec[] = mapping.amount === undefined ? [] : [mapping.amount].flat()
  const rules = specs.map((spec) => ruleOf(spec, fieldOf))
  const discount = mapping.discount === undefined ? undefined : fieldOf(mapping.discount)
  if (rules.length === 0 && discount === undefined) return undefined
  return (fields, draft) => {
    for (const { on, read, name, sign, timesQuantity } of rules) {
      if (on?.has(draft.kind) === false) continue
      const value = read(fields)
      if (value === undefined) continue
      const minor = money.read(value, name, timesQuantity ? ((draft.quantity ?? 1) as number) : 1, sign)
      if (typeof minor !== 'number') return minor
      draft.amountMinor = minor
      break
    }
    const value = discount?.read(fields)
    if (discount === undefined || value === undefined) return undefined
    const minor = money.read(value, discount.name, 1)
    if (typeof minor !== 'number') return minor
    draft.discountMinor = minor
    return undefined
  }
}
