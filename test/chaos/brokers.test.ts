import { afterAll, describe, expect, test } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { VERSIONS } from '../support/servers/kafka.ts'
import { BrokerRun, type Death } from './brokers.ts'
import { MACHINE, table, writeSection } from './sections.ts'
import { settings } from './set-up.ts'
import { EXACT } from './verdict.ts'

const NODES = 3

const DEATHS: readonly Death[] = [
  { role: 'leader of its moves', at: 'between-batches', after: 'SIGCONT' },
  { role: 'transaction coordinator', at: 'before-end-txn', after: 'SIGCONT' },
  { role: 'leader of its journal', at: 'after-end-txn', after: 'SIGKILL' },
  { role: 'group coordinator', at: 'page-closed', after: 'SIGCONT' },
]

const setting = settings({ users: 2400, days: 30 })
const rows: unknown[][] = []

/** Only `npm run test:chaos` runs this file. */
describe('three brokers, of which one dies inside a transaction, four times', () => {
  test.for(VERSIONS)(
    'lose and double nothing, whatever the dead one was (Kafka %s)',
    { timeout: 15 * MINUTE_MS },
    async (version, context) => {
      const kafka = { version, nodes: NODES }
      const { stage, onEnd } = await setting.open(context, { partitions: 2, kafka })
      const run = new BrokerRun(stage)
      onEnd(() => run.fleet.kill())
      const back: string[] = []
      for (const death of DEATHS) back.push(((await run.die(death)) / SECOND_MS).toFixed(1))
      await run.finish()
      expect(await run.fleet.end()).toEqual([0, 0])
      const { seen: _, ...verdict } = await stage.verdict()
      const { moves, duplicates, losses, foreign, disorder } = verdict
      rows.push([version, ...back, moves, duplicates + foreign, losses, disorder])
      process.stdout.write(
        `brokers: back after ${back.join(', ')} s; ${moves} moves, duplicates ${duplicates}, losses ${losses}\n`,
      )
      expect(verdict).toMatchObject({ ...EXACT, agreed: true })
    },
  )
})

afterAll(() => {
  if (rows.length < VERSIONS.length) return
  const deaths = DEATHS.map(({ role }) => `back without the ${role}, s`)
  const head = ['Kafka', ...deaths, 'moves', 'duplicates', 'losses', 'order violations']
  writeSection(
    'Brokers',
    `Written by \`npm run test:chaos\`. ${NODES} brokers, every topic on all, two in sync needed; one after the other dies (SIGKILL) ` +
      `while a member stands still inside a transaction of the task whose leader or coordinator it is, and comes back. Without the ` +
      `leader of its journal the member dies as well, and another reads the tail from the new leader. "back": until every task has ` +
      `published again. Held against an undisturbed run, ${MACHINE}.\n\n${table(head, rows)}`,
  )
})
