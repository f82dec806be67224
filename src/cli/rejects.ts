import type { Reject } from '../app/read-events.ts'
import { fail } from '../errors.ts'
import { number, percent } from '../render/format.ts'

/** More refused records than this share of complete inputs: the command does its work and exits with 3. */
const REFUSED_SHARE_MAX = 0.05

/**
 * After the work is done: too many refused records are a failed check, so that a wrong file is not taken for a small shop.
 * `see` names where they are kept.
 */
export function checkRefused({ refused, read }: { refused: number; read: number }, see?: string): void {
  if (refused <= REFUSED_SHARE_MAX * read) return
  const most = percent(REFUSED_SHARE_MAX, 0)
  const where = see === undefined ? '' : `; see ${see}`
  fail(
    'check-failed',
    `✗ ${number(refused)} of ${number(read)} records were refused, more than ${most}${where}`,
  )
}

/** Places shown per reason. */
const SHOWN = 3

interface Group {
  count: number
  readonly places: string[]
}

/** Counts what was not read, by reason, and remembers the first places of each. */
export class Rejects {
  readonly #lineOf: (topic: string, offset: number) => number | undefined
  readonly #groups = new Map<string, Group>()
  #refused = 0
  /** Records read, good ones included. */
  read = 0

  constructor(lineOf: (topic: string, offset: number) => number | undefined) {
    this.#lineOf = lineOf
  }

  add({ topic, offset, reason, detail }: Reject): void {
    const group = this.#groups.get(reason) ?? { count: 0, places: [] }
    this.#groups.set(reason, group)
    group.count++
    if (detail === undefined) return
    this.#refused++
    const line = this.#lineOf(topic, offset)
    if (group.places.length < SHOWN) group.places.push(`${topic}:${line ?? `record ${offset}`} ${detail}`)
  }

  /** Everything not read, what a mapping skips on purpose included. */
  get total(): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + group.count, 0)
  }

  /** Records that were not understood. */
  get refused(): number {
    return this.#refused
  }

  byReason(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sorted()].map(([reason, { count }]) => [reason, count]))
  }

  /** One line per reason, the commonest first, with the first places below it. */
  lines(): string[] {
    return this.#sorted().flatMap(([reason, { count, places }]) => [
      `${reason}: ${number(count)}`,
      ...places.map((place) => `  ${place}`),
    ])
  }

  #sorted(): [string, Group][] {
    return [...this.#groups].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
  }
}
