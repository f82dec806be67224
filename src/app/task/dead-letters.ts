import { sha256OfBytes } from '../../domain/base/hash.ts'
import { DEAD_LETTER_BYTES, DEAD_LETTER_HEAD_BYTES, type DeadLetter } from '../../domain/events/dead-letter.ts'
import type { RefusalReason } from '../../domain/events/event.ts'
import type { RawRecord } from '../../ports/source.ts'
import type { Task, Topic } from '../../ports/types.ts'

/** The letter for a refused record: its bytes untouched up to the limit, above it a reference with the first few KiB (rule R3). */
export function deadLetter(topic: Topic, task: Task, r: RawRecord, reason: RefusalReason, detail: string): DeadLetter {
  const size = r.to - r.from
  const whole = size <= DEAD_LETTER_BYTES
  return {
    topic,
    partition: task,
    offset: r.offset,
    reason,
    detail,
    key: r.keyFrom < 0 ? null : r.bytes.slice(r.keyFrom, r.keyTo),
    value: r.bytes.slice(r.from, whole ? r.to : r.from + DEAD_LETTER_HEAD_BYTES),
    size,
    sha256: whole ? null : sha256OfBytes(r.bytes.subarray(r.from, r.to)),
  }
}
