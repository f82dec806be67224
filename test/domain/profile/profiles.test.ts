import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UTC } from '../../../src/domain/base/zone.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/base/duration.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { event } from './support.ts'

const T = Date.UTC(2024, 4, 1)
const seed = parseFeatureSet(
  JSON.parse(readFileSync(resolve('models/feature-sets/seed.json'), 'utf8')),
  'seed.json',
)
const plan = compilePlan(seed, UTC)

describe('profiles over the seed set', () => {
  it('reads what was folded', () => {
    const p = new Profiles(plan)
    const slot = p.open('u1')
    expect(p.fold(slot, event({ eventTime: T, kind: 'product_viewed', category: 'toys.lego' }))).toBe(true)
    p.fold(slot, event({ eventTime: T + 1, kind: 'product_added', category: 'toys.dolls' }))
    p.fold(slot, event({ eventTime: T + 2, kind: 'order_completed', category: 'books', amountMinor: 1234 }))
    const out = new Float64Array(7)
    p.vector(slot, T + 2 + DAY_MS + HOUR_MS + 5, out)
    expect([...out]).toEqual([3, 1, 1, 1, 12.34, 2, 25 / 24])
    expect(p.nextChange(slot, T + 3)).toBe(T + 2 + HOUR_MS)
    const bytes = p.save(slot)
    const q = new Profiles(plan)
    expect(q.save(q.load('u1', bytes))).toEqual(bytes)
  })
})
