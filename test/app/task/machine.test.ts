import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { INITIAL, PHASES, reduce, TABLE, type TaskState } from '../../../src/app/task/machine.ts'
import { MachineModel, type Act } from './machine-model.ts'
import { EVENTS, STATES } from './machine-states.ts'

const outside = fc.record({
  outside: fc.constantFrom('given', 'taken', 'full', 'free', 'not-member', 'end', 'alive', 'alive'),
}) as fc.Arbitrary<Act>
const inside: fc.Arbitrary<Act> = fc.record({
  nth: fc.nat(5),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'trouble', 'doubt', 'stop'),
  more: fc.boolean(),
  flags: fc.nat(3),
})
const acts = fc.array(fc.oneof({ weight: 1, arbitrary: outside }, { weight: 8, arbitrary: inside }), {
  maxLength: 120,
})
const lag = fc.nat(4)

/** A model that was given its task and then saw `list`. */
function played(list: readonly Act[], behind: number): MachineModel {
  const model = new MachineModel()
  model.lag = behind
  model.send({ type: 'given' })
  for (const act of list) model.act(act)
  return model
}

test('T2, T3, T4: one page and one checkpoint in flight, nothing stored before it is published, no page while refolding', () => {
  fc.assert(
    fc.property(acts, lag, (list, behind) => {
      played(list, behind)
    }),
    { numRuns: 2000 },
  )
})

test('T3: published revisions only grow while nothing is dropped', () => {
  fc.assert(
    fc.property(fc.array(inside, { maxLength: 80 }), lag, (list, behind) => {
      const model = new MachineModel()
      model.lag = behind
      model.send({ type: 'given' })
      for (const act of list) model.act(act)
      if (model.state.attempt === 1)
        expect(model.published).toEqual([...new Set(model.published)].sort((a, b) => a - b))
    }),
  )
})

test('T8: asked to end, a task whose work succeeds is absent after its last page and checkpoint', () => {
  fc.assert(
    fc.property(acts, lag, fc.boolean(), (list, behind, more) => {
      const model = played(list, behind)
      fc.pre(model.state.phase !== 'absent' && model.state.phase !== 'stopped')
      const { phase, folded } = model.state
      const before = model.left
      model.send({ type: 'end' })
      const working = phase === 'running' || phase === 'held'
      for (let i = 0; i < 60 && model.left === before; i++)
        model.act({ nth: 0, outcome: 'ok', more, flags: 0 })
      expect(model.state).toEqual({ ...INITIAL, attempt: model.state.attempt })
      if (working && folded > 10 + behind) expect(model.published.at(-1)).toBeGreaterThanOrEqual(folded)
    }),
  )
})

const UP = PHASES.filter((p) => p !== 'absent' && p !== 'stopped')

test.each(UP)('T5: from %s, stopping drops all and says why', (phase) => {
  const [next, effects] = reduce(STATES[phase], { type: 'stop', code: 'source-gap' })
  const { attempt } = STATES[phase]
  expect(next).toEqual({ ...INITIAL, phase: 'stopped', attempt: attempt + 1, why: 'source-gap' })
  expect(effects).toEqual([{ type: 'drop' }, { type: 'alarm', code: 'source-gap' }])
})

test.each(['fencing', 'taking', 'reading', 'refolding', 'running', 'held'] as const)(
  'T5, T6: doubt in %s drops all and waits for a heartbeat sent later, and only then fences',
  (phase) => {
    const [doubting, effects] = reduce(STATES[phase], { type: 'doubt' })
    expect(doubting).toEqual({ ...INITIAL, phase: 'doubting', attempt: STATES[phase].attempt + 1 })
    expect(effects).toEqual([{ type: 'drop' }, { type: 'await-alive' }])
    const [fencing, then] = reduce(doubting, { type: 'done' })
    expect([fencing.phase, then]).toEqual(['fencing', [{ type: 'fence' }]])
    expect(fencing.attempt).toBeGreaterThan(doubting.attempt)
  },
)

test.each(PHASES.filter((p) => p !== 'absent'))(
  'T8: taken in %s leaves at once, whatever is in flight',
  (phase) => {
    const inFlight: TaskState = { ...STATES[phase], publishing: 7, checkpointing: true, ending: true }
    const [next, effects] = reduce(inFlight, { type: 'taken' })
    expect([next.phase, next.ending, next.full]).toEqual(['absent', false, false])
    expect(effects).toEqual([{ type: 'drop' }, { type: 'left' }])
  },
)

test.each(PHASES.filter((p) => p !== 'absent' && p !== 'doubting'))(
  'T9: given again in %s, the task goes on as it was',
  (phase) => {
    expect(reduce(STATES[phase], { type: 'given' })).toEqual([STATES[phase], []])
  },
)

test('T11: a stopped task hears only that it is taken, asked to end, or resumed by a person', () => {
  for (const [type, event] of Object.entries(EVENTS)) {
    const [next, effects] = reduce(STATES.stopped, event)
    if (type === 'taken' || type === 'end') expect(next.phase).toBe('absent')
    else if (type === 'resumed') expect([next.phase, effects]).toEqual(['fencing', [{ type: 'fence' }]])
    else expect([next, effects]).toEqual([STATES.stopped, []])
  }
})

test.each([
  ['fencing', 'fence'],
  ['taking', 'take'],
  ['reading', 'read'],
] as const)('a take-over in %s tries again five times, then doubts', (phase, what) => {
  let state: TaskState = STATES[phase]
  for (let retries = 0; retries < 5; retries++) {
    const [next, effects] = reduce(state, { type: 'trouble', what })
    expect(effects).toEqual([{ type: 'retry', what, retries }])
    expect([next.phase, next.attempt]).toEqual([phase, state.attempt])
    state = next
  }
  expect(reduce(state, { type: 'trouble', what })[0].phase).toBe('doubting')
})

test.each(['refolding', 'running', 'held'] as const)(
  'T14: a checkpoint in trouble is written again in %s, and folding goes on',
  (phase) => {
    const state: TaskState = { ...STATES[phase], sealed: 3, checkpointing: true }
    const [next, effects] = reduce(state, { type: 'trouble', what: 'checkpoint' })
    expect(next).toEqual({ ...state, retries: 1 })
    expect(effects).toEqual([{ type: 'retry', what: 'checkpoint', retries: 0 }])
  },
)

test('T14: a step in trouble holds the task and probes; once free, the same step goes on', () => {
  const [held, effects] = reduce({ ...STATES.running, folded: 6 }, { type: 'trouble', what: 'step' })
  expect([held.phase, held.interrupted]).toEqual(['held', true])
  expect(effects.map((e) => e.type)).toEqual(['publish', 'probe'])
  const [free, then] = reduce(held, { type: 'free' })
  expect([free.phase, free.interrupted, free.stepping]).toEqual(['running', false, true])
  expect(then).toEqual([{ type: 'step' }])
})

test('T2: a probe that fails after its hold has ended starts no second step', () => {
  expect(reduce(STATES.running, { type: 'trouble', what: 'probe' })).toEqual([STATES.running, []])
})

test('R5: while refolding, what is dirty is sealed at the end of any revision and stored before K is reached', () => {
  const event = { type: 'input', folded: 4, pageReady: false, sealDue: true } as const
  const [next, effects] = reduce(STATES.refolding, event)
  expect(effects.map((e) => e.type)).toEqual(['seal', 'checkpoint', 'refold'])
  expect([next.sealed, next.checkpointing, next.phase]).toEqual([4, true, 'refolding'])
})

test('R6: at a cap the task folds no more, but its pages and checkpoints go on', () => {
  const [held, effects] = reduce({ ...STATES.running, folded: 8 }, { type: 'full' })
  expect([held.phase, held.full, effects]).toEqual(['held', true, [{ type: 'publish' }]])
  const event = { type: 'input', folded: 9, pageReady: true, sealDue: true } as const
  const [late] = reduce(held, event)
  const [, then] = reduce(late, { type: 'published', rev: 8 })
  expect(then.map((e) => e.type)).toEqual(['publish', 'seal'])
})

test('R6: a task that begins to run at a cap folds nothing until it is free', () => {
  const [running, effects] = reduce({ ...STATES.reading, full: true }, { type: 'done', from: 3, to: 3 })
  expect([running.phase, effects]).toEqual(['running', []])
  expect(reduce(running, { type: 'free' })[1]).toEqual([{ type: 'step' }])
})

test('a page that is ready while another is in flight holds folding back', () => {
  const state: TaskState = { ...STATES.running, folded: 8, publishing: 7 }
  const event = { type: 'input', folded: 9, pageReady: true, sealDue: false } as const
  const [next, effects] = reduce(state, event)
  expect([effects, next.stepping]).toEqual([[], false])
  const [, then] = reduce(next, { type: 'published', rev: 7 })
  expect(then.map((e) => e.type)).toEqual(['publish', 'step'])
})

test('a doubt while ending is the end: another process will take over', () => {
  const [next] = reduce({ ...STATES.running, ending: true }, { type: 'doubt' })
  expect(next.phase).toBe('absent')
})

test('every phase has a rule or a dot for every event, and nothing throws', () => {
  for (const phase of PHASES) {
    expect(Object.keys(TABLE[phase]).sort()).toEqual(Object.keys(EVENTS).sort())
    for (const event of Object.values(EVENTS)) expect(PHASES).toContain(reduce(STATES[phase], event)[0].phase)
  }
})
