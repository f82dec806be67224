import { describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { VERSIONS } from '../support/servers/kafka.ts'
import { CrashRun } from './crashes.ts'
import { Losses } from './losses.ts'
import { CHAOS_POINTS } from './points.ts'
import { summary, writeResults, type Row } from './results.ts'
import { settings } from './set-up.ts'
import { EXACT } from './verdict.ts'

/** `npm run test:chaos`: every broker with every form of the state, and the figures written down. */
const LONG = process.env['CHAOS'] === 'long'
const RUNS: readonly { version: string | undefined; cluster: boolean; kills: number }[] = LONG
  ? VERSIONS.flatMap((version) => [
      { version, cluster: false, kills: 51 },
      { version, cluster: true, kills: 51 },
    ])
  : [{ version: undefined, cluster: false, kills: 20 }]

const setting = settings(LONG ? { users: 5200, days: 44 } : { users: 1500, days: 30 })
const rows: Row[] = []

describe('three members, killed at every point while their state forgets', () => {
  test.for(RUNS)(
    'publish what an undisturbed run does, each move once and in order (Kafka $version, Cluster $cluster, $kills kills)',
    { timeout: 12 * MINUTE_MS },
    async ({ version, cluster, kills }, context) => {
      const { stage, redis, onEnd } = await setting.open(context, { kafka: { version }, cluster })
      const state = new Losses(redis.access)
      onEnd(() => state.close())

      const began = performance.now()
      const run = new CrashRun(stage, state, { kills, seed: rows.length + 1 })
      const ends = await run.run()
      const seconds = (performance.now() - began) / 1000
      const { seen: _, ...verdict } = await stage.verdict()
      const row = {
        kafka: stage.here.server.version,
        redis: `${redis.version}${cluster ? ' Cluster' : ''}`,
        records: stage.fed.records,
        seconds,
        run,
        verdict,
      }
      rows.push(row)
      process.stdout.write(`${summary(row)}\n`)

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
