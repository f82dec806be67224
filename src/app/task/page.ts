import type { Revision } from '../../ports/outlet.ts'
import type { Ms } from '../../ports/types.ts'

/** When a page closes: by content or by age. */
export interface PageRule {
  /** Records folded. */
  readonly maxRecords: number
  /** Transitions, memberships, dead letters and segments of the catalog. */
  readonly maxOutputs: number
  /** Age of a page that somebody waits for: one with a transition or a dead letter. */
  readonly maxAgeMs: Ms
  /** Age of a page of journal lines alone. */
  readonly maxQuietAgeMs: Ms
}

/** The revisions folded since the last page. */
export class OpenPage {
  readonly revisions: Revision[] = []
  #records = 0
  #outputs = 0
  #since: Ms = 0

  add(revision: Revision, records: number, now: Ms): void {
    if (this.revisions.length === 0) this.#since = now
    this.revisions.push(revision)
    this.#records += records
    const { transitions, memberships, deadLetters, catalog } = revision
    this.#outputs += transitions.length + memberships.length + deadLetters.length + catalog.length
  }

  /** Milliseconds until it is old enough to close; Infinity while it is empty, 0 or less when it is ready. */
  remainingMs(rule: PageRule, now: Ms): Ms {
    if (this.revisions.length === 0) return Number.POSITIVE_INFINITY
    if (this.#records >= rule.maxRecords || this.#outputs >= rule.maxOutputs) return 0
    return this.#since + (this.#outputs > 0 ? rule.maxAgeMs : rule.maxQuietAgeMs) - now
  }
}
