import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TRANSFORM_CODES, transformValue, type TransformName } from '../../../src/domain/model/transform.ts'
import { columnsOf, compileAssigner } from '../../../src/domain/segments/assigner.ts'
import type { Bundle } from '../../../src/domain/segments/bundle.ts'
import { sealBundle } from '../../../src/domain/segments/bundle.ts'
import { SPEND, smallBundle } from './fixture.ts'

/** Scaler, then PCA, then distances, each step by its own formula. */
function stepByStep(b: Bundle, raw: readonly number[]): { z: number[]; distances2: number[] } {
  const scaled = columnsOf(b.featureSet).map((f, j) => {
    const t = transformValue(f.transform ?? 'none', Math.min(raw[j] as number, f.cap ?? Infinity))
    return (t - (b.scaler.mean[j] as number)) / (b.scaler.scale[j] as number)
  })
  const z = b.pca.components.map((p) =>
    p.reduce((sum, w, j) => sum + w * ((scaled[j] as number) - (b.pca.mean[j] as number)), 0),
  )
  const distances2 = b.centroids.map((c) => c.reduce((sum, x, i) => sum + ((z[i] as number) - x) ** 2, 0))
  return { z, distances2 }
}

const value = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const vector = (n: number, min: number, max: number) =>
  fc.array(value(min, max), { minLength: n, maxLength: n })

const anyBundle = fc
  .record({
    F: fc.integer({ min: 1, max: 9 }),
    C: fc.integer({ min: 1, max: 6 }),
    K: fc.integer({ min: 1, max: 7 }),
  })
  .chain(({ F, C, K }) =>
    fc.record({
      transforms: fc.array(fc.constantFrom(...(Object.keys(TRANSFORM_CODES) as TransformName[])), {
        minLength: F,
        maxLength: F,
      }),
      caps: fc.array(fc.option(value(1, 500), { nil: undefined }), { minLength: F, maxLength: F }),
      mean: vector(F, -2000, 2000),
      scale: vector(F, 0.5, 500),
      pcaMean: vector(F, -1, 1),
      components: fc.array(vector(F, -1, 1), { minLength: C, maxLength: C }),
      centroids: fc.array(vector(C, -5, 5), { minLength: K, maxLength: K }),
      raw: fc.oneof(
        vector(F, -10, 3000),
        fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: F, maxLength: F }),
      ),
    }),
  )
  .map((p) => {
    const features = p.transforms.map((transform, j) => ({
      ...SPEND,
      name: `f${j}`,
      transform,
      ...(p.caps[j] === undefined ? {} : { cap: p.caps[j] }),
    }))
    const small = smallBundle()
    const bundle = sealBundle({
      ...small,
      featureSet: { ...small.featureSet, features },
      scaler: { mean: p.mean, scale: p.scale },
      pca: { ...small.pca, mean: p.pcaMean, components: p.components },
      centroids: p.centroids,
    })
    return { bundle, raw: p.raw }
  })

describe('compileAssigner', () => {
  it('equals scaler, PCA and distances done one after the other', () => {
    fc.assert(
      fc.property(anyBundle, ({ bundle, raw }) => {
        const assigner = compileAssigner(bundle)
        const nearest = assigner.assign(Float64Array.from(raw))
        const want = stepByStep(bundle, raw)
        want.z.forEach((z, c) =>
          expect(Math.abs((assigner.z[c] as number) - z)).toBeLessThan(1e-9 * Math.max(1, Math.abs(z))),
        )
        want.distances2.forEach((d, k) =>
          expect(Math.abs((assigner.distances2[k] as number) - d)).toBeLessThan(1e-9 * Math.max(1, d)),
        )
        expect(assigner.distances2[nearest]).toBe(Math.min(...assigner.distances2))
        expect(Array.from(assigner.distances2).indexOf(Math.min(...assigner.distances2))).toBe(nearest)
      }),
      { numRuns: 300 },
    )
  })

  it('gives a tie to the lowest index, in two components and in more', () => {
    const plane = smallBundle({
      centroids: [
        [9, 9],
        [1, 1],
        [1, 1],
      ],
    })
    expect(compileAssigner(plane).assign(Float64Array.of(5, 5, 5))).toBe(1)
    const line = smallBundle({
      pca: { ...plane.pca, components: [[1, 0, 0]] },
      centroids: [[9], [1], [1]],
    })
    expect(compileAssigner(line).assign(Float64Array.of(5, 5, 5))).toBe(1)
  })

  it('projects without touching the last assignment', () => {
    const assigner = compileAssigner(smallBundle())
    assigner.assign(Float64Array.of(10, 100, 10))
    const z = Array.from(assigner.z)
    const out = new Float64Array(2)
    assigner.project(Float64Array.of(0, 0, 365), out)
    expect(Array.from(assigner.z)).toEqual(z)
    expect(Array.from(out)).not.toEqual(z)
  })

  it('leaves helper features out of the vector', () => {
    const small = smallBundle()
    const helper = { ...SPEND, name: 'helper', column: false }
    const withHelper = smallBundle({
      featureSet: { ...small.featureSet, features: [helper, ...small.featureSet.features] },
    })
    expect(compileAssigner(withHelper).F).toBe(3)
  })

  it('cuts at the cap before the transform', () => {
    const assigner = compileAssigner(smallBundle())
    assigner.assign(Float64Array.of(1, 1, 365))
    const atCap = Array.from(assigner.z)
    assigner.assign(Float64Array.of(1, 1, 5000))
    expect(Array.from(assigner.z)).toEqual(atCap)
  })
})
