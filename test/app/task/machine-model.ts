import { expect } from 'vitest'
import {
  INITIAL,
  reduce,
  type Effect,
  type Retriable,
  type TaskEvent,
  type TaskState,
} from '../../../src/app/task/machine.ts'

type Work = Retriable | 'step' | 'publish'
interface Pending {
  readonly what: Work
  readonly attempt: number
  /** Revision that a page or a checkpoint goes up to. */
  readonly rev: number
}

/** One move of the world: an outside event, or the outcome of something under way. */
export type Act =
  | { readonly outside: 'given' | 'taken' | 'full' | 'free' | 'not-member' | 'end' | 'alive' }
  | {
      readonly nth: number
      readonly outcome: 'ok' | 'trouble' | 'doubt' | 'stop'
      readonly more: boolean
      readonly flags: number
    }

/** Plays the machine with a world that answers what was asked of it, and checks what must hold at every step. */
export class MachineModel {
  state: TaskState = INITIAL
  pending: Pending[] = []
  published: number[] = []
  left = 0
  /** Revisions that a refold still has to reach, as the next take-over finds them. */
  lag = 0

  act(act: Act): void {
    if ('outside' in act) {
      if (act.outside !== 'alive') this.send({ type: act.outside })
      else if (this.state.phase === 'doubting') this.send({ type: 'done' })
      return
    }
    const [chosen] = this.pending.splice(act.nth % Math.max(1, this.pending.length), 1)
    // the loop drops what comes of an older attempt
    if (chosen === undefined || chosen.attempt !== this.state.attempt) return
    const { what } = chosen
    if (act.outcome === 'stop') return this.send({ type: 'stop', code: 'state-foreign' })
    if (act.outcome === 'doubt' || (act.outcome === 'trouble' && what === 'publish'))
      return this.send({ type: 'doubt' })
    if (act.outcome === 'trouble') return this.send({ type: 'trouble', what: what as Retriable | 'step' })
    this.#done(chosen, act)
  }

  #done({ what, rev }: Pending, act: { more: boolean; flags: number }): void {
    const { folded, published } = this.state
    const flags = { pageReady: (act.flags & 1) > 0, sealDue: (act.flags & 2) > 0 }
    if (what === 'publish') {
      this.published.push(rev)
      this.send({ type: 'published', rev })
    } else if (what === 'checkpoint') this.send({ type: 'checkpointed', rev })
    else if (what === 'probe') this.send({ type: 'free' })
    else if (what === 'step') this.send({ type: 'input', folded: folded + (act.more ? 1 : 0), ...flags })
    else if (what === 'refold' && folded < published)
      this.send({ type: 'input', folded: folded + 1, ...flags })
    else if (what === 'read') this.send({ type: 'done', from: 10, to: 10 + this.lag })
    else this.send({ type: 'done' })
  }

  send(event: TaskEvent): void {
    const before = this.state
    const [next, effects] = reduce(before, event)
    this.state = next
    for (const effect of effects) this.#hear(before, effect)
    const folding = ['refolding', 'running', 'held'].includes(next.phase)
    if (folding) {
      expect(next.stored).toBeLessThanOrEqual(next.published)
      expect(next.stored).toBeLessThanOrEqual(next.folded)
      if (next.phase === 'refolding') expect(next.folded).toBeLessThanOrEqual(next.published)
      else expect(next.published).toBeLessThanOrEqual(next.folded)
    } else expect([next.publishing, next.sealed, next.stepping]).toEqual([undefined, undefined, false])
  }

  /** Work under way that is still heard of. */
  current(what: Work): number {
    return this.pending.filter((p) => p.what === what && p.attempt === this.state.attempt).length
  }

  #hear(before: TaskState, effect: Effect): void {
    const { state } = this
    const { type } = effect
    if (type === 'drop') expect(state.attempt).toBeGreaterThan(before.attempt)
    else if (type === 'seal')
      expect(this.current('step') + this.current('refold'), 'a seal between revisions only').toBe(0)
    else if (type === 'left') this.left++
    else if (type !== 'alarm' && type !== 'await-alive') {
      const what = type === 'retry' ? effect.what : type
      this.#check(what)
      const rev = what === 'publish' ? state.publishing : state.sealed
      this.pending.push({ what, attempt: state.attempt, rev: rev ?? -1 })
    }
  }

  #check(what: Work): void {
    const { state } = this
    if (what !== 'probe') expect(this.current(what), `one ${what} in flight (T2)`).toBe(0)
    if (what === 'step') expect(this.current('refold')).toBe(0)
    if (what === 'publish') {
      expect(['running', 'held']).toContain(state.phase)
      expect(state.publishing).toBeGreaterThan(state.published)
    }
    if (what === 'checkpoint') expect(state.sealed).toBeLessThanOrEqual(state.published)
  }
}
