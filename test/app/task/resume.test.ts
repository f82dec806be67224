import { expect, test } from 'vitest'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import { fail } from '../../../src/errors.ts'
import { resume, type Resume } from '../../../src/app/task/resume.ts'
import type { TaskOptions } from '../../../src/app/task/options.ts'
import type { TaskInput } from '../../../src/app/task/lane.ts'
import type { Head } from '../../../src/ports/store.ts'
import type { JournalLine } from '../../../src/ports/outlet.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import { record, TASK_INPUTS, type Input } from '../../sim/scenario.ts'
import type { SimBroker } from '../../sim/servers.ts'
import { Stage, type Actor } from './stage.ts'

const GIVEN = { type: 'given' } as const
/** Small pages, and no checkpoint. */
const NEVER = {
  checkpointIntervalMs: 1e12,
  page: { maxRecords: 5, maxOutputs: 5, maxAgeMs: SECOND_MS, maxQuietAgeMs: SECOND_MS },
} as const

const ask = (accept: Resume['accept'], more: Partial<Resume> = {}): Resume => ({
  task: 0,
  accept,
  startAt: {},
  rehash: false,
  ...more,
})

/** A person accepts something while the world goes on. */
async function accept(stage: Stage, what: Resume, options: Partial<TaskOptions> = {}): Promise<unknown> {
  const person = stage.actor(options)
  let answer: unknown
  void resume(person.ports, person.options, what).then(
    (done) => (answer = done),
    (error: unknown) => (answer = error),
  )
  expect(await stage.until(() => answer !== undefined)).toBe(true)
  return answer
}

/** A task that published some revisions and stored none but the first. */
async function begun(stage: Stage, pages: number): Promise<void> {
  const actor = stage.actor(NEVER)
  actor.loop.dispatch(GIVEN)
  await stage.until(() => actor.points.filter((p) => p === 'published').length >= pages)
  actor.loop.dispatch({ type: 'taken' })
}

async function stopped(stage: Stage, code: string, options: Partial<TaskOptions> = {}): Promise<Actor> {
  const actor = stage.actor(options)
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.stopped !== undefined)).toBe(true)
  expect(actor.stopped?.code).toBe(code)
  return actor
}

/** The stopped task goes on by itself and comes to the end of its inputs. */
async function goesOn(stage: Stage, actor: Actor): Promise<Head> {
  expect(await stage.until(() => actor.left > 0, 20_000)).toBe(true)
  expect(stage.orderly).toBe(true)
  const head = stage.store.keys.head as Head
  expect(head.rev).toBe(stage.broker.published.at(-1)?.line.rev)
  return head
}

const acceptances = (broker: SimBroker): JournalLine[] =>
  broker.published.map((r) => r.line).filter((line) => line.accepted !== undefined)

/** No move is made twice or left out: each user's are numbered from 1 on, and lead on from one another. */
function consistent(broker: SimBroker): void {
  const last = new Map<string, { sequence: number; to: string | null }>()
  for (const { userId, sequence, from, to } of broker.published.flatMap((r) => r.transitions)) {
    const before = last.get(userId) ?? { sequence: 0, to: null }
    expect([sequence, from]).toEqual([before.sequence + 1, before.to])
    last.set(userId, { sequence, to })
  }
}

test('T17 rebuild: a lost state is folded again by the journal, and the result is that of a run that lost nothing', async () => {
  const quiet = new Stage()
  const whole = quiet.actor()
  whole.loop.dispatch(GIVEN)
  expect(await quiet.until(() => whole.left > 0)).toBe(true)

  const stage = new Stage()
  await begun(stage, 4)
  stage.store.flush()
  const actor = await stopped(stage, 'state-lost')
  expect(await accept(stage, ask('rebuild'))).toMatchObject({ from: 0 })
  const head = await goesOn(stage, actor)
  const moves = (s: Stage): unknown[] =>
    s.broker.published
      .flatMap((r) => r.transitions)
      .map((t) => [t.userId, t.sequence, t.from, t.to, t.occurredAt])
  expect(moves(stage)).toEqual(moves(quiet))
  expect(head.counts).toEqual(quiet.store.keys.head?.counts)
  expect(acceptances(stage.broker).map((line) => line.accepted)).toEqual([{ what: 'rebuild' }])
})

test('T17 rebuild: a state that does not belong to the journal', async () => {
  const stage = new Stage()
  await begun(stage, 2)
  const keys = stage.store.keys
  keys.head = { ...(keys.head as Head), chain: 'of another run' }
  const actor = await stopped(stage, 'state-foreign')
  await accept(stage, ask('rebuild'))
  await goesOn(stage, actor)
  consistent(stage.broker)
})

test('T17 rebuild: as long as its line is not published, the state stays as it is', async () => {
  const stage = new Stage()
  await begun(stage, 2)
  const { head } = stage.store.keys
  const { ports, options } = stage.actor()
  const outlet = { ...ports.outlet, publish: async () => fail('unreachable', 'away') }
  let answer: unknown
  void resume({ ...ports, outlet }, options, ask('rebuild')).catch((error: unknown) => (answer = error))
  expect(await stage.until(() => answer !== undefined)).toBe(true)
  expect([answer, stage.store.keys.head]).toMatchObject([{ code: 'unreachable' }, head])
})

/** The records of an input that were folded are retired, and two more, but never all. */
function retire(stage: Stage, topic: string): number {
  const input = stage.broker.inputs[topic] as Input
  const position = stage.broker.published.at(-1)?.line.positions[topic] as number
  const folded = input.records.filter((r) => r.offset < position).length
  const count = Math.min(folded + 2, input.records.length - 2)
  const records = input.records.slice(count)
  const start = records[0]?.offset as number
  Object.assign(input, { records, arrivals: input.arrivals.slice(count), start })
  return start
}

test('T17 gap: what is gone is counted in journal and head, and nothing is published twice', async () => {
  const stage = new Stage()
  await begun(stage, 3)
  const start = retire(stage, 'clicks')
  const actor = await stopped(stage, 'source-gap')
  expect(await accept(stage, ask('gap'))).toMatchObject({
    line: { positions: { clicks: expect.any(Number) } },
  })
  const head = await goesOn(stage, actor)
  expect(acceptances(stage.broker).map((line) => line.accepted)).toEqual([
    { what: 'gap', lost: { clicks: start } },
  ])
  expect(head.counts.lost).toBe(start)
  consistent(stage.broker)
  expect(actor.notices.some((n) => n.text.includes('decisions differ'))).toBe(true)
})

test('T17 gap: without one nothing is accepted', async () => {
  const stage = new Stage()
  await begun(stage, 2)
  expect(await accept(stage, ask('gap'))).toMatchObject({ code: 'check-failed' })
  expect(acceptances(stage.broker)).toEqual([])
})

test('T17 source: other records than those processed are taken as they are now', async () => {
  const stage = new Stage()
  await begun(stage, 3)
  const records = stage.broker.inputs['clicks']?.records as RawRecord[]
  const event = { kind: 'page_viewed', eventId: 'other', userId: 'u1', eventTime: 1_704_067_260_000 }
  records[1] = record(records[1]?.offset ?? 0, event)
  const actor = await stopped(stage, 'source-differs')
  await accept(stage, ask('source'))
  await goesOn(stage, actor)
  consistent(stage.broker)
  expect(acceptances(stage.broker)).toHaveLength(1)
})

test('T17 gap: accepted twice before the task goes on, what is gone is counted once', async () => {
  const stage = new Stage()
  await begun(stage, 3)
  const start = retire(stage, 'clicks')
  await accept(stage, ask('gap'))
  await accept(stage, ask('gap'))
  const actor = stage.actor()
  actor.loop.dispatch(GIVEN)
  const head = await goesOn(stage, actor)
  expect(acceptances(stage.broker).map((line) => line.accepted)).toEqual([
    { what: 'gap', lost: { clicks: start } },
    { what: 'gap' },
  ])
  expect(head.counts.lost).toBe(start)
})

test.each(['source', 'recipe'] as const)(
  'T17 %s: an input that ends before what was published is not waited for; it goes on where the line says',
  async (what) => {
    const stage = new Stage()
    await begun(stage, 6)
    const input = stage.broker.inputs['clicks'] as Input
    // behind the last record stands what no reader is given: the end of a transaction
    const records = input.records.slice(0, 1)
    const end = (records[0]?.offset as number) + 2
    const former = stage.broker.published.at(-1)?.line.positions['clicks'] as number
    expect(former).toBeGreaterThan(end)
    Object.assign(input, { records, arrivals: [0], end })
    const place = what === 'source' ? end : former
    expect(await accept(stage, ask(what))).toMatchObject({ line: { positions: { clicks: place } } })
    const { loop } = open(stage, 'clicks')
    loop.dispatch(GIVEN)
    expect(await stage.until(() => loop.state.phase === 'running')).toBe(true)
    expect(loop.fold?.wanted()['clicks']).toBe(place)
  },
)

test('T17 source: an input that is shorter than what was published is waited for, and not unheard', async () => {
  const stage = new Stage()
  await begun(stage, 6)
  const input = stage.broker.inputs['clicks'] as Input
  const whole = { records: input.records, arrivals: input.arrivals, end: input.end }
  Object.assign(input, { records: input.records.slice(0, 1), arrivals: [0], end: 3 })
  const { loop, notices } = open(stage, 'clicks')
  loop.dispatch(GIVEN)
  expect(await stage.until(() => loop.outages.length > 0)).toBe(true)
  expect([loop.state.phase, notices.at(-1)?.code]).toEqual(['refolding', 'source-short'])
  expect(loop.outages[0]?.why).toMatch(/^input clicks holds nothing more before position \d+/)
  Object.assign(input, whole)
  expect(await stage.until(() => loop.state.phase === 'running')).toBe(true)
  expect(loop.outages).toEqual([])
})

/** A task one of whose inputs never says that nothing will follow. */
function open(stage: Stage, topic: string): Actor {
  return stage.actor({}, ({ source }) => ({
    source: {
      ...source,
      poll: async (...asked) => {
        const { records, rest } = await source.poll(...asked)
        return { records, rest: rest[topic] === 'ended' ? { ...rest, [topic]: 'dry' } : rest }
      },
    },
  }))
}

test.each([
  [{ elsewhere: 'latest' }, 'there is no such input'],
  [{ clicks: 1e9 }, 'expected an offset from 0'],
] as const)('T17 source: a place that is not there (%j) changes nothing', async (startAt, why) => {
  const stage = new Stage()
  await begun(stage, 2)
  const message = expect.stringContaining(why) as string
  expect(await accept(stage, ask('source', { startAt }))).toMatchObject({ code: 'usage', message })
  expect(acceptances(stage.broker)).toEqual([])
})

test('T17 source: the end of an input that shows only by reading on is no place to start', async () => {
  const stage = new Stage()
  await begun(stage, 2)
  const { ports, options } = stage.actor()
  const bounds = { clicks: { start: 0, end: Number.POSITIVE_INFINITY } }
  const source = { ...ports.source, bounds: async () => ({ ...(await ports.source.bounds(0)), ...bounds }) }
  let answer: unknown
  void resume({ ...ports, source }, options, ask('source', { startAt: { clicks: 'latest' } })).catch(
    (error: unknown) => (answer = error),
  )
  expect(await stage.until(() => answer !== undefined)).toBe(true)
  expect(answer).toMatchObject({ code: 'usage' })
})

test('T17 refusals: who accepts them says nothing of the records, which are checked as ever', async () => {
  const stage = new Stage()
  await begun(stage, 3)
  const records = stage.broker.inputs['clicks']?.records as RawRecord[]
  const event = { kind: 'page_viewed', eventId: 'other', userId: 'u1', eventTime: 1_704_067_260_000 }
  records[1] = record(records[1]?.offset ?? 0, event)
  await accept(stage, ask('refusals'))
  await stopped(stage, 'source-differs')
})

const pageViews: TaskInput = { topic: 'views', decode: () => ({ type: 'skipped', reason: 'ignored' }) }

test('T17 recipe: an input joins a running task, from where it is said to begin', async () => {
  const stage = new Stage()
  await begun(stage, 2)
  const more = { inputs: [...TASK_INPUTS, pageViews], recipe: 'with views' }
  const records = [0, 1, 2].map((offset) => record(offset, { n: offset }))
  Object.assign(stage.broker.inputs, { views: { records, arrivals: [0, 0, 0], end: 3 } })
  const actor = await stopped(stage, 'recipe-differs', more)
  expect(await accept(stage, ask('recipe'), more)).toMatchObject({ code: 'usage' })
  expect(await accept(stage, ask('gap'), more)).toMatchObject({ code: 'recipe-differs' })
  await accept(stage, ask('recipe', { startAt: { views: 1 } }), more)
  const head = await goesOn(stage, actor)
  expect([head.recipe, head.positions['views'], head.counts.skipped['ignored']]).toMatchObject([
    'with views',
    3,
    expect.any(Number) as number,
  ])
  expect(acceptances(stage.broker)).toMatchObject([{ recipe: 'with views', positions: { views: 1 } }])
  consistent(stage.broker)
})

test('T17: a person who accepts something while the task runs makes it take over again, no more', async () => {
  const stage = new Stage(11, true)
  const actor = stage.actor()
  actor.loop.dispatch(GIVEN)
  await stage.until(() => actor.points.filter((p) => p === 'published').length >= 2)
  await accept(stage, ask('rebuild'))
  await stage.until(() => actor.loop.state.phase === 'doubting')
  actor.loop.alive(stage.world.now + 1)
  await goesOn(stage, actor)
  consistent(stage.broker)
})

test('T17: without a journal nothing is accepted', async () => {
  expect(await accept(new Stage(), ask('rebuild'))).toMatchObject({ code: 'check-failed' })
})

const RULE = { share: 0.05, minRefused: 2, windowMs: 60 * SECOND_MS }

test('refused-rate: too many refused records hold the task until a person accepts them', async () => {
  const stage = new Stage()
  const records = stage.broker.inputs['clicks']?.records as RawRecord[]
  for (let i = 5; i < 20; i++)
    records[i] = record(records[i]?.offset ?? i, new TextEncoder().encode('{broken'))
  const actor = stage.actor({ refusals: RULE })
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.loop.hold === 'refused-rate')).toBe(true)
  expect(actor.loop.state.phase).toBe('held')
  const { folded } = actor.loop.state
  await stage.until(() => false, 300)
  expect([actor.loop.state.phase, actor.loop.state.folded]).toEqual(['held', folded])
  await accept(stage, ask('refusals'))
  const head = await goesOn(stage, actor)
  expect(actor.loop.hold).toBeUndefined()
  expect(head.counts.refused['not-json']).toBeGreaterThan(RULE.minRefused)
})

test('R2: a task that folds nothing writes an empty line once the last has grown old, and stores it', async () => {
  const stage = new Stage(11, true)
  const actor = stage.actor({ quietLineMs: 30 * SECOND_MS, revisionSteps: 100 })
  actor.loop.dispatch(GIVEN)
  expect(
    await stage.until(
      () => stage.broker.published.filter(({ line }) => isEmpty(stage, line)).length >= 2,
      20_000,
    ),
  ).toBe(true)
  await goesOn(stage, actor)
})

function isEmpty({ broker }: Stage, { rev, tick, positions }: JournalLine): boolean {
  const before = broker.published[rev - 1]?.line.positions
  return rev > 0 && tick === undefined && JSON.stringify(before) === JSON.stringify(positions)
}
