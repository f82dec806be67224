import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { Guard, RHYTHM, type GuardRule } from '../../../src/app/task/guard.ts'
import type { GuardState } from '../../../src/ports/store.ts'

const T0 = Date.UTC(2024, 0, 1)
const RULE: GuardRule = { overSlots: 12, floorPct: 30, minUsual: 20, maxMovedPct: 5, minMoved: 20 }
const QUIET = { moved: [], members: 1000, wakes: true }

/** A guard that saw `days` days with records spread evenly over each hour, `perHour(hour of day, day)` of them. */
function after(days: number, perHour: (hour: number, day: number) => number, state?: GuardState): Guard {
  const guard = new Guard(['clicks', 'orders'], RHYTHM, state)
  for (let hour = 0; hour < days * 24; hour++) {
    const n = perHour(hour % 24, Math.floor(hour / 24))
    // an hour that is looked into from its start on
    guard.finish(T0 + hour * HOUR_MS, [], undefined)
    for (let i = 0; i < n; i++) guard.count('clicks', T0 + hour * HOUR_MS + Math.floor((i * HOUR_MS) / n))
  }
  return guard
}

/** What becomes of it before time goes on to `t`. */
const turn = (guard: Guard, t: number): string | undefined => guard.turn(t, RULE, QUIET)?.held.why
const DAYS_8 = T0 + 8 * DAY_MS

describe('an input', () => {
  it('is silent once it gave less than its floor in the time looked back over, and not at the floor itself', () => {
    // usual: 40 an hour; the floor of an hour: 12
    for (const [seen, expected] of [
      [11, 'silent'],
      [12, undefined],
    ] as const) {
      const guard = after(8, () => 40)
      for (let i = 0; i < seen; i++) guard.count('clicks', DAYS_8)
      expect(turn(guard, DAYS_8 + HOUR_MS)).toBe(expected)
    }
  })

  it('is judged as of the start of a slot, once', () => {
    const guard = after(8, () => 40)
    guard.count('clicks', DAYS_8)
    expect(turn(guard, DAYS_8 + 40 * MINUTE_MS)).toBeUndefined()
    // the hour before still counts, up to the last slot
    const slots = Array.from({ length: 24 }, (_, i) => DAYS_8 + (40 + i * 5) * MINUTE_MS)
    const first = slots.find((t) => turn(guard, t) === 'silent')
    // (12 − n) · 3⅓ records of the hour before, less than 12
    expect(first).toBe(DAYS_8 + 45 * MINUTE_MS)
    expect(turn(guard, DAYS_8 + 45 * MINUTE_MS)).toBeUndefined()
  })

  it.each([
    [2, undefined],
    [3, 'silent'],
  ])('of which %i days are known says: %s', (days, expected) => {
    const guard = after(days, () => 40)
    expect(turn(guard, T0 + days * DAY_MS + HOUR_MS)).toBe(expected)
  })

  it('that usually gives little is judged over longer, up to six hours, and beyond that not at all', () => {
    // 10 an hour: 20 are usual in two hours; 4 an hour: in five; 3 an hour: not in six
    for (const [usual, silentAfterHours] of [
      [10, 2],
      [4, 5],
      [3, Number.POSITIVE_INFINITY],
    ] as const) {
      const guard = after(8, () => usual)
      const hours = [1, 2, 3, 4, 5, 6, 12].find((h) => turn(guard, DAYS_8 + h * HOUR_MS) === 'silent')
      expect((hours ?? Number.POSITIVE_INFINITY) <= silentAfterHours).toBe(true)
      expect(hours === undefined).toBe(silentAfterHours === Number.POSITIVE_INFINITY)
    }
  })

  it('has the habit of each hour of the day, which one bad day does not change', () => {
    const night = (hour: number): number => (hour < 6 ? 4 : 100)
    const guard = after(8, (hour, day) => (day === 7 ? 0 : night(hour)))
    for (let i = 0; i < 4; i++) guard.count('clicks', DAYS_8 + 3 * HOUR_MS)
    // by day nothing is less than usual, though the day before there was nothing
    expect(turn(guard, DAYS_8 + 9 * HOUR_MS)).toBe('silent')
  })

  it('that is quiet on the same day of each week is not silent on it', () => {
    const weekly = (_hour: number, day: number): number => (day % 7 === 1 ? 10 : 100)
    const guard = after(8, weekly)
    for (let i = 0; i < 10; i++) guard.count('clicks', DAYS_8 + i * 6 * MINUTE_MS)
    expect(turn(guard, DAYS_8 + HOUR_MS)).toBeUndefined()
    expect(
      turn(
        after(8, () => 100),
        DAYS_8 + HOUR_MS,
      ),
    ).toBe('silent')
  })
})

describe('a hold', () => {
  /** Held since an hour of silence. */
  function held(): Guard {
    const guard = after(8, () => 40)
    const found = guard.turn(DAYS_8 + HOUR_MS, RULE, QUIET)
    guard.finish(DAYS_8, [], found?.held)
    expect(guard.hold).toEqual({ why: 'silent', asOf: DAYS_8 + HOUR_MS, inputs: ['clicks'] })
    return guard
  }

  it('of a silent input ends once it is heard again in a time that lies within the hold', () => {
    const guard = held()
    const back = DAYS_8 + 6 * HOUR_MS
    for (let i = 0; i < 40; i++) guard.count('clicks', back + i * 90_000)
    const ends = [70, 65, 60, 55].map((m) => turn(guard, back + m * MINUTE_MS))
    expect(ends).toContain('over')
    // before that time has passed since it began, nothing ends it
    const early = held()
    for (let i = 0; i < 100; i++) early.count('clicks', DAYS_8 + HOUR_MS + i)
    expect(turn(early, DAYS_8 + HOUR_MS + 55 * MINUTE_MS)).toBeUndefined()
    expect(turn(early, DAYS_8 + 2 * HOUR_MS)).toBe('over')
  })

  it('does not end in the quiet hours, when too little is usual to say that it is back', () => {
    const guard = after(8, (hour) => (hour < 12 ? 40 : 0))
    const at = DAYS_8 + HOUR_MS
    guard.finish(DAYS_8, [], guard.turn(at, RULE, QUIET)?.held)
    for (let h = 13; h < 24; h++) expect(turn(guard, DAYS_8 + h * HOUR_MS)).toBeUndefined()
    expect(guard.hold?.why).toBe('silent')
  })

  it('teaches nothing: however long it lasts, the habit is what it was', () => {
    const guard = held()
    guard.finish(DAYS_8 + 20 * DAY_MS, [], undefined)
    expect(turn(guard, DAYS_8 + 20 * DAY_MS + HOUR_MS)).toBeUndefined()
    expect(guard.hold?.why).toBe('silent')
    for (let i = 0; i < 40; i++) guard.count('clicks', DAYS_8 + 20 * DAY_MS + i * 90_000)
    expect(turn(guard, DAYS_8 + 20 * DAY_MS + HOUR_MS)).toBe('over')
  })

  it('that a person ends does not begin again: what the input gives now becomes its habit', () => {
    const guard = held()
    guard.release()
    expect(guard.hold).toBeUndefined()
    for (let h = 2; h < 72; h++) {
      expect(turn(guard, DAYS_8 + h * HOUR_MS)).toBeUndefined()
      guard.finish(DAYS_8 + h * HOUR_MS, [], undefined)
    }
  })

  it.each([
    [0, 0, undefined],
    [50, 1000, undefined],
    [51, 1000, 'moving'],
    [19, 100, undefined],
    [20, 100, 'moving'],
  ])('begins where %i of %i members moved within an hour: %s', (moved, members, expected) => {
    const guard = after(1, () => 40)
    const t = T0 + DAY_MS + MINUTE_MS
    guard.finish(t, [[guard.slotOf(t), Math.max(0, moved - 5)]], undefined)
    const now = (at: number, wakes = true): string | undefined =>
      guard.turn(at, RULE, { moved: [[guard.slotOf(t), 5]], members, wakes })?.held.why
    expect(now(t + 1)).toBe(expected)
    // nobody is to be woken; an hour later it is forgotten
    expect(now(t + 1, false)).toBeUndefined()
    expect(now(t + HOUR_MS + 5 * MINUTE_MS)).toBeUndefined()
  })

  it('of too many moves waits for a person', () => {
    const guard = after(8, () => 40)
    guard.finish(DAYS_8, [], { why: 'moving', asOf: DAYS_8 })
    for (let i = 0; i < 400; i++) guard.count('clicks', DAYS_8 + i * 90_000)
    expect(turn(guard, DAYS_8 + 11 * HOUR_MS)).toBeUndefined()
    guard.release()
    expect(guard.hold).toBeUndefined()
  })
})

it('R2: what is remembered goes through the head as JSON, and goes on as if it had not', () => {
  const whole = after(9, (hour, day) => hour + day)
  const half = after(5, (hour, day) => hour + day)
  const text = JSON.stringify(half.state())
  const rest = new Guard(['clicks', 'orders'], RHYTHM, JSON.parse(text) as GuardState)
  for (let hour = 5 * 24; hour < 9 * 24; hour++) {
    const n = (hour % 24) + Math.floor(hour / 24)
    rest.finish(T0 + hour * HOUR_MS, [], undefined)
    for (let i = 0; i < n; i++) rest.count('clicks', T0 + hour * HOUR_MS + Math.floor((i * HOUR_MS) / n))
  }
  expect(rest.state()).toEqual(whole.state())
})

it('R1: in how many steps time goes on changes nothing', () => {
  const state = after(4, () => 30).state()
  const [once, often] = [
    new Guard(['clicks', 'orders'], RHYTHM, state),
    new Guard(['clicks', 'orders'], RHYTHM, state),
  ]
  const end = T0 + 30 * DAY_MS
  for (let t = T0 + 4 * DAY_MS; t < end; t += 7 * MINUTE_MS) often.finish(t, [], undefined)
  for (const guard of [once, often]) guard.finish(end, [], undefined)
  expect(once.state()).toEqual(often.state())
})
