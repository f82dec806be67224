import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  PHASES,
  reduce,
  type EventType,
  type Phase,
  type TaskEvent,
  type TaskState,
} from '../../../src/app/task/machine.ts'
import { EVENTS, STATES } from './machine-states.ts'

const SPEC = readFileSync(new URL('../../../src/app/task/SPEC.md', import.meta.url), 'utf8')

/** Body of the table below a mark, as trimmed cells. */
function table(name: string): string[][] {
  const [, after] = SPEC.split(`<!-- table: ${name} -->`)
  const [text] = (after ?? '').trimStart().split('\n\n')
  const rows = (text ?? '').split('\n').map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return rows.slice(2)
}

function answer(state: TaskState, event: TaskEvent): string {
  const [next, effects] = reduce(state, event)
  if (next === state && effects.length === 0) return '·'
  const words = effects.map((e) => (e.type === 'retry' ? `retry ${e.what}` : e.type))
  return [PHASES.indexOf(next.phase) + 1, ...words].join(' ')
}

test('the table of SPEC.md is the machine', () => {
  const computed = Object.entries(EVENTS).map(([type, event]) => [
    type,
    ...PHASES.map((phase) => answer(STATES[phase], event)),
  ])
  expect(table('cells')).toEqual(computed)
})

const input = (more: Partial<typeof EVENTS.input>): TaskEvent => ({
  ...EVENTS.input,
  pageReady: false,
  ...more,
})
const done = { type: 'done', from: 9, to: 9 } as const
const troubled = (what: 'checkpoint' | 'probe'): TaskEvent => ({ type: 'trouble', what })
const idle = { stepping: false, stored: 5 }

/** What the words of the second table stand for. */
const CASES: readonly (readonly [Phase, EventType, string, Partial<TaskState>, TaskEvent])[] = [
  ['reading', 'done', 'nothing to fold again', {}, done],
  ['reading', 'done', 'nothing to fold again, full', { full: true }, done],
  ['fencing', 'trouble', 'the sixth in a row', { retries: 5 }, EVENTS.trouble],
  ['refolding', 'trouble', 'of the checkpoint', { checkpointing: true }, troubled('checkpoint')],
  ['running', 'trouble', 'of the checkpoint', { checkpointing: true }, troubled('checkpoint')],
  ['running', 'trouble', 'of a probe from before', {}, troubled('probe')],
  ['held', 'trouble', 'of the probe', {}, troubled('probe')],
  [
    'held',
    'free',
    'no step was interrupted, none is under way',
    { interrupted: false, stepping: false },
    EVENTS.free,
  ],
  ['refolding', 'input', 'a checkpoint is due', {}, input({ folded: 4, sealDue: true })],
  ['running', 'input', 'nothing new, no page is ready', {}, input({ folded: 5 })],
  ['running', 'input', 'page ready, checkpoint due', {}, input({ pageReady: true, sealDue: true })],
  [
    'running',
    'input',
    'page ready, another in flight',
    { folded: 6, publishing: 6 },
    input({ folded: 7, pageReady: true }),
  ],
  ['running', 'input', 'ending, a revision came', { ending: true }, input({})],
  [
    'running',
    'published',
    'a seal waits for this page',
    { folded: 6, publishing: 6, sealed: 6 },
    { type: 'published', rev: 6 },
  ],
  [
    'running',
    'published',
    'a page was waiting',
    { folded: 7, publishing: 6, pageReady: true, stepping: false },
    { type: 'published', rev: 6 },
  ],
  ['running', 'end', 'no step under way, all is stored', idle, EVENTS.end],
  ['running', 'end', 'no step under way, revisions open', { ...idle, folded: 7 }, EVENTS.end],
  [
    'running',
    'checkpointed',
    'ending, nothing left',
    { ...idle, stored: 3, ending: true, sealed: 5, checkpointing: true },
    { type: 'checkpointed', rev: 5 },
  ],
  ['running', 'doubt', 'ending', { ending: true }, EVENTS.doubt],
]

test('the cases of SPEC.md are the machine', () => {
  const computed = CASES.map(([phase, type, when, more, event]) => {
    expect(event.type).toBe(type)
    return [phase, type, when, answer({ ...STATES[phase], ...more }, event)]
  })
  expect(table('cases')).toEqual(computed)
})

test('the states of SPEC.md are the phases, in their order', () => {
  const rows = [...SPEC.matchAll(/^\| +(\d) +\| +([a-z]+) +\|/gm)].map((m) => m[2])
  expect(rows).toEqual([...PHASES])
})
