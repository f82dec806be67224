import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileAssigner } from '../../../src/domain/segments/assigner.ts'
import { Keeper } from '../../../src/domain/segments/keeper.ts'
import { smallBundle } from './fixture.ts'

const side = (max: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.double({ min: 0, max, noNaN: true }), fc.double({ min: 0, max: max / 8, noNaN: true }))
    .map(([lo, more]) => [lo, lo + more])
const box = fc.tuple(side(60), side(500), side(400))

test.each(['ignore', 'segment'] as const)(
  'what is kept is nearest everywhere in the box, and within the radius (outlier: %s)',
  (outlier) => {
    const bundle = smallBundle({
      policy: { minEvents: 3, marginRatio: 0.1, dwellMs: 0, confirmForMs: null, outlier },
    })
    const keeper = new Keeper(bundle)
    const assigner = compileAssigner(bundle)
    let kept = 0
    fc.assert(
      fc.property(
        box,
        fc.array(fc.tuple(fc.nat(8), fc.nat(8), fc.nat(8)), { maxLength: 20 }),
        (sides, inside) => {
          const low = Float64Array.from(sides, ([lo]) => lo)
          const high = Float64Array.from(sides, ([, hi]) => hi)
          const points = inside.map((steps) =>
            Float64Array.from(sides, ([lo, hi], j) => lo + ((hi - lo) * (steps[j] as number)) / 8),
          )
          for (let a = 0; a < 3; a++) {
            if (!keeper.keeps(a, low, high)) continue
            kept++
            for (const point of [low, high, ...points]) {
              expect(assigner.assign(point)).toBe(a)
              if (outlier === 'segment')
                expect(Math.sqrt(assigner.distances2[a] as number)).toBeLessThanOrEqual(
                  bundle.radii[a] as number,
                )
            }
          }
        },
      ),
      { numRuns: 2000 },
    )
    expect(kept).toBeGreaterThan(100)
  },
)

test('an unknown bound keeps nobody', () => {
  const keeper = new Keeper(smallBundle())
  const low = Float64Array.of(0, Number.NEGATIVE_INFINITY, 0)
  const high = Float64Array.of(0, Number.POSITIVE_INFINITY, 0)
  for (let a = 0; a < 3; a++) expect(keeper.keeps(a, low, high)).toBe(false)
})
