import { sealBundle, type Bundle } from '../../../src/domain/segments/bundle.ts'
import type { Feature } from '../../../src/domain/features/feature-set.ts'

export const VIEWS: Feature = {
  name: 'views_30d',
  aggregate: 'count',
  on: ['product_viewed'],
  window: '30d',
  transform: 'log1p',
  label: { en: 'Views', fr: 'Consultations' },
  phrase: {
    en: '{now} views in 30 days (was {before})',
    fr: '{now} consultations en 30 jours (avant : {before})',
  },
}
export const SPEND: Feature = {
  name: 'spend_90d',
  aggregate: 'sum',
  of: 'amount',
  on: ['order_completed'],
  window: '90d',
  transform: 'sqrt',
  label: { en: 'Spend', fr: 'Dépenses' },
}
export const RECENCY: Feature = {
  name: 'days_since_last_order',
  aggregate: 'recency',
  on: ['order_completed'],
  unit: 'day',
  cap: 365,
}

/** Three features, two components (orthonormal), three centroids: small enough to follow by hand. */
export function smallBundle(change: Partial<Omit<Bundle, 'version'>> = {}): Bundle {
  const half = Math.SQRT1_2
  return sealBundle({
    format: 1,
    featureSet: { name: 'small', version: 1, zone: 'UTC', features: [VIEWS, SPEND, RECENCY] },
    scaler: { mean: [2, 5, 100], scale: [1, 4, 80] },
    pca: {
      mean: [0.01, -0.02, 0],
      components: [
        [half, half, 0],
        [0, 0, 1],
      ],
      explainedVariance: [1.6, 1],
      explainedVarianceRatio: [0.53, 0.33],
    },
    centroids: [
      [-1, 0.5],
      [1, -0.75],
      [2.5, 1.5],
    ],
    radii: [1.5, 1.5, 2],
    segments: [
      { key: 'quiet', share: 0.6, profile: [2, 0, 200] },
      { key: 'buyers', share: 0.3, profile: [20, 90, 20] },
      { key: 'lost', share: 0.1, profile: [30, 400, 300] },
    ],
    policy: { minEvents: 3, marginRatio: 0.1, dwellMs: 0, confirmForMs: null, outlier: 'ignore' },
    training: {
      source: 'by hand',
      asOf: '2025-01-01T00:00:00.000Z',
      currency: 'EUR',
      users: 10,
      seed: 1,
      settings: {},
      metrics: { silhouette: 0.5 },
    },
    lineage: { parent: null },
    ...change,
  })
}
