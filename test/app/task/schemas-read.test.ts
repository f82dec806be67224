import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { TaskFold } from '../../../src/app/task/fold.ts'
import type { TaskInput } from '../../../src/app/task/lane.ts'
import { parseJournalLine, encodeJournalLine } from '../../../src/ports/journal-line.ts'
import type { JournalLine } from '../../../src/ports/outlet.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import { makeScenario, TASK_INPUTS, type Scenario } from '../../sim/scenario.ts'
import { Feeder, foldAll, foldOptions, ORIGIN, PLAIN, type Folded } from './folding.ts'

const plain = makeScenario(seededRandom(11), false)
const unframed = new WeakMap<RawRecord, RawRecord>()

/** The scenario with each click behind the frame of its schema: 1, then 2 from a place on. */
function framedClicks(): Scenario {
  const clicks = plain.inputs['clicks'] as Scenario['inputs'][string]
  const records = clicks.records.map((r, i) => {
    const id = i < clicks.records.length / 2 ? 1 : 2
    const bytes = Uint8Array.from([0, 0, 0, 0, id, ...r.bytes.subarray(r.from, r.to)])
    const framed = { ...r, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
    unframed.set(framed, r)
    return framed
  })
  return { ...plain, inputs: { ...plain.inputs, clicks: { ...clicks, records } } }
}
const scenario = framedClicks()

/** Ids → what a registry says that they mean. */
type Registry = Readonly<Record<number, string>>
const inputs = (registry: Registry): readonly TaskInput[] =>
  TASK_INPUTS.map((input) => ({
    ...input,
    decode: (record, latestMs) => input.decode(unframed.get(record) ?? record, latestMs),
    schemas: input.topic === 'clicks' ? { fingerprint: (id) => registry[id] } : undefined,
  }))

function fold(registry: Registry): Folded {
  const way = { ...PLAIN, revisionSteps: 9, inputs: inputs(registry) }
  return foldAll(scenario, way)
}

/** Goes on from a head: by the journal's lines, then with what the inputs hold beyond them. */
function goOn(registry: Registry, from: Folded['head'], lines: readonly JournalLine[], beyond = 0): TaskFold {
  const task = new TaskFold(foldOptions(scenario, { inputs: inputs(registry), revisionSteps: 9 }), from, {
    stored: false,
    knownRev: lines.at(-1)?.rev ?? from.rev,
  })
  const feeder = new Feeder(task, scenario, { ...PLAIN, polls: [3, 7, 1] })
  for (const line of lines) feeder.next(line)
  for (let i = 0; i < beyond; i++) feeder.next()
  return task
}
const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return 'fine'
}

const published = fold({ 1: 'one', 2: 'two' })
const lines = published.revisions.map((r) => r.line)

test('T12: the journal names each schema once, where it was first used; the head all of them', () => {
  expect(lines.map((line) => line.schemas).filter((named) => named !== undefined)).toEqual([
    { 1: 'one' },
    { 2: 'two' },
  ])
  expect(published.head.schemas).toEqual({ 1: 'one', 2: 'two' })
  expect(lines.map((line) => parseJournalLine(encodeJournalLine(line)))).toEqual(lines)
  expect(fold({}).head.schemas).toBeUndefined()
})

test('T12: a refold by the same schemas ends at the same head', () => {
  expect(goOn({ 1: 'one', 2: 'two' }, ORIGIN, lines).memory.head()).toEqual(published.head)
})

test.each<[string, Registry, number, string]>([
  ['from the start, by another schema of the first id', { 1: 'other', 2: 'two' }, 0, 'schema-differs'],
  ['from the start, by another one of the second', { 1: 'one', 2: 'other' }, 0, 'schema-differs'],
  [
    'from the middle, where the first is known and the second comes later',
    { 1: 'one', 2: 'other' },
    2,
    'schema-differs',
  ],
  ['from the end: nothing more names them', { 1: 'other', 2: 'other' }, lines.length, 'fine'],
])('schema-differs: a refold %s', (_what, registry, from, expected) => {
  const head = published.heads[from] as Folded['head']
  expect(code(() => goOn(registry, head, lines.slice(from)))).toBe(expected)
})

test('schema-differs: going on where nothing is to be folded again, by another schema of a known id', () => {
  const at = lines.findIndex((line) => line.schemas?.['2'] !== undefined)
  const head = published.heads[at + 1] as Folded['head']
  expect(code(() => goOn({ 1: 'one', 2: 'two' }, head, [], 3))).toBe('fine')
  expect(code(() => goOn({ 1: 'one', 2: 'other' }, head, [], 3))).toBe('schema-differs')
})
