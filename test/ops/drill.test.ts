import { expect, test } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import type { Ms, Task } from '../../src/ports/types.ts'
import { until } from '../adapters/kafka/place.ts'
import { Fleet } from '../chaos/fleet.ts'
import type { Life, Told } from '../chaos/life.ts'
import { settings } from '../chaos/set-up.ts'
import { EXACT } from '../chaos/verdict.ts'

// What operations do on a working day: more consumers, fewer, a new version of each. Under load, on real servers.
const setting = settings({ users: 1500, days: 30 })
const PARTITIONS = 6
/** Records a second and task while the drill lasts, a few at a time, so that every task publishes about each second. */
const LOAD = { rate: 25, pollRecords: 5 } as const
const FULL_SPEED = 1e6
const STEP_MS = 2 * MINUTE_MS

/** How long tasks stand still: between one published page and the next. */
class Progress {
  readonly #last = new Map<Task, Ms>()
  readonly #working = new Set<Task>()
  #longest: Ms = 0

  hear(told: Told): void {
    if (told.type === 'fenced') this.#working.delete(told.task)
    if (told.type !== 'published') return
    this.#working.add(told.task)
    this.#longest = Math.max(this.#longest, told.at - (this.#last.get(told.task) ?? told.at))
    this.#last.set(told.task, told.at)
  }

  begin(): void {
    this.#longest = 0
  }

  /** Has every task published since it was last taken over? */
  get whole(): boolean {
    return this.#working.size === PARTITIONS
  }

  get longest(): Ms {
    return this.#longest
  }
}

test(
  'consumers are added, taken away and restarted one by one under load: every move once, as without any of it',
  { timeout: 6 * MINUTE_MS },
  async (context) => {
    const { stage, onEnd } = await setting.open(context, { partitions: PARTITIONS })
    const fleet = new Fleet()
    onEnd(() => fleet.kill())
    const progress = new Progress()
    fleet.listen((_member, told) => progress.hear(told))
    let life: Omit<Life, 'config'> | undefined = LOAD
    const start = (member: string): void => {
      const config = stage.config(member)
      const next = (): Life | undefined => life && { ...life, config }
      fleet.start(member, { ...LOAD, config }, next)
    }
    const share = (member: string): number => fleet.tasksOf(member).length
    const took: string[] = []
    const step = async (name: string, act: () => void, done: () => boolean): Promise<void> => {
      progress.begin()
      act()
      await until(name, () => done() && progress.whole, STEP_MS).catch((error: unknown) => {
        throw new Error(`${String(error)}; ${fleet.words()}`)
      })
      took.push(`${name} ${(progress.longest / SECOND_MS).toFixed(1)} s`)
    }
    /** As a rollout does: it ends, another of its name begins. */
    const restart = (member: string): Promise<void> => {
      const before = fleet.lives(member)
      const again = (): boolean => fleet.lives(member) === before + 1 && share(member) > 0
      return step(`restart of ${member}`, () => fleet.signal(member, 'SIGTERM'), again)
    }

    start('a')
    await until('one has them all', () => share('a') === PARTITIONS && progress.whole, STEP_MS)
    await step(
      '1 → 3',
      () => ['b', 'c'].forEach(start),
      () => ['a', 'b', 'c'].every((member) => share(member) === PARTITIONS / 3),
    )
    await step(
      '3 → 2',
      () => {
        life = undefined
        fleet.signal('c', 'SIGTERM')
      },
      () => !fleet.isLiving('c') && share('a') + share('b') === PARTITIONS,
    )
    life = LOAD
    await restart('a')
    await restart('b')
    expect(await stage.folded()).toBeLessThan(stage.fed.records)

    // the rest as fast as it goes
    life = { rate: FULL_SPEED }
    for (const member of ['a', 'b']) fleet.signal(member, 'SIGTERM')
    await stage.caughtUp()
    expect(await fleet.end()).toEqual([0, 0])
    const { seen: _, ...verdict } = await stage.verdict()
    process.stdout.write(
      `scaling drill, ${stage.fed.records} records: longest time in which a task published nothing: ${took.join(', ')}; ` +
        `${verdict.moves} moves\n`,
    )
    expect(verdict).toMatchObject({ ...EXACT, agreed: true })
    expect(verdict.moves).toBeGreaterThan(stage.fed.records / 20)
    expect(stage.deadLetters()).toBe(stage.fed.broken)
  },
)
