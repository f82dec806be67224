import { DAY_MS } from '../base/duration.ts'
import type { Event } from '../events/event.ts'
import type { Bundle } from '../segments/bundle.ts'
import {
  AT,
  Case,
  CHALLENGE,
  CHALLENGED_AT,
  changes,
  CLEAR,
  decide,
  FOREIGN,
  HOLDS,
  MOVE,
  NOBODY,
  OUTLYING,
  ripensAt,
  SINCE,
  STAY,
  UNASSIGNED,
} from '../segments/decide.ts'
import type { Labels } from '../segments/labels.ts'
import type { Cause, Membership, Transition } from '../segments/transition.ts'
import { Counter } from './counter.ts'
import type { Rollout } from '../segments/rollout.ts'
import { Deployments, type Deployed } from './deployments.ts'
import { spreadOf, type DuePolicy } from './due.ts'
import type { Profiles } from './profiles.ts'
import { traitsOf } from './traits.ts'
import {
  buildTombstone,
  buildTransition,
  heldOut,
  nameOf,
  originOf,
  type MoveContext,
  type RunFacts,
  type Trigger,
} from './move.ts'

export interface SegmenterOptions extends RunFacts {
  readonly due: DuePolicy
}

/**
 * May this decided move be made? A refold answers by the journal, so that what was published stays true whatever this
 * version of the code would decide.
 */
export type Arbiter = (user: string, sequence: number, from: string | null, to: string | null) => boolean

/**
 * One task's users under its bundles: fold an event or let time pass, evaluate, decide, move. Everything is a function of
 * the calls made; there is no clock in it but the times handed in.
 */
export class Segmenter {
  readonly profiles: Profiles
  readonly #options: SegmenterOptions
  readonly #deployments = new Deployments()
  #labels: Labels = {}
  readonly #raw: Float64Array
  readonly #before: Float64Array
  readonly #low: Float64Array
  readonly #high: Float64Array
  readonly #case = new Case()
  /** Flips held back, by what held them, since they were last taken. */
  readonly suppressed = new Counter(HOLDS)

  constructor(profiles: Profiles, options: SegmenterOptions) {
    this.profiles = profiles
    this.#options = options
    this.#raw = new Float64Array(profiles.plan.columns.length)
    this.#before = new Float64Array(profiles.plan.columns.length)
    this.#low = new Float64Array(profiles.plan.columns.length)
    this.#high = new Float64Array(profiles.plan.columns.length)
  }

  /** Segment keys by code; code 0 is "unassigned". A stored head brings them back by `deploy`ing the same bundles in order. */
  get segments(): readonly string[] {
    return this.#deployments.segments
  }

  get labels(): Labels {
    return this.#labels
  }

  relabel(labels: Labels): void {
    this.#labels = { ...this.#labels, ...labels }
  }

  /** Puts a bundle to work by the command of this id: for each user from his next evaluation on at which it reaches him. */
  deploy(bundle: Bundle, promoteId: string | null, rollout?: Rollout): void {
    this.#deployments.add(bundle, promoteId, rollout)
  }

  segmentOf(slot: number): string | null {
    const code = this.profiles.segment(slot)
    return code === 0 ? null : (this.segments[code] as string)
  }

  /** Bundle that last evaluated this user, as its version; empty before the first evaluation. */
  bundleVersionOf(slot: number): string {
    return this.#of(slot)?.bundle.version ?? ''
  }

  /** What decides about him since his last evaluation. */
  #of(slot: number): Deployed | undefined {
    return this.#deployments.at(this.profiles.deployment(slot))
  }

  /**
   * Folds one event of the slot's user and decides; moves are appended to `out`. Sets as-of and due time. False: a duplicate,
   * nothing has changed.
   */
  event(slot: number, event: Event, trigger: Trigger, out: Transition[], arbiter?: Arbiter): boolean {
    const p = this.profiles
    if (p.isDuplicate(slot, event)) return false
    const asOf = Math.max(event.eventTime + 1, p.asOf(slot))
    this.#redeploy(slot, asOf, trigger, out, arbiter)
    p.take(slot, event)
    p.setAsOf(slot, asOf)
    this.#evaluate(slot, asOf, 'behaviour', trigger, out, arbiter)
    p.setDue(slot, this.#dueAfterEvent(slot, asOf))
    return true
  }

  /**
   * Lets time pass for the slot's user up to his due time and decides; moves are appended to `out`. Sets the next due time.
   * False: he has been silent for so long that he is to be forgotten (rule D12); the caller frees the slot.
   */
  wake(slot: number, out: Transition[], partition: number, arbiter?: Arbiter): boolean {
    const p = this.profiles
    const asOf = Math.max(p.due(slot), p.asOf(slot))
    const trigger: Trigger = { kind: 'wake', eventId: null, topic: null, partition, offset: null }
    p.setAsOf(slot, asOf)
    p.settle(slot)
    if (asOf >= this.#expiresAt(slot) && this.#expire(slot, asOf, trigger, out, arbiter)) return false
    this.#redeploy(slot, asOf, trigger, out, arbiter)
    this.#evaluate(slot, asOf, 'inactivity', trigger, out, arbiter)
    p.setDue(slot, this.#dueAfterWake(slot, asOf))
    return true
  }

  /** Makes a published move that this version of the code did not decide by itself; where that leaves the user. */
  impose(slot: number, from: string | null, to: string, asOf: number): Membership {
    const p = this.profiles
    const { locale } = this.#options
    // whose events are gone was there by then: his silence begins with what is known of him
    if (p.seen(slot) === 0) p.setSeen(slot, asOf)
    p.vector(slot, asOf, this.#raw)
    p.enter(slot, this.#deployments.codeOf(to), asOf, this.#raw)
    return {
      userId: p.user(slot),
      segment: to,
      segmentName: nameOf(this.#labels, to, locale),
      since: asOf,
      previous: from,
      previousName: from === null ? null : nameOf(this.#labels, from, locale),
      sequence: p.sequence(slot),
      ...heldOut(p.user(slot), this.#options),
      traits: traitsOf(p, slot, this.#options.currency),
      bundleVersion: this.bundleVersionOf(slot),
      origin: originOf(asOf, this.#options),
    }
  }

  /** From when on he has been silent for too long. */
  #expiresAt(slot: number): number {
    const { forgetAfterMs, forgetAnonymousAfterMs } = this.#options.due
    const p = this.profiles
    return p.seen(slot) + (p.sequence(slot) > 0 ? forgetAfterMs : forgetAnonymousAfterMs)
  }

  /** Says that he is gone, if ever it was said that he is somewhere. False where the arbiter does not let him go. */
  #expire(slot: number, asOf: number, trigger: Trigger, out: Transition[], arbiter?: Arbiter): boolean {
    const p = this.profiles
    const from = this.segmentOf(slot)
    if (from === null) return true
    const [userId, sequence, run] = [p.user(slot), p.sequence(slot) + 1, this.#options]
    if (arbiter && !arbiter(userId, sequence, from, null)) return false
    const days = Math.round(run.due.forgetAfterMs / DAY_MS)
    const summary = run.locale === 'fr' ? `Aucun événement depuis ${days} jours` : `No event for ${days} days`
    const gone = { userId, sequence, from, cause: 'expired', occurredAt: asOf, trigger, summary } as const
    const last = { fromSince: p.since(slot), bundleVersion: this.bundleVersionOf(slot) }
    out.push(buildTombstone({ run, labels: this.#labels }, { ...gone, ...last }))
    return true
  }

  /** The latest next wake: at the end of maxSleep, or where he is to be forgotten before. */
  #lastDue(slot: number, asOf: number): number {
    const last = asOf + this.#options.due.maxSleepMs
    const expiresAt = this.#expiresAt(slot)
    if (expiresAt <= asOf || expiresAt >= last) return last
    return Math.min(last, expiresAt + spreadOf(this.profiles.user(slot), this.#options.due))
  }

  /** The first evaluation under another deployment, before the event is folded (rule D8). */
  #redeploy(slot: number, asOf: number, trigger: Trigger, out: Transition[], arbiter?: Arbiter): void {
    const p = this.profiles
    const place = this.#deployments.placeOf(p.user(slot), asOf)
    if (p.deployment(slot) === place) return
    const before = this.#of(slot)?.bundle.version
    p.setDeployment(slot, place)
    // the same bundle by another command is no other bundle
    if (before === undefined || before === this.#of(slot)?.bundle.version) return
    p.setAsOf(slot, asOf)
    p.challenge(slot, 0)
    this.#evaluate(slot, asOf, 'model', trigger, out, arbiter)
  }

  #standing(d: Deployed, slot: number): number {
    return d.standing.get(this.profiles.segment(slot)) ?? FOREIGN
  }

  #codeOf(d: Deployed, place: number): number {
    return place === OUTLYING ? d.outlierCode : (d.codes[place] as number)
  }

  /** Nearest centroid and case of the slot as of a time; leaves raw vector, distances and case in the scratch. */
  #judge(d: Deployed, slot: number, current: number, asOf: number, waived: boolean): number {
    const p = this.profiles
    const c = this.#case
    p.vector(slot, asOf, this.#raw)
    const nearest = d.assigner.assign(this.#raw)
    const challenger = p.challenger(slot)
    c.current = current
    c.challenger = challenger === 0 ? NOBODY : (d.standing.get(challenger) ?? NOBODY)
    c.events = p.events(slot)
    c.waived = waived
    c.times[AT] = asOf
    c.times[SINCE] = p.since(slot)
    c.times[CHALLENGED_AT] = p.challengedAt(slot)
    decide(d.bundle.policy, d.radii, nearest, d.assigner.distances2, c)
    return nearest
  }

  #evaluate(
    slot: number,
    asOf: number,
    cause: Cause,
    trigger: Trigger,
    out: Transition[],
    arbiter?: Arbiter,
  ): void {
    const p = this.profiles
    const c = this.#case
    const d = this.#of(slot)
    c.action = STAY
    if (d === undefined) return
    const current = this.#standing(d, slot)
    if (current === UNASSIGNED && p.events(slot) < d.bundle.policy.minEvents) return
    const nearest = this.#judge(d, slot, current, asOf, cause === 'model')
    if (c.action === CLEAR) p.challenge(slot, 0)
    if (c.action === CHALLENGE && c.challenger !== c.to) {
      this.suppressed.add(c.hold)
      p.challenge(slot, this.#codeOf(d, c.to))
    }
    if (c.action === MOVE) this.#move(d, slot, asOf, nearest, cause, trigger, out, arbiter)
  }

  /** Makes the move of the case in the scratch, if the arbiter lets it. */
  #move(
    d: Deployed,
    slot: number,
    asOf: number,
    nearest: number,
    cause: Cause,
    trigger: Trigger,
    out: Transition[],
    arbiter?: Arbiter,
  ): void {
    const p = this.profiles
    const { current, to } = this.#case
    const code = this.#codeOf(d, to)
    const from = this.segmentOf(slot)
    const sequence = p.sequence(slot) + 1
    if (arbiter && !arbiter(p.user(slot), sequence, from, this.segments[code] as string)) return
    const fromSince = from === null ? null : p.since(slot)
    p.before(slot, this.#before)
    p.enter(slot, code, asOf, this.#raw)
    const context: MoveContext = {
      run: this.#options,
      labels: this.#labels,
      bundle: d.bundle,
      promoteId: d.promoteId,
      traits: traitsOf(p, slot, this.#options.currency),
      distances2: d.assigner.distances2,
      before: from === null ? undefined : this.#before,
      now: this.#raw,
    }
    out.push(
      buildTransition(context, {
        userId: p.user(slot),
        sequence,
        from,
        to: this.segments[code] as string,
        fromIndex: current,
        toIndex: to === OUTLYING ? nearest : to,
        fromSince,
        timesInTo: p.timesIn(slot, code),
        cause: from === null ? 'first' : cause,
        occurredAt: asOf,
        trigger,
      }),
    )
  }

  /**
   * After an event: the next instant at which his vector changes, or what he waits for ripens. Looking at a user once too often decides
   * nothing, so the exact search is left to the wake, which a busy user does not reach before his next event.
   */
  #dueAfterEvent(slot: number, asOf: number): number {
    const last = this.#lastDue(slot, asOf)
    if (!this.#decidable(slot)) return last
    const d = this.#of(slot)
    const ripe = d ? ripensAt(d.bundle.policy, this.#case) : Number.POSITIVE_INFINITY
    const next = Math.min(this.profiles.nextChange(slot, asOf), ripe)
    return Math.min(last, next + spreadOf(this.profiles.user(slot), this.#options.due))
  }

  /** After a wake: the first instant within maxSleep at which his standing or his challenger changes if nothing happens. */
  #dueAfterWake(slot: number, asOf: number): number {
    const last = this.#lastDue(slot, asOf)
    const d = this.#of(slot)
    if (!d || !this.#decidable(slot)) return last
    const current = this.#standing(d, slot)
    if (this.#stays(d, slot, current, asOf, last)) return last
    // day by day: only the one on which he may move is walked through
    for (let from = asOf; from < last; from += DAY_MS) {
      const until = Math.min(last, from + DAY_MS)
      if (this.#stays(d, slot, current, from, until)) continue
      const change = this.#walk(d, slot, current, from, until)
      if (change <= until)
        return Math.min(last, change + spreadOf(this.profiles.user(slot), this.#options.due))
    }
    return last
  }

  /** Do the ends of a time alone prove that nothing in between moves him? Most quiet users stay deep in their segment. */
  #stays(d: Deployed, slot: number, current: number, from: number, until: number): boolean {
    if (current < 0) return false
    this.profiles.range(slot, from, until, this.#low, this.#high)
    return d.keeper.keeps(current, this.#low, this.#high)
  }

  /** The first instant in (from, until] at which the case changes; Infinity where there is none. */
  #walk(d: Deployed, slot: number, current: number, from: number, until: number): number {
    for (let t = from; ;) {
      this.#judge(d, slot, current, t, false)
      if (t > from && changes(this.#case)) return t
      t = Math.min(this.profiles.nextChange(slot, t), ripensAt(d.bundle.policy, this.#case))
      if (t > until) return Number.POSITIVE_INFINITY
    }
  }

  /** Can the passing of time alone decide anything about him? Not before he has shown enough events. */
  #decidable(slot: number): boolean {
    const d = this.#of(slot)
    if (!d) return false
    return this.profiles.segment(slot) !== 0 || this.profiles.events(slot) >= d.bundle.policy.minEvents
  }
}
