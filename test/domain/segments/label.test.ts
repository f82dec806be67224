import { describe, expect, it } from 'vitest'
import { formatNumber, formatShare } from '../../../src/domain/segments/format.ts'
import {
  completeLabels,
  segmentColour,
  segmentName,
  SEGMENT_COLOURS,
} from '../../../src/domain/segments/label.ts'
import { labelsSchema } from '../../../src/domain/segments/labels.ts'

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
