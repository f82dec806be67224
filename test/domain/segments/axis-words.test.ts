import { describe, expect, it } from 'vitest'
import type { Feature } from '../../../src/domain/features/feature-set.ts'
import { axisWords } from '../../../src/domain/segments/axis-words.ts'
import { RECENCY, SPEND, VIEWS } from './fixture.ts'

const KIDS: Feature = {
  name: 'kids',
  share: { of: 'views', where: { category: 'kids' } },
  whenEmpty: 0,
  topic: { en: 'kids', fr: 'enfants' },
}
const LAST_VISIT: Feature = { ...RECENCY, name: 'last_visit', on: ['page_viewed'] }
const COLUMNS: Feature[] = [VIEWS, SPEND, RECENCY, LAST_VISIT, KIDS, { name: 'age', given: true }]

describe('an axis in words', () => {
  it.each<[string, number[], string, string, string]>([
    // views, spend, last order, last visit, kids, age
    ['one theme', [0.9, 0.3, 0, -0.3, 0, 0], 'activity', 'very active', 'hardly active'],
    ['the same turned round', [-0.9, -0.3, 0, 0.3, 0, 0], 'activity', 'hardly active', 'very active'],
    ['recency is little buying', [0, 0.7, -0.7, 0, 0, 0.1], 'buying', 'buy a lot', 'hardly buy'],
    [
      'two that go together',
      [0.6, 0.7, 0, 0, 0, 0.2],
      'buying, activity',
      'buy a lot, very active',
      'hardly buy, hardly active',
    ],
    [
      'two that pull apart',
      [0.6, 0, 0, 0, -0.7, 0],
      'activity against kids',
      'less kids, very active',
      'more kids, hardly active',
    ],
    ['a second theme too weak to name', [0.9, 0, 0, 0, 0.4, 0], 'activity', 'very active', 'hardly active'],
    ['a column of which only the name is known', [0, 0, 0, 0, 0, 1], 'age', 'more age', 'less age'],
  ])('%s', (_, loadings, name, high, low) => {
    const words = axisWords(COLUMNS, loadings)
    expect([words.name.en, words.high.en, words.low.en]).toEqual([name, high, low])
  })

  it('in French too', () => {
    const { name, high, low } = axisWords(COLUMNS, [0.6, 0, 0, 0, -0.7, 0])
    expect([name.fr, high.fr, low.fr]).toEqual([
      'activité contre enfants',
      'moins\u00A0: enfants, très actifs',
      'plus\u00A0: enfants, peu actifs',
    ])
  })
})
