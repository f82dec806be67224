import { describe, expect, it } from 'vitest'
import { trainBundle, TRAIN_DEFAULTS } from '../../src/app/train.ts'
import { loadFeatureSet } from '../../src/cli/declarations.ts'
import { parseFeatureSet, type FeatureSet } from '../../src/domain/features/feature-set.ts'
import { HAS_DATA, sharedColumns } from '../domain/model/golden.ts'

const RFM = parseFeatureSet(
  {
    name: 'rfm',
    version: 1,
    zone: 'UTC',
    features: ['Recency', 'Frequency', 'Monetary'].map((name) => ({ name, given: true, transform: 'log1p' })),
  },
  'rfm',
)

/** English and French names of k segments, in order of their shares. */
function names(file: string, featureSet: FeatureSet, k: number): string[] {
  const columns = featureSet.features.map((f) => f.name)
  const table = { columns, values: sharedColumns(`golden/${file}`, columns).data }
  const options = { ...TRAIN_DEFAULTS, k, asOf: 'unknown', source: file }
  const { bundle, labels } = trainBundle({ featureSet, table, options })
  return bundle.segments.map(({ key }) => Object.values(labels[key]?.name ?? {}).join(' / '))
}

describe.skipIf(!HAS_DATA)('segments of real shops have the names that marketing would give them', () => {
  it('Online Retail, by recency, frequency and money', () => {
    expect(names('online_retail_rfm_features.csv.gz', RFM, 4)).toEqual([
      'Lapsed customers / Clients perdus de vue',
      'Regular customers / Habitués',
      'Occasional buyers / Acheteurs occasionnels',
      'Loyal buyers / Acheteurs fidèles',
    ])
  })

  it('REES46, by the features of the first notebooks', () => {
    expect(names('rees46_first_170min_seed7_features.csv.gz', loadFeatureSet('seed'), 4)).toEqual([
      'Passers-by / Visiteurs de passage',
      'Window shoppers, less active / Flâneurs, moins actifs',
      'Buyers / Acheteurs',
      'Window shoppers, more active / Flâneurs, plus actifs',
    ])
  })
})
