import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileAssigner } from '../../../src/domain/segments/assigner.ts'
import { explainMove, MAX_REASONS, pullsOf } from '../../../src/domain/segments/reasons.ts'
import { smallBundle } from './fixture.ts'

const bundle = smallBundle()
const vector = fc.tuple(
  fc.integer({ min: 0, max: 500 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 400 }),
)
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)

function distance2(raw: readonly number[], k: number): number {
  const assigner = compileAssigner(bundle)
  assigner.assign(Float64Array.from(raw))
  return assigner.distances2[k] as number
}

describe('pulls', () => {
  it('sum to 1 wherever the move goes to the nearer centroid, with and without the former vector', () => {
    fc.assert(
      fc.property(vector, fc.option(vector, { nil: undefined }), (now, before) => {
        const toIndex = compileAssigner(bundle).assign(Float64Array.from(now))
        for (const fromIndex of [0, 1, 2].filter((k) => k !== toIndex)) {
          const gap = distance2(now, fromIndex) - distance2(now, toIndex)
          if (gap < 1e-6) continue
          const at = before === undefined ? undefined : Float64Array.from(before)
          const pulls = pullsOf({ bundle, before: at, now: Float64Array.from(now), fromIndex, toIndex })
          expect(sum(pulls)).toBeCloseTo(1, 9)
        }
      }),
    )
  })

  it('against the midpoint are the parts of d_from² − d_to² by its formula', () => {
    // by hand: w = Pᵀ(b − a), r = Pᵀ(a + b)/2, part_j = 2·w_j·(s_j − r_j)
    const now = [10, 100, 20]
    const s = [Math.log1p(10) - 2 - 0.01, (10 - 5) / 4 + 0.02, (20 - 100) / 80]
    const w = [2 * Math.SQRT1_2, 2 * Math.SQRT1_2, -1.25]
    const r = [0, 0, -0.125]
    const parts = s.map((x, j) => 2 * (w[j] as number) * (x - (r[j] as number)))
    const gap = distance2(now, 0) - distance2(now, 1)
    expect(sum(parts)).toBeCloseTo(gap, 9)
    const pulls = pullsOf({
      bundle,
      before: undefined,
      now: Float64Array.from(now),
      fromIndex: 0,
      toIndex: 1,
    })
    parts.forEach((part, j) => expect(pulls[j]).toBeCloseTo(part / gap, 9))
  })

  it('give no part to a feature that has not changed since he entered the segment he leaves', () => {
    const before = Float64Array.of(1, 0, 20)
    const now = Float64Array.of(60, 400, 20)
    const pulls = pullsOf({ bundle, before, now, fromIndex: 0, toIndex: 1 })
    expect(Math.abs(pulls[2] as number)).toBe(0)
    expect(sum(pulls)).toBeCloseTo(1, 12)
  })

  it('measure an outlier by his squared distance to the one centroid', () => {
    const now = Float64Array.of(0, 40_000, 0)
    const pulls = pullsOf({ bundle, before: undefined, now, fromIndex: 2, toIndex: 2 })
    expect(sum(pulls)).toBeCloseTo(1, 9)
    expect(Array.from(pulls).indexOf(Math.max(...pulls))).toBe(1)
  })

  it('stay finite on a tie, at a centroid, and in a move against the distances', () => {
    fc.assert(
      fc.property(vector, vector, fc.nat(2), fc.nat(2), (now, before, fromIndex, toIndex) => {
        const pulls = pullsOf({
          bundle,
          before: Float64Array.from(before),
          now: Float64Array.from(now),
          fromIndex,
          toIndex,
        })
        expect(Array.from(pulls).every(Number.isFinite)).toBe(true)
      }),
    )
  })
})

describe('explainMove', () => {
  const before = Float64Array.of(1, 0, 20)
  const now = Float64Array.of(1204, 400.456, 20)

  it('names at most three features, strongest first, each pulling towards the new segment', () => {
    fc.assert(
      fc.property(vector, (v) => {
        const raw = Float64Array.from(v)
        const toIndex = compileAssigner(bundle).assign(raw)
        const { reasons } = explainMove({
          bundle,
          before: undefined,
          now: raw,
          fromIndex: undefined,
          toIndex,
          locale: 'en',
        })
        expect(reasons.length).toBeGreaterThan(0)
        expect(reasons.length).toBeLessThanOrEqual(MAX_REASONS)
        const pulls = reasons.map((r) => r.pull)
        expect(pulls).toEqual([...pulls].sort((a, b) => b - a))
        if (reasons.length > 1) expect(Math.min(...pulls)).toBeGreaterThan(0)
      }),
    )
  })

  it.each([
    ['en', '1,204 views in 30 days (was 1)', 'Spend: 400 (was 0)'],
    ['fr', '1\u00A0204 consultations en 30 jours (avant : 1)', 'Dépenses\u00A0: 400 (avant\u00A0: 0)'],
  ] as const)('speaks %s, by the phrase or by the label', (locale, views, spend) => {
    const { reasons, summary } = explainMove({ bundle, before, now, fromIndex: 0, toIndex: 1, locale })
    const texts = Object.fromEntries(reasons.map((r) => [r.feature, r.text]))
    expect(texts).toEqual({ views_30d: views, spend_90d: spend })
    expect(summary).toContain(views)
    expect(reasons[0]).toMatchObject({ unit: null })
  })

  it('leaves the bracket about the former value out where it is unknown', () => {
    const { reasons } = explainMove({
      bundle,
      before: undefined,
      now,
      fromIndex: 0,
      toIndex: 1,
      locale: 'en',
    })
    const views = reasons.find((r) => r.feature === 'views_30d')
    expect(views).toMatchObject({ text: '1,204 views in 30 days', before: null, now: 1204 })
  })

  it('takes the second nearest centroid where none was left', () => {
    const raw = Float64Array.of(20, 90, 20)
    const toIndex = compileAssigner(bundle).assign(raw)
    const ranked = [0, 1, 2].sort((a, b) => distance2(Array.from(raw), a) - distance2(Array.from(raw), b))
    expect(ranked[0]).toBe(toIndex)
    const open = explainMove({
      bundle,
      before: undefined,
      now: raw,
      fromIndex: undefined,
      toIndex,
      locale: 'en',
    })
    const named = explainMove({
      bundle,
      before: undefined,
      now: raw,
      fromIndex: ranked[1],
      toIndex,
      locale: 'en',
    })
    expect(open).toEqual(named)
  })
})
