import { expect, it } from 'vitest'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { lookBackMs } from '../../../src/domain/features/youth.ts'

const count = (window: string): object => ({
  name: `c${window}`,
  aggregate: 'count',
  on: ['product_viewed'],
  window,
})
const decayed = { name: 'd', aggregate: 'decayedCount', on: ['product_viewed'], halfLife: '5d' }

it.each([
  ['its longest window', [count('7d'), count('30d')], 30 * DAY_MS],
  ['eight half-lives', [count('30d'), decayed], 40 * DAY_MS],
  ['nothing where all is for life', [count('lifetime')], 0],
])('a feature set looks back %s', (_what, features, ms) => {
  expect(lookBackMs(parseFeatureSet({ name: 's', version: 1, zone: 'UTC', features }, 's'))).toBe(ms)
})
