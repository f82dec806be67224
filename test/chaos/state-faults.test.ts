import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import type { ErrorCode } from '../../src/errors.ts'
import type { Task } from '../../src/ports/types.ts'
import { until } from '../adapters/kafka/place.ts'
import { quietClient, startRedisCluster } from '../support/servers/redis.ts'
import { Fleet } from './fleet.ts'
import { Losses } from './losses.ts'
import { settings } from './set-up.ts'
import { APP, command } from './shop.ts'
import type { Stage } from './stage.ts'
import { EXACT } from './verdict.ts'

const PARTITIONS = 3
/** Records folded a second and task: the inputs outlast the faults. */
const RATE = 20
const MEMBERS = ['a', 'b']

const setting = settings({ users: 700, days: 30 })

/** What happens to a running consumer's state. */
interface Fault {
  readonly what: string
  /** Begins it; what it returns ends it. */
  readonly begin: (at: { redis: Redis; losses: Losses; stage: Stage }) => Promise<() => Promise<unknown>>
  /** What the tasks say of it while it lasts; undefined: nothing. */
  readonly says?: ErrorCode
  /** How many of them must. */
  readonly tasks?: number
  /** Pages are published all the same. */
  readonly publishes?: boolean
  /** What a person must accept, where it stops them. */
  readonly accept?: 'rebuild'
}

const FAULTS: readonly Fault[] = [
  {
    what: 'scripts forgotten',
    begin: async ({ redis }) => {
      await redis.script('FLUSH')
      return async () => undefined
    },
  },
  {
    what: 'out of memory',
    begin: async ({ redis }) => {
      await redis.config('SET', 'maxmemory', '1')
      return () => redis.config('SET', 'maxmemory', '0')
    },
    says: 'store-full',
    tasks: PARTITIONS,
    publishes: true,
  },
  {
    what: 'a replica now',
    begin: async ({ redis }) => {
      await redis.replicaof('127.0.0.1', '1')
      return () => redis.replicaof('NO', 'ONE')
    },
    says: 'unreachable',
    tasks: PARTITIONS,
  },
  {
    what: 'an older copy in its place',
    begin: async ({ losses, stage }) => {
      const putBack = await losses.copy()
      await advance(stage)
      await putBack()
      return async () => undefined
    },
    says: 'task-fenced',
    tasks: PARTITIONS,
  },
  {
    what: 'all gone',
    begin: async ({ losses }) => {
      await losses.flushAll()
      return async () => undefined
    },
    says: 'state-lost',
    tasks: PARTITIONS,
    accept: 'rebuild',
  },
]

test(
  'whatever happens to the state, tasks go on by themselves, or stop, say so and go on by the way out',
  { timeout: 5 * MINUTE_MS },
  async (context) => {
    const { stage, redis, onEnd } = await setting.open(context, { partitions: PARTITIONS })
    const losses = new Losses(redis.access)
    const behind = quietClient(redis.access.nodes[0]?.port ?? 0)
    const fleet = new Fleet()
    onEnd(() => (fleet.kill(), losses.close(), behind.disconnect()))
    startAll(fleet, stage, RATE)
    await until(
      'something is stored of each task',
      async () => (await revisions(stage)).every((rev) => rev > 0),
      MINUTE_MS,
    )

    for (const { what, begin, says, tasks = 0, publishes, accept } of FAULTS) {
      const told = fleet.notices.length
      const ends = await published(stage)
      const end = await begin({ redis: behind, losses, stage })
      if (says) await noticed(fleet, told, says, tasks, what)
      if (publishes === true) await grown(`pages are published: ${what}`, () => published(stage), ends)
      await end()
      if (accept) await command('tasks', 'resume', 'all', '--accept', accept, '--config', stage.config('ops'))
      await advance(stage).catch((error: unknown) => {
        throw new Error(`${what}: ${(error as Error).message}; ${fleet.words()}`, { cause: error })
      })
      const stopped = fleet.notices.slice(told).filter(({ text }) => text.startsWith('stopped'))
      expect(stopped.length, what).toBe(accept ? PARTITIONS : 0)
    }
    await exact(stage, fleet)
  },
)

test(
  'a replica that missed the last writes takes its master’s place in a Cluster, and what it missed is folded again',
  { timeout: 4 * MINUTE_MS },
  async (context) => {
    const cluster = await startRedisCluster({ replica: true })
    const { stage, onEnd } = await setting.open(context, { partitions: PARTITIONS, state: cluster })
    if (typeof cluster === 'string') return
    const fleet = new Fleet()
    onEnd(() => fleet.kill())
    startAll(fleet, stage, RATE)
    await until(
      'something is stored of each task',
      async () => (await revisions(stage)).every((rev) => rev > 0),
      MINUTE_MS,
    )
    await cluster.parted()
    await advance(stage)
    const told = fleet.notices.length
    await cluster.failOver()
    await noticed(fleet, told, 'task-fenced', 1, 'a fail-over')
    await advance(stage)
    expect(fleet.notices.slice(told).some(({ text }) => /folding them again/.test(text))).toBe(true)
    await exact(stage, fleet)
  },
)

function startAll(fleet: Fleet, stage: Stage, rate: number): void {
  for (const member of MEMBERS) fleet.start(member, { config: stage.config(member), rate })
}

/** Lets the consumers come to the end, and holds what was read against the undisturbed run. */
async function exact(stage: Stage, fleet: Fleet): Promise<void> {
  await fleet.end()
  startAll(fleet, stage, 1e6)
  await stage.caughtUp()
  expect(await fleet.end()).toEqual(MEMBERS.map(() => 0))
  const { seen: _, ...verdict } = await stage.verdict()
  expect(verdict).toMatchObject({ ...EXACT, agreed: true })
}

/** Waits until so many tasks have said it since. */
async function noticed(
  fleet: Fleet,
  since: number,
  says: ErrorCode,
  tasks: number,
  what: string,
): Promise<void> {
  const saying = (): number => {
    const heard = fleet.notices.slice(since).filter(({ code }) => code === says)
    return new Set(heard.map(({ task }) => task)).size
  }
  await until(`${tasks} tasks say ${says}: ${what}`, () => saying() >= tasks, MINUTE_MS)
}

const revisions = async (stage: Stage): Promise<number[]> =>
  (await stage.heads()).map((head) => head?.rev ?? -1)

/** Ends of the journal, by task. */
async function published(stage: Stage): Promise<number[]> {
  const journal = topicNames(APP).journal
  const tasks: Task[] = Array.from({ length: PARTITIONS }, (_, p) => p)
  return Promise.all(
    tasks.map(async (p) => (await stage.here.reader.bounds([journal], p))[journal]?.end ?? 0),
  )
}

/** Waits until more is stored of every task. */
async function advance(stage: Stage): Promise<void> {
  await grown('every task stores more', () => revisions(stage), await revisions(stage))
}

async function grown(what: string, now: () => Promise<number[]>, before: readonly number[]): Promise<void> {
  const all = async (): Promise<boolean> => (await now()).every((value, p) => value > (before[p] ?? 0))
  await until(what, all, MINUTE_MS)
}
