import { describe, expect, test } from 'vitest'
import { sealBundle, type Bundle } from '../../../src/domain/segments/bundle.ts'
import { catalogOf } from '../../../src/domain/segments/catalog.ts'
import type { Labels } from '../../../src/domain/segments/labels.ts'
import { bundle } from '../profile/desk.ts'

const BEFORE_ALL = Number.MIN_SAFE_INTEGER

/** A bundle with these segments. */
function withKeys(keys: readonly string[], over: Partial<Bundle> = {}): Bundle {
  const segments = keys.map((key, i) => ({ key, share: (i + 1) / 10, profile: [0, 0] }))
  return sealBundle({ ...bundle(), segments, ...over })
}

const first = withKeys(['loyal', 'calm'])
const second = withKeys(['loyal', 'busy'], { lineage: { parent: first.version } })
const deployments = [
  { bundle: first, since: BEFORE_ALL, promoteId: 'p-1' },
  { bundle: second, since: 2000, promoteId: 'p-2' },
]

describe('the catalog of segments', () => {
  test('holds every segment that any deployment had, in the order of keys', () => {
    expect(catalogOf(deployments, {}).map((e) => e.segment)).toEqual(['busy', 'calm', 'loyal'])
    expect(catalogOf([], {})).toEqual([])
  })

  test('tells when a segment was born and died: the instant before all events is 0', () => {
    const times = catalogOf(deployments, {}).map((e) => [e.segment, e.bornAt, e.diedAt])
    expect(times).toEqual([
      ['busy', 2000, null],
      ['calm', 0, 2000],
      ['loyal', 0, null],
    ])
  })

  test('a segment that comes back is born anew', () => {
    const again = [...deployments, { bundle: first, since: 3000, promoteId: 'p-3' }]
    expect(catalogOf(again, {}).find((e) => e.segment === 'calm')).toMatchObject({
      bornAt: 3000,
      diedAt: null,
    })
  })

  test('names the last bundle that has it, that one’s parent, and the promotion', () => {
    const [busy, calm] = catalogOf(deployments, {})
    expect(busy).toMatchObject({
      bundleVersion: second.version,
      parentVersion: first.version,
      promoteId: 'p-2',
      promotedAt: 2000,
      share: 0.2,
    })
    expect(calm).toMatchObject({ bundleVersion: first.version, parentVersion: null, promoteId: 'p-1' })
  })

  test('outliers are a segment where the policy makes them one', () => {
    const outlying = withKeys(['loyal'], { policy: { ...first.policy, outlier: 'segment' } })
    const entries = catalogOf([{ bundle: outlying, since: 5 }], {})
    expect(entries.map((e) => [e.segment, e.share, e.promoteId])).toEqual([
      ['loyal', 0.1, null],
      ['outlier', null, null],
    ])
  })

  test('says the words of the labels, in both languages, and null where nothing was said', () => {
    const labels: Labels = {
      loyal: {
        name: { en: 'Loyal', fr: 'Fidèles' },
        description: { en: 'They stay.' },
        colour: '#0072B2',
        action: { fr: 'Remercier' },
      },
    }
    const [, calm, loyal] = catalogOf(deployments, labels)
    expect(loyal).toMatchObject({
      nameEn: 'Loyal',
      nameFr: 'Fidèles',
      descriptionEn: 'They stay.',
      descriptionFr: null,
      actionEn: null,
      actionFr: 'Remercier',
      colour: '#0072B2',
    })
    expect(calm).toMatchObject({ nameEn: null, colour: null })
  })
})
