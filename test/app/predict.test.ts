import { describe, expect, it } from 'vitest'
import { predict } from '../../src/app/predict.ts'
import { completeLabels } from '../../src/domain/segments/label.ts'
import { smallBundle } from '../domain/segments/fixture.ts'

const bundle = smallBundle()
const labels = completeLabels(bundle.segments.map((s) => s.key))

describe('predict', () => {
  it('shows every step by hand', () => {
    const p = predict(bundle, labels, [0, 25, 500])
    expect(p.steps.raw).toEqual([0, 25, 500])
    expect(p.steps.transformed).toEqual([0, 5, 365])
    expect(p.steps.scaled).toEqual([-2, 0, 265 / 80])
    expect(p.steps.projected[0]).toBeCloseTo(Math.SQRT1_2 * (-2 - 0.01 + 0.02), 12)
    expect(p.steps.projected[1]).toBeCloseTo(265 / 80, 12)
    const distances = bundle.centroids.map((c) =>
      Math.hypot(...c.map((x, i) => x - (p.steps.projected[i] as number))),
    )
    p.distances.forEach((d, k) => expect(d.distance).toBeCloseTo(distances[k] as number, 12))
    const [nearest = 0, second = 0] = [...distances].sort((a, b) => a - b)
    expect(p.margin).toBeCloseTo(1 - nearest / second, 12)
    expect(p).toMatchObject({ segment: 'quiet', name: 'Quiet', outlier: true })
    expect(p.reasons.length).toBeGreaterThan(0)
  })

  it('says outlier only where the policy does', () => {
    const strict = smallBundle({ policy: { ...bundle.policy, outlier: 'segment' } })
    expect(predict(bundle, labels, [0, 90_000, 0])).toMatchObject({ segment: 'lost', outlier: true })
    expect(predict(strict, labels, [0, 90_000, 0], 'fr')).toMatchObject({
      segment: 'outlier',
      name: 'Atypiques',
      outlier: true,
    })
    expect(predict(strict, labels, [20, 90, 20])).toMatchObject({ segment: 'buyers', outlier: false })
  })

  it.each([
    [[1, 2], 'the vector has 2 values: expected 3 (views_30d, spend_90d, days_since_last_order)'],
    [[1, Number.NaN, 3], 'spend_90d is NaN'],
    [[1, 2, Infinity], 'days_since_last_order is Infinity'],
  ])('refuses %j', (vector, text) => {
    expect(() => predict(bundle, labels, vector)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(text) as unknown }),
    )
  })
})
