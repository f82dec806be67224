import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { explainUser, type Explanation } from '../../src/app/explain.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import type { Transition } from '../../src/domain/segments/transition.ts'
import { TaskFold } from '../../src/app/task/fold.ts'
import { makeScenario } from '../sim/scenario.ts'
import { seededRandom } from '../../src/domain/base/random.ts'
import { Feeder, foldOptions, ORIGIN, PLAIN } from './task/folding.ts'

const HORIZON_MS = 60 * MINUTE_MS

/** What is said of every user in the middle of a scenario, and the moves that follow when time passes and nothing happens. */
function told(seed: number): {
  said: Map<string, Explanation>
  moves: readonly Transition[]
  /** By version. */
  bundles: ReadonlyMap<string, Bundle>
} {
  const scenario = makeScenario(seededRandom(seed), false)
  // a guard would hold the clock while nothing happens
  const options = foldOptions(scenario, { ...PLAIN, guard: undefined })
  const feeder = new Feeder(new TaskFold(options, ORIGIN, { stored: false, knownRev: 0 }), scenario, PLAIN)
  while (feeder.next()) continue
  const { memory } = feeder.fold
  const deployed = memory.head().deployments
  const said = new Map<string, Explanation>()
  for (const [user, stored] of feeder.stored) {
    const found = explainUser({
      head: memory.head(),
      stored,
      newProfiles: options.newProfiles,
      segmenter: options.segmenter,
      horizonMs: HORIZON_MS,
    })
    if (found) said.set(user, found)
  }
  const moves: Transition[] = []
  const end = memory.clock
  for (let at = end; at < end + 2 * HORIZON_MS; at += MINUTE_MS) {
    feeder.fold.tick(at)
    for (let r = feeder.next(); r; r = feeder.next()) moves.push(...r.transitions)
  }
  const bundles = new Map(deployed.map(({ bundle }) => [bundle.version, bundle]))
  return { said, moves, bundles }
}

test('what is said of every user’s next move comes to pass when time passes and nothing happens', () => {
  let predicted = 0
  for (let seed = 1; seed <= 30; seed++) {
    const { said, moves } = told(seed)
    for (const [user, { ifNothingHappens: then, segment, sequence }] of said) {
      const next = moves.find((t) => t.userId === user)
      if (then === null) continue
      expect(next, `seed ${seed}, ${user}`).toMatchObject({ ...then, from: segment, sequence: sequence + 1 })
      predicted++
    }
  }
  expect(predicted).toBeGreaterThan(50)
})

test('why he is here names his own centroid first unless the policy holds him, and what he is drawn to', () => {
  for (let seed = 1; seed <= 10; seed++) {
    for (const e of told(seed).said.values()) {
      expect(e.distances.map((d) => d.distance)).toEqual(
        e.distances.map((d) => d.distance).sort((a, b) => a - b),
      )
      if (e.segment === null || e.segment === 'outlier') continue
      expect(e.next?.segment).toBe(e.distances.find((d) => d.segment !== e.segment)?.segment)
      if (e.challenger === null) expect(e.distances[0]?.segment).toBe(e.segment)
      else expect(e.challenger.segment).not.toBe(e.segment)
    }
  }
})

test('how near the next segment would have to be is what the margin of his bundle asks for', () => {
  let held = 0
  for (let seed = 1; seed <= 10; seed++) {
    const { said, bundles } = told(seed)
    for (const e of said.values()) {
      const own = e.distances.find((d) => d.segment === e.segment)?.distance
      if (own === undefined || e.next === null) continue
      const margin = bundles.get(e.bundleVersion)?.policy.marginRatio ?? Number.NaN
      expect(e.next.neededDistance).toBeCloseTo(own * (1 - margin), 12)
      if (margin > 0) held++
    }
  }
  expect(held).toBeGreaterThan(10)
})
