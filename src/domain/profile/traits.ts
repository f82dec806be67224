import { assert } from '../../errors.ts'
import type { Choice } from '../features/traits.ts'
import type { Traits } from '../segments/transition.ts'
import type { Profiles } from './profiles.ts'

/** The traits of the slot's user as of his as-of, amounts in `currency`; null where the feature set declares none. */
export function traitsOf(profiles: Profiles, slot: number, currency: string): Traits | null {
  const { traits, nodes } = profiles.plan
  if (traits === null) return null
  const values = profiles.nodes(slot)
  const { topCategory, topSeason, orders365d, spend365dMinor, lastOrderAt } = traits
  return {
    topCategory: greatest(topCategory, values),
    topSeason: greatest(topSeason, values),
    orders365d: orders365d === undefined ? null : Math.round(values[orders365d] as number),
    spend365dMinor: spend365dMinor === undefined ? null : minorOf(spend365dMinor),
    currency: spend365dMinor === undefined ? null : currency,
    lastOrderAt: lastOrderAt === undefined ? null : newest(lastOrderAt),
  }

  function minorOf(at: number): number {
    const node = nodes[at]
    assert(node?.is === 'sum', 'the feature set was checked')
    return Math.round((values[at] as number) * node.divisor)
  }

  function newest(at: number): number | null {
    const node = nodes[at]
    assert(node?.is === 'recency', 'the feature set was checked')
    return profiles.newest(slot, node.at)
  }
}

function greatest(choices: readonly Choice[] | undefined, values: Float64Array): string | null {
  let best: string | null = null
  let most = 0
  for (const { value, node } of choices ?? []) {
    const found = values[node] as number
    if (found <= most) continue
    most = found
    best = value
  }
  return best
}
