import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { EVENT_KINDS } from '../../../src/domain/events/event.ts'
import { spreadOf, type DuePolicy } from '../../../src/domain/profile/due.ts'
import type { Policy } from '../../../src/domain/segments/policy.ts'
import { bruteForce } from './brute-force.ts'
import { bundle, Desk, DUE, T0, TRIGGER, view } from './desk.ts'
import { event } from './support.ts'

test('first: nobody has a segment before minEvents, and the first one has no origin', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  desk.event(view(T0))
  expect(desk.told).toEqual([])
  desk.event(view(T0 + SECOND_MS))
  expect(desk.told).toEqual([[1, null, 'calm', 'first']])
  expect(desk.moves[0]).toMatchObject({
    occurredAt: T0 + SECOND_MS + 1,
    fromSince: null,
    distanceFrom: null,
    margin: null,
    timesInTo: 1,
    triggerKind: 'product_viewed',
    sourceTopic: 'clicks',
    sourcePartition: 3,
    sourceOffset: 9,
  })
})

test('D1 what is done to a user is no evidence: only what he does counts for minEvents', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  const passive = ['campaign_exposed', 'user_erased'] as const
  let slot = desk.event(view(T0))
  for (const kind of passive) slot = desk.event(event({ kind, eventTime: T0 + SECOND_MS, campaign: 'c' }))
  desk.segmenter.wake(slot, desk.moves, 0)
  expect([desk.profiles.events(slot), desk.told]).toEqual([1, []])
  for (const kind of EVENT_KINDS) desk.event(event({ kind, eventTime: T0 + 2 * SECOND_MS, userId: 'u2' }))
  expect(desk.profiles.events(desk.profiles.find('u2'))).toBe(EVENT_KINDS.length - passive.length)
})

test('D8 another bundle sees whom a published move alone made known as it sees all: his dwell is waived', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(0, { dwellMs: DAY_MS }), null)
  const slot = imposed(desk)
  desk.segmenter.wake(slot, desk.moves, 0)
  expect(desk.told).toEqual([])
  desk.segmenter.deploy(bundle(-1.6, { dwellMs: DAY_MS }), 'p-2')
  desk.segmenter.wake(slot, desk.moves, 0)
  expect(desk.told).toEqual([[2, 'busy', 'quiet', 'model']])
})

test('D8 another bundle begins a confirmation anew', () => {
  const policy = { marginRatio: 0.6, confirmForMs: 6 * MINUTE_MS }
  const desk = new Desk()
  desk.segmenter.deploy(bundle(0, policy), null)
  let slot = 0
  for (let i = 0; i < 3; i++) slot = desk.event(view(T0 + i * SECOND_MS))
  const { profiles } = desk
  expect([desk.told.length, profiles.challengedAt(slot)]).toEqual([1, T0 + 2 * SECOND_MS + 1])
  desk.segmenter.deploy(bundle(0.01, policy), 'p-2')
  // he was challenged for seven minutes, but by another bundle's word
  const at = T0 + 7 * MINUTE_MS
  desk.event(event({ kind: 'page_viewed', eventTime: at }))
  expect([desk.told.length, profiles.challengedAt(slot)]).toEqual([1, at + 1])
})

test.each([
  ['margin', { marginRatio: 0.6 }],
  ['confirmation', { marginRatio: 0.6, confirmForMs: DAY_MS }],
  ['dwell', { dwellMs: DAY_MS }],
])('D9 a flip that is held back counts once, under what holds it: %s', (hold, policy) => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(0, policy), null)
  // the third view draws him to busy, and a minute later he still is
  for (let i = 0; i < 3; i++) desk.event(view(T0 + i * SECOND_MS))
  desk.segmenter.wake(0, desk.moves, 0)
  expect([desk.told.length, desk.segmenter.suppressed.take()]).toEqual([1, { [hold]: 1 }])
  expect(desk.segmenter.suppressed.take()).toBeUndefined()
})

test('behaviour: an event moves him; inactivity: time alone does, with the instant as its as-of', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  let slot = 0
  for (let i = 0; i < 5; i++) slot = desk.event(view(T0 + i * SECOND_MS))
  expect(desk.told.at(-1)).toEqual([2, 'calm', 'busy', 'behaviour'])
  for (let n = 0; desk.moves.length < 3 && n < 100; n++) desk.segmenter.wake(slot, desk.moves, 0)
  expect(desk.told.slice(2)).toEqual([[3, 'busy', 'quiet', 'inactivity']])
  const [, second, third] = desk.moves
  expect(third).toMatchObject({
    triggerKind: 'wake',
    triggerEventId: null,
    sourceTopic: null,
    sourceOffset: null,
    fromSince: second?.occurredAt,
    // the bucket of five minutes that holds his views leaves the window of ten
    occurredAt: T0 + 15 * MINUTE_MS,
  })
})

test('model: another bundle decides first, before the event is folded', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  for (let i = 0; i < 2; i++) desk.event(view(T0 + i * SECOND_MS))
  const before = desk.moves.length
  const next = bundle(-1.6)
  desk.segmenter.deploy(next, 'p-2')
  const slot = desk.event(view(T0 + 10 * SECOND_MS))
  expect(desk.moves[before]).toMatchObject({ cause: 'model', to: 'busy', bundleVersion: next.version })
  expect(desk.segmenter.bundleVersionOf(slot)).toBe(next.version)
})

test('a wake alone brings a new bundle to a user who does nothing', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  let slot = 0
  for (let i = 0; i < 2; i++) slot = desk.event(view(T0 + i * SECOND_MS))
  const next = bundle(-1.6)
  desk.segmenter.deploy(next, null)
  desk.segmenter.wake(slot, desk.moves, 0)
  expect([desk.segmenter.bundleVersionOf(slot), desk.told.at(-1)]).toEqual([
    next.version,
    [desk.moves.length, 'calm', 'busy', 'model'],
  ])
})

test('without a bundle events are folded, nothing is decided, and he sleeps as long as he may', () => {
  const desk = new Desk()
  const slot = desk.event(view(T0))
  expect([desk.moves, desk.profiles.events(slot), desk.profiles.due(slot)]).toEqual([
    [],
    1,
    T0 + 1 + DUE.maxSleepMs,
  ])
})

test('a late event does not turn his as-of back', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  const slot = desk.event(view(T0 + MINUTE_MS))
  desk.event(view(T0))
  expect(desk.profiles.asOf(slot)).toBe(T0 + MINUTE_MS + 1)
  expect(desk.moves[0]?.occurredAt).toBe(T0 + MINUTE_MS + 1)
})

test.each([
  [T0 + SECOND_MS, 'live'],
  [T0 + SECOND_MS + 1, 'live'],
  [T0 + SECOND_MS + 2, 'backfill'],
])('a move as of T0 + 1001 ms, live from %i: %s', (liveFrom, origin) => {
  const desk = new Desk(DUE, liveFrom)
  desk.segmenter.deploy(bundle(), null)
  desk.event(view(T0))
  desk.event(view(T0 + SECOND_MS))
  expect(desk.moves[0]?.origin).toBe(origin)
})

test('a move that the arbiter refuses is not made, and leaves no trace but the due time', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), null)
  const asked: unknown[] = []
  for (let i = 0; i < 2; i++) {
    const slot = desk.profiles.open('u1')
    desk.segmenter.event(slot, view(T0 + i), TRIGGER, desk.moves, (...move) => asked.push(move) === 0)
  }
  expect([asked, desk.moves]).toEqual([[['u1', 1, null, 'calm']], []])
  expect([desk.profiles.sequence(0), desk.segmenter.segmentOf(0)]).toEqual([0, null])
  desk.segmenter.relabel({ busy: { name: { en: 'Busy' }, description: {}, colour: '#000000' } })
  expect(desk.segmenter.impose(0, null, 'busy', T0 + 5)).toMatchObject({
    userId: 'u1',
    segment: 'busy',
    segmentName: 'Busy',
    previous: null,
    sequence: 1,
    since: T0 + 5,
  })
  expect([desk.profiles.sequence(0), desk.segmenter.segmentOf(0)]).toEqual([1, 'busy'])
})

/** A user of whom nothing but a published move is known, as of T0. */
function imposed(desk: Desk): number {
  const slot = desk.profiles.open('u1')
  desk.profiles.setAsOf(slot, T0)
  desk.profiles.setDue(slot, T0 + DUE.maxSleepMs)
  desk.segmenter.impose(slot, null, 'busy', T0)
  return slot
}

test.each([
  [T0, 'live'],
  [T0 + 1, 'backfill'],
])(
  'a published move as of T0 leaves the membership that was published with it, live from %i: %s',
  (at, origin) => {
    const desk = new Desk(DUE, at)
    desk.segmenter.deploy(bundle(), null)
    const slot = desk.profiles.open('u1')
    desk.profiles.setAsOf(slot, T0)
    expect(desk.segmenter.impose(slot, null, 'busy', T0).origin).toBe(origin)
  },
)

const seconds = fc.integer({ min: 0, max: 40 * 60 }).map((s) => T0 + s * SECOND_MS)
const history = fc.array(seconds, { minLength: 2, maxLength: 12 }).map((times) => times.sort((a, b) => a - b))
const policies: fc.Arbitrary<Partial<Policy>> = fc.record({
  outlier: fc.constantFrom('ignore', 'segment'),
  marginRatio: fc.constantFrom(0, 0.1, 0.4),
  dwellMs: fc.constantFrom(0, 90 * SECOND_MS, 17 * MINUTE_MS),
  confirmForMs: fc.constantFrom(null, 100 * SECOND_MS, 6 * MINUTE_MS),
})

test('sequences have no gaps, each move begins where the last ended, and its segment is another', () => {
  const act = fc.oneof(
    fc.record({ user: fc.nat(2), at: seconds }),
    fc.constantFrom('wake', 'promote' as const),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), policies, (acts, policy) => {
      const desk = new Desk()
      desk.segmenter.deploy(bundle(0, policy), null)
      for (const a of acts) {
        if (typeof a === 'object') desk.event(view(a.at, `u${a.user}`))
        else if (a === 'promote')
          desk.segmenter.deploy(bundle(desk.segmenter.segments.length / 10, policy), null)
        else for (const slot of desk.profiles.slots()) desk.segmenter.wake(slot, desk.moves, 0)
      }
      for (const user of ['u0', 'u1', 'u2']) {
        const own = desk.moves.filter((t) => t.userId === user)
        own.forEach((t, i) => {
          expect(t.sequence).toBe(i + 1)
          expect([t.from, t.fromSince]).toEqual([own[i - 1]?.to ?? null, own[i - 1]?.occurredAt ?? null])
          expect(t.to).not.toBe(t.from)
          expect(t.occurredAt).toBeGreaterThanOrEqual(own[i - 1]?.occurredAt ?? 0)
        })
      }
    }),
  )
})

test('D10 after a wake he is due at the very instant at which he would move or be challenged, as trying them all gives it, and never later than maxSleep', () => {
  const spreads = fc.constantFrom(0, 3 * MINUTE_MS)
  const sleeps = fc.constantFrom(4 * MINUTE_MS, 30 * MINUTE_MS, DAY_MS / 24)
  let found = 0
  fc.assert(
    fc.property(history, policies, spreads, sleeps, (times, policy, spreadMs, maxSleepMs) => {
      const due = { ...DUE, maxSleepMs, spreadMs }
      const desk = new Desk(due)
      const b = bundle(0, policy)
      desk.segmenter.deploy(b, null)
      for (const at of times) desk.event(view(at))
      for (let n = 0; n < 4; n++) {
        desk.segmenter.wake(0, desk.moves, 0)
        const last = desk.profiles.asOf(0) + maxSleepMs
        const change = bruteForce(desk.segmenter, b, 0, last, SECOND_MS)
        if (change !== undefined) found++
        const expected = change === undefined ? last : Math.min(last, change + spreadOf('u1', due))
        expect(desk.profiles.due(0)).toBe(expected)
      }
    }),
    { numRuns: 150 },
  )
  expect(found, 'changes that waiting alone brought').toBeGreaterThan(50)
})

test('D10 after an event he is due no later than the first instant at which he would move or be challenged', () => {
  fc.assert(
    fc.property(history, policies, (times, policy) => {
      const desk = new Desk()
      const b = bundle(0, policy)
      desk.segmenter.deploy(b, null)
      for (const at of times) {
        desk.event(view(at))
        const last = desk.profiles.asOf(0) + DUE.maxSleepMs
        const change =
          desk.profiles.events(0) < 2 ? undefined : bruteForce(desk.segmenter, b, 0, last, SECOND_MS)
        expect(desk.profiles.due(0)).toBeGreaterThan(desk.profiles.asOf(0))
        expect(desk.profiles.due(0)).toBeLessThanOrEqual(change ?? last)
      }
    }),
    { numRuns: 60 },
  )
})

const FORGETFUL: DuePolicy = { ...DUE, forgetAfterMs: 45 * MINUTE_MS, forgetAnonymousAfterMs: 10 * MINUTE_MS }

/** Wakes until he is forgotten; gives the as-of of that wake. */
function forgottenAt(desk: Desk, slot: number): number {
  for (let n = 0; n < 100; n++) if (!desk.segmenter.wake(slot, desk.moves, 3)) return desk.profiles.asOf(slot)
  throw new Error('never forgotten')
}

test.each([0, 3 * MINUTE_MS])(
  'D12 who has been silent for too long leaves with a tombstone, and who comes back begins at 1 (spread %i)',
  (spreadMs) => {
    const due = { ...FORGETFUL, spreadMs }
    const desk = new Desk(due)
    desk.segmenter.deploy(bundle(), null)
    const last = T0 + SECOND_MS
    desk.event(view(T0))
    const slot = desk.event(view(last))
    const at = forgottenAt(desk, slot)
    expect(at - (last + due.forgetAfterMs)).toBe(spreadOf('u1', due))
    const [before, gone] = desk.moves.slice(-2)
    expect(gone).toMatchObject({
      sequence: (before?.sequence ?? 0) + 1,
      from: before?.to,
      fromSince: before?.occurredAt,
      to: null,
      toName: null,
      cause: 'expired',
      occurredAt: at,
      distanceTo: null,
      margin: null,
      triggerKind: 'wake',
      summary: expect.stringMatching(/^No event for/),
      reasons: [],
    })
    desk.profiles.free(slot)
    desk.event(view(at))
    desk.event(view(at + 1))
    expect(desk.told.at(-1)).toEqual([1, null, 'calm', 'first'])
  },
)

test('D12 who never had a segment is forgotten sooner, and without a word', () => {
  const desk = new Desk(FORGETFUL)
  desk.segmenter.deploy(bundle(), null)
  expect(forgottenAt(desk, desk.event(view(T0)))).toBe(T0 + FORGETFUL.forgetAnonymousAfterMs)
  expect(desk.moves).toEqual([])
})

test('D12 an event a ms before the end keeps him, by his latest event whatever the order', () => {
  const desk = new Desk(FORGETFUL)
  desk.segmenter.deploy(bundle(), null)
  desk.event(view(T0 + 5 * MINUTE_MS))
  const slot = desk.event(view(T0))
  expect(forgottenAt(desk, slot)).toBe(T0 + 5 * MINUTE_MS + FORGETFUL.forgetAfterMs)
})

test('D12 of whom nothing but a published move is known is forgotten as long after that', () => {
  const desk = new Desk(FORGETFUL)
  desk.segmenter.deploy(bundle(), null)
  expect(forgottenAt(desk, imposed(desk))).toBe(T0 + FORGETFUL.forgetAfterMs)
})

test('D12 where the published past did not let him go, he stays', () => {
  const desk = new Desk(FORGETFUL)
  desk.segmenter.deploy(bundle(), null)
  desk.event(view(T0))
  const slot = desk.event(view(T0 + 1))
  for (let n = 0; desk.profiles.asOf(slot) < T0 + DAY_MS && n < 200; n++)
    expect(desk.segmenter.wake(slot, [], 0, () => false)).toBe(true)
  expect(desk.profiles.asOf(slot)).toBeGreaterThanOrEqual(T0 + DAY_MS)
})
