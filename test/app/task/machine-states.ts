import {
  INITIAL,
  type EventType,
  type Phase,
  type TaskEvent,
  type TaskState,
} from '../../../src/app/task/machine.ts'

const at = (phase: Phase, more: Partial<TaskState> = {}): TaskState => ({
  ...INITIAL,
  phase,
  attempt: 1,
  ...more,
})
const folding = { folded: 5, published: 5, stored: 3, stepping: true }

/** An ordinary state of each phase: nothing in flight but the phase's own work. */
export const STATES: Readonly<Record<Phase, TaskState>> = {
  absent: INITIAL,
  fencing: at('fencing'),
  taking: at('taking'),
  reading: at('reading'),
  refolding: at('refolding', { folded: 3, published: 9, stored: 3, stepping: true }),
  running: at('running', folding),
  held: at('held', { ...folding, interrupted: true }),
  doubting: at('doubting', { attempt: 2 }),
  stopped: at('stopped', { attempt: 2, why: 'state-lost' }),
}

/** An ordinary event of each kind. */
export const EVENTS: { readonly [T in EventType]: Extract<TaskEvent, { type: T }> } = {
  given: { type: 'given' },
  taken: { type: 'taken' },
  done: { type: 'done', from: 3, to: 9 },
  published: { type: 'published', rev: 5 },
  checkpointed: { type: 'checkpointed', rev: 3 },
  input: { type: 'input', folded: 6, pageReady: true, sealDue: false },
  full: { type: 'full' },
  free: { type: 'free' },
  trouble: { type: 'trouble', what: 'step' },
  doubt: { type: 'doubt' },
  'not-member': { type: 'not-member' },
  stop: { type: 'stop', code: 'source-gap' },
  end: { type: 'end' },
  resumed: { type: 'resumed' },
}
