import { afterAll, afterEach, beforeAll, type TestContext } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { Place } from '../adapters/kafka/place.ts'
import { tempFolder } from '../cli/run.ts'
import type { KafkaWanted } from '../support/servers/kafka.ts'
import { startRedis, startRedisCluster, type RedisServer } from '../support/servers/redis.ts'
import { kcatMissing } from './reader.ts'
import { makeShop, type Shop } from './shop.ts'
import { Stage, type StageOptions } from './stage.ts'

export interface Wanted extends Partial<StageOptions> {
  readonly kafka?: KafkaWanted
  readonly cluster?: boolean
  /** Instead of one that is started for it. */
  readonly state?: RedisServer | string
}

/** What a test is played on. */
export interface SetUp {
  readonly stage: Stage
  readonly redis: RedisServer
  /** Called when the test is over, last one first. */
  readonly onEnd: (close: () => unknown) => void
}

/** A shop for the tests of a file, and servers of its own for each that asks for them. */
export function settings(size: { users: number; days: number }): {
  open(context: TestContext, wanted: Wanted): Promise<SetUp>
} {
  const folder = tempFolder()
  const closing: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  let shop: Shop
  beforeAll(async () => {
    shop = await makeShop(folder, size)
  }, 2 * MINUTE_MS)
  afterEach(closeAll)
  afterAll(closeAll)
  return {
    open: async (context, { kafka = {}, cluster = false, state, ...options }) => {
      const started = cluster ? startRedisCluster : () => startRedis('--maxmemory-policy', 'noeviction')
      const redis = state ?? (await started())
      if (typeof redis === 'string') return context.skip(redis)
      closing.push(() => redis.stop())
      const here = new Place()
      await here.start(kafka)
      if (here.missing !== undefined) return context.skip(here.missing)
      closing.push(() => here.stop())
      const why = kcatMissing()
      if (why !== undefined) return context.skip(why)
      const { access } = redis
      const stage = await Stage.set(here, access, { folder, shop, partitions: 6, redis: access, ...options })
      closing.push(() => stage.close())
      return { stage, redis, onEnd: (close) => void closing.push(close) }
    },
  }
}
