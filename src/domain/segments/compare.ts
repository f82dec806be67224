import { canonicalJson } from '../base/canonical.ts'
import { adjustedRand } from '../model/indices.ts'
import { columnsOf } from './assigner.ts'
import type { Bundle } from './bundle.ts'

export interface Change {
  readonly name: string
  readonly from: unknown
  readonly to: unknown
}

/** A segment of one bundle beside that of another; null: it has no partner there. */
export interface SegmentPair {
  readonly from: string | null
  readonly to: string | null
  /** Of the training users of each. */
  readonly shareFrom: number | null
  readonly shareTo: number | null
  /**
   * Between the centroids: root mean square over the common columns, in standard deviations of the second bundle's training
   * users; null without a partner or without common columns.
   */
  readonly distance: number | null
  /** Users in both over users in either (Jaccard); null where nobody was placed. */
  readonly overlap: number | null
}

export interface Comparison {
  readonly from: string
  readonly to: string
  readonly features: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    /** Of the same name, but not the same definition. */
    readonly changed: readonly string[]
  }
  /** Policy, components, k, training facts: what is not the same. */
  readonly changes: readonly Change[]
  readonly segments: readonly SegmentPair[]
  /** Of users placed by both; null where nobody was placed. */
  readonly agreement: { readonly users: number; readonly adjustedRand: number; readonly moved: number } | null
}

/** Index of each user's nearest centroid in either bundle (n each). */
export interface Placed {
  readonly from: Int32Array
  readonly to: Int32Array
}

/**
 * What sets two bundles apart. Segments are paired by the overlap of users placed by both, or where none were placed by the
 * distance of their centroids: the closest pair first, each segment once.
 */
export function compareBundles(from: Bundle, to: Bundle, placed?: Placed): Comparison {
  const distances = centroidDistances(from, to)
  const overlaps =
    placed === undefined ? undefined : jaccard(placed, from.segments.length, to.segments.length)
  const partner = pairUp(from.segments.length, to.segments.length, (i, j) =>
    overlaps === undefined ? (distances?.[i]?.[j] ?? Number.NaN) : unlike(overlaps[i]?.[j] ?? 0),
  )
  const segments = from.segments.map((s, i): SegmentPair => {
    const j = partner[i] ?? -1
    const other = to.segments[j]
    return {
      from: s.key,
      to: other?.key ?? null,
      shareFrom: s.share,
      shareTo: other?.share ?? null,
      distance: distances?.[i]?.[j] ?? null,
      overlap: overlaps?.[i]?.[j] ?? null,
    }
  })
  const born = to.segments.flatMap((s, j) =>
    partner.includes(j)
      ? []
      : [{ from: null, to: s.key, shareFrom: null, shareTo: s.share, distance: null, overlap: null }],
  )
  return {
    from: from.version,
    to: to.version,
    features: featureChanges(from, to),
    changes: factChanges(from, to),
    segments: [...segments, ...born],
    agreement: placed === undefined ? null : agreementOf(placed, partner),
  }
}

/** Segments without a common user are no pair. */
const unlike = (overlap: number): number => (overlap > 0 ? 1 - overlap : Number.NaN)

function featureChanges(a: Bundle, b: Bundle): Comparison['features'] {
  const before = new Map(a.featureSet.features.map((f) => [f.name, canonicalJson(f)]))
  const after = new Map(b.featureSet.features.map((f) => [f.name, canonicalJson(f)]))
  const shared = [...before.keys()].filter((name) => after.has(name))
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: shared.filter((name) => before.get(name) !== after.get(name)),
  }
}

function factChanges(a: Bundle, b: Bundle): Change[] {
  const facts = (x: Bundle): Record<string, unknown> => ({
    'feature set': `${x.featureSet.name} ${x.featureSet.version}`,
    zone: x.featureSet.zone,
    segments: x.segments.length,
    components: x.pca.components.length,
    ...x.policy,
    source: x.training.source,
    asOf: x.training.asOf,
    currency: x.training.currency,
    users: x.training.users,
    seed: x.training.seed,
    ...x.training.settings,
    silhouette: x.training.metrics['silhouette'] ?? null,
  })
  const [before, after] = [facts(a), facts(b)]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, from: before[name] ?? null, to: after[name] ?? null }))
    .filter((c) => c.from !== c.to)
}

/** K_a × K_b, or undefined where the bundles have no column in common. */
function centroidDistances(a: Bundle, b: Bundle): number[][] | undefined {
  const columns = columnsOf(b.featureSet)
  const before = columnsOf(a.featureSet)
  const common = columns.flatMap((f, j) => {
    const i = before.findIndex(
      (g) => g.name === f.name && (g.transform ?? 'none') === (f.transform ?? 'none'),
    )
    return i < 0 ? [] : [[i, j] as const]
  })
  if (common.length === 0) return undefined
  const others = b.centroids.map((z) => transformedPoint(b, z))
  return a.centroids.map((z) => {
    const point = transformedPoint(a, z)
    return others.map((other) => {
      const squares = common.map(
        ([i, j]) => (((point[i] as number) - (other[j] as number)) / (b.scaler.scale[j] as number)) ** 2,
      )
      return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / common.length)
    })
  })
}

/** A point of component space (C) in transformed features (F): the way back through PCA and scaler. */
function transformedPoint({ pca, scaler }: Bundle, z: readonly number[]): number[] {
  return pca.mean.map((mean, j) => {
    const standard = pca.components.reduce((sum, p, c) => sum + (p[j] as number) * (z[c] as number), mean)
    return standard * (scaler.scale[j] as number) + (scaler.mean[j] as number)
  })
}

function jaccard({ from, to }: Placed, K: number, L: number): number[][] {
  const both = Array.from({ length: K }, () => Array.from({ length: L }, () => 0))
  from.forEach((i, at) => {
    const row = both[i] as number[]
    row[to[at] as number] = (row[to[at] as number] as number) + 1
  })
  const left = both.map((row) => row.reduce((a, b) => a + b, 0))
  const right = Array.from({ length: L }, (_, j) => both.reduce((sum, row) => sum + (row[j] as number), 0))
  return both.map((row, i) =>
    row.map((n, j) => (n === 0 ? 0 : n / ((left[i] as number) + (right[j] as number) - n))),
  )
}

/** Partner of each i, −1 without one: the least cost first, each used once; ties: the lowest indices. NaN pairs nobody. */
function pairUp(K: number, L: number, cost: (i: number, j: number) => number): number[] {
  const pairs = Array.from({ length: K * L }, (_, at) => {
    const [i, j] = [Math.floor(at / L), at % L]
    return { i, j, cost: cost(i, j) }
  }).filter((p) => !Number.isNaN(p.cost))
  const partner = Array.from({ length: K }, () => -1)
  for (const { i, j } of pairs.sort((a, b) => a.cost - b.cost || a.i - b.i || a.j - b.j))
    if (partner[i] === -1 && !partner.includes(j)) partner[i] = j
  return partner
}

function agreementOf({ from, to }: Placed, partner: readonly number[]): Comparison['agreement'] {
  let moved = 0
  from.forEach((i, at) => {
    if (partner[i] !== to[at]) moved++
  })
  return { users: from.length, adjustedRand: adjustedRand(from, to), moved }
}
