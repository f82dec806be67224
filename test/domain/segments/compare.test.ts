import { describe, expect, it } from 'vitest'
import { sealBundle, type Bundle } from '../../../src/domain/segments/bundle.ts'
import { compareBundles } from '../../../src/domain/segments/compare.ts'
import { smallBundle } from './fixture.ts'

const base = smallBundle()
const K = base.segments.length
function changed(change: Partial<Bundle>): Bundle {
  const { version: _, ...content } = { ...base, ...change }
  return sealBundle(content)
}
/** The same bundle with its segments in another order. */
function turned(order: readonly number[], names: readonly string[]): Bundle {
  return changed({
    centroids: order.map((k) => base.centroids[k] as number[]),
    radii: order.map((k) => base.radii[k] as number),
    segments: order.map((k, i) => ({
      ...(base.segments[k] as Bundle['segments'][0]),
      key: names[i] as string,
    })),
  })
}

describe('compareBundles', () => {
  it('finds nothing between a bundle and itself', () => {
    const found = compareBundles(base, base)
    expect(found).toMatchObject({
      features: { added: [], removed: [], changed: [] },
      changes: [],
      agreement: null,
    })
    expect(found.segments.map((s) => [s.from === s.to, s.distance])).toEqual(
      base.segments.map(() => [true, 0]),
    )
  })

  it('pairs segments by their centroids, whatever their order and names', () => {
    const { segments } = compareBundles(base, turned([2, 0, 1], ['a', 'b', 'c']))
    expect(segments.map((s) => s.to)).toEqual(['b', 'c', 'a'])
    expect(segments.every((s) => (s.distance ?? 1) < 1e-9)).toBe(true)
  })

  it('gives a segment that is new, or gone, no partner', () => {
    const fewer = changed({
      centroids: base.centroids.slice(0, K - 1),
      radii: base.radii.slice(0, K - 1),
      segments: base.segments.slice(0, K - 1),
    })
    const last = base.segments.at(-1)?.key
    expect(compareBundles(base, fewer).segments.at(-1)).toMatchObject({
      from: last,
      to: null,
      distance: null,
    })
    expect(compareBundles(fewer, base).segments.at(-1)).toMatchObject({
      from: null,
      to: last,
      shareFrom: null,
    })
    expect(compareBundles(base, fewer).changes).toContainEqual({ name: 'segments', from: K, to: K - 1 })
  })

  it('pairs by shared users where they are placed, even against the centroids, and counts who moves', () => {
    const from = Int32Array.of(0, 0, 0, 0, 1, 1, 2)
    const to = Int32Array.of(1, 1, 1, 0, 0, 0, 2)
    const { segments, agreement } = compareBundles(base, base, { from, to })
    const keys = base.segments.map((s) => s.key)
    expect(segments.map((s) => s.to)).toEqual([keys[1], keys[0], keys[2]])
    expect(segments.map((s) => s.overlap)).toEqual([3 / 4, 2 / 3, 1])
    expect(agreement).toMatchObject({ users: 7, moved: 1 })
  })

  it('pairs nobody who shares no user', () => {
    const { segments } = compareBundles(base, base, { from: Int32Array.of(0), to: Int32Array.of(2) })
    expect(segments.filter((s) => s.from !== null && s.to !== null)).toHaveLength(1)
  })

  it('names features that came, went or mean something else, and other policies', () => {
    const [first, ...rest] = base.featureSet.features
    const features = [
      { ...first, name: 'renamed' },
      { ...rest[0], cap: 7 },
      ...rest.slice(1),
    ] as typeof base.featureSet.features
    const other = changed({
      featureSet: { ...base.featureSet, features },
      policy: { ...base.policy, marginRatio: 0.42 },
    })
    const found = compareBundles(base, other)
    expect(found.features).toEqual({ added: ['renamed'], removed: [first?.name], changed: [rest[0]?.name] })
    expect(found.changes).toEqual([{ name: 'marginRatio', from: base.policy.marginRatio, to: 0.42 }])
  })
})
