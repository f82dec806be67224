import { fail } from '../../errors.ts'
import { contradictions } from './mapping-check.ts'
import { members } from './mapping-grammar.ts'
import type { Mapping } from './mapping-grammar.ts'

export { currencyCode } from './mapping-grammar.ts'
export type { Encoding, FieldSpec, Mapping, RecordFormat } from './mapping-grammar.ts'

/**
 * How a shop's own record becomes an event: data, without expressions and without state. An empty text and null count as
 * missing. What it cannot say is the shop's own step before us.
 */
export const mappingSchema = members.superRefine((mapping, context) => {
  for (const { at, message } of contradictions(mapping))
    context.addIssue({ code: 'custom', path: [at], message })
})

/** The one currency of all amounts of a mapping; undefined where the records name it. */
export function currencyOf({ currency, rates }: Pick<Mapping, 'currency' | 'rates'>): string | undefined {
  return rates?.to ?? (typeof currency === 'string' ? currency : undefined)
}

/** Checks the grammar. Rejects with `mapping-invalid` naming every place; `at` says which mapping it is. */
export function parseMapping(value: unknown, at: string): Mapping {
  const parsed = mappingSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'mapping'}: ${issue.message}`)
  return fail('mapping-invalid', `${at}: ${places.join('; ')}`)
}
