import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { hash52 } from '../../../src/domain/base/hash.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { Profiles } from '../../../src/domain/profile/profiles.ts'
import { bundle, Desk, T0, view } from './desk.ts'
import { event, seedPlan } from './support.ts'

const T = Date.UTC(2024, 4, 1)
const secondOf = (e: Event): number => Math.floor(e.eventTime / SECOND_MS)

/** The rule, plainly: the newest 128 by (second, hash) of what is at most a day older than the newest. */
function remembered(folded: readonly Event[]): Event[] {
  const newest = Math.max(...folded.map(secondOf))
  return folded
    .filter((e) => secondOf(e) >= newest - DAY_MS / SECOND_MS)
    .sort((a, b) => secondOf(b) - secondOf(a) || hash52(b.eventId) - hash52(a.eventId))
    .slice(0, 128)
}

function afterAll(events: readonly Event[]): { p: Profiles; bytes: Uint8Array } {
  const p = new Profiles(seedPlan)
  for (const e of events) p.fold(p.open('u1'), e)
  return { p, bytes: p.save(p.find('u1')) }
}

describe('an event that comes again', () => {
  const first = event({ eventTime: T, kind: 'order_completed', amountMinor: 500 })

  it('changes nothing but a counter', () => {
    const { p, bytes } = afterAll([first])
    expect(p.fold(0, { ...first })).toBe(false)
    expect(p.save(0)).toEqual(bytes)
    expect(p.uncounted.take()).toEqual({ duplicate: 1 })
  })

  it('is known by its id alone, whatever else it says', () => {
    const { p, bytes } = afterAll([first])
    expect(p.fold(0, { ...view(T + HOUR_MS), eventId: first.eventId })).toBe(false)
    expect(p.save(0)).toEqual(bytes)
  })

  it('of another user is another event', () => {
    const { p } = afterAll([first])
    expect(p.fold(p.open('u2'), { ...first, userId: 'u2' })).toBe(true)
  })

  it.each([
    ['a day later to the second', DAY_MS, false],
    ['within that second', DAY_MS + SECOND_MS - 1, false],
    ['a second later', DAY_MS + SECOND_MS, true],
  ])('behind an event %s counts again: %s', (_, laterMs, again) => {
    const { p } = afterAll([first, view(T + laterMs)])
    expect(p.fold(0, first)).toBe(again)
  })

  it.each([
    [127, false],
    [128, true],
  ])('behind %i newer ones counts again: %s', (newer, again) => {
    const { p } = afterAll([first, ...Array.from({ length: newer }, (_, i) => view(T + (i + 1) * SECOND_MS))])
    expect(p.fold(0, first)).toBe(again)
  })

  it('brings no other bundle to him, and does not put off his wake', () => {
    const desk = new Desk()
    desk.segmenter.deploy(bundle(), null)
    const again = view(T0)
    for (const e of [again, view(T0 + 1), view(T0 + 2)]) desk.event(e)
    desk.segmenter.deploy(bundle(3), null)
    const [bytes, moves] = [desk.profiles.save(0), desk.moves.length]
    expect(
      desk.segmenter.event(0, again, { kind: '', eventId: '', topic: null, partition: 0, offset: 0 }, []),
    ).toBe(false)
    expect(desk.profiles.save(0)).toEqual(bytes)
    expect(desk.moves.length).toBe(moves)
  })
})

const events = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 4 * HOUR_MS }), fc.integer({ min: 0, max: 4 * DAY_MS })),
      fc.constantFrom('product_viewed', 'order_completed'),
    ),
    { minLength: 1, maxLength: 300 },
  )
  .map((list) => list.map(([at, kind]) => event({ eventTime: T + at, kind, amountMinor: 100 })))

describe('what is remembered', () => {
  it('is what the plain rule remembers, stored in between or not', () => {
    const repeats = fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 300, maxLength: 300 })
    fc.assert(
      fc.property(events, repeats, (list, again) => {
        let p = new Profiles(seedPlan)
        const folded: Event[] = []
        list.forEach((e, i) => {
          const [pick, reload] = again[i] as [number, boolean]
          const old = list[pick % (i + 1)] as Event
          for (const next of [e, old]) {
            const known = folded.length > 0 && remembered(folded).includes(next)
            expect(p.fold(p.open('u1'), next)).toBe(!known)
            if (!known) folded.push(next)
          }
          if (!reload) return
          const bytes = p.save(p.find('u1'))
          p = new Profiles(seedPlan)
          expect(p.save(p.load('u1', bytes))).toEqual(bytes)
        })
        expect(p.events(p.find('u1'))).toBe(folded.length)
      }),
      { numRuns: 25 },
    )
  })

  it('does not depend on the order of events', () => {
    fc.assert(
      fc.property(events, fc.integer(), (list, seed) => {
        const shuffled = list
          .map((e, i) => ({ e, key: Math.imul(i + 1, seed | 1) }))
          .sort((a, b) => a.key - b.key)
          .map(({ e }) => e)
        expect(afterAll(shuffled).bytes).toEqual(afterAll(list).bytes)
      }),
      { numRuns: 40 },
    )
  })
})
