import { beforeAll, describe, expect, it } from 'vitest'
import { snapshots, wholeTable } from '../../../src/app/features.ts'
import { generateShop, SHOP_DEFAULTS, shopTruth } from '../../../src/app/generate/shop.ts'
import { studyOf, type StudyInput } from '../../../src/app/study/build.ts'
import { laterEvents } from '../../../src/app/study/min-events.ts'
import { parseStudy, type Study } from '../../../src/app/study/study.ts'
import { Watch } from '../../../src/app/study/watch.ts'
import { trainBundle, TRAIN_DEFAULTS, type Trained } from '../../../src/app/train.ts'
import { loadFeatureSet } from '../../../src/cli/declarations.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'

const featureSet = loadFeatureSet('default')
const shop = { ...SHOP_DEFAULTS, users: 500, days: 60 }
const MIN_EVENTS = 6
let trained: Trained
let input: StudyInput
let study: Study

beforeAll(async () => {
  const watch = new Watch(laterEvents(MIN_EVENTS))
  const end = shop.startMs + shop.days * DAY_MS
  const [snapshot] = await snapshots(compilePlan(featureSet, UTC), generateShop(shop), [end], watch.folded)
  if (snapshot === undefined) throw new Error('one as-of gives one snapshot')
  const table = { ...wholeTable(snapshot), currency: 'EUR' }
  const options = {
    ...TRAIN_DEFAULTS,
    k: 4,
    components: 3,
    minEvents: MIN_EVENTS,
    source: 'shop',
    asOf: 'end',
  }
  trained = trainBundle({ featureSet, table, options })
  input = { ...trained, table, history: watch.result() }
  study = studyOf(input)
}, 120_000)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

describe('the study of a model', () => {
  it('is plain data: the same after a way through JSON, and of its bundle', () => {
    const text = JSON.stringify(study)
    expect(parseStudy(JSON.parse(text), 'study.json', trained.bundle.version)).toEqual(study)
    expect(() => parseStudy(JSON.parse(text), 'study.json', 'another')).toThrow('expected one of another')
  })

  it('names no user', () => {
    const text = JSON.stringify(study)
    for (const user of Object.keys(shopTruth(shop).people)) expect(text).not.toContain(`"${user}"`)
  })

  it('is a function of its input', () => {
    expect(studyOf(input)).toEqual(study)
  })

  it('says what the model was made of', () => {
    const { data, features } = study
    expect(data).toMatchObject({ source: 'shop', currency: 'EUR', studied: trained.bundle.training.users })
    expect(data.users).toBeGreaterThan(data.studied)
    expect(data.events).toBeGreaterThan(10_000)
    expect(features[data.revenueFeature ?? -1]?.name).toBe('revenue_90d')
    for (const f of features) expect(sum(f.transformed.histogram.counts)).toBe(data.studied)
  })

  it('has everybody in one segment, with a share of users and of revenue', () => {
    expect(study.segments.map((s) => s.key)).toEqual(trained.bundle.segments.map((s) => s.key))
    expect(sum(study.segments.map((s) => s.users))).toBe(study.data.studied)
    expect(sum(study.segments.map((s) => s.revenueShare ?? 0))).toBeCloseTo(1, 9)
    study.segments.forEach((s, k) => {
      const segment = trained.bundle.segments[k]
      expect(s.share).toBe(segment?.share)
      expect(s.mean).toEqual(segment?.profile)
      expect([s.sentences.en.length, s.sentences.fr.length]).toEqual([3, 3])
    })
  })

  it('shows the three users nearest to each centroid, who differ', () => {
    for (const { typical, radius } of study.segments) {
      const distances = typical.map((t) => t.distance)
      expect(distances).toHaveLength(3)
      expect(distances).toEqual(distances.toSorted((a, b) => a - b))
      expect(distances[2]).toBeLessThan(radius)
      expect(new Set(typical.map((t) => t.values.join())).size).toBe(3)
    }
  })

  it('has the table of every k although k was given, and what the rule would have taken', () => {
    const { how, chosen, candidates, byRule, seeds } = study.choiceOfK
    expect([how, chosen]).toEqual(['given', 4])
    expect(candidates.map((c) => c.k)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(candidates.map((c) => c.k)).toContain(byRule)
    expect(seeds.map((s) => s.seed)).toEqual([2, 3, 4, 5, 6])
  })

  it('shows how soon a first segment agrees with the later one', () => {
    const { minEvents } = study
    expect(minEvents).toMatchObject({ chosen: MIN_EVENTS, later: 20 })
    const kept = minEvents?.curve.map((point) => point.kept) ?? []
    expect(minEvents?.curve.map((point) => point.events)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(kept.at(-1)).toBe(1)
    expect(kept[11]).toBeGreaterThan(kept[1] as number)
    const { events, kept: wanted } = minEvents?.enough ?? { events: 0, kept: 0 }
    expect(Math.min(...kept.slice(events - 1))).toBeGreaterThanOrEqual(wanted)
    expect(kept[events - 2]).toBeLessThan(wanted)
  })

  it('counts outliers as the training does, and fits again with and without them', () => {
    const { flagged, share, sensitivity, bySegment, sentence } = study.outliers
    expect(flagged).toBe(trained.metrics['outlierUsers'])
    expect(share).toBeCloseTo(flagged / study.data.studied, 12)
    expect(sum(bySegment.map((part, k) => part * (study.segments[k]?.users ?? 0)))).toBeCloseTo(flagged, 6)
    expect(sensitivity.map((s) => s.cut)).toEqual(['none', 'robust', '0.01'])
    expect(sensitivity[0]?.cutUsers).toBe(0)
    expect(sensitivity[1]?.cutUsers).toBe(flagged)
    for (const s of sensitivity) expect(s.agreement).toBeGreaterThanOrEqual(s.leastAgreement)
    expect(sentence.en).toMatch(/^\d+ customers \([\d.]+ %\) lie beyond the fences and carry [\d.]+ % of/)
  })

  it('reads the model’s own axes, as many as there are features', () => {
    const { kept, axes, eigenvalues, parallel, biplot } = study.pca
    const F = study.features.length
    expect([kept, axes.length, eigenvalues.length, parallel.length]).toEqual([3, F, F, F])
    expect(axes.slice(0, 3).map((axis) => axis.loadings)).toEqual(trained.bundle.pca.components)
    expect(sum(eigenvalues)).toBeCloseTo(F - study.constant.length, 9)
    expect(biplot.arrows).toHaveLength(F)
    expect(biplot.centroids).toHaveLength(4)
    expect(biplot.points.every(({ segment }) => segment >= 0 && segment < 4)).toBe(true)
  })
})

describe('the study of a table that comes alone', () => {
  const columns = ['views', 'carts']
  const set = {
    ...featureSet,
    features: columns.map((name) => ({ name, given: true as const })),
  }
  const values = Float64Array.from({ length: 240 }, (_, i) => ((i * 7919) % 31) + (i % 4 < 2 ? 0 : 60))
  const options = { ...TRAIN_DEFAULTS, k: 2, components: 2, source: 'table', asOf: 'unknown' }

  it('says nothing of first events and bots, and nothing of revenue where no column adds it up', () => {
    const alone = trainBundle({ featureSet: set, table: { columns, values }, options })
    const found = studyOf({ ...alone, table: { columns, values } })
    expect([found.minEvents, found.bots, found.data.events, found.data.revenueFeature]).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect(found.segments.every((s) => s.revenueShare === null)).toBe(true)
    expect(found.outliers.sentence.en).not.toContain('revenue')
  })

  it('leaves out what too few users cannot show', () => {
    const three = { columns, values: Float64Array.of(0, 0, 1, 1, 50, 60) }
    const alone = trainBundle({ featureSet: set, table: three, options })
    const found = studyOf({ ...alone, table: three })
    expect(found.outliers.sensitivity).toEqual([])
    expect(parseStudy(JSON.parse(JSON.stringify(found)), 'x', alone.bundle.version)).toEqual(found)
  })
})
