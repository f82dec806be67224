import { kindSpec } from './kinds.ts'
import type { EventKind, KindMember } from './kinds.ts'
import type { Mapping } from './mapping-grammar.ts'

/** What two parts of a mapping say against each other: `at` is the member to correct. */
export interface Contradiction {
  readonly at: keyof Mapping
  readonly message: string
}

/** Rules that hold between members of a mapping; every one that is broken. */
export function contradictions(mapping: Mapping): Contradiction[] {
  return [...ofFormat(mapping), ...ofNumbers(mapping), ...ofJoin(mapping), ...ofKinds(mapping)]
}

function ofFormat({ format, encoding, delimiter, envelope, lines }: Mapping): Contradiction[] {
  const found: Contradiction[] = []
  const onlyCsv = (at: keyof Mapping): void =>
    void found.push({ at, message: `is for csv, not for ${format}` })
  const notCsv = (at: keyof Mapping): void => void found.push({ at, message: 'csv has none' })
  if (format !== 'csv' && delimiter !== undefined) onlyCsv('delimiter')
  if (format === 'avro' && encoding !== undefined) found.push({ at: 'encoding', message: 'avro has none' })
  if (format === 'csv' && envelope !== undefined) notCsv('envelope')
  if (format === 'csv' && lines !== undefined) notCsv('lines')
  return found
}

function ofNumbers({ numbers, skipWhen = [], kind, lines, rates, currency }: Mapping): Contradiction[] {
  const found: Contradiction[] = []
  const decimal = numbers?.decimal ?? '.'
  if (numbers?.thousands?.includes(decimal) === true)
    found.push({ at: 'numbers', message: `${decimal} cannot be both decimal and thousands` })
  for (const { values, prefixes, atMost } of skipWhen) {
    if (values === undefined && prefixes === undefined && atMost === undefined)
      found.push({ at: 'skipWhen', message: 'expected values, prefixes or atMost' })
  }
  if ('field' in kind && kind.table === undefined && kind.prefixes === undefined)
    found.push({ at: 'kind', message: 'expected a table or prefixes' })
  if (lines !== undefined && (lines.price === undefined) === (lines.total === undefined))
    found.push({ at: 'lines', message: 'expected either price or total' })
  if (rates !== undefined && currency === undefined)
    found.push({ at: 'rates', message: 'say nothing without a currency' })
  if (
    rates !== undefined &&
    typeof currency === 'string' &&
    currency !== rates.to &&
    !(currency in rates.table)
  )
    found.push({ at: 'rates', message: `lack one for ${currency}` })
  return found
}

function ofJoin({ join, lines, product, amount, orderId }: Mapping): Contradiction[] {
  if (join === undefined) return []
  const found: Contradiction[] = []
  if (lines !== undefined)
    found.push({ at: 'join', message: 'cannot be there beside lines: a record is a line' })
  if (product === undefined) found.push({ at: 'product', message: 'is missing, a joined line requires it' })
  if (amount === undefined) found.push({ at: 'amount', message: 'is missing, a joined line requires it' })
  if (orderId !== undefined && typeof orderId === 'object' && 'hash' in orderId && orderId.position === true)
    found.push({ at: 'orderId', message: 'with position each line would be an order' })
  return found
}

/** Members of a mapping that give an event what its kind requires. */
const SOURCES: Readonly<Record<KindMember, readonly (keyof Mapping)[]>> = {
  product: ['product'],
  orderId: ['orderId'],
  amountMinor: ['amount', 'lines'],
  lines: ['lines', 'join'],
  promotion: ['promotion'],
  campaign: ['campaign'],
}

/** A kind whose events could never be complete would refuse every record of it. */
function ofKinds(mapping: Mapping): Contradiction[] {
  const { kind } = mapping
  const made: readonly EventKind[] =
    'constant' in kind
      ? [kind.constant]
      : [...Object.values(kind.table ?? {}), ...Object.values(kind.prefixes ?? {})]
  const given = (member: KindMember): boolean => SOURCES[member].some((at) => mapping[at] !== undefined)
  const lack = [...new Set(made)].flatMap((one): Contradiction[] => {
    const { requires, requiresOneOf = [] } = kindSpec(one)
    const missing = requires.find((member) => !given(member))
    const at =
      missing ?? (requiresOneOf.length > 0 && !requiresOneOf.some(given) ? requiresOneOf[0] : undefined)
    if (at === undefined) return []
    return [{ at: SOURCES[at][0] as keyof Mapping, message: `is missing, ${one} requires it` }]
  })
  const money = (['amount', 'lines', 'discount'] as const).find((at) => mapping[at] !== undefined)
  if (money !== undefined && mapping.currency === undefined)
    lack.push({ at: 'currency', message: `is missing, ${money} requires it` })
  return lack
}
