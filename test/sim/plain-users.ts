import { SECOND_MS } from '../../src/domain/base/duration.ts'
import { hash32, hash52 } from '../../src/domain/base/hash.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { DuePolicy } from '../../src/domain/profile/due.ts'
import type { Profiles } from '../../src/domain/profile/profiles.ts'
import { compileAssigner, type Assigner } from '../../src/domain/segments/assigner.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import { isLate } from './scenario.ts'
import { NEWCOMER, plainDecide, type Stand } from '../support/plain-decide.ts'

interface Plain {
  readonly bundle: Bundle
  readonly assigner: Assigner
  readonly share: number
  readonly rampMs: number
  readonly from: number
}

/**
 * Every user's standing by the rules written plainly, beside the profiles that the code under test decides with: shown the same
 * evaluations, it must come to the same. Counts the flips that were held back.
 */
export class PlainUsers {
  readonly #profiles: Profiles
  readonly #bundles: Plain[] = []
  readonly #stands = new Map<string, Stand>()
  readonly #deployment = new Map<string, number>()
  readonly #seen = new Map<string, number>()
  /** Each user's events that counted. */
  readonly #events = new Map<string, Event[]>()
  readonly #due: DuePolicy
  readonly #raw: Float64Array
  suppressed: Record<string, number> = {}
  uncounted: Record<string, number> = {}

  constructor(profiles: Profiles, due: DuePolicy) {
    this.#profiles = profiles
    this.#due = due
    this.#raw = new Float64Array(profiles.plan.columns.length)
  }

  deploy(bundle: Bundle, rollout: { share: number; rampMs: number; from: number }): void {
    this.#bundles.push({ bundle, assigner: compileAssigner(bundle), ...rollout })
  }

  /** Which of the bundles is his as of a time. */
  #place(user: string, t: number): number {
    return this.#bundles.findLastIndex(({ bundle, share, rampMs, from }) => {
      const part = rampMs > 0 && t < from + rampMs ? (share * Math.max(0, t - from)) / rampMs : share
      return hash32(user, Number.parseInt(bundle.version.slice(0, 8), 16)) < part * 2 ** 32
    })
  }

  /** Is the event one of his newest 128 of the last 24 hours, or its order one of his? */
  again(e: Event): boolean {
    const second = ({ eventTime }: Event): number => Math.floor(eventTime / SECOND_MS)
    const known = (this.#events.get(e.userId) ?? [])
      .filter((other) => second(other) >= Math.floor((this.#seen.get(e.userId) ?? 0) / SECOND_MS) - 86_400)
      .sort((a, b) => second(b) - second(a) || hash52(b.eventId) - hash52(a.eventId))
      .slice(0, 128)
    const sameOrder = (other: Event): boolean => other.kind === e.kind && other.orderId === e.orderId
    const ordered = e.kind === 'order_completed' && this.#events.get(e.userId)?.some(sameOrder) === true
    if (!ordered && !known.some(({ eventId }) => eventId === e.eventId)) return false
    this.#miscounted('duplicate')
    return true
  }

  /** An event that is none of those is on its way into his profile, as of a time. */
  seen(e: Event, asOf: number): void {
    this.#events.set(e.userId, [...(this.#events.get(e.userId) ?? []), e])
    this.#seen.set(e.userId, Math.max(e.eventTime, this.#seen.get(e.userId) ?? 0))
    if (isLate(e, asOf)) this.#miscounted('late')
    if (e.kind === 'order_refunded' && e.orderId === undefined) this.#miscounted('order-unknown')
  }

  #miscounted(reason: string): void {
    this.uncounted[reason] = (this.uncounted[reason] ?? 0) + 1
  }

  /** Has he been silent for so long that he is to be forgotten? */
  expired(slot: number, asOf: number): boolean {
    const user = this.#profiles.user(slot)
    const assigned = (this.#stands.get(user) ?? NEWCOMER).segment !== null
    const { forgetAfterMs, forgetAnonymousAfterMs } = this.#due
    return asOf - (this.#seen.get(user) ?? 0) >= (assigned ? forgetAfterMs : forgetAnonymousAfterMs)
  }

  forget(slot: number): void {
    for (const map of [this.#stands, this.#deployment, this.#seen, this.#events])
      map.delete(this.#profiles.user(slot))
  }

  /** Before an event is folded or time passes: is another bundle to see him first? */
  before(slot: number, asOf: number): void {
    const user = this.#profiles.user(slot)
    const place = this.#place(user, asOf)
    const former = this.#deployment.get(user)
    if (place < 0 || former === place) return
    this.#deployment.set(user, place)
    const version = (at: number): string | undefined => this.#bundles[at]?.bundle.version
    if (former !== undefined && version(former) !== version(place)) this.#look(slot, asOf, true)
  }

  /** After it. */
  after(slot: number): void {
    if (this.#deployment.has(this.#profiles.user(slot))) this.#look(slot, this.#profiles.asOf(slot), false)
  }

  /** How the profile differs from the plain standing; undefined: not at all. `segments`: keys by code. */
  fault(slot: number, segments: readonly string[]): string | undefined {
    const p = this.#profiles
    const keyOf = (code: number): string | null => (code === 0 ? null : (segments[code] ?? null))
    const stand = this.#stands.get(p.user(slot)) ?? NEWCOMER
    const plain = JSON.stringify([stand.segment, stand.since, stand.challenger, stand.challengedAt])
    const kept = JSON.stringify([
      keyOf(p.segment(slot)),
      p.since(slot),
      keyOf(p.challenger(slot)),
      p.challengedAt(slot),
    ])
    return plain === kept ? undefined : `${p.user(slot)} stands at ${kept}, expected ${plain}`
  }

  #look(slot: number, asOf: number, first: boolean): void {
    const p = this.#profiles
    const { bundle, assigner } = this.#bundles[this.#deployment.get(p.user(slot)) as number] as Plain
    p.vector(slot, asOf, this.#raw)
    assigner.assign(this.#raw)
    const distances = Array.from(assigner.distances2, Math.sqrt)
    const stand = this.#stands.get(p.user(slot)) ?? NEWCOMER
    const next = plainDecide(stand, { bundle, first, asOf, events: p.events(slot), distances })
    const begins = next.challenger !== null && (first || next.challenger !== stand.challenger)
    if (begins && next.held) this.suppressed[next.held] = (this.suppressed[next.held] ?? 0) + 1
    this.#stands.set(p.user(slot), next)
  }
}
