import type { Report } from '../../../src/app/report/report.ts'
import { STUDY_FORMAT, STUDY_QUANTILES, type Study } from '../../../src/app/study/study.ts'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { columnsOf } from '../../../src/domain/segments/assigner.ts'
import type { Bundle } from '../../../src/domain/segments/bundle.ts'

const said = (text: string): { en: string; fr: string } => ({
  en: `${text}, in English`,
  fr: `${text}, en français`,
})

/** A study of a bundle with every part filled: shapes are right, numbers are made up. */
export function madeUpStudy(bundle: Bundle): Study {
  const random = seededRandom(7)
  const columns = columnsOf(bundle.featureSet)
  const F = columns.length
  const K = bundle.segments.length
  const users = bundle.training.users
  const row = (n: number, of: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => of(i))
  const distribution = (): Study['features'][number]['raw'] => ({
    mean: 3.2,
    deviation: 1.1,
    skewness: 2.5,
    quantiles: row(STUDY_QUANTILES.length, (i) => i),
    histogram: { edges: row(13, (i) => i), counts: row(12, (i) => 100 - i * i * 0.6) },
  })
  const correlations = row(F, (i) => i).map((i) =>
    row(F, (j) => (i === j ? 1 : Math.cos(i * 3 + j * 3) * 0.8)),
  )
  const axes = row(F, (c) => c).map((c) => ({
    name: said(`axis ${c + 1}`),
    high: said('much'),
    low: said('little'),
    loadings: row(F, (j) => Math.cos(c + j) / Math.sqrt(F)),
    correlations: row(F, (j) => Math.cos(j * 1.3 + c * 1.57) * 0.8),
    contributions: row(F, () => 1 / F),
    cos2: row(F, () => 1 / F),
  }))
  return {
    format: STUDY_FORMAT,
    bundle: bundle.version,
    data: {
      source: 'x',
      asOf: bundle.training.asOf,
      currency: 'EUR',
      users: users + 40,
      studied: users,
      events: 9,
      revenueFeature: 0,
    },
    features: columns.map((f) => ({
      name: f.name,
      label: said(f.name),
      unit: null,
      transform: f.transform ?? 'none',
      raw: distribution(),
      transformed: distribution(),
    })),
    correlations,
    dependent: [{ feature: 0, explained: 0.97, by: [1] }],
    constant: [F - 1],
    minEvents: {
      chosen: 8,
      later: 40,
      users: 500,
      enough: { kept: 0.8, events: 6 },
      curve: row(12, (i) => i).map((i) => ({ events: 2 * i + 2, kept: 1 - 0.7 / (i + 1) })),
    },
    outliers: {
      flagged: 12,
      share: 0.01,
      revenueShare: 0.04,
      marks: [{ feature: 0, deviations: 4.1, mean: 90, everybody: 3 }],
      sentence: said('outliers'),
      bySegment: row(K, (k) => k / 100),
      sensitivity: ['none', 'robust', '0.01'].map((cut, i) => ({
        cut,
        cutUsers: 10 * i,
        revenueShare: 0.01 * i,
        agreement: 0.99 - i / 50,
        leastAgreement: 0.95 - i / 50,
        heldBackInertia: 1.2,
        smallestShare: 0.1,
      })),
    },
    bots: { rule: said('more than any hand can click'), users: 2, events: 4000, eventShare: 0.02 },
    pca: {
      kept: bundle.pca.components.length,
      eigenvalues: row(F, (i) => 4 / (i + 1)),
      ratios: row(F, (i) => 1 / (i + 2)),
      parallel: row(F, (i) => 1.2 - i / F),
      suggested: 3,
      axes,
      biplot: {
        points: row(500, (i) => i).map((i) => ({
          x: 4 * random.next() - 2 + (i % K),
          y: 4 * random.next() - 2,
          segment: i % K,
        })),
        arrows: row(F, (j) => j).map((j) => ({ x: 2 * Math.cos(j * 1.3), y: 2 * Math.sin(j * 1.3) })),
        centroids: row(K, (k) => k).map((k) => ({ x: k, y: 0, radius: 2 })),
      },
    },
    choiceOfK: {
      chosen: K,
      how: 'given',
      rule: said('the best of all'),
      byRule: K + 1,
      elbow: K,
      candidates: row(5, (i) => i + 2).map((k) => ({
        k,
        inertia: 9000 / k,
        silhouette: 0.5 - Math.abs(k - K) / 20,
        daviesBouldin: 1,
        calinskiHarabasz: 1200,
        smallestShare: 0.2 / k,
        stability: row(k, () => 0.9),
      })),
      seeds: [2, 3].map((seed) => ({ seed, agreement: 0.98 })),
    },
    segments: bundle.segments.map((s, k) => ({
      key: s.key,
      sentences: { en: ['One.', 'Two.', 'Three.'], fr: ['Un.', 'Deux.', 'Trois.'] },
      users: Math.round(s.share * users),
      share: s.share,
      revenueShare: 1 / K,
      radius: 2,
      mean: s.profile,
      median: s.profile,
      standardised: row(F, (j) => Math.sin(j + k) * 1.5),
      stability: 0.9 - k / 10,
      silhouette: { mean: 0.5, belowZero: 0.05, curve: row(30, (i) => 0.8 - i / 30) },
      typical: [{ values: s.profile, distance: 0.1 }],
    })),
  }
}

/** The same report with every part of it taken out that data or a study would have to give. */
export function bare(report: Report): Report {
  return {
    ...report,
    study: undefined,
    data: undefined,
    sizes: undefined,
    preferences: undefined,
    value: undefined,
    movement: undefined,
  }
}
