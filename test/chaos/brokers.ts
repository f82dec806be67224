import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import type { Task } from '../../src/ports/types.ts'
import { until } from '../adapters/kafka/place.ts'
import { Fleet } from './fleet.ts'
import type { Told } from './life.ts'
import type { ChaosPoint } from './points.ts'
import { brokerOf, type Role } from './roles.ts'
import type { Stage } from './stage.ts'

/** A broker that dies (SIGKILL) while a member stands still at a point; then the member goes on, or is gone as well. */
export interface Death {
  readonly role: Role
  readonly at: ChaosPoint
  readonly after: 'SIGCONT' | 'SIGKILL'
}

/** Records folded a second and task: the inputs must outlast all deaths. */
const RATE = 100
const REACHED_MS = 90 * SECOND_MS
const BACK_MS = 2 * MINUTE_MS

/** Brokers that die one after the other, each under two members that have one task each. */
export class BrokerRun {
  readonly fleet = new Fleet()
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** Lets a broker die and come back; resolves to the milliseconds from its death until every task has published again. */
  async die({ role, at, after }: Death): Promise<number> {
    const { fleet } = this
    const { here } = this.#stage
    await this.#inSync()
    const task = await this.#standing(at)
    const id = await brokerOf(role, here.access, task)
    const broker = here.server.nodes.find((node) => node.id === id)
    if (broker === undefined) throw new Error(`no broker is the ${role} of task ${task}`)
    await broker.kill()
    const began = performance.now()
    const again = this.#allTell('published')
    const read = after === 'SIGKILL' ? this.#tell('tail-read', (told) => told.task === task) : undefined
    fleet.signal('a', after)
    await Promise.all([again, read])
    const ms = performance.now() - began
    await broker.start()
    await fleet.end()
    return ms
  }

  /** Both members take all that is left as fast as they can. */
  async finish(): Promise<void> {
    await this.#inSync()
    for (const member of ['a', 'b'])
      this.fleet.start(member, { config: this.#stage.config(member), rate: 1e6 })
    await this.#stage.caughtUp().catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; ${this.fleet.words()}`, { cause: error })
    })
  }

  /** Starts the members, b first; resolves to the task of a, once it stands still. */
  async #standing(point: ChaosPoint): Promise<Task> {
    const { fleet } = this
    const [a, b] = [this.#stage.config('a'), this.#stage.config('b')]
    const works = this.#tell('published')
    fleet.start('b', { config: b, rate: RATE })
    await works
    const stands = fleet.heard(
      (who, { type }) => who === 'a' && type === 'signal',
      REACHED_MS,
      `a is at ${point}`,
    )
    fleet.start('a', { config: a, rate: RATE, at: { point, nth: 1, signal: 'SIGSTOP' } }, () => ({
      config: a,
      rate: RATE,
    }))
    await stands
    const [task] = fleet.tasksOf('a')
    if (task === undefined) throw new Error(`a stands at ${point} without a task`)
    return task
  }

  /** Waits until every partition has all its replicas: only then may another broker die. */
  async #inSync(): Promise<void> {
    const { server } = this.#stage.here
    const admin = this.#stage.here.kafka().admin()
    await admin.connect()
    const whole = async (): Promise<boolean> => {
      const { topics } = await admin.fetchTopicMetadata()
      return topics.every(({ partitions }) =>
        partitions.every(({ isr }) => isr.length === server.nodes.length),
      )
    }
    await until('all replicas are in sync', () => whole().catch(() => false), BACK_MS)
    await admin.disconnect()
  }

  #tell(
    type: Told['type'],
    fits: (told: Extract<Told, { task: Task }>) => boolean = () => true,
  ): Promise<void> {
    return this.fleet.heard((_, told) => told.type === type && 'task' in told && fits(told), BACK_MS, type)
  }

  /** Resolves once every task has told it. */
  #allTell(type: Told['type']): Promise<void> {
    const told = new Set<Task>()
    return this.#tell(type, ({ task }) => told.add(task).size === this.#stage.options.partitions)
  }
}
