import { afterEach, expect, test, vi } from 'vitest'
import { PartitionReader, type StoredRecord } from '../../../src/adapters/kafka/reader.ts'
import { TopicSource } from '../../../src/adapters/kafka/topic-source.ts'
import { fail } from '../../../src/errors.ts'
import { textOf } from '../../support/records.ts'

const LIMIT = { records: 10, bytes: 1 << 20 }
const END = 4

const record = (offset: number): StoredRecord => {
  return { offset: `${offset}`, timestamp: '5', key: null, value: Buffer.from(`r${offset}`) }
}

/** Records 0 to 3, one in a piece; the call with the number `failsAt` does not get through. */
function brokenAt(failsAt: number): TopicSource {
  let call = 0
  const reach = (): void => {
    if (++call === failsAt) fail('unreachable', 'the broker is away')
  }
  vi.spyOn(PartitionReader.prototype, 'bounds').mockImplementation((topics) => {
    return Promise.resolve().then(() => {
      reach()
      return Object.fromEntries(topics.map((topic) => [topic, { start: 0, end: END }]))
    })
  })
  vi.spyOn(PartitionReader.prototype, 'records').mockImplementation(async function* (_topic, _p, from, to) {
    for (let offset = from; offset < to; offset++) {
      await Promise.resolve()
      reach()
      yield [record(offset)]
    }
  })
  return new TopicSource({ brokers: [], clientId: 'test' }, ['a'])
}

afterEach(() => vi.restoreAllMocks())

test.each([1, 2, 3, 4, 5])(
  'call %i to the brokers fails: asked again, every record comes once',
  async (failsAt) => {
    const source = brokenAt(failsAt)
    const found: string[] = []
    let [at, failures] = [0, 0]
    for (let rest = 'more'; rest !== 'ended';) {
      const chunk = await source.poll(0, { a: at }, LIMIT).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'unreachable' })
        expect(++failures).toBe(1)
      })
      if (chunk === undefined) continue
      const records = chunk.records['a'] ?? []
      found.push(...records.map(textOf))
      at = (records.at(-1)?.offset ?? at - 1) + 1
      rest = chunk.rest['a'] as string
    }
    expect(failures).toBe(1)
    expect(found).toEqual(['r0', 'r1', 'r2', 'r3'])
  },
)
