import { sha256Hex } from '../base/hash.ts'
import type { Bundle } from '../segments/bundle.ts'
import type { Labels } from '../segments/labels.ts'
import { explainMove } from '../segments/reasons.ts'
import { holdoutBucket, isHeldOut, type Holdout } from '../segments/holdout.ts'
import type { Cause, Origin, Traits, Transition } from '../segments/transition.ts'

/** What made the task look at a user. */
export interface Trigger {
  /** Event kind, or `wake`. */
  readonly kind: string
  readonly eventId: string | null
  readonly topic: string | null
  readonly partition: number
  readonly offset: number | null
}

/** What a run says of itself in every move. */
export interface RunFacts {
  readonly app: string
  readonly locale: 'en' | 'fr'
  /** Moves with an as-of before this are `backfill`. */
  readonly liveFrom: number
  readonly holdout: Holdout
  /** The one currency of all amounts, ISO 4217. */
  readonly currency: string
}

/** What a move is explained with: the bundle that decided, its distances, the vectors then and now. */
export interface MoveContext {
  readonly run: RunFacts
  readonly labels: Labels
  readonly bundle: Bundle
  /** Command that put the bundle to work. */
  readonly promoteId: string | null
  readonly traits: Traits | null
  /** K squared distances of the deciding evaluation. */
  readonly distances2: Float64Array
  /** Raw vector (F) when he entered `from`; undefined for a first assignment. */
  readonly before: Float64Array | undefined
  /** Raw vector (F) of the deciding evaluation. */
  readonly now: Float64Array
}

export interface Moved {
  readonly userId: string
  readonly sequence: number
  readonly from: string | null
  readonly to: string
  /** Centroid left; negative where he had none in this bundle. */
  readonly fromIndex: number
  /** Centroid nearest to him now. */
  readonly toIndex: number
  readonly fromSince: number | null
  readonly timesInTo: number
  readonly cause: Cause
  readonly occurredAt: number
  readonly trigger: Trigger
}

/** The id of a move: the same fact has the same id whoever computes it, whenever, on whatever partition. */
export function transitionId(
  app: string,
  m: Pick<Moved, 'userId' | 'sequence' | 'from' | 'occurredAt'> & { to: string | null },
): string {
  return `tr_${sha256Hex(JSON.stringify([app, m.userId, m.sequence, m.from, m.to, m.occurredAt])).slice(0, 32)}`
}

/** What remains to be said of a user who is forgotten. */
export interface Forgotten extends Pick<
  Moved,
  'userId' | 'sequence' | 'fromSince' | 'cause' | 'occurredAt' | 'trigger'
> {
  readonly from: string
  readonly bundleVersion: string
  readonly summary: string
}

/** The last move of a user: to nowhere. There are no distances in it, and no reasons but the summary. */
export function buildTombstone(
  { run, labels }: Pick<MoveContext, 'run' | 'labels'>,
  m: Forgotten,
): Transition {
  return {
    id: transitionId(run.app, { ...m, to: null }),
    userId: m.userId,
    sequence: m.sequence,
    from: m.from,
    fromName: nameOf(labels, m.from, run.locale),
    to: null,
    toName: null,
    fromSince: m.fromSince,
    timesInTo: 0,
    cause: m.cause,
    origin: originOf(m.occurredAt, run),
    occurredAt: m.occurredAt,
    distanceFrom: null,
    distanceTo: null,
    margin: null,
    ...heldOut(m.userId, run),
    promoteId: null,
    traits: null,
    bundleVersion: m.bundleVersion,
    triggerKind: m.trigger.kind,
    triggerEventId: m.trigger.eventId,
    sourceTopic: m.trigger.topic,
    sourcePartition: m.trigger.partition,
    sourceOffset: m.trigger.offset,
    summary: m.summary,
    reasons: [],
  }
}

/** Writes out a decided move with its evidence. */
export function buildTransition(c: MoveContext, m: Moved): Transition {
  const { run, labels } = c
  const distanceTo = Math.sqrt(c.distances2[m.toIndex] as number)
  const distanceFrom = m.fromIndex >= 0 ? Math.sqrt(c.distances2[m.fromIndex] as number) : null
  const { reasons, summary } = explainMove({
    bundle: c.bundle,
    before: c.before,
    now: c.now,
    fromIndex: m.fromIndex >= 0 ? m.fromIndex : undefined,
    toIndex: m.toIndex,
    locale: run.locale,
  })
  return {
    id: transitionId(run.app, m),
    userId: m.userId,
    sequence: m.sequence,
    from: m.from,
    fromName: m.from === null ? null : nameOf(labels, m.from, run.locale),
    to: m.to,
    toName: nameOf(labels, m.to, run.locale),
    fromSince: m.fromSince,
    timesInTo: m.timesInTo,
    cause: m.cause,
    origin: originOf(m.occurredAt, run),
    occurredAt: m.occurredAt,
    distanceFrom,
    distanceTo,
    margin: distanceFrom === null || distanceFrom === 0 ? null : 1 - distanceTo / distanceFrom,
    ...heldOut(m.userId, run),
    promoteId: m.cause === 'model' ? c.promoteId : null,
    traits: c.traits,
    bundleVersion: c.bundle.version,
    triggerKind: m.trigger.kind,
    triggerEventId: m.trigger.eventId,
    sourceTopic: m.trigger.topic,
    sourcePartition: m.trigger.partition,
    sourceOffset: m.trigger.offset,
    summary,
    reasons,
  }
}

/** Was it so before the run went live? */
export const originOf = (occurredAt: number, { liveFrom }: RunFacts): Origin =>
  occurredAt < liveFrom ? 'backfill' : 'live'

/** Is this user held out, and by which bucket? */
export function heldOut(
  userId: string,
  { holdout }: RunFacts,
): Pick<Transition, 'holdoutBucket' | 'holdout'> {
  const bucket = holdoutBucket(userId, holdout.salt)
  return { holdoutBucket: bucket, holdout: isHeldOut(bucket, holdout) }
}

/** Name of a segment in the locale, else in English; null where unknown. */
export function nameOf(labels: Labels, segment: string, locale: 'en' | 'fr'): string | null {
  const name = labels[segment]?.name
  return name?.[locale] ?? name?.['en'] ?? null
}
