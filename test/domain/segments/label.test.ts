import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatNumber, formatShare } from '../../../src/domain/segments/format.ts'
import {
  completeLabels,
  segmentColour,
  segmentName,
  SEGMENT_COLOURS,
} from '../../../src/domain/segments/label.ts'
import { labelsSchema } from '../../../src/domain/segments/labels.ts'
import { nameSegments } from '../../../src/domain/segments/naming.ts'
import { RECENCY, SPEND, VIEWS } from './fixture.ts'

const KEY = /^[a-z0-9][a-z0-9-]{0,31}$/
const columns = [VIEWS, SPEND, RECENCY]

function named(standardised: number[][]): ReturnType<typeof nameSegments> {
  return nameSegments({
    columns,
    standardised,
    raw: standardised.map(() => [12, 340.5, 30]),
    everybody: [5, 20, 90],
    shares: standardised.map(() => 1 / standardised.length),
  })
}

describe('nameSegments', () => {
  it('names after the feature farthest from everybody, by what it measures', () => {
    const keys = named([
      [0.1, 3, -1],
      [2, 0.1, -0.5],
      [-0.4, -0.3, 1.4],
      [0.1, 0.2, 0.0],
    ]).map((s) => s.key)
    expect(keys).toEqual(['big-spenders', 'browsers', 'dormant', 'typical'])
  })

  it('passes the choice on where a name is taken, the most extreme segment choosing first', () => {
    const keys = named([
      [1, 2, 0],
      [1.5, 3, 0],
    ]).map((s) => s.key)
    expect(keys).toEqual(['browsers', 'big-spenders'])
  })

  it('uses the feature’s own name where its definition says no more', () => {
    const feature = {
      ...VIEWS,
      name: 'electronics_views_in_the_last_thirty_days',
      where: { category: 'electronics' },
    }
    const [first] = nameSegments({
      columns: [feature],
      standardised: [[2]],
      raw: [[9]],
      everybody: [1],
      shares: [1],
    })
    expect(first?.key).toBe('high-electronics-views-in-the-la')
    expect(first?.label.name).toEqual({ en: 'High: Views', fr: 'Élevé\u00A0: Consultations' })
  })

  it('gives every segment a key of its own that the bundle accepts, in both languages', () => {
    const z = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(z, { minLength: 1, maxLength: 20 }), (profiles) => {
        const segments = named(profiles)
        expect(new Set(segments.map((s) => s.key)).size).toBe(profiles.length)
        for (const { key, label } of segments) {
          expect(key).toMatch(KEY)
          expect(Object.keys(label.name)).toEqual(['en', 'fr'])
        }
        expect(named(profiles)).toEqual(segments)
      }),
    )
  })

  it('describes in one sentence with readable numbers', () => {
    const [first] = named([
      [0.1, 3, -1],
      [0, 0, 0],
    ])
    expect(first?.label.description).toEqual({
      en: '50 % of customers: Spend 341 (average 20), days since last order 30 (average 90), Views 12 (average 5).',
      fr: '50\u00A0% des clients\u00A0: Dépenses 341 (moyenne 20), days since last order 30 (moyenne 90), Consultations 12 (moyenne 5).',
    })
  })
})

describe('labels', () => {
  it('are filled up for every segment and for outliers, and fit their schema', () => {
    const labels = completeLabels(['big-spenders', 'lost'], {
      lost: { name: { fr: 'Perdus' }, description: {}, colour: '#000000' },
    })
    expect(Object.keys(labels)).toEqual(['big-spenders', 'lost', 'outlier'])
    expect(labelsSchema.safeParse(labels).success).toBe(true)
    expect(segmentName(labels, 'big-spenders', 'fr')).toBe('Big spenders')
    expect(segmentName(labels, 'lost', 'fr')).toBe('Perdus')
    expect(segmentName(labels, 'lost', 'en')).toBe('lost')
    expect(segmentName(labels, 'outlier', 'fr')).toBe('Atypiques')
  })

  it('colours are distinct until they run out', () => {
    expect(new Set(SEGMENT_COLOURS).size).toBe(SEGMENT_COLOURS.length)
    expect(segmentColour(SEGMENT_COLOURS.length)).toBe(SEGMENT_COLOURS[0])
    expect(SEGMENT_COLOURS.every((c) => /^#[0-9A-F]{6}$/.test(c))).toBe(true)
  })
})

describe('numbers', () => {
  it.each([
    [0, '0', '0'],
    [-0.0000001, '0', '0'],
    [0.1 + 0.2, '0.3', '0,3'],
    [0.0123456, '0.0123', '0,0123'],
    [0.5012, '0.501', '0,501'],
    [9.999, '10', '10'],
    [12.345, '12.3', '12,3'],
    [99.96, '100', '100'],
    [1234.5, '1,235', '1\u00A0235'],
    [-1_234_567, '−1,234,567', '−1\u00A0234\u00A0567'],
    [Number.NaN, '–', '–'],
  ])('%d', (x, en, fr) => {
    expect([formatNumber(x, 'en'), formatNumber(x, 'fr')]).toEqual([en, fr])
  })

  it('shares have one decimal', () => {
    expect([formatShare(0.12345, 'en'), formatShare(0.5, 'fr')]).toEqual(['12.3 %', '50\u00A0%'])
  })
})
