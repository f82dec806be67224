import { MINUTE_MS } from '../base/duration.ts'
import type { CatalogEntry } from './catalog.ts'
import type { Membership, Traits, Transition } from './transition.ts'

/** Version of the `segment-changed` payload; raised when a field changes its meaning. */
export const PAYLOAD_VERSION = 1

/**
 * One transition as the flat JSON that subscribers of `segment-changed` read (times ISO 8601 UTC with milliseconds), without a
 * line end. `app` is the run's name. A function of its arguments: the same move gives the same bytes.
 */
export function encodeTransition(t: Transition, app: string): string {
  return JSON.stringify(transitionPayload(t, app, isoTime))
}

/** The fields of that payload, in their order; `time` writes Unix milliseconds. */
export function transitionPayload(t: Transition, app: string, time: (ms: number) => unknown): object {
  return {
    id: t.id,
    schemaVersion: PAYLOAD_VERSION,
    segmentation: app,
    userId: t.userId,
    sequence: t.sequence,
    from: t.from,
    fromName: t.fromName,
    fromSince: t.fromSince === null ? null : time(t.fromSince),
    to: t.to,
    toName: t.toName,
    timesInTo: t.timesInTo,
    cause: t.cause,
    origin: t.origin,
    occurredAt: time(t.occurredAt),
    distanceFrom: t.distanceFrom,
    distanceTo: t.distanceTo,
    margin: t.margin,
    holdoutBucket: t.holdoutBucket,
    holdout: t.holdout,
    promoteId: t.promoteId,
    ...traitFields(t.traits, time),
    bundleVersion: t.bundleVersion,
    triggerKind: t.triggerKind,
    triggerEventId: t.triggerEventId,
    sourceTopic: t.sourceTopic,
    sourcePartition: t.sourcePartition,
    sourceOffset: t.sourceOffset,
    summary: t.summary,
    reasons: t.reasons,
  }
}

/** Where one user is now, as `user-segments` holds it; `segment: null` says that he is gone. No line end. */
export function encodeMembership(m: Membership): string {
  return JSON.stringify(membershipPayload(m, isoTime))
}

/** The fields of that payload, in their order; `time` writes Unix milliseconds. */
export function membershipPayload(m: Membership, time: (ms: number) => unknown): object {
  return {
    userId: m.userId,
    segment: m.segment,
    segmentName: m.segmentName,
    since: time(m.since),
    previous: m.previous,
    previousName: m.previousName,
    sequence: m.sequence,
    holdoutBucket: m.holdoutBucket,
    holdout: m.holdout,
    ...traitFields(m.traits, time),
    bundleVersion: m.bundleVersion,
    origin: m.origin,
  }
}

/** What readers may know of one segment, as `segment-catalog` holds it. No line end. */
export function encodeCatalogEntry(e: CatalogEntry): string {
  return JSON.stringify(catalogPayload(e, isoTime))
}

/** The fields of that payload, in their order; `time` writes Unix milliseconds. */
export function catalogPayload(e: CatalogEntry, time: (ms: number) => unknown): object {
  const diedAt = e.diedAt === null ? null : time(e.diedAt)
  return { ...e, bornAt: time(e.bornAt), diedAt, promotedAt: time(e.promotedAt) }
}

/** Traits lie flat among the other fields. */
function traitFields(traits: Traits | null, time: (ms: number) => unknown): object {
  const lastOrderAt = traits?.lastOrderAt ?? null
  return {
    topCategory: traits?.topCategory ?? null,
    topSeason: traits?.topSeason ?? null,
    orders365d: traits?.orders365d ?? null,
    spend365dMinor: traits?.spend365dMinor ?? null,
    currency: traits?.currency ?? null,
    lastOrderAt: lastOrderAt === null ? null : time(lastOrderAt),
  }
}

/** What of an ISO time lies behind its minute. */
const BEHIND_MINUTE = 'SS.mmmZ'.length
let minute = NaN
let minuteText = ''

/** ISO 8601 UTC with milliseconds. Moves come by the thousand in the order of time: the text of a minute is made once. */
function isoTime(ms: number): string {
  const m = Math.floor(ms / MINUTE_MS)
  if (m !== minute) {
    minuteText = new Date(m * MINUTE_MS).toISOString().slice(0, -BEHIND_MINUTE)
    minute = m
  }
  const rest = String(ms - m * MINUTE_MS).padStart(5, '0')
  return `${minuteText}${rest.slice(0, 2)}.${rest.slice(2)}Z`
}
