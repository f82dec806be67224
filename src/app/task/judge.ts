import type { ErrorCode } from '../../errors.ts'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Head } from '../../ports/store.ts'
import type { Offset, Positions, Topic } from '../../ports/types.ts'
import type { Amends } from './amends.ts'
import { genesisHead } from './journal.ts'

/** What a take-over found: the state's head, the journal's tail, the journal's line at the head, the inputs' bounds. */
export interface Findings {
  readonly head: Head | undefined
  readonly tail: JournalLine | undefined
  /** The line of the head's revision, or the journal's first line where there is no head. */
  readonly lineAtHead: JournalLine | undefined
  readonly bounds: Readonly<Record<Topic, { start: Offset; end: Offset }>>
  readonly topics: readonly Topic[]
  /** What a person accepted among the lines after the head. */
  readonly amends: Amends
}

export type Verdict =
  | { readonly type: 'fresh' }
  /** Go on from the head; fold again up to `to` first where it is behind. `init`: the head is not in the state yet. */
  | { readonly type: 'resume'; readonly head: Head; readonly to: number; readonly init: boolean }
  | { readonly type: 'stop'; readonly code: ErrorCode; readonly message: string }

const stop = (code: ErrorCode, message: string): Verdict => ({ type: 'stop', code, message })

/** The one decision of a take-over: run, fold again, or stop and say why. Pure. */
export function judge(f: Findings): Verdict {
  const { head, tail, lineAtHead } = f
  if (tail === undefined) {
    return head === undefined
      ? { type: 'fresh' }
      : stop('state-foreign', `the state is at revision ${head.rev}, but the journal is empty`)
  }
  if (head === undefined) return withoutHead(f, tail)
  if (head.rev > tail.rev) {
    return stop('state-foreign', `the state is at revision ${head.rev}, the journal ends at ${tail.rev}`)
  }
  if (lineAtHead?.rev !== head.rev) {
    return stop('state-foreign', `the journal no longer holds revision ${head.rev}, where the state stands`)
  }
  if (lineAtHead.chain !== head.chain) {
    return stop(
      'state-foreign',
      `revision ${head.rev}: the state has chain ${head.chain}, the journal ${lineAtHead.chain}`,
    )
  }
  return boundsVerdict(f, head, tail.rev)
}

function withoutHead(f: Findings, tail: JournalLine): Verdict {
  const first = f.lineAtHead
  if (first?.rev !== 0)
    return stop('state-lost', `there is no state, and the journal does not begin at revision 0`)
  const head = genesisHead(first)
  if (tail.rev > 0) {
    return stop('state-lost', `there is no state, but ${tail.rev} revisions were published`)
  }
  const verdict = boundsVerdict(f, head, tail.rev)
  return verdict.type === 'resume' ? { ...verdict, init: true } : verdict
}

/** Where each input is read from; one that was accepted later begins where that says. */
function positionsOf({ topics, amends }: Findings, head: Head): Positions {
  const added = topics.filter((topic) => head.positions[topic] === undefined)
  const starts = added.flatMap((topic) => {
    const start = amends.startOf(topic)
    return start === undefined ? [] : [[topic, start] as const]
  })
  return { ...head.positions, ...Object.fromEntries(starts) }
}

/** Do the inputs still hold what must be read, or was it accepted that they do not? */
function boundsVerdict(f: Findings, head: Head, to: number): Verdict {
  const positions = positionsOf(f, head)
  for (const topic of f.topics) {
    const bound = f.bounds[topic]
    const position = positions[topic]
    if (bound === undefined || position === undefined) {
      return stop('recipe-differs', `input ${topic} is not one this task was started with`)
    }
    if (bound.start > position && !f.amends.allowsStart(topic, bound.start)) {
      return stop(
        'source-gap',
        `input ${topic} begins at ${bound.start}, but ${position} is needed (${to - head.rev} revisions to fold again)`,
      )
    }
  }
  return { type: 'resume', head: { ...head, positions }, to, init: false }
}
