import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { catalogOf } from '../../../src/domain/segments/catalog.ts'
import { TaskFold } from '../../../src/app/task/fold.ts'
import type { Revision } from '../../../src/ports/outlet.ts'
import { makeScenario, record, T0, type Scenario } from '../../sim/scenario.ts'
import { Feeder, foldOptions, ORIGIN, PLAIN } from './folding.ts'

/** A scenario whose last command gives a segment another name. */
function renamed(): Scenario {
  const scenario = makeScenario(seededRandom(11), false)
  const { records } = scenario.inputs['control'] as { records: readonly unknown[] }
  const labels = { quiet: { name: { en: 'Night owls' }, description: {}, colour: '#0072B2' } }
  const offset = scenario.inputs['control']?.end ?? 0
  const issuedAt = T0 + 365 * 24 * 3_600_000
  const command = record(offset, { command: 'labels', commandId: 'l', issuedAt, labels })
  const control = { records: [...records, command], arrivals: [], end: offset + 1 }
  return { ...scenario, inputs: { ...scenario.inputs, control } } as Scenario
}

function fold(task: number): { revisions: Revision[]; fold: TaskFold } {
  const scenario = renamed()
  const fold = new TaskFold(foldOptions(scenario, { task, revisionSteps: 1 }), ORIGIN, {
    stored: false,
    knownRev: 0,
  })
  const feeder = new Feeder(fold, scenario, PLAIN)
  const revisions: Revision[] = []
  for (let next = feeder.next(); next !== undefined; next = feeder.next()) revisions.push(next)
  return { revisions, fold }
}

test('a revision that folds a promotion or labels tells readers of all segments as they are then', () => {
  const { revisions, fold: folded } = fold(0)
  const told = revisions.map((r) => r.catalog).filter((catalog) => catalog.length > 0)
  expect(told.length).toBeGreaterThanOrEqual(2)
  const { deployments, labels } = folded.memory.head()
  expect(told.at(-1)).toEqual(catalogOf(deployments, labels))
  expect(told.at(-1)?.find((entry) => entry.segment === 'quiet')?.nameEn).toBe('Night owls')
  expect(told[0]?.find((entry) => entry.segment === 'quiet')?.nameEn).toBeNull()
})

test('every task hears of the command, task 0 alone tells the readers', () => {
  expect(fold(1).revisions.flatMap((r) => r.catalog)).toEqual([])
})
