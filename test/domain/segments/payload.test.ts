import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMembership, encodeTransition } from '../../../src/domain/segments/payload.ts'
import type { Traits, Transition } from '../../../src/domain/segments/transition.ts'
import { membership, START_MS, transition } from '../../support/revisions.ts'

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const TRAITS: Traits = {
  topCategory: 'electronics',
  topSeason: 'winter',
  orders365d: 6,
  spend365dMinor: 41_280,
  currency: 'EUR',
  lastOrderAt: START_MS,
}

/** Traits lie flat among the other fields, and are null where there are none. */
function plainTraits(t: Traits | null): object {
  const [topCategory, topSeason, currency] = [
    t?.topCategory ?? null,
    t?.topSeason ?? null,
    t?.currency ?? null,
  ]
  const [orders365d, spend365dMinor] = [t?.orders365d ?? null, t?.spend365dMinor ?? null]
  return {
    topCategory,
    topSeason,
    orders365d,
    spend365dMinor,
    currency,
    lastOrderAt: iso(t?.lastOrderAt ?? null),
  }
}

/** The payload as a plain object, in the order of its fields. */
function plain(t: Transition, app: string): unknown {
  return {
    id: t.id,
    schemaVersion: 1,
    segmentation: app,
    userId: t.userId,
    sequence: t.sequence,
    from: t.from,
    fromName: t.fromName,
    fromSince: iso(t.fromSince),
    to: t.to,
    toName: t.toName,
    timesInTo: t.timesInTo,
    cause: t.cause,
    origin: t.origin,
    occurredAt: iso(t.occurredAt),
    distanceFrom: t.distanceFrom,
    distanceTo: t.distanceTo,
    margin: t.margin,
    holdoutBucket: t.holdoutBucket,
    holdout: t.holdout,
    promoteId: t.promoteId,
    ...plainTraits(t.traits),
    bundleVersion: t.bundleVersion,
    triggerKind: t.triggerKind,
    triggerEventId: t.triggerEventId,
    sourceTopic: t.sourceTopic,
    sourcePartition: t.sourcePartition,
    sourceOffset: t.sourceOffset,
    summary: t.summary,
    reasons: t.reasons,
  }
}

describe('the payload of a transition', () => {
  test('is flat JSON with times in ISO 8601 UTC with milliseconds', () => {
    const text = encodeTransition(transition(7), 'shop')
    expect(text).not.toContain('\n')
    expect(JSON.parse(text)).toMatchObject({
      segmentation: 'shop',
      userId: 'u-7',
      fromSince: '2025-03-01T00:00:00.000Z',
      occurredAt: '2025-03-01T00:00:00.007Z',
      fromName: 'Loyal buyers',
      toName: null,
    })
  })

  test('a first assignment and a departure have nulls on their side', () => {
    const first = transition(1, {
      from: null,
      fromName: null,
      fromSince: null,
      distanceFrom: null,
      margin: null,
    })
    expect(JSON.parse(encodeTransition(first, 'shop'))).toEqual(plain(first, 'shop'))
    const gone = transition(1, {
      to: null,
      reasons: [],
      triggerEventId: null,
      sourceTopic: null,
      sourceOffset: null,
    })
    expect(JSON.parse(encodeTransition(gone, 'shop'))).toEqual(plain(gone, 'shop'))
  })

  test('has these fields in this order, whatever their values', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '"', '\\', '\u0000', '\u2028', '\u{1F600}', 'é', '~', '\u007f', '[a]'),
    )
    const number = fc.double()
    const reason = fc.record({
      feature: text,
      label: text,
      unit: fc.option(text),
      before: fc.option(number),
      now: number,
      pull: number,
      text,
    })
    const any = fc.record({
      userId: text,
      from: fc.option(text),
      fromName: fc.option(text),
      toName: fc.option(text),
      summary: text,
      distanceFrom: fc.option(number),
      distanceTo: number,
      triggerEventId: fc.option(text),
      sourceTopic: fc.option(text),
      promoteId: fc.option(text),
      traits: fc.constantFrom(null, TRAITS, { ...TRAITS, lastOrderAt: null, topCategory: null }),
      occurredAt: fc.integer({ min: 0, max: 2 * START_MS }),
      reasons: fc.array(reason, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(any, text, (over, app) => {
        const t = transition(3, over)
        expect(encodeTransition(t, app)).toBe(JSON.stringify(plain(t, app)))
      }),
    )
  })
})

test.each([0, 59_999, 60_000, 60_001, 3_599_999, START_MS - 1, START_MS + 5, -1, 253_402_300_800_000])(
  'the time %i reads as ISO 8601, whatever time was written before',
  (ms) => {
    for (const before of [ms - 1, ms + 60_000, ms]) {
      encodeMembership(membership('u', 'loyal', { since: before }))
      const line = JSON.parse(encodeMembership(membership('u', 'loyal', { since: ms }))) as { since: string }
      expect(line.since).toBe(iso(ms))
    }
  },
)

describe('the line of a membership', () => {
  test.each([
    ['in a segment', membership('u "1"', 'loyal', { previous: 'new', sequence: 4 })],
    ['gone', membership('u', null, { previous: 'loyal', origin: 'backfill' })],
    [
      'with names and traits',
      membership('u', 'new', { segmentName: 'New', previousName: 'Old', traits: TRAITS }),
    ],
    ['held out', membership('u', 'new', { holdoutBucket: 3, holdout: true })],
  ])('%s', (_what, m) => {
    expect(encodeMembership(m)).toBe(
      JSON.stringify({
        userId: m.userId,
        segment: m.segment,
        segmentName: m.segmentName,
        since: iso(m.since),
        previous: m.previous,
        previousName: m.previousName,
        sequence: m.sequence,
        holdoutBucket: m.holdoutBucket,
        holdout: m.holdout,
        ...plainTraits(m.traits),
        bundleVersion: m.bundleVersion,
        origin: m.origin,
      }),
    )
  })
})
