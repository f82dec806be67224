import type { Membership, Reason, Transition } from './transition.ts'

/** Version of the `segment-changed` payload; raised when a field changes its meaning. */
export const PAYLOAD_VERSION = 1

/** Texts that JSON keeps as they are. */
const PLAIN = /^[ !#-[\]-~]*$/

const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))
const orNull = (text: string | null): string => (text === null ? 'null' : quote(text))
/** As JSON.stringify writes numbers: not finite is null. */
const num = (value: number | null): string => (value !== null && Number.isFinite(value) ? `${value}` : 'null')
const time = (ms: number | null): string => (ms === null ? 'null' : `"${new Date(ms).toISOString()}"`)

/**
 * One transition as the flat JSON that subscribers of `segment-changed` read (times ISO 8601 UTC with milliseconds), without a
 * line end. `app` is the run's name. A function of its arguments: the same move gives the same bytes. Written by hand, because every move passes here.
 */
export function encodeTransition(t: Transition, app: string): string {
  return (
    `{"id":${quote(t.id)},"schemaVersion":${PAYLOAD_VERSION},"segmentation":${quote(app)}` +
    `,"userId":${quote(t.userId)},"sequence":${num(t.sequence)}` +
    `,"from":${orNull(t.from)},"fromName":${orNull(t.fromName)},"fromSince":${time(t.fromSince)}` +
    `,"to":${orNull(t.to)},"toName":${orNull(t.toName)},"timesInTo":${num(t.timesInTo)}` +
    `,"cause":"${t.cause}","origin":"${t.origin}","occurredAt":${time(t.occurredAt)}` +
    `,"distanceFrom":${num(t.distanceFrom)},"distanceTo":${num(t.distanceTo)},"margin":${num(t.margin)}` +
    `,"bundleVersion":${quote(t.bundleVersion)}` +
    `,"triggerKind":${quote(t.triggerKind)},"triggerEventId":${orNull(t.triggerEventId)}` +
    `,"sourceTopic":${orNull(t.sourceTopic)},"sourcePartition":${num(t.sourcePartition)},"sourceOffset":${num(t.sourceOffset)}` +
    `,"summary":${quote(t.summary)},"reasons":[${t.reasons.map(encodeReason).join(',')}]}`
  )
}

/** Where one user is now, as `user-segments` holds it; `segment: null` says that he is gone. No line end. */
export function encodeMembership(m: Membership): string {
  return (
    `{"userId":${quote(m.userId)},"segment":${orNull(m.segment)},"since":${time(m.since)}` +
    `,"previous":${orNull(m.previous)},"sequence":${num(m.sequence)}` +
    `,"bundleVersion":${quote(m.bundleVersion)},"origin":"${m.origin}"}`
  )
}

function encodeReason(r: Reason): string {
  return (
    `{"feature":${quote(r.feature)},"label":${quote(r.label)},"unit":${orNull(r.unit)}` +
    `,"before":${num(r.before)},"now":${num(r.now)},"pull":${num(r.pull)},"text":${quote(r.text)}}`
  )
}
