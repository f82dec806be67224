import type { FeatureSet } from '../../domain/features/feature-set.ts'
import { correlations, dependences } from '../../domain/model/correlation.ts'
import { distributionOf } from '../../domain/model/distribution.ts'
import { rowsOf, type Matrix } from '../../domain/model/matrix.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { reasonLabel } from '../../domain/segments/phrase.ts'
import { STUDY_QUANTILES, type Study } from './study.ts'

const BINS = 30
/** Share of a column's variance from which the others tell it already. */
const DEPENDENT_FROM = 0.9

type Part = Pick<Study, 'features' | 'correlations' | 'dependent' | 'constant'>

/** How each feature lies, raw and transformed (n × F each), and what they say of each other. */
export function featureStudy(featureSet: FeatureSet, raw: Matrix, transformed: Matrix): Part {
  const columns = columnsOf(featureSet)
  const distribution = (m: Matrix, j: number) =>
    distributionOf(
      Float64Array.from({ length: m.rows }, (_, i) => m.data[i * m.cols + j] as number),
      STUDY_QUANTILES,
      BINS,
    )
  const features = columns.map((f, j) => ({
    name: f.name,
    label: { en: reasonLabel(f, 'en'), fr: reasonLabel(f, 'fr') },
    unit: f.unit ?? null,
    transform: f.transform ?? 'none',
    raw: distribution(raw, j),
    transformed: distribution(transformed, j),
  }))
  const r = correlations(transformed)
  const constant = features.flatMap(({ transformed: t }, j) =>
    t.quantiles[0] === t.quantiles.at(-1) ? [j] : [],
  )
  return {
    features,
    correlations: rowsOf(r),
    dependent: dependences(r, DEPENDENT_FROM).map(({ column, explained, by }) => ({
      feature: column,
      explained,
      by,
    })),
    constant,
  }
}
