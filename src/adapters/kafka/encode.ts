import { context, propagation } from '@opentelemetry/api'
import type { DeadLetter } from '../../domain/events/dead-letter.ts'
import type { CatalogEntry } from '../../domain/segments/catalog.ts'
import { encodeCatalogEntry, encodeMembership, encodeTransition } from '../../domain/segments/payload.ts'
import type { Membership, Transition } from '../../domain/segments/transition.ts'
import { encodeJournalLine } from '../../ports/journal-line.ts'
import type { JournalLine } from '../../ports/outlet.ts'

/** A record to be written; its partition is the task, its time the broker's. */
export interface Encoded {
  readonly key: Buffer | string | null
  /** null: a tombstone. */
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** How the outputs are written. Journal lines are always JSON: they are read back. */
export interface Encoders {
  transition(t: Transition): Encoded
  membership(m: Membership): Encoded
  catalog(e: CatalogEntry): Encoded
  deadLetter(d: DeadLetter): Encoded
  journal(line: JournalLine): Encoded
}

/** How the values of moves, memberships and segments are written. */
export interface ValueFormat {
  /** MIME type. */
  readonly contentType: string
  transition(t: Transition): Buffer | string
  membership(m: Membership): Buffer | string
  catalog(e: CatalogEntry): Buffer | string
}

/** `app` is the run's name, in every payload. */
export const jsonValues = (app: string): ValueFormat => ({
  contentType: 'application/json',
  transition: (t) => encodeTransition(t, app),
  membership: (m) => encodeMembership(m),
  catalog: (e) => encodeCatalogEntry(e),
})

export const jsonEncoders = (app: string): Encoders => encoders(app, jsonValues(app))

/** All outputs of a run, its values in one format. */
export function encoders(app: string, values: ValueFormat): Encoders {
  return {
    transition: (t) => ({
      key: t.userId,
      value: values.transition(t),
      headers: { ...transitionHeaders(t, app, values.contentType), ...traceHeaders() },
    }),
    membership: (m) => ({
      key: m.userId,
      value: m.segment === null ? null : values.membership(m),
    }),
    catalog: (e) => ({ key: e.segment, value: values.catalog(e) }),
    deadLetter: (d) => ({
      key: bufferOf(d.key),
      value: bufferOf(d.value),
      headers: deadLetterHeaders(d, app),
    }),
    journal: (line) => ({ key: null, value: encodeJournalLine(line) }),
  }
}

/** CloudEvents 1.0 in binary mode (CNCF, Kafka protocol binding), and what subscribers filter by without decoding. */
export function transitionHeaders(t: Transition, app: string, contentType: string): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: t.id,
    ce_type: 'segment.changed.v1',
    ce_source: `/segmentation/${app}`,
    ce_subject: t.userId,
    ce_time: new Date(t.occurredAt).toISOString(),
    ce_cause: t.cause,
    ce_origin: t.origin,
    ...(t.to === null ? {} : { ce_to: t.to }),
    ...(t.promoteId === null ? {} : { ce_promoteid: t.promoteId }),
    'content-type': contentType,
  }
}

/** `traceparent` of the span in which this is sent; none where nobody traces. */
function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

/** The headers of Kafka Connect's dead letters (KIP-298), which its tools read, and the whole of a value that was cut. */
export function deadLetterHeaders(d: DeadLetter, app: string): Record<string, string> {
  const prefix = '__connect.errors.'
  return {
    [`${prefix}topic`]: d.topic,
    [`${prefix}partition`]: String(d.partition),
    [`${prefix}offset`]: String(d.offset),
    [`${prefix}connector.name`]: app,
    [`${prefix}task.id`]: String(d.partition),
    [`${prefix}stage`]: d.reason === 'key-mismatch' ? 'KEY_CONVERTER' : 'VALUE_CONVERTER',
    [`${prefix}class.name`]: 'segmentation.mapping',
    [`${prefix}exception.class.name`]: d.reason,
    [`${prefix}exception.message`]: d.detail,
    [`${prefix}exception.stacktrace`]: `${d.reason}: ${d.detail}`,
    ...(d.sha256 === null ? {} : { 'segmentation.size': String(d.size), 'segmentation.sha256': d.sha256 }),
  }
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
