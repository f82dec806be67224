import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOLDOUT_BUCKETS, holdoutBucket, isHeldOut } from '../../../src/domain/segments/holdout.ts'

const heldOut = (users: number, pct: number, salt: string): Set<string> => {
  const ids = Array.from({ length: users }, (_, i) => `u-${i}`)
  return new Set(ids.filter((id) => isHeldOut(holdoutBucket(id, salt), { pct, salt })))
}

describe('the holdout', () => {
  test('a bucket is a whole number from 0 to 9999, by user id and salt alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (user, salt) => {
        const bucket = holdoutBucket(user, salt)
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < HOLDOUT_BUCKETS).toBe(true)
        expect(holdoutBucket(user, salt)).toBe(bucket)
      }),
    )
  })

  test.each([0.5, 5, 20, 50])('%d %% of the users are held out, within four standard deviations', (pct) => {
    const users = 100_000
    const expected = (users * pct) / 100
    const deviation = Math.sqrt(expected * (1 - pct / 100))
    for (const salt of ['', 'spring', 'autumn'])
      expect(Math.abs(heldOut(users, pct, salt).size - expected)).toBeLessThan(4 * deviation)
  })

  test.each([
    [0, 0],
    [0.01, 1],
    [0.07, 7],
    [0.29, 29],
    [12.5, 1250],
    [100, HOLDOUT_BUCKETS],
  ])('%d %% are exactly %i buckets', (pct, buckets) => {
    const all = Array.from({ length: HOLDOUT_BUCKETS }, (_, bucket) => bucket)
    expect(all.filter((bucket) => isHeldOut(bucket, { pct, salt: '' }))).toHaveLength(buckets)
  })

  test('a larger share keeps all whom a smaller one held out', () => {
    const larger = heldOut(10_000, 10, 's')
    for (const user of heldOut(10_000, 4, 's')) expect(larger.has(user)).toBe(true)
  })

  test('another salt holds out others: of two tenths, a hundredth is in both', () => {
    const [a, b] = [heldOut(50_000, 10, 'a'), heldOut(50_000, 10, 'b')]
    const both = [...a].filter((user) => b.has(user)).length
    expect(both).toBeGreaterThan(400)
    expect(both).toBeLessThan(600)
  })
})
