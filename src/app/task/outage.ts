import { MINUTE_MS, SECOND_MS } from '../../domain/base/duration.ts'
import type { SegmentationError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Ms, Task } from '../../ports/types.ts'
import type { Retriable } from './machine.ts'

/** What waits while a server is away. */
export type Waiting = 'take-over' | 'folding' | 'checkpoints'

/** An outage as long as it lasts. */
export interface Outage {
  readonly waits: Waiting
  /** Unix ms. */
  readonly since: Ms
  readonly why: string
}

/** How often an outage that lasts is said again. */
const AGAIN_MS = MINUTE_MS

const CONSEQUENCE: Readonly<Record<Waiting, string>> = {
  'take-over': 'the task waits to be taken over',
  folding: 'folding waits',
  checkpoints: 'checkpoints wait, folding and publishing go on',
}

export function waiting(what: Retriable | 'step'): Waiting {
  if (what === 'checkpoint') return 'checkpoints'
  return what === 'step' || what === 'probe' || what === 'refold' ? 'folding' : 'take-over'
}

type Say = (level: 'info' | 'warn', text: string, error?: SegmentationError) => void

/** The outages that a task meets: said once when they begin, now and then while they last, and when they end. */
export class Outages {
  readonly #task: Task
  readonly #clock: Clock
  readonly #say: Say
  readonly #open = new Map<Waiting, Outage & { saidAt: Ms }>()

  constructor(task: Task, clock: Clock, say: Say) {
    this.#task = task
    this.#clock = clock
    this.#say = say
  }

  get current(): readonly Outage[] {
    return [...this.#open.values()].map(({ waits, since, why }) => ({ waits, since, why }))
  }

  /** A call met trouble and is made again. */
  met(waits: Waiting, error: SegmentationError): void {
    const now = this.#clock.now()
    const open = this.#open.get(waits)
    if (open && now - open.saidAt < AGAIN_MS) return
    const since = open?.since ?? now
    this.#open.set(waits, { waits, since, why: error.message, saidAt: now })
    const clock = new Date(since).toISOString().slice(11, 19)
    this.#say(
      'warn',
      `task ${this.#task}: ${CONSEQUENCE[waits]} since ${clock} (${error.message}); trying again at most every 5 s`,
      error,
    )
  }

  /** The call succeeded. */
  over(waits: Waiting): void {
    const open = this.#open.get(waits)
    if (!open) return
    this.#open.delete(waits)
    const seconds = Math.max(0, Math.round((this.#clock.now() - open.since) / SECOND_MS))
    this.#say('info', `task ${this.#task}: goes on after ${seconds} s (${open.why})`)
  }

  /** The task is let go, for good or to be taken over again: what it waited for is no longer its own, but for a take-over that lasts. */
  clear(again: boolean): void {
    for (const waits of this.#open.keys()) if (!again || waits !== 'take-over') this.#open.delete(waits)
  }
}
