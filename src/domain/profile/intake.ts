import { EVENT_KINDS, type Event } from '../events/event.ts'
import { Calendar } from '../features/calendar.ts'
import { predicatesByKind } from '../features/collect.ts'
import type { Plan } from '../features/plan.ts'
import { matches, type Predicate } from '../features/where.ts'
import { Moment } from './moment.ts'
import type { Hops, Incoming } from './store.ts'

/** Finds out about an event what the stores want to know. Has one scratch: the answer holds until the next question. */
export class Intake {
  readonly #predicates: readonly Predicate[]
  readonly #kinds = new Map<string, number>(EVENT_KINDS.map((kind, i) => [kind, i]))
  /** Predicates that decide about the events of a kind. */
  readonly #asked: readonly (readonly number[])[]
  readonly #time = new Float64Array(1)
  readonly #incoming: Incoming

  /** `now`: numbers of the hops of the as-of, kept up to date by the caller. */
  constructor(plan: Plan, moment: Moment, now: Hops) {
    this.#predicates = plan.predicates
    this.#asked = predicatesByKind(plan)
    const pass = new Uint8Array(plan.predicates.length)
    this.#incoming = { kind: 0, pass, local: new Calendar(plan.zone), moment, now }
  }

  /** Undefined for a kind that the catalogue does not have. */
  look(event: Event): Incoming | undefined {
    const kind = this.#kinds.get(event.kind)
    if (kind === undefined) return undefined
    const incoming = this.#incoming
    const { local, pass } = incoming
    this.#time[0] = event.eventTime
    incoming.kind = kind
    incoming.moment.set(this.#time, 0)
    local.set(this.#time, 0)
    const asked = this.#asked[kind] as readonly number[]
    for (let i = 0; i < asked.length; i++) {
      const p = asked[i] as number
      pass[p] = matches(this.#predicates[p] as Predicate, event, local) ? 1 : 0
    }
    return incoming
  }
}
