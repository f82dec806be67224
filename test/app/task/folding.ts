import { compareUtf8 } from '../../../src/domain/base/canonical.ts'
import type { Profiles } from '../../../src/domain/profile/profiles.ts'
import { TaskFold } from '../../../src/app/task/fold.ts'
import { genesisHead, genesisLine } from '../../../src/app/task/journal.ts'
import type { FoldOptions } from '../../../src/app/task/memory.ts'
import type { JournalLine, Revision } from '../../../src/ports/outlet.ts'
import type { Chunk, RawRecord } from '../../../src/ports/source.ts'
import type { Head, SealedProfile, Slice } from '../../../src/ports/store.ts'
import {
  HOLDOUT,
  MAX_AHEAD_MS,
  newProfiles,
  SIM_RHYTHM,
  T0,
  TASK_INPUTS,
  TOPICS,
  type Scenario,
} from '../../sim/scenario.ts'

/** How a folding is cut and fed; none of it may matter. */
export interface Way {
  readonly revisionSteps: number
  readonly maxProfiles: number
  /** Records a poll gives of each input, in turn. */
  readonly polls: readonly number[]
  /** Ends the open revision wherever folding waits, now and then. */
  readonly cuts: readonly boolean[]
}

export const PLAIN: Way = { revisionSteps: 1000, maxProfiles: 1000, polls: [1000], cuts: [false] }

export const foldOptions = (
  scenario: Pick<Scenario, 'due' | 'guard'>,
  more: Partial<FoldOptions> = {},
): FoldOptions => ({
  task: 0,
  inputs: TASK_INPUTS,
  segmenter: { locale: 'en', holdout: HOLDOUT, currency: 'EUR', due: scenario.due },
  recipe: 'sim',
  revisionSteps: 1000,
  maxProfiles: 1000,
  maxAheadMs: MAX_AHEAD_MS,
  newProfiles,
  guard: scenario.guard,
  rhythm: SIM_RHYTHM,
  serves: () => true,
  ...more,
})

export const START: JournalLine = genesisLine(Object.fromEntries(TOPICS.map((t) => [t, 0])), 'sim', {
  app: 'sim',
  formats: {},
  liveFrom: 0,
  startedAt: T0,
})
export const ORIGIN: Head = genesisHead(START)

/** What a task's state holds of profiles. */
export type Stored = Map<string, SealedProfile>

export function sliceOf(stored: Stored, users: readonly string[], dueAfter: number, limit: number): Slice {
  const profiles = users.flatMap((user) => stored.get(user) ?? [])
  if (limit === 0) return { profiles, dues: [], complete: dueAfter }
  const due = [...stored.values()]
    .filter((p) => p.due > dueAfter)
    .sort((a, b) => a.due - b.due || compareUtf8(a.user, b.user))
  const last = due[limit - 1]?.due ?? Number.POSITIVE_INFINITY
  return { profiles, dues: due.filter((p) => p.due <= last), complete: last }
}

/** Feeds one fold from a scenario's inputs and a state in memory. */
export class Feeder {
  readonly fold: TaskFold
  readonly scenario: Scenario
  readonly way: Way
  readonly stored: Stored
  #turn = 0

  constructor(fold: TaskFold, scenario: Scenario, way: Way, stored: Stored = new Map()) {
    this.fold = fold
    this.scenario = scenario
    this.way = way
    this.stored = stored
  }

  #poll(): Chunk {
    const records: Record<string, readonly RawRecord[]> = {}
    const rest: Record<string, 'more' | 'ended'> = {}
    const { polls } = this.way
    for (const topic of TOPICS) {
      const all = this.scenario.inputs[topic]?.records ?? []
      const left = all.filter((r) => r.offset >= (this.fold.wanted()[topic] as number))
      records[topic] = left.slice(0, polls[this.#turn++ % polls.length])
      rest[topic] = records[topic].length < left.length ? 'more' : 'ended'
    }
    return { records, rest }
  }

  /** The next revision; undefined where the inputs have no more. */
  next(line?: JournalLine): (Revision & { diverged: number }) | undefined {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      const a = this.fold.advance(line)
      const { book } = this.fold.memory
      if (a.type === 'revision') {
        const sealed = book.seal(this.fold.memory.rev)
        for (const profile of sealed.profiles) this.stored.set(profile.user, profile)
        for (const user of sealed.forgotten) this.stored.delete(user)
        book.stored()
        return { ...a.revision, diverged: a.diverged }
      }
      if (a.type === 'need')
        book.install(a.users, sliceOf(this.stored, a.users, book.horizon, a.dues ? 2 : 0))
      else {
        const { cuts } = this.way
        if (!line && cuts[this.#turn++ % cuts.length]) this.fold.cutShort()
        if (this.fold.accept(this.#poll()) === 0 && a.type === 'idle') return undefined
      }
    }
    throw new Error('folding does not get on')
  }
}

export interface Folded {
  readonly revisions: readonly Revision[]
  readonly head: Head
  /** Profiles as stored; the stamp is a matter of cutting and left out. */
  readonly profiles: ReadonlyMap<string, string>
  /** The state after each revision, by its number. */
  readonly states: readonly Stored[]
  readonly heads: readonly Head[]
}

/** A state's profiles without their stamps, as text. */
export function unstamped(stored: Stored): Map<string, string> {
  const profiles: Profiles = newProfiles()
  const texts = new Map<string, string>()
  for (const [user, { bytes }] of [...stored].sort(([a], [b]) => compareUtf8(a, b))) {
    const slot = profiles.load(user, bytes)
    profiles.setStamp(slot, 0)
    texts.set(user, Buffer.from(profiles.save(slot)).toString('hex'))
  }
  return texts
}

/** Folds all that a scenario holds. */
export function foldAll(scenario: Scenario, way: Way): Folded {
  const options = foldOptions(scenario, way)
  const feeder = new Feeder(new TaskFold(options, ORIGIN, { stored: false, knownRev: 0 }), scenario, way)
  const revisions: Revision[] = []
  const states: Stored[] = [new Map()]
  const heads: Head[] = [ORIGIN]
  for (let r = feeder.next(); r; r = feeder.next()) {
    revisions.push(r)
    states.push(new Map(feeder.stored))
    heads.push(feeder.fold.memory.head())
  }
  return { revisions, head: heads.at(-1) as Head, profiles: unstamped(feeder.stored), states, heads }
}
