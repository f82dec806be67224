import { expect, test } from 'vitest'
import { RefusalGauge } from '../../../src/app/task/refusals.ts'

const RULE = { share: 0.05, minRefused: 20, windowMs: 60_000 }

test.each([
  [400, 20, false],
  [399, 20, true],
  [19, 19, false],
])('refused-rate: %d records, %d of them refused: too many is %j', (records, refused, tooMany) => {
  expect(new RefusalGauge(RULE).add(records, refused, 0)).toBe(tooMany)
})

test('refused-rate: records count as long as the window lasts', () => {
  const gauge = new RefusalGauge(RULE)
  expect(gauge.add(15, 15, 0)).toBe(false)
  expect(gauge.add(15, 15, 60_000)).toBe(false)
  expect(gauge.add(15, 15, 119_999)).toBe(true)
})

test('refused-rate: once accepted, until there were fewer for a whole window', () => {
  const accepted = (): RefusalGauge => {
    const gauge = new RefusalGauge(RULE)
    gauge.add(100, 100, 0)
    gauge.forgive(1000)
    expect(gauge.add(100, 100, 50_000)).toBe(false)
    // those of 50 s count until 110 s: from the last look at which they did, a window goes by
    expect(gauge.add(1, 0, 109_000)).toBe(false)
    return gauge
  }
  const early = accepted()
  expect(early.add(1, 0, 168_999)).toBe(false)
  expect(early.add(100, 100, 168_999)).toBe(false)
  const late = accepted()
  expect(late.add(1, 0, 169_000)).toBe(false)
  expect(late.add(100, 100, 169_000)).toBe(true)
})
