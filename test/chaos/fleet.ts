import type { Task } from '../../src/ports/types.ts'
import { live, type Life, type Living, type Told } from './life.ts'
import type { ChaosPoint } from './points.ts'

export type Notice = Extract<Told, { type: 'notice' }>
/** How a member's next life is to be; undefined: there is none. `at`: the point where it gave itself a signal. */
export type NextLife = (ended: NodeJS.Signals | number, at: ChaosPoint | undefined) => Life | undefined

/** Members of one group, each a process that is started again when it dies, and what they tell. */
export class Fleet {
  readonly notices: Notice[] = []
  /** From the end of a task's last owner to its next published revision, milliseconds. */
  readonly recoveries: number[] = []
  readonly #owner = new Map<Task, string>()
  /** Since when a task that lost its owner waits for its next revision. */
  readonly #waiting = new Map<Task, number>()
  readonly #living = new Map<string, Living>()
  readonly #lives = new Map<string, number>()
  readonly #listeners = new Set<(member: string, told: Told) => void>()

  /** Starts a member; it lives on as `next` says. */
  start(member: string, life: Life, next: NextLife = () => life): void {
    let at: ChaosPoint | undefined
    const living = live(life, (told) => {
      if (told.type === 'signal') at = told.point
      this.#heard(member, told)
    })
    this.#living.set(member, living)
    this.#lives.set(member, this.lives(member) + 1)
    void this.#startAgain(member, living, (ended) => next(ended, at), next)
  }

  async #startAgain(
    member: string,
    living: Living,
    again: (ended: NodeJS.Signals | number) => Life | undefined,
    next: NextLife,
  ): Promise<void> {
    const ended = await living.ended
    if (this.#living.get(member) !== living) return
    this.#living.delete(member)
    this.#gone(member, Date.now())
    const life = again(ended)
    if (life) this.start(member, life, next)
  }

  /** Resolves once a member tells something that fits; rejects after `ms`. */
  heard(fits: (member: string, told: Told) => boolean, ms: number, what: string): Promise<void> {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener)
        failed(new Error(`nobody told within ${ms} ms that ${what}; ${this.words()}`))
      }, ms)
      const listener = (member: string, told: Told): void => {
        if (!fits(member, told)) return
        clearTimeout(timer)
        this.#listeners.delete(listener)
        done()
      }
      this.#listeners.add(listener)
    })
  }

  /** Hears all that members tell, from now on. */
  listen(listener: (member: string, told: Told) => void): void {
    this.#listeners.add(listener)
  }

  /** What was waited for so far is not counted. */
  startClock(): void {
    this.#waiting.clear()
  }

  signal(member: string, signal: NodeJS.Signals): void {
    this.#living.get(member)?.child.kill(signal)
  }

  /** How often it was started. */
  lives(member: string): number {
    return this.#lives.get(member) ?? 0
  }

  isLiving(member: string): boolean {
    return this.#living.has(member)
  }

  tasksOf(member: string): Task[] {
    return [...this.#owner].filter(([, owner]) => owner === member).map(([task]) => task)
  }

  /** The last of what members said, for messages. */
  words(): string {
    return this.notices
      .slice(-8)
      .map(({ level, code, text }) => `${level} ${code ?? ''} ${text}`)
      .join(' | ')
  }

  /** Asks all that live to end, once each hears it; returns how each did. Those that do not are killed. */
  async end(ms = 15_000): Promise<(NodeJS.Signals | number)[]> {
    let living: Living[] = []
    // while one is waited for, another may have ended and been started again
    while ([...this.#living.values()].some((one) => !living.includes(one))) {
      living = [...this.#living.values()]
      await Promise.all(living.map((one) => one.up))
    }
    this.#living.clear()
    const timer = setTimeout(() => living.forEach(({ child }) => child.kill('SIGKILL')), ms)
    for (const { child } of living) child.kill('SIGTERM')
    const ended = await Promise.all(living.map((one) => one.ended))
    clearTimeout(timer)
    return ended
  }

  /** Ends all at once, whatever they do. */
  kill(): void {
    const living = [...this.#living.values()]
    this.#living.clear()
    for (const { child } of living) child.kill('SIGKILL')
  }

  #heard(member: string, told: Told): void {
    if (told.type === 'notice') this.notices.push(told)
    if (told.type === 'fenced') this.#owner.set(told.task, member)
    if (told.type === 'published') {
      const since = this.#waiting.get(told.task)
      this.#waiting.delete(told.task)
      if (since !== undefined) this.recoveries.push(told.at - since)
    }
    for (const listener of this.#listeners) listener(member, told)
  }

  #gone(member: string, at: number): void {
    for (const task of this.tasksOf(member)) {
      this.#owner.delete(task)
      this.#waiting.set(task, at)
    }
  }
}
