import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../src/domain/base/duration.ts'
import { seededRandom } from '../../src/domain/base/random.ts'
import {
  checkGrown,
  planPromotion,
  youngUntil,
  type Flow,
  type Planned,
} from '../../src/app/plan-promotion.ts'
import { TaskFold } from '../../src/app/task/fold.ts'
import { lookBackMs } from '../../src/domain/features/youth.ts'
import type { Rollout } from '../../src/domain/segments/rollout.ts'
import type { Transition } from '../../src/domain/segments/transition.ts'
import type { Head } from '../../src/ports/store.ts'
import { bundleOf, makeScenario, newProfiles, record, type Scenario } from '../sim/scenario.ts'
import { Feeder, foldAll, foldOptions, PLAIN, type Stored } from './task/folding.ts'

const POLICY = { minEvents: 2, marginRatio: 0.1, dwellMs: 0, confirmForMs: null, outlier: 'ignore' } as const
const CANDIDATE = bundleOf(1.4, POLICY)

/** Is the clock free, with nobody overdue since a hold? */
const timePasses = ({ held, clock, releasedAt }: Head): boolean => !held && clock > 0 && releasedAt <= clock

/** A scenario folded to its end, unguarded, for time to pass afterwards. */
function past(seed: number): { scenario: Scenario; head: Head; stored: Stored } {
  const scenario = { ...makeScenario(seededRandom(seed), false), guard: undefined }
  const { head, states } = foldAll(scenario, PLAIN)
  return { scenario, head, stored: states.at(-1) as Stored }
}

function planned({ scenario, head, stored }: ReturnType<typeof past>, rollout?: Rollout): Promise<Planned> {
  const profiles = newProfiles()
  const segmentOf = ({ user, bytes }: { user: string; bytes: Uint8Array }): string | undefined =>
    head.segments[profiles.segment(profiles.load(user, bytes))]
  const members = new Map([...stored.values()].map((p) => [p.user, segmentOf(p)]))
  return planPromotion({
    reader: {
      profile: (user) => Promise.resolve(stored.get(user)?.bytes),
      async *members(key) {
        for (const [user, segment] of members) if (segment === key) yield user
      },
    },
    heads: [head],
    taskOf: () => 0,
    options: foldOptions(scenario),
    bundle: CANDIDATE,
    rollout,
  })
}

/** The bundle is promoted, and nothing happens but that time goes on for `ms`; the moves that it alone makes, and the fold. */
function actual(
  { scenario, head, stored }: ReturnType<typeof past>,
  ms: number,
  rollout?: Rollout,
): { moves: Transition[]; fold: TaskFold } {
  const { share, rampMs } = rollout ?? {}
  const { control } = scenario.inputs
  if (control === undefined) throw new Error('a scenario has commands')
  const issuedAt = head.clock
  const command = { command: 'promote', commandId: 'new', issuedAt, bundle: CANDIDATE, share, rampMs }
  const records = [...control.records, record(control.end, command)]
  const inputs = { ...scenario.inputs, control: { ...control, records, end: control.end + 1 } }
  const fold = new TaskFold(foldOptions(scenario), head, { stored: true, knownRev: head.rev })
  const feeder = new Feeder(fold, { ...scenario, inputs }, PLAIN, new Map(stored))
  const moves: Transition[] = []
  const go = (): void => {
    for (let r = feeder.next(); r; r = feeder.next())
      moves.push(...r.transitions.filter(({ cause }) => cause === 'model'))
  }
  go()
  fold.tick(head.clock + ms)
  go()
  return { moves, fold }
}

function flowsOf(moves: readonly Transition[]): Flow[] {
  const counts = new Map<string, number>()
  for (const { from, to } of moves) {
    const key = JSON.stringify([from, to])
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([key, users]) => {
      const [from, to] = JSON.parse(key) as [string, string]
      return { from, to, users }
    })
}

const rollout = fc.record({
  share: fc.constantFrom(undefined, 0.1, 0.5, 1),
  rampMs: fc.constantFrom(undefined, 5 * MINUTE_MS, 30 * MINUTE_MS),
})

it('the planned moves are the actual ones, user for user, where nobody does anything until he is woken', async () => {
  let moved = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), rollout, async (seed, { share, rampMs }) => {
      const before = past(seed)
      fc.pre(timePasses(before.head))
      const part =
        share === undefined && rampMs === undefined ? undefined : { share, rampMs, from: before.head.clock }
      const plan = await planned(before, part)
      const { maxSleepMs, spreadMs } = before.scenario.due
      const { moves } = actual(before, maxSleepMs + spreadMs, part)
      // a ramp goes on behind the first wake
      const first = moves.filter(({ userId, occurredAt }) => occurredAt === before.stored.get(userId)?.due)
      if (rampMs === undefined) expect(first).toEqual(moves)
      expect(plan.flows).toEqual(flowsOf(first))
      expect(plan.moved).toBe(first.length)
      expect(plan.reached).toBeLessThanOrEqual(plan.members)
      moved += plan.moved
    }),
    { numRuns: 120 },
  )
  expect(moved).toBeGreaterThan(50)
})

it('a promoted bundle has reached everybody once the longest sleep has passed, and with a ramp once that has, too', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.constantFrom(0, 30 * MINUTE_MS), (seed, rampMs) => {
      const before = past(seed)
      fc.pre(timePasses(before.head))
      const { maxSleepMs, spreadMs } = before.scenario.due
      const part = rampMs === 0 ? undefined : { rampMs, from: before.head.clock }
      // as-ofs lie a millisecond behind the events
      const { fold } = actual(before, rampMs + maxSleepMs + spreadMs + 1, part)
      const { book, segmenter } = fold.memory
      for (const slot of book.profiles.slots())
        expect(segmenter.bundleVersionOf(slot)).toBe(CANDIDATE.version)
    }),
    { numRuns: 60 },
  )
})

describe('a bundle whose features look back farther than the state', () => {
  const { head } = past(7)
  const firstAt = head.firstAt as number
  const lookBack = lookBackMs(CANDIDATE.featureSet)

  it.each([
    ['does by a ms', { clock: firstAt + lookBack - 1 }, firstAt + lookBack],
    ['does not', { clock: firstAt + lookBack }, undefined],
    ['does, and had none before', { clock: firstAt, deployments: [] }, undefined],
    ['cannot tell', { clock: firstAt, firstAt: undefined }, undefined],
  ])('%s: it is young until %s', (_what, change, until) => {
    expect(youngUntil(CANDIDATE, [undefined, { ...head, ...change }])).toBe(until)
  })

  it('is refused with the day: that of the youngest task', () => {
    const young = (age: number): Head => ({ ...head, firstAt: Date.UTC(2024, 0, 9, 23, 55) - age, clock: 0 })
    expect(() => checkGrown(CANDIDATE, [young(DAY_MS), young(0)])).toThrow('not before 2024-01-10')
  })
})
