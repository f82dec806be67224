import { afterEach, describe, expect, test } from 'vitest'
import { jsonEncoders } from '../../../src/adapters/kafka/encode.ts'
import { KafkaOutlet } from '../../../src/adapters/kafka/outlet.ts'
import { topicNames } from '../../../src/adapters/kafka/topics.ts'
import type { JournalLine } from '../../../src/ports/outlet.ts'
import { realClock } from '../../support/clock.ts'
import {
  busyRevision,
  deadLetter,
  journalLine,
  membership,
  page,
  revision,
  transition,
} from '../../support/revisions.ts'
import type { KafkaNode } from '../../support/servers/kafka-node.ts'
import { cutter, END_TXN, type Cut } from './cut.ts'
import { until, type Place } from './place.ts'

/** What a Kafka outlet promises beyond the port's contract: rules R3, R4, T5. */
export function outletTests(here: Place): void {
  const opened: { close(): Promise<void> }[] = []
  const open = (app: string, access = here.access, lagGroupId?: string): KafkaOutlet => {
    const outlet = new KafkaOutlet({ access, clock: realClock, app, encode: jsonEncoders(app), lagGroupId })
    opened.push(outlet)
    return outlet
  }
  const newApp = async (maxMessageBytes?: number): Promise<string> => {
    const app = here.name('out')
    await here.createApp(app, 1, maxMessageBytes)
    return app
  }
  const ids = async (app: string): Promise<string[]> =>
    (await here.committed(topicNames(app)['segment-changed'])).map(
      ({ value }) => (JSON.parse(String(value)) as { id: string }).id,
    )

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
  })

  describe('an outlet on Kafka', () => {
    test.each<[Cut, number]>([
      ['reply', 1],
      ['request', 0],
    ])(
      'the %s of a commit is lost: the page is in doubt, and the tail behind the next fence tells',
      async (what, rev) => {
        const app = await newApp()
        const between = await cutter(here.access)
        opened.push(between)
        const outlet = open(app, between.access)
        const fence = await outlet.fence(0)
        await outlet.publish(fence, page(busyRevision(0, 2)))
        between.cut(END_TXN, what)
        await expect(outlet.publish(fence, page(busyRevision(1, 3)))).rejects.toMatchObject({
          code: 'unreachable',
          retryable: true,
        })
        expect(between.cuts).toBe(1)
        await expect(outlet.tail(fence)).rejects.toMatchObject({ code: 'task-fenced' })
        const again = await outlet.fence(0)
        expect((await outlet.tail(again))?.rev).toBe(rev)
        await outlet.publish(again, page(busyRevision(rev + 1, 1)))
        const next = await outlet.fence(0)
        expect((await outlet.tail(next))?.rev).toBe(rev + 1)
        expect(await ids(app)).toHaveLength(2 + (rev === 1 ? 3 : 0) + 1)
      },
    )

    test('a zombie with a page half sent is fenced, and its page is gone', async () => {
      const app = await newApp()
      const names = topicNames(app)
      const zombie = await here.transactional(`${app}.0`)
      const half = await zombie.transaction()
      await half.send({ topic: names.journal, messages: [{ value: '{"rev":0}', partition: 0 }] })
      const outlet = open(app)
      const fence = await outlet.fence(0)
      expect(await outlet.tail(fence)).toBeUndefined()
      await expect(half.commit()).rejects.toMatchObject({ code: 47 })
      await outlet.publish(fence, page(busyRevision(0, 1)))
      expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(0)
      expect(await ids(app)).toHaveLength(1)
      await zombie.disconnect()
    })

    test('a page larger than one call is one transaction', async () => {
      const app = await newApp()
      const outlet = open(app)
      const summary = 'x'.repeat(2000)
      const moves = Array.from({ length: 1000 }, (_, n) => transition(n, { summary }))
      await outlet.publish(await outlet.fence(0), page(revision(0, { transitions: moves }), revision(1)))
      expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(1)
      expect(await ids(app)).toEqual(moves.map(({ id }) => id))
    })

    test('a record larger than the topic takes stops the task, and leaves no transaction open', async () => {
      const app = await newApp(20_000)
      const outlet = open(app)
      const large = transition(1, { summary: 'x'.repeat(30_000) })
      await expect(
        outlet.publish(await outlet.fence(0), page(revision(0, { transitions: [large] }))),
      ).rejects.toMatchObject({ code: 'page-too-large', retryable: false })
      await here.send(topicNames(app)['segment-changed'], ['another writer'])
      await until(
        'nothing open holds readers back',
        async () => (await here.committed(topicNames(app)['segment-changed'])).length === 1,
        5000,
      )
    })

    test('the tail is found behind any number of aborted pages', async () => {
      const app = await newApp()
      const outlet = open(app)
      await outlet.publish(await outlet.fence(0), page(revision(0), revision(1)))
      const writer = await here.transactional(`${app}.0`)
      for (let round = 0; round < 3; round++) {
        const aborted = await writer.transaction()
        const messages = Array.from({ length: 60 }, () => ({ value: 'never', partition: 0 }))
        await aborted.send({ topic: topicNames(app).journal, messages })
        await aborted.abort()
      }
      await writer.disconnect()
      expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(1)
    })

    test('a transaction that hangs behind the fence is not read past, nor the journal taken for empty', async () => {
      const app = await newApp()
      const outlet = open(app)
      const writer = await here.transactional(here.name('foreign'))
      const hanging = await writer.transaction()
      await hanging.send({ topic: topicNames(app).journal, messages: [{ value: '{}', partition: 0 }] })
      const fence = await outlet.fence(0)
      await expect(outlet.tail(fence)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
      await expect(outlet.publish(fence, page(revision(0)))).rejects.toThrow('between 0 and 1')
      await hanging.abort()
      const next = await outlet.fence(0)
      await until('it is ended', async () => (await outlet.tail(next).catch(() => 'open')) === undefined)
      await outlet.publish(next, page(revision(0)))
      await writer.disconnect()
    })

    test('the journal is read from anywhere in a long one', async () => {
      const app = await newApp()
      const outlet = open(app)
      const fence = await outlet.fence(0)
      for (let first = 0; first < 3000; first += 300) {
        const some = Array.from({ length: 300 }, (_, i) => revision(first + i))
        await outlet.publish(fence, page(...some))
      }
      await outlet.fence(0)
      for (const after of [-1, 0, 17, 1499, 2900, 2998, 2999]) {
        const revs: number[] = []
        for await (const line of outlet.journal(0, after)) revs.push(line.rev)
        expect(revs).toEqual(Array.from({ length: 2999 - after }, (_, i) => after + 1 + i))
      }
    })

    test('what is no journal line stops the task, without a word of its content', async () => {
      const app = await newApp()
      await here.send(topicNames(app).journal, ['{"rev":0,"user":"u-secret"}'])
      const outlet = open(app)
      const error = await outlet.tail(await outlet.fence(0)).catch((e: unknown) => e as Error)
      expect(error).toMatchObject({ code: 'state-foreign' })
      expect((error as Error).message).not.toContain('secret')
    })

    test('every output has its form: headers, keys, tombstones, untouched bytes', async () => {
      const app = await newApp()
      const names = topicNames(app)
      const outlet = open(app)
      const key = new Uint8Array([1, 2, 255])
      await outlet.publish(
        await outlet.fence(0),
        page(
          revision(0, {
            transitions: [transition(1), transition(2, { origin: 'backfill' })],
            memberships: [membership('u-1', 'at-risk'), membership('u-2', null)],
            deadLetters: [deadLetter(5, { key })],
          }),
        ),
      )
      await outlet.fence(0)
      const [moved] = await here.committed(names['segment-changed'])
      expect(await ids(app)).toEqual([transition(1).id])
      expect(String(moved?.key)).toBe('u-1')
      expect(String(moved?.headers?.['ce_id'])).toBe(transition(1).id)
      const [one, two] = await here.committed(names['user-segments'])
      expect(JSON.parse(String(one?.value))).toMatchObject({ userId: 'u-1', segment: 'at-risk' })
      expect([String(two?.key), two?.value]).toEqual(['u-2', null])
      const [dead] = await here.committed(names['dead-letter'])
      expect(dead?.key).toEqual(Buffer.from(key))
      expect(dead?.value).toEqual(Buffer.from(deadLetter(5).value ?? ''))
      expect(String(dead?.headers?.['__connect.errors.exception.class.name'])).toBe('not-json')
    })

    test('positions are sent along as group offsets, in the same transaction', async () => {
      const app = await newApp()
      const input = here.name('clicks')
      await here.createTopics([input])
      const admin = here.kafka().admin()
      await admin.connect()
      opened.push({ close: () => admin.disconnect() })
      const outlet = open(app, here.access, app)
      let rev = -1
      const publish = async (): Promise<void> => {
        const fence = await outlet.fence(0)
        rev = (await outlet.tail(fence))?.rev ?? -1
        const line: JournalLine = journalLine(rev + 1, { positions: { [input]: 42 } })
        await outlet.publish(fence, page(revision(rev + 1, { line })))
      }
      // the coordinator of a group that nobody joined yet may be asked too early: any error is a new fence
      await until('the group has its offset', async () => {
        await publish().catch(() => undefined)
        const found = await admin.fetchOffsets({ groupId: app, topics: [input] }).catch(() => [])
        return found[0]?.partitions[0]?.offset === '42'
      })
    })

    test.skipIf(process.env['SEGMENTATION_TEST_KAFKA'] !== undefined)(
      'a broker that dies and comes back costs a fence and nothing else',
      async () => {
        const app = await newApp()
        const outlet = open(app)
        const fence = await outlet.fence(0)
        await outlet.publish(fence, page(busyRevision(0, 1)))
        // a fence waits for the markers: a broker that dies before them may leave a transaction that hangs
        const last = await outlet.fence(0)
        await outlet.tail(last)
        const broker = here.server.nodes[0] as KafkaNode
        const back = broker.kill().then(() => broker.start())
        const failed = await outlet.publish(last, page(busyRevision(1, 1))).catch((e: unknown) => e)
        await back
        if (failed !== undefined) expect(failed).toMatchObject({ retryable: true })
        let tail: JournalLine | undefined
        await until(
          'the task is taken over',
          async () => {
            const again = await outlet.fence(0).catch(() => undefined)
            tail = again && (await outlet.tail(again).catch(() => undefined))
            return tail !== undefined
          },
          40_000,
        )
        expect(failed === undefined ? [1] : [0, 1]).toContain(tail?.rev)
        expect(await ids(app)).toHaveLength((tail?.rev ?? -1) + 1)
      },
    )
  })
}
