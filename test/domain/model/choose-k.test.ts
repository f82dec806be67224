import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { chooseK, elbow, type Candidate } from '../../../src/domain/model/choose-k.ts'
import { kmeans } from '../../../src/domain/model/kmeans.ts'
import { matrixOf, type Matrix } from '../../../src/domain/model/matrix.ts'
import { bootstrapJaccard } from '../../../src/domain/model/stability.ts'

const candidate = (k: number, silhouette: number, least = 0.9, smallestShare = 0.1): Candidate => ({
  k,
  inertia: 100 / k,
  silhouette,
  daviesBouldin: 1,
  calinskiHarabasz: 1,
  smallestShare,
  stability: [0.99, least],
})

describe('the choice of k', () => {
  it.each<[string, Candidate[], number]>([
    ['takes the largest silhouette', [candidate(2, 0.4), candidate(3, 0.5), candidate(4, 0.45)], 3],
    ['takes the larger k of equals', [candidate(2, 0.4), candidate(3, 0.5), candidate(4, 0.5)], 4],
    ['takes a larger k just close enough', [candidate(3, 0.5), candidate(4, 0.47)], 4],
    ['passes over a larger k not close enough', [candidate(3, 0.5), candidate(4, 0.4699)], 3],
    [
      'compares with the best of the sound',
      [candidate(2, 0.9, 0.5), candidate(3, 0.5), candidate(4, 0.48)],
      4,
    ],
    ['knows what is close below 0', [candidate(3, -0.1), candidate(4, -0.105), candidate(5, -0.107)], 4],
    ['passes over an unstable group', [candidate(2, 0.4), candidate(3, 0.5, 0.749)], 2],
    ['takes a group just stable enough', [candidate(2, 0.4), candidate(3, 0.5, 0.75)], 3],
    ['passes over a tiny group', [candidate(2, 0.4), candidate(3, 0.5, 0.9, 0.019)], 2],
    ['takes a group just large enough', [candidate(2, 0.4), candidate(3, 0.5, 0.9, 0.02)], 3],
    [
      'falls back on the most stable',
      [candidate(2, 0.4, 0.6), candidate(3, 0.3, 0.7), candidate(4, 0.5, 0.5)],
      3,
    ],
  ])('%s', (_, candidates, want) => {
    expect(chooseK(candidates)).toBe(want)
    expect(chooseK(candidates.toReversed())).toBe(want)
  })

  it.each([
    [[100, 40, 10, 8, 6], 4],
    [[100, 10, 9, 8, 7], 3],
    [[100, 75, 50, 25, 0], 2],
  ])('the curve %j bends at %d', (inertias, want) => {
    expect(elbow(inertias.map((inertia, i) => ({ k: i + 2, inertia })))).toBe(want)
  })

  it('two points make no curve', () => {
    expect(elbow([candidate(2, 0.4), candidate(3, 0.5)])).toBeUndefined()
  })
})

/** Three groups far apart on a line, the third half as large. */
function threeGroups(): Matrix {
  const random = seededRandom(9)
  const x = matrixOf(500, 2)
  for (let i = 0; i < x.rows; i++) {
    x.data[2 * i] = 10 * ([0, 0, 1, 1, 2][i % 5] as number) + random.normal()
    x.data[2 * i + 1] = random.normal()
  }
  return x
}

describe('bootstrap Jaccard', () => {
  const x = threeGroups()
  const of = (k: number): Float64Array => bootstrapJaccard(x, kmeans(x, { k, seed: 1 }).centres, { seed: 1 })

  it('is 1 for groups that are there, and falls for halves of one that is not', () => {
    expect(Math.min(...of(3))).toBeGreaterThan(0.99)
    const four = of(4)
    expect(Math.max(...four)).toBeGreaterThan(0.9)
    expect(Math.min(...four)).toBeLessThan(0.75)
  })

  it('is a function of rows, centres and seed', () => {
    expect(of(4)).toEqual(of(4))
  })

  it('is 0 for a centre that no row is nearest to', () => {
    const found = bootstrapJaccard(x, Float64Array.of(0, 0, 10, 0, 20, 0, 1e6, 1e6), {
      seed: 1,
      resamples: 3,
    })
    expect(found[3]).toBe(0)
  })
})
