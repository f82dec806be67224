import { expect, test } from 'vitest'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { parseJournalLine } from '../../src/ports/journal-line.ts'
import type { Accepted } from '../../src/ports/outlet.ts'
import { until, type Place } from '../adapters/kafka/place.ts'
import { Fleet } from './fleet.ts'
import { settings } from './set-up.ts'
import { APP, command } from './shop.ts'
import type { Stage } from './stage.ts'
import { EXACT } from './verdict.ts'

const PARTITIONS = 2
/** Records of which nobody could make anything: what becomes of them changes no move. */
const NOTHING = 'nothing'

const setting = settings({ users: 200, days: 20 })

test(
  'tasks hold at a flood of broken records and stop at a gap and at other records, say so, and go on by what a person accepts',
  { timeout: 5 * MINUTE_MS },
  async (context) => {
    // one of five
    const { stage, onEnd } = await setting.open(context, { partitions: PARTITIONS, brokenEvery: 4 })
    const { here, fed } = stage
    const fleet = new Fleet()
    onEnd(() => fleet.kill())
    const start = (): void => fleet.start('a', { config: stage.config('a'), rate: 1e6 })
    const broken = (n: number): string[] => Array.from({ length: n }, () => NOTHING)

    start()
    await saying(fleet, 'refused-rate', PARTITIONS)
    expect(await stage.folded()).toBeLessThan(fed.records)
    await accept(stage, 'all', 'refusals')
    await stage.caughtUp()
    await here.send('clicks', broken(2))
    await stage.caughtUp(2)

    // ten come, of which seven are gone before they are read
    expect(await fleet.end()).toEqual([0])
    await here.send('clicks', broken(10))
    await forget(here, 'clicks', 3)
    start()
    await saying(fleet, 'source-gap', 1)
    await accept(stage, '0', 'gap')
    await stage.caughtUp(5)

    // another topic under the same name
    expect(await fleet.end()).toEqual([0])
    await replace(here, 'orders')
    start()
    await saying(fleet, 'source-differs', PARTITIONS)
    await accept(stage, 'all', 'source')
    await until('the other topic is taken', async () =>
      (await lines(here)).some(({ what }) => what === 'source'),
    )
    await here.send('orders', broken(1))
    await stage.caughtUp(6)
    expect(await fleet.end()).toEqual([0])

    expect(await lines(here)).toEqual([
      { what: 'refusals' },
      { what: 'gap', lost: { clicks: 7 } },
      { what: 'source' },
    ])
    const { seen: _, ...verdict } = await stage.verdict()
    expect(verdict).toMatchObject({ ...EXACT, agreed: true })
    expect(fed.broken).toBeGreaterThan(fed.records / 6)
    expect(stage.deadLetters()).toBe(fed.broken + 6)
  },
)

/** Waits until so many tasks have said it. */
async function saying(fleet: Fleet, said: ErrorCode, tasks: number): Promise<void> {
  const heard = (): Set<number> =>
    new Set(fleet.notices.flatMap(({ code, task }) => (code === said ? [task] : [])))
  await until(`${tasks} tasks say ${said}`, () => heard().size >= tasks, MINUTE_MS).catch(
    (error: unknown) => {
      throw new Error(`${(error as Error).message}; ${fleet.words()}`, { cause: error })
    },
  )
}

const accept = (stage: Stage, task: string, what: Accepted['what']): Promise<void> =>
  command('tasks', 'resume', task, '--accept', what, '--config', stage.config('ops'))

/** What was accepted for task 0, as its journal says. */
async function lines(here: Place): Promise<Accepted[]> {
  const records = await here.committed(topicNames(APP).journal)
  return records.flatMap(({ value }) => {
    const line = parseJournalLine(String(value))
    return typeof line === 'object' && line.accepted !== undefined ? [line.accepted] : []
  })
}

/** Deletes what partition 0 of a topic holds, but for the newest records. */
async function forget(here: Place, topic: string, left: number): Promise<void> {
  const end = (await here.reader.bounds([topic], 0))[topic]?.end ?? 0
  const admin = here.kafka().admin()
  await admin.connect()
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({
    topic,
    partitions: [{ partition: 0, offset: String(end - left) }],
  })
  await admin.disconnect()
}

/** Deletes a topic and makes an empty one of its name. */
async function replace(here: Place, topic: string): Promise<void> {
  const admin = here.kafka().admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await until('it is gone', async () => !(await admin.listTopics()).includes(topic), MINUTE_MS)
  await admin.disconnect()
  await here.createTopics([topic], PARTITIONS, { 'message.timestamp.after.max.ms': '3600000' })
}
