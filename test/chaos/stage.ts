import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { openRedis, type RedisAccess, type RedisConnection } from '../../src/adapters/redis/client.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import { RedisReader } from '../../src/adapters/redis/reader.ts'
import type { Head } from '../../src/ports/store.ts'
import { until, type Place } from '../adapters/kafka/place.ts'
import { feed, type Fed } from './feed.ts'
import { readAll, Watcher, type Seen } from './reader.ts'
import { APP, command, MAX_SLEEP, type Shop } from './shop.ts'
import { verdict, type Verdict } from './verdict.ts'

export interface StageOptions {
  readonly folder: string
  readonly shop: Shop
  readonly partitions: number
  /** As members reach it: a proxy may stand before the server. */
  readonly redis: RedisAccess
  readonly brokers?: readonly string[] | undefined
  readonly sessionTimeout?: string
  readonly transactionTimeout?: string
  /** Settings of the input topics. */
  readonly inputConfig?: Readonly<Record<string, string>>
  /** Before every so many-th record there is one that cannot be read. */
  readonly brokenEvery?: number
  /** Done once the topics are there, before the shop's records are. */
  readonly before?: (here: Place) => Promise<void>
}

const CAUGHT_UP_MS = 180_000
/** What `topics` asks of an input; the default of newer brokers. */
const INPUT_CONFIG = { 'message.timestamp.after.max.ms': '3600000' }

/** A broker and a state with a shop's events in its topics, ready for members to start; read_committed readers watch. */
export class Stage {
  readonly here: Place
  readonly options: StageOptions
  readonly fed: Fed
  readonly watcher: Watcher
  readonly #redis: RedisConnection
  readonly #state: RedisReader
  readonly #members = new Set<string>()

  private constructor(here: Place, options: StageOptions, redis: RedisConnection, fed: Fed) {
    this.here = here
    this.options = options
    this.fed = fed
    this.#redis = redis
    this.#state = new RedisReader(redis, APP)
    this.watcher = new Watcher(here.server.brokers, this.output)
  }

  /** `redis` is how the tests reach the state, whatever stands before it for the members. */
  static async set(here: Place, redis: RedisAccess, options: StageOptions): Promise<Stage> {
    const { shop, partitions } = options
    await here.createTopics(['clicks', 'orders'], partitions, {
      ...INPUT_CONFIG,
      ...options.inputConfig,
    })
    const connection = await openRedis(redis)
    const ops = writeConfig(here, options, 'ops', here.server.brokers)
    await command('topics', 'apply', '--config', ops)
    await command('promote', '--config', ops, '--model', shop.model, '--at', 'start')
    await options.before?.(here)
    const fed = await feed(here, shop.events, partitions, options.brokenEvery)
    return new Stage(here, options, connection, fed)
  }

  get output(): string {
    return topicNames(APP)['segment-changed']
  }

  /** Path of a member's config. */
  config(member: string): string {
    this.#members.add(member)
    return writeConfig(this.here, this.options, member, this.options.brokers ?? this.here.server.brokers)
  }

  heads(): Promise<(Head | undefined)[]> {
    return Promise.all(Array.from({ length: this.options.partitions }, (_, p) => this.#state.head(p)))
  }

  /** Records that are folded and stored. */
  async folded(): Promise<number> {
    const heads = await this.heads()
    return heads.reduce((sum, head) => sum + (head?.counts.records ?? 0), 0)
  }

  /** Waits until all is stored that was fed, and `more` records. */
  async caughtUp(more = 0): Promise<void> {
    const all = this.fed.records + more
    await until(`all of ${all} records are stored`, async () => (await this.folded()) === all, CAUGHT_UP_MS)
  }

  /**
   * What was read while it happened, against the undisturbed run. Time stands still in a task behind its own last event: later
   * moves of quiet users are not made there yet.
   */
  async verdict(): Promise<Verdict & { readonly agreed: boolean; readonly seen: readonly Seen[] }> {
    const clocks = (await this.heads()).map((head) => head?.clock ?? 0)
    const due = this.options.shop.expected.filter(
      ({ userId, occurredAt }) =>
        Date.parse(occurredAt) <= (clocks[taskOf(userId, this.options.partitions)] ?? 0) + 1,
    )
    const after = readAll(this.here.server.brokers, this.output)
    const { seen } = this.watcher
    // a reader that listens all the time is a moment behind one that starts now
    await until('the reader has seen all', () => seen.length >= after.length).catch(() => undefined)
    return { ...verdict(due, seen), agreed: seen.length === after.length, seen }
  }

  deadLetters(): number {
    return readAll(this.here.server.brokers, topicNames(APP)['dead-letter']).length
  }

  async close(): Promise<void> {
    await this.watcher.stop()
    await this.#redis.close()
    for (const member of this.#members) {
      rmSync(join(tmpdir(), `segmentation-${APP}-${memberName(member)}.member`), { force: true })
    }
  }
}

const memberName = (member: string): string => `${member}-${process.pid}`

function writeConfig(here: Place, options: StageOptions, member: string, brokers: readonly string[]): string {
  const { folder, shop, partitions, redis } = options
  const path = join(folder, `${member}.json`)
  const replication = here.server.nodes.length > 1 ? here.server.nodes.length : 1
  const config = {
    app: APP,
    member: memberName(member),
    kafka: {
      brokers,
      partitions,
      replication,
      minInsyncReplicas: Math.max(1, replication - 1),
      sessionTimeout: options.sessionTimeout ?? '6s',
      transactionTimeout: options.transactionTimeout ?? '10s',
    },
    redis: {
      nodes: redis.nodes.map(({ host, port }) => `${host}:${port}`),
      mode: redis.cluster ? 'cluster' : 'single',
    },
    inputs: [{ topic: 'clicks' }, { topic: 'orders' }],
    model: shop.model,
    maxSleep: MAX_SLEEP,
    // the events are old: the wall clock must not pass over them
    tickAllowance: '9999d',
    // in a backlog of weeks more of them move within an hour than a shop's ever do
    guards: { action: 'none' },
    checkpointInterval: '300ms',
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}
