import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { Place } from '../adapters/kafka/place.ts'
import { tempFolder } from '../cli/run.ts'
import { VERSIONS } from '../support/servers/kafka.ts'
import { startRedis, startRedisCluster, type RedisServer } from '../support/servers/redis.ts'
import { CrashRun } from './crashes.ts'
import { Losses } from './losses.ts'
import { CHAOS_POINTS } from './points.ts'
import { kcatMissing } from './reader.ts'
import { summary, writeResults, type Row } from './results.ts'
import { makeShop, type Shop } from './shop.ts'
import { Stage } from './stage.ts'
import { EXACT } from './verdict.ts'

/** `npm run test:chaos`: every broker with every form of the state, and the figures written down. */
const LONG = process.env['SEGMENTATION_CHAOS'] === 'long'
const PARTITIONS = 6
const RUNS: readonly { version: string | undefined; cluster: boolean; kills: number }[] = LONG
  ? VERSIONS.flatMap((version) => [
      { version, cluster: false, kills: 53 },
      { version, cluster: true, kills: 53 },
    ])
  : [{ version: undefined, cluster: false, kills: 20 }]
const SIZE = LONG ? { users: 5200, days: 44 } : { users: 1500, days: 30 }

const folder = tempFolder()
const rows: Row[] = []
const closing: (() => unknown)[] = []
let shop: Shop

beforeAll(async () => {
  shop = await makeShop(folder, SIZE)
}, 2 * MINUTE_MS)

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

describe('three members, killed at every point while their state forgets', () => {
  test.for(RUNS)(
    'publish what an undisturbed run does, each move once and in order (Kafka $version, Cluster $cluster, $kills kills)',
    { timeout: 12 * MINUTE_MS },
    async ({ version, cluster, kills }, context) => {
      const redis = await (cluster ? startRedisCluster() : startRedis('--maxmemory-policy', 'noeviction'))
      const here = new Place()
      await here.start({ version })
      const missing = here.missing ?? (typeof redis === 'string' ? redis : kcatMissing())
      context.skip(missing !== undefined, missing)
      const server = redis as RedisServer
      const { access } = server
      closing.push(
        () => here.stop(),
        () => server.stop(),
      )
      const stage = await Stage.set(here, access, { folder, shop, partitions: PARTITIONS, redis: access })
      const state = new Losses(access)
      closing.push(
        () => state.close(),
        () => stage.close(),
      )

      const began = performance.now()
      const run = new CrashRun(stage, state, { kills, seed: rows.length + 1 })
      const ends = await run.run()
      const seconds = (performance.now() - began) / 1000
      const { seen: _, ...verdict } = await stage.verdict()
      rows.push({
        kafka: here.server.version,
        redis: `${server.version}${cluster ? ' Cluster' : ''}`,
        records: stage.fed.records,
        seconds,
        run,
        verdict,
      })
      process.stdout.write(`${summary(rows.at(-1) as Row)}\n`)

      expect(verdict).toMatchObject({ ...EXACT, agreed: true })
      expect(verdict.moves).toBeGreaterThan(stage.fed.records / 20)
      expect(stage.deadLetters()).toBe(stage.fed.broken)
      expect(stage.fed.aborted).toBeGreaterThan(0)
      expect(run.kills).toBeGreaterThanOrEqual(kills)
      expect(run.losses).toBeGreaterThanOrEqual(2)
      expect(ends).toEqual([0, 0, 0])
    },
  )

  test.runIf(LONG)('every point was hit, and the figures are written down', () => {
    const never = CHAOS_POINTS.filter((point) => !rows.some(({ run }) => run.byPoint.has(point)))
    expect(rows).toHaveLength(RUNS.length)
    writeResults(rows)
    expect(never).toEqual([])
  })
})
