import { spreadOf } from '../domain/profile/due.ts'
import { Segmenter, type SegmenterOptions } from '../domain/profile/segmenter.ts'
import type { Profiles } from '../domain/profile/profiles.ts'
import { compileAssigner, type Assigner } from '../domain/segments/assigner.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import { segmentName } from '../domain/segments/label.ts'
import { explainMove } from '../domain/segments/reasons.ts'
import type { Cause, Reason, Transition } from '../domain/segments/transition.ts'
import type { Head, StoredProfile } from '../ports/store.ts'

/** One user as the state has him. Times are Unix ms. */
export interface Explanation {
  readonly userId: string
  /** null: not assigned yet; `missingEvents` are wanting. */
  readonly segment: string | null
  readonly name: string | null
  readonly since: number | null
  readonly sequence: number
  /** As of his last event or wake. */
  readonly asOf: number
  readonly events: number
  readonly missingEvents: number
  readonly bundleVersion: string
  /** Nearest first; distance in component space. */
  readonly distances: readonly { readonly segment: string; readonly distance: number }[]
  /** Why he is here rather than in the next segment, strongest first. */
  readonly here: readonly Reason[]
  /** Where he is drawn to while the policy holds him back. */
  readonly challenger: { readonly segment: string; readonly since: number } | null
  /** The segment next to his own, and how much nearer than his own it would have to be. */
  readonly next: {
    readonly segment: string
    readonly distance: number
    readonly neededDistance: number | null
    readonly reasons: readonly Reason[]
  } | null
  /** His next move if nothing happens; null: none within the horizon. */
  readonly ifNothingHappens: {
    readonly to: string | null
    readonly occurredAt: number
    readonly cause: Cause
    readonly summary: string
  } | null
  /** He is looked at again then at the latest. */
  readonly dueAt: number
}

export interface Explain {
  readonly head: Head
  readonly stored: StoredProfile
  readonly newProfiles: () => Profiles
  readonly segmenter: Omit<SegmenterOptions, 'app' | 'liveFrom'>
  /** How far ahead of his last as-of his wakes are played. */
  readonly horizonMs: number
}

/**
 * Why a user is where he is, and when he would move: his wakes are played on a copy of his profile by the code that decides, so
 * that the answer is what will come to pass if nothing happens to him and to the policy. undefined: no bundle has seen him.
 */
export function explainUser(e: Explain): Explanation | undefined {
  const profiles = e.newProfiles()
  const slot = profiles.load(e.stored.user, e.stored.bytes)
  const { app, liveFrom } = e.head.genesis
  const segmenter = new Segmenter(profiles, { ...e.segmenter, app, liveFrom })
  segmenter.relabel(e.head.labels)
  for (const d of e.head.deployments) segmenter.deploy(d.bundle, d.promoteId ?? null, d.rollout)
  const bundle = e.head.deployments[profiles.deployment(slot)]?.bundle
  if (bundle === undefined) return undefined
  const { locale } = e.segmenter
  const segment = segmenter.segmentOf(slot)
  const raw = new Float64Array(profiles.plan.columns.length)
  profiles.vector(slot, profiles.asOf(slot), raw)
  const challenger = e.head.segments[profiles.challenger(slot)]
  const said = {
    userId: e.stored.user,
    segment,
    name: segment === null ? null : segmentName(e.head.labels, segment, locale),
    since: segment === null ? null : profiles.since(slot),
    sequence: profiles.sequence(slot),
    asOf: profiles.asOf(slot),
    events: profiles.events(slot),
    missingEvents: segment === null ? Math.max(0, bundle.policy.minEvents - profiles.events(slot)) : 0,
    bundleVersion: bundle.version,
    ...surroundings(bundle, compileAssigner(bundle), raw, segment, locale),
    challenger: challenger ? { segment: challenger, since: profiles.challengedAt(slot) } : null,
    dueAt: profiles.due(slot),
  }
  return { ...said, ifNothingHappens: play(segmenter, slot, said.asOf + e.horizonMs, e) }
}

/** Distances, and what lies between him and the next segment. */
function surroundings(
  bundle: Bundle,
  assigner: Assigner,
  raw: Float64Array,
  segment: string | null,
  locale: 'en' | 'fr',
): Pick<Explanation, 'distances' | 'here' | 'next'> {
  assigner.assign(raw)
  const near = bundle.segments
    .map(({ key }, index) => ({
      segment: key,
      index,
      distance: Math.sqrt(assigner.distances2[index] as number),
    }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
  const distances = near.map(({ segment: key, distance }) => ({ segment: key, distance }))
  const own = near.find((s) => s.segment === segment)
  const other = near.find((s) => s.segment !== segment)
  if (other === undefined) return { distances, here: [], next: null }
  const between = (from: number | undefined, to: number): readonly Reason[] =>
    explainMove({ bundle, before: undefined, now: raw, fromIndex: from, toIndex: to, locale }).reasons
  const neededDistance = own ? (1 - bundle.policy.marginRatio) * own.distance : null
  return {
    distances,
    here: own ? between(other.index, own.index) : [],
    next: {
      segment: other.segment,
      distance: other.distance,
      neededDistance,
      reasons: between(own?.index, other.index),
    },
  }
}

/** Lets time pass for him, wake after wake, up to his next move. */
function play(
  segmenter: Segmenter,
  slot: number,
  until: number,
  { segmenter: { due } }: Explain,
): Explanation['ifNothingHappens'] {
  const { profiles } = segmenter
  const moves: Transition[] = []
  const last = until + spreadOf(profiles.user(slot), due)
  while (moves.length === 0 && profiles.due(slot) <= last) if (!segmenter.wake(slot, moves, 0)) break
  const move = moves[0]
  if (move === undefined) return null
  const { to, occurredAt, cause, summary } = move
  return { to, occurredAt, cause, summary }
}
