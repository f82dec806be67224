import { fail } from '../../errors.ts'
import type { Acceptance, Accepted, JournalLine } from '../../ports/outlet.ts'
import type { Head } from '../../ports/store.ts'
import type { Offset, Positions, Task, Topic } from '../../ports/types.ts'
import { Amends } from './amends.ts'
import { RunningDigest } from './digest.ts'
import { chained, genesisHead } from './journal.ts'
import type { TaskOptions, TaskPorts } from './options.ts'
import { begin } from './takeover.ts'

/** What a person accepts for a task, so that it goes on. */
export interface Resume {
  readonly task: Task
  readonly accept: Acceptance
  /** Where an input goes on that is new, or that ends before the position it was processed up to. */
  readonly startAt: Readonly<Record<Topic, 'earliest' | 'latest' | Offset>>
  /** Digests run over whole inputs from their first record (files), so that those read now must be hashed again. */
  readonly rehash: boolean
}

export interface Resumed {
  readonly task: Task
  readonly line: JournalLine
  /** Revision from which the task folds again. */
  readonly from: number
}

type Bounds = Readonly<Record<Topic, { start: Offset; end: Offset }>>

/**
 * Lets a stopped or held task go on by what a person accepts (rule T17): takes its place as its owner for a moment, behind a
 * fence, and publishes a line of its own that says so. The task itself finds the line at its next take-over, which this
 * causes, and is exact by the journal as ever. May be called again, whatever became of the call before.
 */
export async function resume(ports: TaskPorts, options: TaskOptions, r: Resume): Promise<Resumed> {
  const { outlet, source, store } = ports
  const fence = await outlet.fence(r.task)
  const tail = await outlet.tail(fence)
  if (tail === undefined)
    return fail('check-failed', `task ${r.task} has no journal, by which it could go on: nothing was changed`)
  const token = options.newToken()
  const head = r.accept === 'rebuild' ? await origin(ports, r.task) : await store.take(fence, token)
  if (head === undefined) {
    return fail('state-lost', `task ${r.task} has no state that it could go on from: nothing was changed`)
  }
  const bounds = await source.bounds(r.task)
  const amends = await Amends.among(outlet.journal(r.task, head.rev))
  const { positions, digests } =
    r.accept === 'source' && r.rehash ? await hashed(ports, options, r, tail) : tail
  const line = chained(tail.chain, {
    rev: tail.rev + 1,
    positions: placed(options, { ...r, bounds, positions }),
    digests,
    recipe: r.accept === 'recipe' ? options.recipe : undefined,
    accepted: accepted(r, { head, bounds, amends }),
    moves: [],
  })
  await outlet.publish(fence, {
    revisions: [{ line, transitions: [], memberships: [], deadLetters: [], catalog: [] }],
  })
  if (r.accept === 'rebuild') {
    await store.take(fence, token, true)
    await begin(ports, options, r.task, token, head)
  }
  return { task: r.task, line, from: head.rev }
}

/** The head of line 0, which a rebuild starts from. */
async function origin({ outlet }: TaskPorts, p: Task): Promise<Head> {
  const first = await outlet.journal(p, -1)[Symbol.asyncIterator]().next()
  if (first.done === true || first.value.rev !== 0) {
    return fail('state-lost', `task ${p}: the journal does not begin at revision 0: nothing was changed`)
  }
  return genesisHead(first.value)
}

interface Accepting {
  readonly head: Head
  readonly bounds: Bounds
  /** What was accepted since `head`, and is counted when that is folded again. */
  readonly amends: Amends
}

/** What the line says of the acceptance. Rejects one that the task has no need of. */
function accepted({ accept, task }: Resume, { head, bounds, amends }: Accepting): Accepted {
  const lost: Record<Topic, number> = {}
  let gap = false
  for (const [topic, { start }] of Object.entries(bounds)) {
    const gone = start - (head.positions[topic] ?? start)
    gap ||= gone > 0
    const uncounted = gone - amends.lost(topic)
    if (uncounted > 0) lost[topic] = uncounted
  }
  if (accept === 'gap' && !gap)
    fail(
      'check-failed',
      `task ${task}: its inputs hold all that it needs, there is no gap: nothing was changed`,
    )
  const counted =
    Object.keys(lost).length > 0 && (accept === 'gap' || accept === 'rebuild' || accept === 'source')
  return counted ? { what: accept, lost } : { what: accept }
}

interface Placing extends Resume {
  readonly bounds: Bounds
  readonly positions: Positions
}

/** Where each input goes on. */
function placed(options: TaskOptions, { accept, task, startAt, bounds, positions }: Placing): Positions {
  const stranger = Object.keys(startAt).find((topic) => !options.inputs.some((i) => i.topic === topic))
  if (stranger !== undefined) fail('usage', `--start ${stranger}: there is no such input`)
  const places = options.inputs.map(({ topic, control }) => {
    const bound = bounds[topic] ?? fail('config-invalid', `input ${topic} does not exist`)
    const start = startOf(topic, startAt[topic], bound)
    const former = positions[topic]
    if (former === undefined) {
      if (accept !== 'recipe')
        fail('recipe-differs', `input ${topic} is not one task ${task} was started with`)
      if (start === undefined && control !== true)
        fail('usage', `input ${topic} is new: say where it starts, --start ${topic}=earliest|latest|OFFSET`)
      return [topic, start ?? bound.start] as const
    }
    if (accept === 'source' && start !== undefined) return [topic, start] as const
    if (accept === 'source' && former > bound.end) return [topic, bound.end] as const
    const skips = accept === 'gap' || accept === 'rebuild' || accept === 'source'
    return [topic, skips ? Math.max(former, bound.start) : former] as const
  })
  return Object.fromEntries(places)
}

/** The place that was asked for; undefined: none was. Rejects with `usage` where the input has no such place. */
function startOf(
  topic: Topic,
  asked: Resume['startAt'][Topic] | undefined,
  { start, end }: Bounds[Topic],
): Offset | undefined {
  if (asked === undefined || asked === 'earliest') return asked && start
  const place = asked === 'latest' ? end : asked
  if (!Number.isFinite(place))
    fail('usage', `--start ${topic}=latest: its end shows only by reading on, say an offset`)
  if (place < start || place > end)
    fail('usage', `--start ${topic}=${place}: expected an offset from ${start} to ${end}`)
  return place
}

/** Positions and digests as of the records that the inputs hold now, read again from their first. */
async function hashed(
  { source, clock }: TaskPorts,
  { pollLimit, inputs }: TaskOptions,
  { task }: Resume,
  tail: JournalLine,
): Promise<{ positions: Positions; digests: Readonly<Record<Topic, string>> }> {
  const next: Record<Topic, Offset> = {}
  const digests = new Map<Topic, RunningDigest>()
  for (const { topic } of inputs) {
    next[topic] = 0
    digests.set(topic, new RunningDigest())
  }
  for (let open = inputs.map(({ topic }) => topic); open.length > 0; await clock.sleep(0)) {
    const { records, rest } = await source.poll(task, next, pollLimit, 0)
    open = open.filter((topic) => {
      const upTo = tail.positions[topic] ?? 0
      const found = records[topic] ?? []
      for (const record of found) {
        if (record.offset >= upTo) break
        digests.get(topic)?.add(record)
        next[topic] = record.offset + 1
      }
      return (next[topic] ?? 0) < upTo && (found.length > 0 || rest[topic] === 'more')
    })
  }
  return {
    positions: next,
    digests: Object.fromEntries(
      [...digests].map(([topic, digest]) => [topic, next[topic] === 0 ? '' : digest.hex]),
    ),
  }
}
