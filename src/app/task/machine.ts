import type { ErrorCode } from '../../errors.ts'
import type { Rev } from '../../ports/types.ts'

/** Where one task of this process stands. The numbers are those of SPEC.md. */
export const PHASES = [
  'absent', // 1 not ours
  'fencing', // 2 making sure that nobody else publishes
  'taking', // 3 becoming the owner of the state
  'reading', // 4 learning what was published
  'refolding', // 5 folding again what was published but not stored
  'running', // 6
  'held', // 7 not folding; probing what is away
  'doubting', // 8 all dropped; waiting for proof that the task is still ours
  'stopped', // 9 needs a person
] as const
export type Phase = (typeof PHASES)[number]

export interface TaskState {
  readonly phase: Phase
  /** Grows whenever everything in memory is dropped; results of older attempts are not heard. */
  readonly attempt: number
  /** Failures in a row. */
  readonly retries: number
  /** A cap is reached; folding waits. */
  readonly full: boolean
  /** Asked to end: one last page, one last checkpoint. */
  readonly ending: boolean
  /** Last revision folded, published (K), stored (R); −1: none. */
  readonly folded: Rev
  readonly published: Rev
  readonly stored: Rev
  /** Last revision of the page in flight. */
  readonly publishing: Rev | undefined
  /** Revision that was sealed and is not stored yet. */
  readonly sealed: Rev | undefined
  readonly checkpointing: boolean
  readonly stepping: boolean
  /** The step in flight met trouble half-way; it is begun again when the way is free. */
  readonly interrupted: boolean
  /** The open page is large or old enough. */
  readonly pageReady: boolean
  /** It is time for a checkpoint. */
  readonly sealDue: boolean
  readonly why: ErrorCode | undefined
}

export const INITIAL: TaskState = {
  phase: 'absent',
  attempt: 0,
  retries: 0,
  full: false,
  ending: false,
  folded: -1,
  published: -1,
  stored: -1,
  publishing: undefined,
  sealed: undefined,
  checkpointing: false,
  stepping: false,
  interrupted: false,
  pageReady: false,
  sealDue: false,
  why: undefined,
}

/** Effects that can be tried again as they are. */
export type Retriable = 'fence' | 'take' | 'read' | 'refold' | 'probe' | 'checkpoint' | 'await-alive'

export type Effect =
  | { readonly type: Retriable | 'step' | 'publish' | 'seal' | 'drop' | 'left' }
  | { readonly type: 'retry'; readonly what: Retriable; readonly retries: number }
  | { readonly type: 'alarm'; readonly code: ErrorCode }

export type TaskEvent =
  | { readonly type: 'given' }
  | { readonly type: 'taken' }
  | { readonly type: 'done'; readonly from?: Rev; readonly to?: Rev }
  | { readonly type: 'published'; readonly rev: Rev }
  | { readonly type: 'checkpointed'; readonly rev: Rev }
  | { readonly type: 'input'; readonly folded: Rev; readonly pageReady: boolean; readonly sealDue: boolean }
  | { readonly type: 'full' }
  | { readonly type: 'free' }
  | { readonly type: 'trouble'; readonly what: Retriable | 'step' }
  | { readonly type: 'doubt' }
  | { readonly type: 'not-member' }
  | { readonly type: 'stop'; readonly code: ErrorCode }
  | { readonly type: 'end' }
  | { readonly type: 'resumed' }

export type EventType = TaskEvent['type']
export type Step = readonly [state: TaskState, effects: readonly Effect[]]
type Rule<T extends EventType> = (s: TaskState, e: Extract<TaskEvent, { type: T }>) => Step
/** A row with a hole does not compile. */
type Row = { readonly [T in EventType]: Rule<T> | '·' }

/** Retries of a take-over step before the whole is doubted. */
const TAKEOVER_RETRIES = 5

const effect = (type: Exclude<Effect['type'], 'retry' | 'alarm'>): Effect => ({ type })

/** Leaves for a phase in which nothing in memory is worth anything (rule T5). */
function drop(s: TaskState, phase: Phase, then: readonly Effect[], why?: ErrorCode): Step {
  const clean: TaskState = { ...INITIAL, phase, attempt: s.attempt + 1, full: s.full, ending: s.ending, why }
  return [clean, [effect('drop'), ...then]]
}

/** A rule that reads nothing of its event. */
type Plain = (s: TaskState) => Step

const absent: Plain = (s) => {
  const [next, effects] = drop(s, 'absent', [effect('left')])
  return [{ ...next, ending: false, full: false }, effects]
}
const fencing: Plain = (s) => [
  { ...s, phase: 'fencing', attempt: s.attempt + 1, retries: 0 },
  [effect('fence')],
]
const doubting: Plain = (s) => (s.ending ? absent(s) : drop(s, 'doubting', [effect('await-alive')]))
const stopped: Rule<'stop'> = (s, e) => drop(s, 'stopped', [{ type: 'alarm', code: e.code }], e.code)
const full: Plain = (s) => [{ ...s, full: true }, []]
const free: Plain = (s) => [{ ...s, full: false }, []]

/** The same effect again after a pause; a take-over that does not get on is doubted. */
const again =
  (what: Retriable): Plain =>
  (s) =>
    s.retries >= TAKEOVER_RETRIES
      ? doubting(s)
      : [{ ...s, retries: s.retries + 1 }, [{ type: 'retry', what, retries: s.retries }]]

/** A checkpoint that found its server away is simply written again; publishing goes on meanwhile (rule T14). */
const checkpointAgain = (s: TaskState): Step => [
  { ...s, retries: s.retries + 1 },
  [{ type: 'retry', what: 'checkpoint', retries: s.retries }],
]

/** Trouble while held: a failed probe is repeated, a step that was under way waits with the others. */
const held = (s: TaskState, what: Retriable | 'step'): Step =>
  what === 'step'
    ? [{ ...s, interrupted: true }, [effect('probe')]]
    : [{ ...s, retries: s.retries + 1 }, [{ type: 'retry', what: 'probe', retries: s.retries }]]

/**
 * What to begin now, in a task that folds: a page when it is ready and none is in flight, a seal at that page's end when it
 * is time, a checkpoint of nothing that is not published (T2, T3), the next step of folding unless it must wait.
 */
function pump(s: TaskState): Step {
  const effects: Effect[] = []
  let { publishing, sealed, checkpointing, stepping } = s
  const wantsPage = s.pageReady || s.ending
  const wantsSeal = s.sealDue || s.ending
  if (publishing === undefined && s.folded > s.published && wantsPage) {
    publishing = s.folded
    effects.push(effect('publish'))
  }
  // what is folded again is published already: every revision of it is a page's end
  const atBoundary = !stepping && (s.phase === 'refolding' || s.folded === (publishing ?? s.published))
  if (atBoundary && sealed === undefined && s.folded > s.stored && wantsSeal) {
    sealed = s.folded
    effects.push(effect('seal'))
  }
  if (sealed !== undefined && !checkpointing && sealed <= s.published) {
    checkpointing = true
    effects.push(effect('checkpoint'))
  }
  const waits = s.pageReady && publishing !== undefined && publishing !== s.folded
  if (s.phase === 'running' && !stepping && !s.ending && !s.full && !waits) {
    stepping = true
    effects.push(effect('step'))
  }
  const next = {
    ...s,
    publishing,
    sealed,
    checkpointing,
    stepping,
    pageReady: publishing === s.folded ? false : s.pageReady,
  }
  // half a revision in memory cannot be stored; it and what is not stored yet are folded again by whoever comes next
  const done = s.interrupted ? publishing === undefined : !stepping && s.published === s.stored
  const atEnd = s.ending && s.folded === s.published && done
  return atEnd ? absent(next) : [next, effects]
}

const published: Rule<'published'> = (s, e) =>
  pump({ ...s, published: e.rev, publishing: undefined, retries: 0 })
const checkpointed: Rule<'checkpointed'> = (s, e) =>
  pump({ ...s, stored: e.rev, sealed: undefined, checkpointing: false, sealDue: false, retries: 0 })
const end: Plain = (s) => pump({ ...s, ending: true })

/** A task with its profiles in memory, whose page or checkpoint may be in flight. */
const working = {
  given: '·',
  taken: absent,
  published,
  checkpointed,
  doubt: doubting,
  'not-member': doubting,
  stop: stopped,
  end,
  resumed: '·',
} as const

const takeover = {
  given: '·',
  taken: absent,
  published: '·',
  checkpointed: '·',
  input: '·',
  full,
  free,
  doubt: doubting,
  'not-member': absent,
  stop: stopped,
  end: absent,
  resumed: '·',
} as const

export const TABLE: Readonly<Record<Phase, Row>> = {
  absent: {
    given: fencing,
    taken: '·',
    done: '·',
    published: '·',
    checkpointed: '·',
    input: '·',
    full: '·',
    free: '·',
    trouble: '·',
    doubt: '·',
    'not-member': '·',
    stop: '·',
    end: '·',
    resumed: '·',
  },
  fencing: {
    ...takeover,
    done: (s) => [{ ...s, phase: 'taking', retries: 0 }, [effect('take')]],
    trouble: again('fence'),
  },
  taking: {
    ...takeover,
    done: (s) => [{ ...s, phase: 'reading', retries: 0 }, [effect('read')]],
    trouble: again('take'),
  },
  reading: {
    ...takeover,
    done: (s, e) => {
      const from = e.from ?? 0
      const to = e.to ?? from
      const next = { ...s, folded: from, stored: from, published: to, retries: 0 }
      return from < to
        ? [{ ...next, phase: 'refolding', stepping: true }, [effect('refold')]]
        : pump({ ...next, phase: 'running' })
    },
    trouble: again('read'),
  },
  refolding: {
    ...working,
    done: (s) => pump({ ...s, phase: 'running', folded: s.published, stepping: false, retries: 0 }),
    input: (s, e) => {
      const [next, effects] = pump({
        ...s,
        folded: e.folded,
        stepping: false,
        sealDue: e.sealDue,
        retries: 0,
      })
      return next.phase === 'refolding' && !next.ending
        ? [{ ...next, stepping: true }, [...effects, effect('refold')]]
        : [next, effects]
    },
    full,
    free,
    trouble: (s, e) =>
      e.what === 'checkpoint'
        ? checkpointAgain(s)
        : [{ ...s, retries: s.retries + 1 }, [{ type: 'retry', what: 'refold', retries: s.retries }]],
    end: absent,
    'not-member': absent,
  },
  running: {
    ...working,
    done: '·',
    input: (s, e) =>
      pump({
        ...s,
        folded: e.folded,
        stepping: false,
        pageReady: e.pageReady,
        sealDue: e.sealDue,
        retries: 0,
      }),
    full: (s) => pump({ ...s, phase: 'held', full: true, pageReady: true }),
    // a task that began to run with the flag set folds nothing before this
    free: (s) => pump({ ...s, full: false }),
    trouble: (s, e) => {
      if (e.what === 'checkpoint') return checkpointAgain(s)
      // a probe that was under way when the hold ended says nothing about the step that is under way now
      if (e.what !== 'step') return [s, []]
      // what is folded is published meanwhile: no step will come to say that its page is old enough
      const [next, effects] = pump({ ...s, phase: 'held', interrupted: true, pageReady: true })
      return [next, [...effects, effect('probe')]]
    },
  },
  held: {
    ...working,
    done: '·',
    // a step begun before the hold may still bring its revision; it is kept for the next page
    input: (s, e) =>
      pump({ ...s, folded: e.folded, stepping: false, pageReady: e.pageReady, sealDue: e.sealDue }),
    full,
    free: (s) => {
      const [next, effects] = pump({ ...s, phase: 'running', full: false, interrupted: false, retries: 0 })
      return s.interrupted ? [next, [...effects, effect('step')]] : [next, effects]
    },
    resumed: (s) => drop(s, 'fencing', [effect('fence')]),
    trouble: (s, e) => (e.what === 'checkpoint' ? checkpointAgain(s) : held(s, e.what)),
  },
  doubting: {
    ...takeover,
    given: fencing,
    done: fencing,
    trouble: (s) => [
      { ...s, retries: s.retries + 1 },
      [{ type: 'retry', what: 'await-alive', retries: s.retries }],
    ],
    doubt: '·',
  },
  stopped: {
    given: '·',
    taken: absent,
    done: '·',
    published: '·',
    checkpointed: '·',
    input: '·',
    full: '·',
    free: '·',
    trouble: '·',
    doubt: '·',
    'not-member': '·',
    stop: '·',
    end: absent,
    // a person accepted something: found in the journal
    resumed: fencing,
  },
}

/** The task's protocol: pure and total. */
export function reduce(state: TaskState, event: TaskEvent): Step {
  const rule = TABLE[state.phase][event.type] as '·' | ((s: TaskState, e: TaskEvent) => Step)
  return rule === '·' ? [state, []] : rule(state, event)
}
