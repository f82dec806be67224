import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { TestContext } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import type { StreamStatus } from '../../src/app/stream.ts'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { parseLiveConfig, type LiveConfig } from '../../src/live-config.ts'
import type { Offset, Task } from '../../src/ports/types.ts'
import { Place, until } from '../adapters/kafka/place.ts'
import { kcatMissing } from '../chaos/reader.ts'
import { ROOT } from '../cli/run.ts'
import { consume, type Consumer } from '../live/consumer.ts'
import { seriesOf } from '../metrics/series.ts'
import { freePorts } from '../support/servers/ports.ts'
import { startRedis, type RedisServer } from '../support/servers/redis.ts'

export const PARTITIONS = 4
export const PATIENCE_MS = 2 * MINUTE_MS

/** A broker and a state, and one consumer on them by the config of the README, in a folder with `models/first`. */
export class Servers {
  readonly place = new Place()
  readonly folder: string
  opsPort = 0
  /** Of its consumers, beside the tests' own. */
  environment: NodeJS.ProcessEnv = {}
  /** All that its consumers have said. */
  said = ''
  readonly #children: ChildProcess[] = []
  readonly #states: RedisServer[] = []
  #missing: string | undefined
  #redis: RedisServer | undefined
  #consumer: Consumer | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  async open(...redisSettings: string[]): Promise<void> {
    await this.place.start()
    this.#missing = this.place.missing ?? kcatMissing()
    await this.openState(...redisSettings)
    if (this.#missing !== undefined) return
    this.opsPort = (await freePorts(1))[0] as number
    await this.place.createTopics(['clicks', 'orders'], PARTITIONS)
    this.#writeConfig()
  }

  /** Another state, by the settings of redis.conf; not yet the consumer's. */
  async openState(...settings: string[]): Promise<RedisServer | undefined> {
    const server = await startRedis('--maxmemory-policy', 'noeviction', ...settings)
    if (typeof server === 'string') this.#missing ??= server
    else {
      this.#states.push(server)
      this.#redis ??= server
    }
    return typeof server === 'string' ? undefined : server
  }

  skipWhereMissing(context: TestContext): void {
    if (this.#missing !== undefined) context.skip(this.#missing)
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const state of this.#states) await state.stop()
    await this.place.stop()
  }

  get redisPort(): number {
    return this.#redis?.access.nodes[0]?.port as number
  }

  get configPath(): string {
    return join(this.folder, 'live.yaml')
  }

  #writeConfig(): void {
    const [yaml = ''] = /(?<=```yaml\n).*?(?=```)/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
    const { app, inputs, model } = parseLiveConfig(yaml, 'README.md')
    const config = {
      app,
      member: `consumer-${process.pid}`,
      kafka: {
        brokers: this.place.server.brokers,
        partitions: PARTITIONS,
        replication: 1,
        minInsyncReplicas: 1,
      },
      redis: { nodes: [`127.0.0.1:${this.redisPort}`] },
      inputs,
      model: join(this.folder, model),
      ops: { host: '127.0.0.1', port: this.opsPort },
      // the events are old: the wall clock must not pass over them
      tickAllowance: '9999d',
      checkpointInterval: '300ms',
    } satisfies Omit<Partial<LiveConfig>, 'kafka' | 'redis'> & Record<'kafka' | 'redis', object>
    writeFileSync(this.configPath, JSON.stringify(config))
  }

  /** Sends each record under the user that it names. */
  async send(lines: readonly string[], headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const producer = this.place.kafka().producer()
    await producer.connect()
    const messages = lines.map((value) => {
      const key = /"userId":"([^"]+)"/.exec(value)?.[1] as string
      return { key, value, partition: taskOf(key, PARTITIONS), headers }
    })
    await producer.send({ topic: 'clicks', messages })
    await producer.disconnect()
  }

  start(state = this.#redis): void {
    if (state !== this.#redis) {
      this.#redis = state
      this.#writeConfig()
    }
    this.#consumer = consume(this.configPath, this.#children, this.environment, this.opsPort)
  }

  /** Ends the consumer; returns its exit code. */
  async stop(): Promise<number | null | undefined> {
    this.#consumer?.child().kill('SIGTERM')
    const code = await this.#consumer?.ended
    this.said += this.#consumer?.words() ?? ''
    return code
  }

  /** What the consumer says of its tasks; none while it does not answer. */
  async tasks(): Promise<StreamStatus['tasks']> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.opsPort}/tasks`)
      return ((await response.json()) as StreamStatus).tasks
    } catch {
      return []
    }
  }

  async metrics(): Promise<{ text: string; series: Map<string, number> }> {
    const text = await (await fetch(`http://127.0.0.1:${this.opsPort}/metrics`)).text()
    return { text, series: seriesOf(text) }
  }

  /** Every task runs, and what is folded is stored. */
  async running(): Promise<void> {
    await this.#until('every task runs and all is stored', async () => {
      const tasks = await this.tasks()
      return tasks.length === PARTITIONS && tasks.every((t) => t.phase === 'running' && t.stored === t.folded)
    })
  }

  /** The same, and all that `clicks` holds is folded. */
  async caughtUp(): Promise<void> {
    const ends: Offset[] = []
    for (let p = 0; p < PARTITIONS; p++) ends.push(await this.endOf(p))
    const positions = async (): Promise<unknown[]> => (await this.tasks()).map((t) => t.positions['clicks'])
    await this.#until('all is folded', async () => isDeepStrictEqual(await positions(), ends))
    await this.running()
  }

  /** Every task has stopped, or folded all that `clicks` holds. */
  settledOrAtEnd(): Promise<void> {
    return this.#until('every task is at its end or has stopped', async () => {
      const tasks = await this.tasks()
      for (const { task, positions, trouble } of tasks)
        if (trouble === null && positions['clicks'] !== (await this.endOf(task))) return false
      return tasks.length === PARTITIONS
    })
  }

  stops(task: Task, code: string): Promise<void> {
    return this.#until(`task ${task} stops for ${code}`, async () =>
      (await this.tasks()).some((t) => t.task === task && t.trouble?.code === code),
    )
  }

  async #until(what: string, is: () => Promise<boolean>): Promise<void> {
    await until(what, is, PATIENCE_MS).catch(async (error: unknown) => {
      const now = JSON.stringify(await this.tasks())
      throw new Error(`${String(error)}; they are ${now}; it said ${this.#consumer?.words().slice(-2000)}`)
    })
  }

  async endOf(p: Task): Promise<Offset> {
    return (await this.place.reader.bounds(['clicks'], p))['clicks']?.end as Offset
  }

  /** What `clicks` held before an offset is gone, as retention does it. */
  async forget(p: Task, before: Offset): Promise<void> {
    const admin = this.place.kafka().admin()
    await admin.connect()
    await admin.fetchTopicOffsets('clicks')
    await admin.deleteTopicRecords({
      topic: 'clicks',
      partitions: [{ partition: p, offset: String(before) }],
    })
    await admin.disconnect()
  }

  /** Number of users with moves, each numbered from 1 on, none twice, none missing. Throws where it is otherwise. */
  async numberedMoves(): Promise<number> {
    const last = new Map<string, number>()
    for (let p = 0; p < PARTITIONS; p++) {
      for (const { value } of await this.place.committed(topicNames('shop')['segment-changed'], p)) {
        const { userId, sequence } = JSON.parse(String(value)) as { userId: string; sequence: number }
        const before = last.get(userId) ?? 0
        if (sequence !== before + 1) throw new Error(`move ${sequence} of ${userId} follows move ${before}`)
        last.set(userId, sequence)
      }
    }
    return last.size
  }
}
