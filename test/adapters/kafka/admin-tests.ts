import { afterEach, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../src/adapters/kafka/admin.ts'
import { inputProblems, planTopics, topicSpecs } from '../../../src/adapters/kafka/topics.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { realClock } from '../../support/clock.ts'
import type { Place } from './place.ts'

/** Topics are made as planned, and a second plan is empty. */
export function adminTests(here: Place): void {
  let admin: KafkaAdmin | undefined
  const open = (): KafkaAdmin => (admin = new KafkaAdmin(here.access, realClock))
  const specsOf = (app: string, over: { partitions?: number; retentionMs?: number } = {}) =>
    topicSpecs({
      app,
      partitions: 2,
      replication: 1,
      minInsyncReplicas: 1,
      retentionMs: DAY_MS,
      journalRetentionMs: 7 * DAY_MS,
      maxMessageBytes: 1 << 20,
      ...over,
    })

  afterEach(async () => {
    await admin?.close()
    admin = undefined
  })

  describe('the admin of Kafka topics', () => {
    test('a plan carried out leaves nothing to do', async () => {
      const specs = specsOf(here.name('app'))
      const names = specs.map(({ name }) => name)
      const topics = open()
      expect(await topics.find(names)).toEqual(new Map())
      await topics.apply(planTopics(specs, await topics.find(names)))
      const found = await topics.find(names)
      expect([...found.values()].map(({ partitions, replication }) => [partitions, replication])).toEqual(
        names.map(() => [2, 1]),
      )
      expect(planTopics(specs, found)).toEqual([])
    })

    test('a setting that changes leaves those that others have set', async () => {
      const app = here.name('app')
      const [before] = specsOf(app)
      const [after] = specsOf(app, { retentionMs: 2 * DAY_MS })
      if (!before || !after) throw new Error('an app has topics')
      const { name } = before
      const topics = open()
      const segmented = { ...before, config: { ...before.config, 'segment.bytes': '1048577' } }
      await topics.apply([{ type: 'create', spec: segmented }])
      const plan = planTopics([after], await topics.find([name]))
      expect(plan).toEqual([{ type: 'configure', name, config: { 'retention.ms': String(2 * DAY_MS) } }])
      await topics.apply(plan)
      const found = (await topics.find([name])).get(name)
      expect(found?.config).toMatchObject({ 'retention.ms': String(2 * DAY_MS), 'segment.bytes': '1048577' })
    })

    test('what no step can mend is refused before anything is done', async () => {
      const app = here.name('app')
      const topics = open()
      const [first, second] = specsOf(app)
      if (!first || !second) throw new Error('an app has topics')
      await topics.apply([{ type: 'create', spec: first }])
      const names = [first.name, second.name]
      const plan = planTopics(specsOf(app, { partitions: 3 }).slice(0, 2), await topics.find(names))
      await expect(topics.apply(plan)).rejects.toMatchObject({ code: 'config-invalid' })
      expect([...(await topics.find(names)).keys()]).toEqual([first.name])
    })

    test('an input that takes any date is found out', async () => {
      const [loose, strict] = [here.name('in'), here.name('in')]
      await here.createTopics([loose])
      await here.createTopics([strict], 1, { 'message.timestamp.type': 'LogAppendTime' })
      const found = await open().find([loose, strict])
      const problems = inputProblems([loose, strict], found).map(
        (step) => step.type === 'refuse' && step.name,
      )
      // from 4.0 on the broker's own default is within the bound
      expect(problems).toEqual(
        found.get(loose)?.config['message.timestamp.after.max.ms'] === '3600000' ? [] : [loose],
      )
    })
  })
}
