import { seededRandom } from '../../src/domain/base/random.ts'
import type { Task } from '../../src/ports/types.ts'
import { until } from '../adapters/kafka/place.ts'
import { Fleet } from './fleet.ts'
import type { Life, Told } from './life.ts'
import type { Losses, PutBack } from './losses.ts'
import { CHAOS_POINTS, ONCE, type ChaosPoint } from './points.ts'
import type { Stage } from './stage.ts'

const MEMBERS = ['a', 'b', 'c'] as const
type Member = (typeof MEMBERS)[number]

/** A life whose point is not passed so long after its first page, or after its start, is ended at that moment. */
const LIFE_MS = { least: 500, most: 3000, unpublished: 12_000 } as const
/** What a kill takes of the time in which records are folded, about. */
const SECONDS_PER_KILL = 2.5
const LEAST_RATE = 20
const FULL_SPEED = 1e6
/** The state loses its newest writes at every so many-th kill, back to where it stood some kills before. */
const COPY_EVERY = 7
const COPY_AGE = 2
/** Share of the kills behind which all of the state is lost, once. */
const FLUSH_AFTER = 0.2
const STOPPED_MS = 120_000

export interface CrashPlan {
  readonly kills: number
  readonly seed: number
}

/** A run of three members that are killed at every point in turn and by chance, on a state that forgets. */
export class CrashRun {
  readonly fleet = new Fleet()
  /** Kills by where they hit; `time`: anywhere. */
  readonly byPoint = new Map<ChaosPoint | 'time', number>()
  kills = 0
  /** How often the state lost its newest writes, or all. */
  losses = 0
  readonly #stage: Stage
  readonly #state: Losses
  readonly #plan: CrashPlan
  readonly #random: { next(): number }
  readonly #configs: ReadonlyMap<Member, string>
  #turn = 0
  #folded = 0
  #rebuilding = false

  constructor(stage: Stage, state: Losses, plan: CrashPlan) {
    this.#stage = stage
    this.#state = state
    this.#plan = plan
    this.#random = seededRandom(plan.seed)
    this.#configs = new Map(MEMBERS.map((member) => [member, stage.config(member)]))
  }

  get #over(): boolean {
    return this.kills >= this.#plan.kills
  }

  /** Kills as often as planned, then lets the members come to the end of their inputs and asks them to end. */
  async run(): Promise<(NodeJS.Signals | number)[]> {
    try {
      for (const member of MEMBERS) this.#start(member)
      await this.#disturb()
      // lives that still wait for their point give way to such as have none
      for (const member of MEMBERS) this.fleet.signal(member, 'SIGTERM')
      await this.#stage.caughtUp()
      return await this.fleet.end()
    } catch (error) {
      throw new Error(`${(error as Error).message}; ${this.fleet.words()}`, { cause: error })
    } finally {
      this.fleet.kill()
    }
  }

  #start(member: Member): void {
    this.fleet.start(member, this.#nextLife(member), (ended, at) => {
      if (ended === 'SIGKILL' && !this.#over) {
        this.kills++
        const where = at ?? 'time'
        this.byPoint.set(where, (this.byPoint.get(where) ?? 0) + 1)
      }
      return this.#rebuilding ? undefined : this.#nextLife(member)
    })
  }

  #nextLife(member: Member): Life {
    const config = this.#configs.get(member) as string
    if (this.#over) return { config, rate: FULL_SPEED }
    const seconds = (this.#plan.kills - this.kills) * SECONDS_PER_KILL
    const rest = 0.9 * this.#stage.fed.records - this.#folded
    const rate = Math.max(LEAST_RATE, rest / seconds / this.#stage.options.partitions)
    const point = CHAOS_POINTS[this.#turn++ % CHAOS_POINTS.length] as ChaosPoint
    const nth = 1 + Math.floor(this.#random.next() * (ONCE.has(point) ? 2 : 6))
    void this.#limit(member, point)
    return { config, rate, at: { point, nth, signal: 'SIGKILL' } }
  }

  /** Ends a life that lasts too long; first in the orderly way where it waits for that to die. */
  async #limit(member: Member, point: ChaosPoint): Promise<void> {
    const { least, most, unpublished } = LIFE_MS
    const before = this.fleet.lives(member)
    const same = (): boolean => this.fleet.lives(member) === before + 1 && !this.#over
    const publishes = (who: string, told: Told): boolean => who === member && told.type === 'published'
    await this.fleet.heard(publishes, unpublished, 'it publishes').catch(() => undefined)
    await pause(least + this.#random.next() * (most - least))
    if (point === 'ending' && same()) {
      this.fleet.signal(member, 'SIGTERM')
      await pause(1000)
    }
    if (same()) this.fleet.signal(member, 'SIGKILL')
  }

  /** What happens to the state between the kills, until there were enough of these. */
  async #disturb(): Promise<void> {
    let copy: PutBack | undefined
    let flushed = false
    for (let seen = -1; !this.#over; await pause(100)) {
      this.#folded = await this.#stage.folded().catch(() => this.#folded)
      if (this.kills === seen) continue
      seen = this.kills
      if (!flushed && seen >= FLUSH_AFTER * this.#plan.kills) {
        flushed = true
        copy = undefined
        await this.#loseAll()
      } else if (seen % COPY_EVERY === 0) copy = await this.#state.copy()
      else if (copy && seen % COPY_EVERY >= COPY_AGE) {
        await copy()
        copy = undefined
        this.losses++
      }
    }
  }

  /** Everything is gone: the tasks stop and say so, and the way out is taken. */
  async #loseAll(): Promise<void> {
    const { fleet } = this
    const { partitions } = this.#stage.options
    this.losses++
    await this.#state.flushAll()
    await until(
      'every task stops for its lost state, or had none yet',
      async () => {
        const heads = await this.#stage.heads()
        const stopped = new Set<Task>(
          fleet.notices.flatMap(({ code, task }) => (code === 'state-lost' ? [task] : [])),
        )
        return heads.every((head, p) => head !== undefined || stopped.has(p))
      },
      STOPPED_MS,
    )
    this.#rebuilding = true
    for (const member of MEMBERS) fleet.signal(member, 'SIGKILL')
    await until('all are gone', () => MEMBERS.every((member) => !fleet.isLiving(member)))
    this.#rebuilding = false
    fleet.startClock()
    const config = this.#configs.get('a') as string
    const rebuilt = new Set<Task>()
    const all = fleet.heard(
      (_member, told) => told.type === 'tail-read' && rebuilt.add(told.task).size === partitions,
      STOPPED_MS,
      'its task is being rebuilt',
    )
    fleet.start('a', { config, rate: FULL_SPEED, rebuild: true }, () => this.#nextLife('a'))
    await all
    this.#start('b')
    this.#start('c')
  }
}

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms))
