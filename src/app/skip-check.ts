import { fail } from '../errors.ts'
import type { RawRecord } from '../ports/source.ts'
import type { Head } from '../ports/store.ts'
import type { Offset, Topic } from '../ports/types.ts'
import { RunningDigest } from './task/digest.ts'

/**
 * Are the records that are passed over on the way to a stored position the ones that were processed before? A pipe that must
 * be given again from its start, or a file that was exchanged, is noticed before anything is folded from it.
 */
export class SkipCheck {
  readonly #expected: Pick<Head, 'positions' | 'digests'>
  readonly #seen = new Map<Topic, { digest: RunningDigest; next: Offset }>()

  constructor(expected: Pick<Head, 'positions' | 'digests'>) {
    this.#expected = expected
  }

  /** Hears of every passed record in order; throws `input-changed` where the last one before the position does not agree. */
  skip(topic: Topic, record: RawRecord): void {
    const position = this.#expected.positions[topic] ?? 0
    const seen = this.#seen.get(topic) ?? { digest: new RunningDigest(), next: 0 }
    this.#seen.set(topic, seen)
    if (record.offset !== seen.next || record.offset >= position) return
    seen.digest.add(record)
    seen.next = record.offset + 1
    if (seen.next === position && seen.digest.hex !== this.#expected.digests[topic]) {
      fail(
        'input-changed',
        `${topic}: the first ${position} records are not those that were processed before`,
      )
    }
  }
}
