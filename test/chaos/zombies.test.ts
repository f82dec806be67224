import { afterAll, describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { VERSIONS } from '../support/servers/kafka.ts'
import { Losses } from './losses.ts'
import { MACHINE, table, writeSection } from './sections.ts'
import { settings } from './set-up.ts'
import { EXACT } from './verdict.ts'
import { PATIENCE, ZOMBIE_POINTS, ZombieRun, type Round } from './zombies.ts'

/** `npm run test:chaos`: every point on every broker, and the figures written down. */
const LONG = process.env['CHAOS'] === 'long'
const AT_ONCE = LONG ? 6 : 3

const SHORT_ROUNDS: readonly Round[] = [
  { points: ['before-end-txn', 'after-end-txn', 'chunk-written'], survivor: true },
  { points: ['before-end-txn'], survivor: false },
]
const LONG_ROUNDS: readonly Round[] = [
  ...Array.from({ length: Math.ceil(ZOMBIE_POINTS.length / AT_ONCE) }, (_, i) => ({
    points: ZOMBIE_POINTS.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
    survivor: true,
  })),
  { points: ['between-batches', 'before-end-txn', 'after-end-txn'], survivor: false },
]
const RUNS: readonly { version: string | undefined; rounds: readonly Round[] }[] = LONG
  ? VERSIONS.map((version) => ({ version, rounds: LONG_ROUNDS }))
  : [{ version: undefined, rounds: SHORT_ROUNDS }]

const setting = settings(LONG ? { users: 3600, days: 30 } : { users: 1200, days: 30 })
const rows: unknown[][] = []

afterAll(() => {
  if (!LONG || rows.length < RUNS.length) return
  const head = ['Kafka', 'stops', 's', 'moves', 'duplicates', 'losses', 'order violations']
  writeSection(
    'Zombies',
    `Written by \`npm run test:chaos\`. Members that stop (SIGSTOP) at every named point for 8 s, where sessions and ` +
      `transactions last ${PATIENCE}: others take their tasks over, in the last round nobody does and the broker aborts what is ` +
      `open; then they go on (SIGCONT). Held against an undisturbed run, ${MACHINE}.\n\n${table(head, rows)}`,
  )
})

describe('members that stop for longer than their session and their transactions, and go on', () => {
  test.for(RUNS)(
    'double and lose nothing (Kafka $version)',
    { timeout: 15 * MINUTE_MS },
    async ({ version, rounds }, context) => {
      const { stage, redis, onEnd } = await setting.open(context, {
        partitions: AT_ONCE + 1,
        sessionTimeout: PATIENCE,
        transactionTimeout: PATIENCE,
        kafka: {
          version,
          properties: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000 },
        },
      })
      const state = new Losses(redis.access)
      onEnd(() => state.close())
      const began = performance.now()
      const run = new ZombieRun(stage, state)
      onEnd(() => run.fleet.kill())

      await run.run(rounds)
      expect(await run.fleet.end()).toEqual([0, 0])
      const { seen: _, ...verdict } = await stage.verdict()
      const { moves, duplicates, losses, foreign, disorder } = verdict
      const seconds = ((performance.now() - began) / 1000).toFixed(0)
      const stops = run.stoppedAt.length
      rows.push([stage.here.server.version, stops, seconds, moves, duplicates + foreign, losses, disorder])
      process.stdout.write(
        `zombies: ${stops} stopped and went on in ${seconds} s; ${moves} moves, duplicates ${duplicates}, losses ${losses}\n`,
      )

      expect(verdict).toMatchObject({ ...EXACT, agreed: true })
      expect(run.stoppedAt).toEqual(rounds.flatMap(({ points }) => points))
      // the one who stopped learns it from those who did not, or from the broker
      expect(run.fleet.notices.some(({ code }) => code === 'task-fenced')).toBe(true)
    },
  )
})
