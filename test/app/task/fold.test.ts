import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { TaskFold } from '../../../src/app/task/fold.ts'
import type { JournalLine } from '../../../src/ports/outlet.ts'
import { makeScenario, type Scenario } from '../../sim/scenario.ts'
import {
  Feeder,
  foldAll,
  foldOptions,
  ORIGIN,
  PLAIN,
  unstamped,
  type Folded,
  type Stored,
} from './folding.ts'

const way = fc.record({
  revisionSteps: fc.integer({ min: 1, max: 30 }),
  maxProfiles: fc.integer({ min: 2, max: 20 }),
  polls: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
  cuts: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
})
const seed = fc.nat(1e6)
const scenarioOf = (n: number): Scenario => makeScenario(seededRandom(n), false)
const transitions = (f: Folded): unknown[] => f.revisions.flatMap((r) => r.transitions)

test('R1: how records are polled and cut into revisions changes no move, no profile and no head but its number', () => {
  fc.assert(
    fc.property(seed, way, (n, w) => {
      const scenario = scenarioOf(n)
      const plain = foldAll(scenario, PLAIN)
      const cut = foldAll(scenario, w)
      expect(transitions(cut)).toEqual(transitions(plain))
      expect(cut.profiles).toEqual(plain.profiles)
      const { counts, positions, digests, releasedAt, held } = plain.head
      expect(cut.head).toMatchObject({ counts, positions, digests, releasedAt, held })
    }),
    { numRuns: 120 },
  )
})

test('R1: a revision that is not cut by its inputs ends at its size, and then only where nobody of the same due is left', () => {
  const { revisions } = foldAll(scenarioOf(3), { ...PLAIN, revisionSteps: 1 })
  expect(revisions.some((r) => r.line.tick !== undefined)).toBe(true)
  const ticks = revisions.flatMap((r) => r.line.tick ?? [])
  expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
})

test('R2: the chain of a line follows from the one before; any change of the line breaks it', () => {
  const { revisions } = foldAll(scenarioOf(5), { ...PLAIN, revisionSteps: 5 })
  const chains = revisions.map((r) => r.line.chain)
  expect(new Set(chains).size).toBe(chains.length)
})

/** Folds `lines` again from a head and a state. */
function refold(
  scenario: Scenario,
  lines: readonly JournalLine[],
  from: Folded['head'],
  stored: Stored,
  maxProfiles = 1000,
): { feeder: Feeder; diverged: number } {
  const knownRev = lines.at(-1)?.rev ?? from.rev
  const fold = new TaskFold(foldOptions(scenario, { maxProfiles }), from, { stored: true, knownRev })
  const feeder = new Feeder(fold, scenario, { ...PLAIN, polls: [3, 7, 1] }, stored)
  let diverged = 0
  for (const line of lines) diverged += feeder.next(line)?.diverged ?? 0
  return { feeder, diverged }
}

test('R5: folding again over any mixture of profiles stored since the head ends exactly where the first folding did', () => {
  fc.assert(
    fc.property(
      seed,
      way,
      fc.nat(1000),
      fc.array(fc.nat(1000), { minLength: 5, maxLength: 13 }),
      (n, w, at, ages) => {
        const scenario = scenarioOf(n)
        const first = foldAll(scenario, w)
        const last = first.revisions.length
        const r = at % (last + 1)
        // chunks of later checkpoints have arrived for some users, each by its own revision; who was forgotten goes with a head
        const stored: Stored = new Map(first.states[r])
        const users = new Set(first.states.slice(r).flatMap((state) => [...state.keys()]))
        for (const [i, user] of [...users].entries()) {
          const age = r + ((ages[i % ages.length] as number) % (last - r + 1))
          const profile = first.states[age]?.get(user)
          if (profile) stored.set(user, profile)
        }
        const lines = first.revisions.slice(r).map((x) => x.line)
        const { feeder, diverged } = refold(
          scenario,
          lines,
          first.heads[r] as Folded['head'],
          stored,
          w.maxProfiles,
        )
        expect(diverged).toBe(0)
        expect(feeder.fold.memory.head()).toEqual(first.head)
        const states = (s: Stored | undefined): unknown =>
          new Map([...(s ?? [])].map(([user, p]) => [user, [p.due, Buffer.from(p.bytes).toString('hex')]]))
        expect(states(feeder.stored)).toEqual(states(first.states[last]))
      },
    ),
    { numRuns: 150 },
  )
})

const other = foldAll(scenarioOf(11), { ...PLAIN, revisionSteps: 8 })

test('a refold whose code decides otherwise keeps the published moves and counts where it differs', () => {
  const scenario = scenarioOf(11)
  const lines = other.revisions.map((r) => r.line)
  const options = foldOptions(scenario)
  const fold = new TaskFold(
    // another version of the code: whoever sleeps is looked at a day later
    {
      ...options,
      segmenter: {
        ...options.segmenter,
        due: { ...options.segmenter.due, maxSleepMs: 864e5, spreadMs: 3_000_000 },
      },
    },
    ORIGIN,
    { stored: false, knownRev: lines.length },
  )
  const feeder = new Feeder(fold, scenario, PLAIN)
  let diverged = 0
  for (const line of lines) diverged += feeder.next(line)?.diverged ?? 0
  expect(diverged).toBeGreaterThan(0)
  const head = fold.memory.head()
  expect([head.chain, head.counts]).toEqual([other.head.chain, other.head.counts])
  const { book, segmenter } = fold.memory
  for (const user of other.profiles.keys()) {
    const moves = lines.flatMap((l) => l.moves).filter((m) => m[0] === user)
    const slot = book.profiles.find(user)
    expect(book.profiles.sequence(slot)).toBe(moves.length)
    expect(segmenter.segmentOf(slot)).toBe(moves.at(-1)?.[3] ?? null)
  }
})

const caught = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return undefined
}

test('source-differs: a refold notices that the records are others', () => {
  const { revisions } = other
  const scenario = scenarioOf(11)
  const clicks = scenario.inputs['clicks'] as Scenario['inputs'][string]
  const [r, ...more] = clicks.records
  const changed = { ...(r as NonNullable<typeof r>), to: (r?.to ?? 0) - 1 }
  const inputs = { ...scenario.inputs, clicks: { ...clicks, records: [changed, ...more] } }
  const lines = revisions.map((x) => x.line)
  expect(caught(() => refold({ ...scenario, inputs }, lines, ORIGIN, new Map()))).toBe('source-differs')
})

test('state-foreign: a refold notices a line that does not follow from the head, and a gap', () => {
  const lines = other.revisions.map((x) => x.line)
  const [one, two] = lines as [JournalLine, JournalLine]
  const strange = { ...one, chain: 'f'.repeat(32) }
  expect(caught(() => refold(scenarioOf(11), [strange], ORIGIN, new Map()))).toBe('state-foreign')
  expect(caught(() => refold(scenarioOf(11), [two], ORIGIN, new Map()))).toBe('state-foreign')
})

test('state-foreign: a stored profile of a revision that was never published', () => {
  const { revisions, heads, states } = other
  const line = revisions[1]?.line as JournalLine
  const stored = new Map(states.at(-1) as Stored)
  expect(caught(() => refold(scenarioOf(11), [line], heads[1] as Folded['head'], stored))).toBe(
    'state-foreign',
  )
})

test('unstamped states of the same folding are equal, so that the comparisons above mean something', () => {
  expect(unstamped(other.states.at(-1) as Stored)).toEqual(other.profiles)
  expect(other.profiles.size).toBeGreaterThan(3)
  expect(transitions(other).length).toBeGreaterThan(5)
})
