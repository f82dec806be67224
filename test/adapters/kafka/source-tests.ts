import { afterEach, describe, expect, test } from 'vitest'
import { PartitionReader } from '../../../src/adapters/kafka/reader.ts'
import { loadKafkajs } from '../../../src/adapters/kafka/repairs.ts'
import { KafkaSource, type KafkaSourceOptions } from '../../../src/adapters/kafka/source.ts'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import type { RawRecord } from '../../../src/ports/source.ts'
import type { Positions, Task, Topic } from '../../../src/ports/types.ts'
import { realClock } from '../../support/clock.ts'
import { textOf } from '../../support/records.ts'
import { until, type Place } from './place.ts'

const LIMIT = { records: 4000, bytes: 1 << 22 }

/** A source with what its member was told. */
class Member {
  readonly source: KafkaSource
  readonly tasks = new Set<Task>()
  readonly told: string[] = []
  readonly alive: number[] = []
  readonly crashes: unknown[] = []
  id = ''

  constructor(
    here: Place,
    options: Pick<KafkaSourceOptions, 'groupId' | 'topics'> & Partial<KafkaSourceOptions>,
  ) {
    this.source = new KafkaSource({
      access: here.access,
      clock: realClock,
      memberName: 'm',
      onMemberId: (id) => (this.id = id),
      onCrash: (error) => this.crashes.push(error),
      ...options,
    })
  }

  async join(): Promise<this> {
    await this.source.own({
      given: (p) => {
        this.tasks.add(p)
        this.told.push(`given ${p}`)
      },
      taken: (p) => {
        this.tasks.delete(p)
        this.told.push(`taken ${p}`)
      },
      alive: (at) => this.alive.push(at),
    })
    return this
  }

  /** Everything from `from` to the proven end. */
  async readAll(from: Positions, p: Task = 0): Promise<Record<Topic, RawRecord[]>> {
    const all: Record<Topic, RawRecord[]> = Object.fromEntries(Object.keys(from).map((topic) => [topic, []]))
    const at: Record<Topic, number> = { ...from }
    for (;;) {
      const { records, rest } = await this.source.poll(p, at, LIMIT, 500)
      for (const [topic, some] of Object.entries(records)) {
        all[topic]?.push(...some)
        at[topic] = (some.at(-1)?.offset ?? (at[topic] as number) - 1) + 1
      }
      if (Object.values(rest).every((r) => r === 'dry')) return all
    }
  }
}

const texts = (records: readonly RawRecord[] | undefined): string[] => (records ?? []).map(textOf)

/** What a Kafka source promises beyond the port's contract: rules T8–T10, T13, T15. */
export function sourceTests(here: Place): void {
  const opened: { close(): Promise<void> }[] = []
  const member = (options: ConstructorParameters<typeof Member>[1]): Member => {
    const made = new Member(here, options)
    opened.push(made.source)
    return made
  }
  const newTopics = async (count: number, partitions = 1, config = {}): Promise<Topic[]> => {
    const names = Array.from({ length: count }, () => here.name('in'))
    await here.createTopics(names, partitions, config)
    return names
  }

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close()
  })

  describe('a source on Kafka', () => {
    test('aborted records and markers are not seen, from any position, and the end behind them is proven', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      const [one, two] = [await here.transactional(here.name('a')), await here.transactional(here.name('b'))]
      const expected: string[] = []
      for (let round = 0; round < 4; round++) {
        // two transactions in one another, ended in the other order; one of them, or none, is kept
        const [a, b] = [await one.transaction(), await two.transaction()]
        const say = (t: typeof a, value: string) => t.send({ topic, messages: [{ value, partition: 0 }] })
        await say(a, `a${round}.1`)
        await say(b, `b${round}.1`)
        await say(a, `a${round}.2`)
        await say(b, `b${round}.2`)
        await (round % 2 === 0 ? b.abort() : b.commit())
        await a.abort()
        if (round % 2 === 1) expected.push(`b${round}.1`, `b${round}.2`)
      }
      const end = await one.transaction()
      await end.send({ topic, messages: [{ value: 'last', partition: 0 }] })
      await end.commit()
      expected.push('last')
      await one.disconnect()
      await two.disconnect()
      const { source, readAll } = await member({ groupId: topic, topics: [topic] })
        .join()
        .then((m) => ({
          source: m.source,
          readAll: (from: Positions) => m.readAll(from),
        }))
      const bounds = (await source.bounds(0))[topic]
      // 4 × (4 records, 2 markers), the last record and its marker
      expect(bounds).toEqual({ start: 0, end: 26 })
      const whole = (await readAll({ [topic]: 0 }))[topic] ?? []
      expect(texts(whole)).toEqual(expected)
      for (let from = 1; from <= 26; from++) {
        const some = (await readAll({ [topic]: from }))[topic]
        expect(texts(some)).toEqual(texts(whole.filter(({ offset }) => offset >= from)))
      }
    })

    test('an open transaction holds the end back; its records come once it is committed', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      const writer = await here.transactional(here.name('w'))
      const open = await writer.transaction()
      await open.send({ topic, messages: [{ value: 'decided later', partition: 0 }] })
      await here.send(topic, ['behind it'])
      const { source } = await member({ groupId: topic, topics: [topic] }).join()
      const before = await source.poll(0, { [topic]: 0 }, LIMIT, 300)
      expect([before.records[topic], before.rest[topic]]).toEqual([[], 'dry'])
      const waiting = source.poll(0, { [topic]: 0 }, LIMIT, 10 * SECOND_MS)
      await open.commit()
      expect(texts((await waiting).records[topic])).toEqual(['decided later', 'behind it'])
      await writer.disconnect()
    })

    test('a poll from a position after trailing markers gives nothing, proven', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      const writer = await here.transactional(here.name('w'))
      const kept = await writer.transaction()
      await kept.send({ topic, messages: [{ value: 'one', partition: 0 }] })
      await kept.commit()
      await writer.disconnect()
      const { source } = await member({ groupId: topic, topics: [topic] }).join()
      // last folded record + 1: the marker lies at this position
      const { records, rest } = await source.poll(0, { [topic]: 1 }, LIMIT, 2 * SECOND_MS)
      expect([records[topic], rest[topic]]).toEqual([[], 'dry'])
      await here.send(topic, ['two'])
      const next = await source.poll(0, { [topic]: 1 }, LIMIT, 5 * SECOND_MS)
      expect(next.records[topic]?.map((r) => [r.offset, textOf(r)])).toEqual([[2, 'two']])
    })

    test('two members share the tasks, keep what they keep, and read on without loss', async () => {
      const topics = await newTopics(2, 4)
      const groupId = topics[0] as Topic
      const first = await member({ groupId, topics, memberName: 'one' }).join()
      expect([...first.tasks]).toEqual([0, 1, 2, 3])
      for (const topic of topics) for (let p = 0; p < 4; p++) await here.send(topic, [`${p}.1`, `${p}.2`], p)
      const start = Object.fromEntries(topics.map((topic) => [topic, 0]))
      for (let p = 0; p < 4; p++) await first.source.poll(p, start, LIMIT, SECOND_MS)
      const second = await member({ groupId, topics, memberName: 'two' }).join()
      await until('both have their share', () => first.tasks.size === 2 && second.tasks.size === 2)
      const kept = [...first.tasks]
      expect(new Set([...kept, ...second.tasks])).toEqual(new Set([0, 1, 2, 3]))
      // what stays is not mentioned
      for (const p of kept)
        expect(first.told.filter((said) => said.endsWith(` ${p}`))).toEqual([`given ${p}`])
      for (const topic of topics) for (let p = 0; p < 4; p++) await here.send(topic, [`${p}.3`], p)
      for (const each of [first, second]) {
        for (const p of each.tasks) {
          const all = await each.readAll(start, p)
          for (const topic of topics) expect(texts(all[topic])).toEqual([`${p}.1`, `${p}.2`, `${p}.3`])
        }
      }
      await second.source.close()
      await until('the first has all again', () => first.tasks.size === 4)
      for (let p = 0; p < 4; p++) {
        const all = await first.readAll(start, p)
        expect(texts(all[groupId])).toEqual([`${p}.1`, `${p}.2`, `${p}.3`])
      }
    }, 60_000)

    test('a task that was taken is polled in vain', async () => {
      const topics = await newTopics(1, 2)
      const groupId = topics[0] as Topic
      const first = await member({ groupId, topics, memberName: 'one' }).join()
      await member({ groupId, topics, memberName: 'two' }).join()
      await until('one is taken', () => first.tasks.size === 1)
      const gone = first.tasks.has(0) ? 1 : 0
      await expect(first.source.poll(gone, { [groupId]: 0 }, LIMIT, 0)).rejects.toMatchObject({
        code: 'unreachable',
      })
    })

    test('a member that died leaves by its former id: its successor need not wait for the time-out', async () => {
      const topics = await newTopics(1, 2)
      const groupId = topics[0] as Topic
      const former = await member({ groupId, topics }).join()
      // as a killed process does: it stays a member and says nothing
      const before = performance.now()
      const next = member({ groupId, topics, formerMemberId: former.id, sessionTimeoutMs: 30 * SECOND_MS })
      await next.join()
      expect([...next.tasks]).toEqual([0, 1])
      expect(performance.now() - before).toBeLessThan(10 * SECOND_MS)
    })

    test('heartbeats prove membership, each with the time it was sent', async () => {
      const topics = await newTopics(1)
      const before = Date.now()
      const { alive } = await member({
        groupId: topics[0] as Topic,
        topics,
        sessionTimeoutMs: 6 * SECOND_MS,
      }).join()
      await until('three heartbeats', () => alive.length > 3)
      expect(alive.every((at) => at >= before && at <= Date.now())).toBe(true)
      expect(alive).toEqual([...alive].sort((a, b) => a - b))
    })

    test('positions that are gone, or never were, stop the task', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      await here.send(topic, ['a', 'b', 'c', 'd'])
      const admin = here.kafka().admin()
      await admin.connect()
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
      await admin.disconnect()
      const { source, crashes } = await member({ groupId: topic, topics: [topic] }).join()
      expect((await source.bounds(0))[topic]).toEqual({ start: 2, end: 4 })
      await expect(source.poll(0, { [topic]: 1 }, LIMIT, 0)).rejects.toMatchObject({ code: 'source-gap' })
      await expect(source.poll(0, { [topic]: 5 }, LIMIT, 0)).rejects.toMatchObject({ code: 'source-differs' })
      expect(texts((await source.poll(0, { [topic]: 2 }, LIMIT, 0)).records[topic])).toEqual(['c', 'd'])
      expect(crashes).toEqual([])
    })

    test('topics with different numbers of partitions are refused before the group is joined', async () => {
      const [one] = (await newTopics(1, 2)) as [Topic]
      const [two] = (await newTopics(1, 3)) as [Topic]
      const refused = member({ groupId: one, topics: [one, two] }).join()
      await expect(refused).rejects.toThrow(`${one} 2, ${two} 3`)
      await expect(refused).rejects.toMatchObject({ code: 'config-invalid' })
    })

    test('more than the buffers hold comes whole and in order', async () => {
      const topics = (await newTopics(2)) as [Topic, Topic]
      const body = 'x'.repeat(500)
      const count = 30_000
      for (const topic of topics)
        for (let i = 0; i < count; i += 1000)
          await here.send(
            topic,
            Array.from({ length: 1000 }, (_, n) => `${i + n} ${body}`),
          )
      const reader = await member({ groupId: topics[0], topics }).join()
      const before = performance.now()
      const all = await reader.readAll({ [topics[0]]: 0, [topics[1]]: 0 })
      const perSecond = Math.round((2 * count) / ((performance.now() - before) / SECOND_MS))
      process.stdout.write(`Kafka source: ${perSecond} records/s of ${body.length} bytes\n`)
      for (const topic of topics) {
        expect(all[topic]).toHaveLength(count)
        expect(
          all[topic]?.every((record, i) => record.offset === i && textOf(record).startsWith(`${i} `)),
        ).toBe(true)
      }
    }, 60_000)

    test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
      'batches compressed by the broker with %s are read',
      async (type) => {
        const [topic] = (await newTopics(1, 1, { 'compression.type': type })) as [Topic]
        const values = Array.from({ length: 200 }, (_, i) => `${i} ${'abc'.repeat(i)}`)
        await here.send(topic, values)
        const reader = await member({ groupId: topic, topics: [topic] }).join()
        expect(texts((await reader.readAll({ [topic]: 0 }))[topic])).toEqual(values)
      },
    )

    test.each(['Snappy', 'LZ4', 'GZIP'] as const)(
      'what is written with %s is read by the broker and by us',
      async (type) => {
        const [topic] = (await newTopics(1, 1, { 'compression.type': 'uncompressed' })) as [Topic]
        const values = Array.from({ length: 3000 }, (_, i) => `${i} ${'abc'.repeat(i % 50)}`)
        const producer = here.kafka().producer()
        await producer.connect()
        const compression = loadKafkajs().CompressionTypes[type]
        await producer.send({
          topic,
          compression,
          messages: values.map((value) => ({ value, partition: 0 })),
        })
        await producer.disconnect()
        const reader = await member({ groupId: topic, topics: [topic] }).join()
        expect(texts((await reader.readAll({ [topic]: 0 }))[topic])).toEqual(values)
      },
    )

    test('keys, tombstones, empty values and time-stamps come as they are', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      const producer = here.kafka().producer()
      await producer.connect()
      const messages = [
        { key: 'ké', value: 'v', timestamp: '1740787200123' },
        { key: null, value: null, timestamp: '1740787200124' },
        { key: Buffer.alloc(4), value: Buffer.from([0, 255]), timestamp: '1740787200125' },
        { key: '', value: '', timestamp: '1740787200126' },
      ]
      await producer.send({ topic, messages: messages.map((m) => ({ ...m, partition: 0 })) })
      await producer.disconnect()
      const reader = await member({ groupId: topic, topics: [topic] }).join()
      const found = (await reader.readAll({ [topic]: 0 }))[topic] ?? []
      expect(found.map(({ time }) => time)).toEqual(messages.map(({ timestamp }) => Number(timestamp)))
      const part = (from: number, to: number, bytes: Uint8Array): number[] | null =>
        from < 0 ? null : [...bytes.subarray(from, to)]
      expect(found.map((r) => part(r.keyFrom, r.keyTo, r.bytes))).toEqual([
        [...Buffer.from('ké')],
        null,
        [0, 0, 0, 0],
        [],
      ])
      expect(found.map((r) => part(r.from, r.to, r.bytes))).toEqual([[118], [], [0, 255], []])
      expect(found.map((r) => r.tombstone)).toEqual([false, true, false, false])
    })

    test('records lost to retention while they are waited for end the process, and write no offset', async () => {
      const [topic] = (await newTopics(1)) as [Topic]
      await here.send(topic, ['a', 'b'])
      const reader = member({ groupId: topic, topics: [topic] })
      await reader.join()
      await reader.source.poll(0, { [topic]: 2 }, LIMIT, 0)
      const admin = here.kafka().admin()
      await admin.connect()
      // more is written and deleted at once than a fetch has time for
      await admin.deleteTopics({ topics: [topic] })
      await realClock.sleep(300)
      await here.createTopics([topic])
      await until('the client gives up', () => reader.crashes.length > 0, 40_000)
      const [found] = await admin.fetchOffsets({ groupId: topic, topics: [topic] })
      expect(found?.partitions.map(({ offset }) => offset)).toEqual(['-1'])
      await admin.disconnect()
    }, 60_000)

    test('a reader that is closed says so', async () => {
      const reader = new PartitionReader(here.access)
      await reader.close()
      await expect(reader.partitionCounts(['x'])).rejects.toMatchObject({ code: 'unreachable' })
    })
  })
}
