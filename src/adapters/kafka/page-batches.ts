import type { Message, TopicMessages } from 'kafkajs'
import type { Page } from '../../ports/outlet.ts'
import type { Task } from '../../ports/types.ts'
import type { Encoded, Encoders } from './encode.ts'
import type { Output, TopicNames } from './topics.ts'

/** kafkajs makes one record batch of all that a call sends to a partition; the brokers' default limit is 1 MiB. */
export const MAX_CALL_BYTES = 700 * 1024
/** About what a record takes beside key, value and headers. */
const RECORD_BYTES = 80

/** A page as the calls that send it, one after the other: each with at most `maxBytes`, but at least one record. */
export function* pageBatches(
  page: Page,
  p: Task,
  how: { readonly encode: Encoders; readonly topics: TopicNames; readonly maxBytes?: number },
): Generator<TopicMessages[]> {
  const maxBytes = how.maxBytes ?? MAX_CALL_BYTES
  let batch = new Map<Output, Message[]>()
  let bytes = 0
  const finished = (): TopicMessages[] =>
    [...batch].map(([output, messages]) => ({ topic: how.topics[output], messages }))
  for (const [output, encoded] of recordsOf(page, how.encode)) {
    const size = sizeOf(encoded)
    if (bytes > 0 && bytes + size > maxBytes) {
      yield finished()
      batch = new Map()
      bytes = 0
    }
    const messages = batch.get(output)
    const { key, value, headers } = encoded
    const message: Message = { key, value, partition: p, ...(headers === undefined ? {} : { headers }) }
    if (messages) messages.push(message)
    else batch.set(output, [message])
    bytes += size
  }
  if (bytes > 0) yield finished()
}

function* recordsOf(page: Page, encode: Encoders): Generator<readonly [Output, Encoded]> {
  for (const { transitions, memberships, deadLetters, catalog, line } of page.revisions) {
    // history before go-live says where everyone is, and never that someone moved
    for (const t of transitions) if (t.origin !== 'backfill') yield ['segment-changed', encode.transition(t)]
    for (const m of memberships) yield ['user-segments', encode.membership(m)]
    for (const d of deadLetters) yield ['dead-letter', encode.deadLetter(d)]
    for (const e of catalog) yield ['segment-catalog', encode.catalog(e)]
    yield ['journal', encode.journal(line)]
  }
}

function sizeOf({ key, value, headers }: Encoded): number {
  let size = RECORD_BYTES + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '')
  for (const name in headers) size += name.length + Buffer.byteLength(headers[name] as string) + 4
  return size
}
