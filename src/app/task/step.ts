import { SECOND_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import type { JournalLine } from '../../ports/outlet.ts'
import type { Notice } from '../../ports/telemetry.ts'
import type { Task, Token } from '../../ports/types.ts'
import type { Turn } from './guard.ts'
import type { Advance, Whole } from './advance.ts'
import type { TaskFold } from './fold.ts'
import type { TaskOptions, TaskPorts } from './options.ts'

/** One owned task as the steps see it. */
export interface Stepping {
  readonly task: Task
  readonly token: Token
  readonly fold: TaskFold
}

async function supply(
  ports: TaskPorts,
  options: TaskOptions,
  own: Stepping,
  a: Extract<Advance, { type: 'need' }>,
): Promise<void> {
  const { book } = own.fold.memory
  const limit = a.dues ? options.duesPerRead : 0
  book.install(a.users, await ports.store.read(own.task, own.token, a.users, book.horizon, limit))
  ports.telemetry.point(own.task, 'profiles-read', own.fold.memory.rev)
  ports.telemetry.count('segmentation_profiles_read_total', { task: own.task }, a.users.length)
}

/** Folds until one revision is whole, or the inputs have nothing (undefined). Waits at most about `patienceMs` for records. */
export async function stepOnce(
  ports: TaskPorts,
  options: TaskOptions,
  own: Stepping,
  patienceMs: number,
): Promise<Whole | undefined> {
  const { fold, task } = own
  let emptyPolls = 0
  let ticked = false
  let spentMs = 0
  for (;;) {
    const began = ports.clock.elapsed()
    const a = fold.advance()
    spentMs += ports.clock.elapsed() - began
    if (a.type === 'revision') {
      ports.telemetry.observe('segmentation_fold_seconds', spentMs / SECOND_MS)
      if (a.turn) ports.telemetry.notice({ task, ...noticeOf(task, a.turn) })
      return a
    }
    if (a.type === 'need') {
      await supply(ports, options, own, a)
      continue
    }
    if (emptyPolls > 0) {
      if (a.type === 'idle') {
        if (ticked || options.tickAllowanceMs === undefined || !fold.memory.dry) return undefined
        fold.tick(ports.clock.now() - options.tickAllowanceMs)
        ticked = true
        continue
      }
      if (emptyPolls > 1 && !fold.cutShort()) return undefined
      if (emptyPolls > 1) continue
    }
    const taken = fold.accept(await ports.source.poll(task, fold.wanted(), options.pollLimit, patienceMs))
    ports.telemetry.point(task, 'polled', fold.memory.rev)
    emptyPolls = taken > 0 ? 0 : emptyPolls + 1
  }
}

/** What a guard's hold means for who hears of it. */
function noticeOf(task: Task, { held, words }: Turn): Pick<Notice, 'level' | 'text'> {
  if (held.why === 'over') return { level: 'info', text: `task ${task}: the clock goes on; ${words}` }
  const end = held.why === 'silent' ? 'it ends once they are heard again' : 'it waits for you'
  return {
    level: 'error',
    text:
      `task ${task}: a guard holds the clock, quiet users stay where they are; ${words}; ${end}; ` +
      '`segmentation guards status` shows it, `segmentation guards release` ends it',
  }
}

/** Polls of an input that has nothing where it had something, before that is trouble. */
const DRY_POLLS = 20

/** Folds one published revision again, by its journal line; publishes nothing (rule T4). */
export async function refoldOnce(
  ports: TaskPorts,
  options: TaskOptions,
  own: Stepping,
  line: JournalLine,
): Promise<Whole> {
  const { fold, task } = own
  let emptyPolls = 0
  for (;;) {
    const a = fold.advance(line)
    if (a.type === 'revision') return a
    if (a.type === 'idle') return fail('state-foreign', `revision ${line.rev} of the journal folds nothing`)
    if (a.type === 'need') {
      await supply(ports, options, own, a)
      continue
    }
    const chunk = await ports.source.poll(task, fold.wanted(), options.pollLimit, options.idleWaitMs)
    const taken = fold.accept(chunk)
    emptyPolls = taken > 0 ? 0 : emptyPolls + 1
    if (taken === 0) {
      for (const [topic, end] of Object.entries(line.positions)) {
        if ((fold.wanted()[topic] ?? 0) >= end) continue
        const where = `before position ${end}, up to which it was processed`
        if (chunk.rest[topic] === 'ended') fail('source-differs', `input ${topic} ends ${where}`)
        // the end that readers see may go back for a moment after a fail-over: no stop, but nobody shall wait unheard
        if (chunk.rest[topic] === 'dry' && emptyPolls >= DRY_POLLS)
          fail('source-short', `input ${topic} holds nothing more ${where}`)
      }
    }
  }
}
