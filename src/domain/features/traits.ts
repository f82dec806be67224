import { z } from 'zod'
import type { Feature } from './feature.ts'

const name = z.string().min(1)
/** Value → the feature that speaks for it. */
const choice = z
  .record(z.string().min(1), name)
  .refine((values) => Object.keys(values).length > 0, 'expected at least one value')

/** What marketers read beside the segment, each by features of the set, which need not be columns. */
export const traitsSchema = z.strictObject({
  /** The value whose feature is greatest; none where all are 0, the first by name where some are equal. */
  topCategory: choice.optional(),
  topSeason: choice.optional(),
  /** Its value, rounded. */
  orders365d: name.optional(),
  /** A sum of `amount`; told in minor units. */
  spend365dMinor: name.optional(),
  /** A recency: the time of its newest event. */
  lastOrderAt: name.optional(),
})
type Declared = z.infer<typeof traitsSchema>

/** A value that is told, and the node of the feature that speaks for it. */
export interface Choice {
  readonly value: string
  readonly node: number
}

/** Traits as indices of a plan's nodes; absent: null for everybody. */
export interface TraitNodes {
  readonly topCategory?: readonly Choice[]
  readonly topSeason?: readonly Choice[]
  readonly orders365d?: number
  readonly spend365dMinor?: number
  readonly lastOrderAt?: number
}

/** Is this the kind of feature that a trait can be read from? A sentence where it is not. */
function unfit(trait: string, f: Feature): string | undefined {
  if (trait === 'spend365dMinor' && !('aggregate' in f && f.aggregate === 'sum' && f.of === 'amount'))
    return `"${f.name}": expected a sum of amount`
  if (trait === 'lastOrderAt' && !('aggregate' in f && f.aggregate === 'recency'))
    return `"${f.name}": expected a recency`
  return undefined
}

/** What is wrong with the traits of a set, each with its place. */
export function traitErrors(
  traits: Declared,
  features: readonly Feature[],
): { path: PropertyKey[]; message: string }[] {
  return declared(traits).flatMap(([trait, says]) => {
    const named = typeof says === 'string' ? [{ at: [trait], name: says }] : namesOf(trait, says)
    return named.flatMap(({ at, name }) => {
      const found = features.find((f) => f.name === name)
      const message = found === undefined ? `no feature "${name}" in this set` : unfit(trait, found)
      return message === undefined ? [] : [{ path: ['traits', ...at], message }]
    })
  })
}

type Says = string | Readonly<Record<string, string>>

const declared = (traits: Declared): [trait: string, says: Says][] =>
  Object.entries(traits).flatMap(([trait, says]) => (says === undefined ? [] : [[trait, says]]))

function namesOf(trait: string, values: Readonly<Record<string, string>>): { at: string[]; name: string }[] {
  return Object.entries(values).map(([value, name]) => ({ at: [trait, value], name }))
}

/** `nodeOf`: node of the feature of a name. */
export function compileTraits(traits: Declared, nodeOf: (name: string) => number): TraitNodes {
  const entries = declared(traits).map(([trait, says]) => {
    if (typeof says === 'string') return [trait, nodeOf(says)]
    const values = Object.keys(says).sort()
    return [trait, values.map((value) => ({ value, node: nodeOf(says[value] as string) }))]
  })
  return Object.fromEntries(entries) as TraitNodes
}
