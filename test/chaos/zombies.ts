import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { until } from '../adapters/kafka/place.ts'
import { Fleet } from './fleet.ts'
import type { Told } from './life.ts'
import type { Losses, PutBack } from './losses.ts'
import { CHAOS_POINTS, type ChaosPoint } from './points.ts'
import type { Stage } from './stage.ts'

/** What members let pass before they are held to be dead, and brokers before they abort a transaction that nobody ends. */
export const PATIENCE = '6s'
/** Longer than either. */
const STOPPED_MS = 8 * SECOND_MS
const REACHED_MS = 90 * SECOND_MS
/** Records folded a second and task: the inputs must outlast all rounds. */
const RATE = 20
/** What is stored before a copy of it is taken. */
const STORED = 200

/** `ending` is the last thing that a life does of itself: nothing is left that a zombie could spoil. */
export const ZOMBIE_POINTS: readonly ChaosPoint[] = CHAOS_POINTS.filter((point) => point !== 'ending')

/** Members that stop at the same time, each at a point; others take their tasks over, unless nobody is left. */
export interface Round {
  readonly points: readonly ChaosPoint[]
  readonly survivor: boolean
}

/** Members that stop for longer than their session and their transactions last, and then go on as if nothing had been. */
export class ZombieRun {
  readonly fleet = new Fleet()
  /** Points at which one stopped and went on. */
  readonly stoppedAt: ChaosPoint[] = []
  readonly #stage: Stage
  readonly #state: Losses

  constructor(stage: Stage, state: Losses) {
    this.#stage = stage
    this.#state = state
  }

  async run(rounds: readonly Round[]): Promise<void> {
    const { fleet } = this
    fleet.start('survivor', { config: this.#stage.config('survivor'), rate: RATE })
    await this.#stored(STORED)
    let older = await this.#state.copy()
    for (const round of rounds) older = await this.#round(round, older)
    for (const member of ['survivor', 'other']) {
      fleet.start(member, { config: this.#stage.config(member), rate: 1e6 })
    }
    await this.#stage.caughtUp()
  }

  /** Waits until so many records more are stored. */
  async #stored(more: number): Promise<void> {
    const before = await this.#stage.folded()
    const enough = async (): Promise<boolean> => (await this.#stage.folded()) >= before + more
    await until(`${more} more records are stored`, enough, MINUTE_MS)
  }

  /** The state is put back to where it stood a round before, so that there is something to fold again; returns where it stood now. */
  async #round({ points, survivor }: Round, older: PutBack): Promise<PutBack> {
    const { fleet } = this
    await fleet.end()
    const newer = await this.#state.copy()
    await older()
    const stops = points.map((point) => this.#tells(point, ({ type }) => type === 'signal'))
    if (survivor) fleet.start('survivor', { config: this.#stage.config('survivor'), rate: RATE })
    for (const point of points) this.#startArmed(point)
    await Promise.all(stops)
    await sleep(STOPPED_MS)
    if (survivor) {
      const gone = (): boolean => points.every((point) => fleet.tasksOf(point).length === 0)
      await until('all that the stopped ones had is taken over', gone, REACHED_MS)
    }
    const back = points.map((point) => this.#tells(point, ({ type }) => type === 'published'))
    for (const point of points) fleet.signal(point, 'SIGCONT')
    await Promise.all(back)
    this.stoppedAt.push(...points)
    await fleet.end()
    return newer
  }

  /** A member that stops at its point once, in its first life that passes it. */
  #startArmed(point: ChaosPoint): void {
    const calm = { config: this.#stage.config(point), rate: RATE }
    let stopped = false
    this.fleet.start(point, { ...calm, at: { point, nth: 1, signal: 'SIGSTOP' } }, (_ended, at) => {
      stopped ||= at !== undefined
      return stopped ? calm : { ...calm, at: { point, nth: 1, signal: 'SIGSTOP' } }
    })
  }

  #tells(member: ChaosPoint, fits: (told: Told) => boolean): Promise<void> {
    const what = `the one of ${member} stops there, or publishes after it`
    return this.fleet.heard((who, told) => who === member && fits(told), REACHED_MS, what)
  }
}
