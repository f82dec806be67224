import { SegmentationError } from '../../src/errors.ts'
import { seededRandom, type Random } from '../../src/domain/base/random.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** A process of the simulation: once dead, nothing that it awaits ever comes back. */
export class Proc {
  readonly name: string
  dead = false
  constructor(name: string) {
    this.name = name
  }
}

interface Op {
  readonly proc: Proc
  readonly name: string
  readonly readyAt: number
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  orphan: boolean
}

/** Chances of trouble, per call. */
export interface Faults {
  /** The request never arrives. */
  lostRequest: number
  /** It is carried out, but the answer never arrives. */
  lostReply: number
  /** The caller gives up, and it is carried out later. */
  late: number
}

/**
 * All that is outside the tasks: a clock, a scheduler that picks which of the waiting calls is carried out next, and trouble.
 * Everything follows from the seed.
 */
export class World {
  readonly random: Random
  now: number
  faults: Faults
  /** How time goes on between calls. */
  pace = { often: 0.05, upToMs: 3000 }
  turns = 0
  #ops: Op[] = []

  constructor(seed: number, startMs: number, faults: Faults) {
    this.random = seededRandom(seed)
    this.now = startMs
    this.faults = faults
  }

  chance(p: number): boolean {
    return p > 0 && this.random.next() < p
  }

  /** A call of a server: carried out in one go, some turns after `readyAt`, or not, as the seed will have it. */
  call<T>(proc: Proc, name: string, run: () => T, readyAt = this.now): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (proc.dead) return
      this.#ops.push({
        proc,
        name,
        readyAt,
        run,
        resolve: resolve as (v: unknown) => void,
        reject,
        orphan: false,
      })
    })
  }

  clock(proc: Proc): Clock {
    return {
      now: () => this.now,
      elapsed: () => this.now,
      sleep: (ms) =>
        new Promise<void>((resolve) => {
          if (proc.dead) return
          this.#ops.push({
            proc,
            name: 'sleep',
            readyAt: this.now + ms,
            run: () => undefined,
            resolve: resolve as (v: unknown) => void,
            reject: () => undefined,
            orphan: false,
          })
        }),
    }
  }

  /** The process is gone; of its calls under way some will still be carried out. */
  kill(proc: Proc): void {
    proc.dead = true
    this.#ops = this.#ops.filter((op) => op.proc !== proc || (op.name !== 'sleep' && this.chance(0.5)))
    for (const op of this.#ops) if (op.proc === proc) op.orphan = true
  }

  /** Carries out one waiting call, then lets everybody who heard of it go on. */
  async turn(): Promise<void> {
    this.turns++
    if (this.chance(this.pace.often)) this.now += this.random.below(this.pace.upToMs)
    const ready = this.#ops.filter((op) => op.readyAt <= this.now)
    if (ready.length === 0) {
      const next = Math.min(...this.#ops.map((op) => op.readyAt))
      this.now = Number.isFinite(next) ? next : this.now + 1000
    } else {
      const op = ready[this.random.below(ready.length)] as Op
      this.#ops.splice(this.#ops.indexOf(op), 1)
      this.#carryOut(op)
    }
    // a tick asked for here comes once no promise has anything left to do
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }

  #carryOut(op: Op): void {
    const away = (): SegmentationError => new SegmentationError('unreachable', `${op.name} timed out`)
    const { lostRequest, lostReply, late } = op.name === 'sleep' || op.orphan ? NONE : this.faults
    if (this.chance(lostRequest)) return op.reject(away())
    if (this.chance(late)) {
      op.reject(away())
      this.#ops.push({ ...op, orphan: true, readyAt: this.now + this.random.below(20_000) })
      return undefined
    }
    let value: unknown
    try {
      value = op.run()
    } catch (error) {
      return op.orphan ? undefined : op.reject(error)
    }
    if (op.orphan) return undefined
    if (this.chance(lostReply)) return op.reject(away())
    return op.resolve(value)
  }
}

export const NONE: Faults = { lostRequest: 0, lostReply: 0, late: 0 }
