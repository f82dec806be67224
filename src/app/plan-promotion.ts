import { lookBackMs } from '../domain/features/youth.ts'
import { Segmenter } from '../domain/profile/segmenter.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import type { Rollout } from '../domain/segments/rollout.ts'
import type { Transition } from '../domain/segments/transition.ts'
import { fail } from '../errors.ts'
import type { Head, StateReader } from '../ports/store.ts'
import type { Ms, Task } from '../ports/types.ts'
import type { FoldOptions } from './task/memory.ts'

/** Users moved from one segment to another. */
export interface Flow {
  readonly from: string
  readonly to: string
  readonly users: number
}

/** What a bundle would do to the users who are members of a segment now. */
export interface Planned {
  readonly members: number
  /** Who are evaluated under it at their next wake, and how many of them it moves. */
  readonly reached: number
  readonly moved: number
  /** Largest first. */
  readonly flows: readonly Flow[]
}

export interface Planning {
  readonly reader: Pick<StateReader, 'members' | 'profile'>
  /** Of all tasks. */
  readonly heads: readonly (Head | undefined)[]
  readonly taskOf: (user: string) => Task
  readonly options: Pick<FoldOptions, 'newProfiles' | 'segmenter'>
  readonly bundle: Bundle
  readonly rollout: Rollout | undefined
}

/** Profiles read at a time. */
const BATCH = 256

/**
 * Lets every member meet the bundle at the wake he is due for, by the code that will decide then: if nobody does anything until
 * he is woken, these are the moves of cause `model` that a promotion makes, to a user. Changes nothing.
 */
export async function planPromotion(p: Planning): Promise<Planned> {
  const desks = p.heads.map((head) => head && deskOf(head, p))
  const flows = new Map<string, number>()
  const total = { members: 0, reached: 0, moved: 0 }
  const meet = async (users: readonly string[]): Promise<void> => {
    const profiles = await Promise.all(users.map((user) => p.reader.profile(user)))
    for (const [i, user] of users.entries()) {
      const bytes = profiles[i]
      const desk = desks[p.taskOf(user)]
      if (bytes === undefined || desk === undefined) continue
      const slot = desk.profiles.load(user, bytes)
      const out: Transition[] = []
      desk.wake(slot, out, 0)
      total.members++
      if (desk.bundleVersionOf(slot) === p.bundle.version) total.reached++
      for (const { cause, from, to } of out) {
        if (cause !== 'model') continue
        total.moved++
        const key = JSON.stringify([from, to])
        flows.set(key, (flows.get(key) ?? 0) + 1)
      }
      desk.profiles.free(slot)
    }
  }
  const keys = [...new Set(p.heads.flatMap((head) => head?.segments.slice(1) ?? []))].sort()
  for (const key of keys) {
    let users: string[] = []
    for await (const user of p.reader.members(key)) {
      if (users.push(user) < BATCH) continue
      await meet(users)
      users = []
    }
    await meet(users)
  }
  const sorted = [...flows].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return {
    ...total,
    flows: sorted.map(([key, users]) => {
      const [from, to] = JSON.parse(key) as [string, string]
      return { from, to, users }
    }),
  }
}

/** A task's users under its bundles and the one to come. */
function deskOf(head: Head, { options, bundle, rollout }: Planning): Segmenter {
  const { app, liveFrom } = head.genesis
  const desk = new Segmenter(options.newProfiles(), { ...options.segmenter, app, liveFrom })
  for (const d of head.deployments) desk.deploy(d.bundle, d.promoteId ?? null, d.rollout)
  desk.deploy(bundle, null, rollout)
  return desk
}

/**
 * From when on the state of all tasks is as old as the bundle's features look back; undefined: it is. What it was given before
 * its first bundle counts, and a state of before that was kept is taken to be old enough.
 */
export function youngUntil(bundle: Bundle, heads: readonly (Head | undefined)[]): Ms | undefined {
  const needed = lookBackMs(bundle.featureSet)
  const until = heads.flatMap((head) => {
    if (head?.firstAt === undefined || head.deployments.length === 0) return []
    const ripe = head.firstAt + needed
    return ripe > head.clock ? ripe : []
  })
  return until.length === 0 ? undefined : Math.max(...until)
}

/** Throws `aggregates-young` with the day on which they no longer are. */
export function checkGrown(bundle: Bundle, heads: readonly (Head | undefined)[]): void {
  const until = youngUntil(bundle, heads)
  if (until === undefined) return
  fail(
    'aggregates-young',
    `bundle ${bundle.version.slice(0, 12)} looks back farther than the state does: not before ${new Date(until).toISOString().slice(0, 10)}`,
  )
}
