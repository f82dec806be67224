import type { Ms } from '../../ports/types.ts'

/** When a task that reads what is written right now folds no more of it (`refused-rate`). */
export interface RefusalRule {
  /** Part of the records of the last `windowMs`, above which it holds. */
  readonly share: number
  /** Refused records below which no share means anything. */
  readonly minRefused: number
  readonly windowMs: Ms
}

interface Bucket {
  readonly since: Ms
  records: number
  refused: number
}

const BUCKETS = 60

/**
 * How many of the records folded lately were refused, by the machine's time: a backlog is read as fast as it goes, and what
 * counts is how many dead letters leave the process. It holds folding and decides nothing else, so no result depends on it.
 */
export class RefusalGauge {
  readonly #rule: RefusalRule
  #buckets: Bucket[] = []
  #forgivenAt: Ms | undefined

  constructor(rule: RefusalRule) {
    this.#rule = rule
  }

  /** A person accepts them, until for a whole window there are no more than the rule allows. */
  forgive(now: Ms): void {
    this.#forgivenAt = now
    this.#buckets = []
  }

  /** Takes in what was folded; true where it is too much. */
  add(records: number, refused: number, now: Ms): boolean {
    const { windowMs, share, minRefused } = this.#rule
    this.#buckets = this.#buckets.filter((bucket) => now - bucket.since < windowMs)
    const last = this.#buckets.at(-1)
    if (last && now - last.since < windowMs / BUCKETS) {
      last.records += records
      last.refused += refused
    } else this.#buckets.push({ since: now, records, refused })
    let all = 0
    let bad = 0
    for (const bucket of this.#buckets) {
      all += bucket.records
      bad += bucket.refused
    }
    const over = bad >= minRefused && bad > share * all
    if (this.#forgivenAt === undefined) return over
    if (over || now - this.#forgivenAt < windowMs) {
      if (over) this.#forgivenAt = now
    } else this.#forgivenAt = undefined
    return false
  }
}
