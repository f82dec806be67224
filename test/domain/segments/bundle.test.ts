import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  bundleJsonSchema,
  bundleShapeErrors,
  checkBundle,
  type Bundle,
} from '../../../src/domain/segments/bundle.ts'
import { smallBundle } from './fixture.ts'

const asJson = (b: Bundle): unknown => JSON.parse(JSON.stringify(b))

describe('checkBundle', () => {
  it('hands out a sound bundle as it is', () => {
    expect(checkBundle(asJson(smallBundle()), 'here')).toEqual(smallBundle())
  })

  it.each([
    ['a number is null', { scaler: { mean: [2, null, 100], scale: [1, 4, 80] } }, 'scaler.mean.1'],
    ['a member is unknown', { colour: 'red' }, 'colour'],
    ['a share is above 1', { segments: [{ key: 'a', share: 2, profile: [] }] }, 'segments.0.share'],
    ['a key is no slug', { segments: [{ key: 'Big Ones', share: 1, profile: [] }] }, 'segments.0.key'],
  ])('refuses by path where %s', (_, change, path) => {
    expect(() => checkBundle({ ...smallBundle(), ...change }, 'model.json')).toThrow(
      expect.objectContaining({ code: 'bundle-invalid', message: expect.stringContaining(path) as unknown }),
    )
  })

  it('names both hashes where the content was changed', () => {
    const other = { ...smallBundle(), radii: [1, 1, 1] }
    const fresh = smallBundle({ radii: [1, 1, 1] }).version
    expect(() => checkBundle(other, 'model.json')).toThrow(
      expect.objectContaining({ code: 'bundle-hash', message: expect.stringContaining(fresh) as unknown }),
    )
    expect(() => checkBundle(other, 'model.json')).toThrow(smallBundle().version)
  })
})

describe('bundleShapeErrors', () => {
  const base = smallBundle()
  it.each<[string, Partial<Bundle>, string]>([
    ['scale', { scaler: { mean: base.scaler.mean, scale: [1, 4] } }, 'scaler.scale'],
    ['a scale of 0', { scaler: { mean: base.scaler.mean, scale: [1, 0, 1] } }, 'above 0'],
    ['PCA mean', { pca: { ...base.pca, mean: [0] } }, 'pca.mean'],
    [
      'component',
      {
        pca: {
          ...base.pca,
          components: [
            [1, 0, 0],
            [1, 0],
          ],
        },
      },
      'pca.components',
    ],
    ['variances', { pca: { ...base.pca, explainedVariance: [1] } }, 'explainedVariance'],
    ['centroid', { centroids: [[0, 0], [1], [2, 2]] }, 'centroids'],
    ['radii', { radii: [1, 2] }, 'radii'],
    ['a negative radius', { radii: [1, 2, -1] }, 'radii'],
    ['segments', { segments: base.segments.slice(1) }, 'segments'],
    ['equal keys', { segments: base.segments.map((s) => ({ ...s, key: 'same' })) }, 'unique'],
    [
      'the reserved key',
      { segments: base.segments.map((s, i) => (i === 0 ? { ...s, key: 'outlier' } : s)) },
      'reserved',
    ],
    ['a profile', { segments: base.segments.map((s) => ({ ...s, profile: [1] })) }, 'profiles'],
    [
      'columns',
      { featureSet: { ...base.featureSet, features: base.featureSet.features.slice(1) } },
      'columns',
    ],
  ])('finds a wrong %s', (_, change, text) => {
    expect(bundleShapeErrors({ ...base, ...change }).join('\n')).toContain(text)
  })

  it('finds nothing wrong with a sound bundle', () => {
    expect(bundleShapeErrors(base)).toEqual([])
  })
})

it('the published JSON Schema is that of the code (vitest -u writes it anew)', async () => {
  const file = resolve(import.meta.dirname, '../../../schemas/bundle.schema.json')
  await expect(JSON.stringify(bundleJsonSchema(), null, 2) + '\n').toMatchFileSnapshot(file)
})
