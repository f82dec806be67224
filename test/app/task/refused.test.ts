import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { unknownSchema } from '../../../src/app/avro-frame.ts'
import { TaskFold } from '../../../src/app/task/fold.ts'
import type { TaskInput } from '../../../src/app/task/lane.ts'
import { makeScenario, TASK_INPUTS } from '../../sim/scenario.ts'
import { Feeder, foldAll, foldOptions, ORIGIN, PLAIN, type Folded } from './folding.ts'

const scenario = makeScenario(seededRandom(11), false)

/** The inputs as a registry lets them be read that lacks the schema of every record for which `lacks` says so. */
const inputs = (lacks: (offset: number) => boolean): readonly TaskInput[] =>
  TASK_INPUTS.map((input) => ({
    ...input,
    decode: (record, latestMs) =>
      input.control !== true && lacks(record.offset) ? unknownSchema(record) : input.decode(record, latestMs),
  }))

const fold = (lacks: (offset: number) => boolean): Folded => {
  const way = { ...PLAIN, revisionSteps: 9, inputs: inputs(lacks) }
  return foldAll(scenario, way)
}

/** Folds what was published again, by another registry. */
function refold(published: Folded, lacks: (offset: number) => boolean): Folded['head'] {
  const options = foldOptions(scenario, { inputs: inputs(lacks) })
  const knownRev = published.revisions.length
  const feeder = new Feeder(new TaskFold(options, ORIGIN, { stored: false, knownRev }), scenario, {
    ...PLAIN,
    polls: [3, 7, 1],
  })
  for (const { line } of published.revisions) {
    const { deadLetters } = feeder.next(line) ?? {}
    expect(deadLetters).toEqual(published.revisions[line.rev - 1]?.deadLetters)
  }
  return feeder.fold.memory.head()
}

test('T12: what was refused for want of a schema stays so when it is folded again, whatever the registry has by then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (then, now) => {
      const published = fold((offset) => offset % then === 0)
      const lines = published.revisions.map((r) => r.line)
      expect(lines.some((line) => line.refused !== undefined)).toBe(true)
      // what was lacking may be there now; nothing else may lack
      expect(refold(published, (offset) => offset % then === 0 && offset % now === 0)).toEqual(published.head)
    }),
    { numRuns: 40 },
  )
})

test('T12: the journal names the refused records and no others', () => {
  const lacks = (offset: number): boolean => offset % 4 === 1
  const { revisions } = fold(lacks)
  for (const topic of ['clicks', 'orders']) {
    const named = revisions.flatMap((r) => r.line.refused?.[topic] ?? [])
    expect(named).toEqual(scenario.inputs[topic]?.records.map((r) => r.offset).filter(lacks))
  }
  expect(fold(() => false).revisions.every((r) => r.line.refused === undefined)).toBe(true)
})

test('schema-lost: the registry lacks a schema by which published records were read', () => {
  const published = fold(() => false)
  expect(() => refold(published, (offset) => offset === 7)).toThrowError(
    expect.objectContaining({ code: 'schema-lost' }) as Error,
  )
})
