import { describe, expect, it } from 'vitest'
import { snapshots, wholeTable } from '../../../src/app/features.ts'
import { PERSONAS } from '../../../src/app/generate/personas.ts'
import { generateShop, SHOP_DEFAULTS, shopTruth } from '../../../src/app/generate/shop.ts'
import { recovery } from '../../../src/app/measure.ts'
import { trainBundle, TRAIN_DEFAULTS } from '../../../src/app/train.ts'
import { loadFeatureSet } from '../../../src/cli/declarations.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { UTC } from '../../../src/domain/base/zone.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'

const featureSet = loadFeatureSet('default')

/** `test/bench/RESULTS-choice.md` has ten seeds of a larger shop. */
describe('--k auto', () => {
  it.each([1, 2])(
    'finds as many segments as were planted, and the personas in them: seed %i',
    async (seed) => {
      const shop = { ...SHOP_DEFAULTS, users: 1_200, seed }
      const asOf = shop.startMs + 0.75 * shop.days * DAY_MS
      const [snapshot] = await snapshots(compilePlan(featureSet, UTC), generateShop(shop), [asOf])
      if (snapshot === undefined) throw new Error('one as-of gives one snapshot')
      const table = wholeTable(snapshot)
      const options = {
        ...TRAIN_DEFAULTS,
        k: 'auto',
        components: 0.9,
        minEvents: 8,
        source: '',
        asOf: '',
      } as const
      const { bundle, assigned, labels } = trainBundle({ featureSet, table, options })
      expect(bundle.segments).toHaveLength(PERSONAS.length)
      const segmentOf = new Map(
        table.users.flatMap((user, i) => {
          const segment = bundle.segments[assigned[i] as number]
          return segment === undefined ? [] : [[user, segment.key] as const]
        }),
      )
      const { people } = shopTruth(shop)
      expect(recovery(segmentOf, (user) => people[user]?.persona).ari).toBeGreaterThan(0.7)
      const names = bundle.segments.map(({ key }) => labels[key]?.name['en'])
      expect(new Set(names)).toEqual(
        new Set(['Bargain hunters', 'Big spenders', 'Lapsed customers', 'Loyal buyers', 'Window shoppers']),
      )
    },
  )
})
