import { SECOND_MS } from '../base/duration.ts'
import type { Plan } from '../features/plan.ts'
import type { Reversal } from './ledger.ts'
import { Moment } from './moment.ts'
import type { Hops } from './store.ts'

/** Something that goes back of an order, as the aggregates see it. */
export interface Undoing {
  /** How much of each of its parts. */
  readonly taken: readonly number[]
  /** By predicate of the plan: did the order meet it? */
  readonly pass: Uint8Array
  /** That of the order. */
  readonly moment: Moment
  /** Those of the as-of. */
  readonly now: Hops
}

/** How much goes back of a part, for an aggregate of the orders that meet a predicate, −1: of all. */
export function takenOf({ taken, pass }: Undoing, part: number, predicate: number): number {
  return predicate >= 0 && pass[predicate] === 0 ? 0 : (taken[part] as number)
}

/** Tells aggregates of reversals. Has one scratch: what it gives holds until the next one. */
export class Undo {
  readonly #predicates: readonly number[]
  readonly #pass: Uint8Array
  readonly #moment: Moment
  readonly #now: Hops
  readonly #time = new Float64Array(1)

  /** `now`: numbers of the hops of the as-of, kept up to date by the caller. */
  constructor(plan: Plan, moment: Moment, now: Hops) {
    this.#predicates = plan.reversible.predicates
    this.#pass = new Uint8Array(plan.predicates.length)
    this.#moment = moment
    this.#now = now
  }

  /** Hops begin and end at whole seconds, so that the order's second lies where its time does. */
  of({ order, taken }: Reversal): Undoing {
    this.#time[0] = order.second * SECOND_MS
    this.#moment.set(this.#time, 0)
    this.#predicates.forEach((p, i) => {
      this.#pass[p] = ((order.met[i >> 3] as number) >> (i & 7)) & 1
    })
    return { taken, pass: this.#pass, moment: this.#moment, now: this.#now }
  }
}
