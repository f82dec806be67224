import { describe, expect, test } from 'vitest'
import { kafkaFailure } from '../../../src/adapters/kafka/failure.ts'
import {
  inputProblems,
  MAX_TIMESTAMP_AHEAD_MS,
  planTopics,
  topicSpecs,
  type FoundTopic,
  type TopicOptions,
} from '../../../src/adapters/kafka/topics.ts'
import { DAY_MS } from '../../../src/domain/base/duration.ts'
import { SegmentationError } from '../../../src/errors.ts'

const OPTIONS: TopicOptions = {
  app: 'shop',
  partitions: 6,
  replication: 3,
  minInsyncReplicas: 2,
  retentionMs: 30 * DAY_MS,
  journalRetentionMs: 90 * DAY_MS,
  maxMessageBytes: 1 << 20,
}
const specs = topicSpecs(OPTIONS)
const found = (over: Partial<FoundTopic> = {}, config: Record<string, string> = {}): FoundTopic => ({
  partitions: 6,
  replication: 3,
  config: { 'cleanup.policy': 'delete', 'message.timestamp.type': 'LogAppendTime', ...config },
  own: {},
  ...over,
})
const asWanted = new Map(specs.map((s) => [s.name, found({ config: s.config, own: s.config })]))

describe('the topics of an app', () => {
  test('are its outputs, its journal and its commands, in its name', () => {
    expect(specs.map(({ name, config }) => [name, config['cleanup.policy'], config['retention.ms']])).toEqual(
      [
        ['shop.segment-changed.v1', 'delete', String(30 * DAY_MS)],
        ['shop.user-segments.v1', 'compact', undefined],
        ['shop.segment-catalog.v1', 'compact', undefined],
        ['shop.dead-letter.v1', 'delete', String(30 * DAY_MS)],
        ['shop.journal.v1', 'delete', String(90 * DAY_MS)],
        ['shop.control.v1', 'delete', '-1'],
      ],
    )
  })

  test('are created where there are none, and left alone where they are as wanted', () => {
    expect(planTopics(specs, new Map())).toEqual(specs.map((spec) => ({ type: 'create', spec })))
    expect(planTopics(specs, asWanted)).toEqual([])
  })

  test('are configured where a setting differs, and only with that', () => {
    const [spec] = specs as [(typeof specs)[0]]
    const is = found({ config: { ...spec.config, 'min.insync.replicas': '1' } })
    expect(planTopics([spec], new Map([[spec.name, is]]))).toEqual([
      { type: 'configure', name: spec.name, config: { 'min.insync.replicas': '2' } },
    ])
  })

  test.each([
    [{ partitions: 4 }, 'it has 4 partitions, expected 6: users would change places'],
    [{ partitions: 8 }, 'it has 8 partitions, expected 6: users would change places'],
    [{ replication: 1 }, 'it has 1 replicas, expected 3: reassign its partitions'],
  ])('with %j are refused', (over, why) => {
    const [spec] = specs as [(typeof specs)[0]]
    const is = found({ config: spec.config, ...over })
    expect(planTopics([spec], new Map([[spec.name, is]]))).toEqual([{ type: 'refuse', name: spec.name, why }])
  })
})

describe('input topics', () => {
  const why = (topics: Record<string, FoundTopic>): string[] =>
    inputProblems(['clicks', 'orders'], new Map(Object.entries(topics))).map((step) =>
      step.type === 'refuse' ? `${step.name}: ${step.why}` : step.type,
    )
  const ahead = (ms: number): Record<string, string> => ({
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': String(ms),
  })

  test.each<[string, Record<string, FoundTopic>, string[]]>([
    ['fit', { clicks: found(), orders: found({}, ahead(MAX_TIMESTAMP_AHEAD_MS)) }, []],
    ['are not there', { clicks: found() }, ['orders: it does not exist']],
    [
      'differ in partitions',
      { clicks: found(), orders: found({ partitions: 3 }) },
      [
        'clicks: it has 6 partitions; all inputs must have the same number',
        'orders: it has 3 partitions; all inputs must have the same number',
      ],
    ],
    [
      'are compacted',
      { clicks: found({}, { 'cleanup.policy': 'compact' }), orders: found() },
      ['clicks: cleanup.policy is compact, expected delete'],
    ],
    [
      'take any date',
      { clicks: found({}, ahead(MAX_TIMESTAMP_AHEAD_MS + 1)), orders: found() },
      ['clicks: message.timestamp.after.max.ms is 3600001, expected at most 3600000, or LogAppendTime'],
    ],
  ])('that %s', (_, topics, expected) => {
    expect(why(topics)).toEqual(expected)
  })
})

describe('failures of the client', () => {
  const wrapped = (type: string): Error =>
    new Error('retries', { cause: Object.assign(new Error('root'), { type }) })

  test.each([
    ['MESSAGE_TOO_LARGE', 'page-too-large', false],
    ['INVALID_PRODUCER_EPOCH', 'task-fenced', true],
    ['TOPIC_AUTHORIZATION_FAILED', 'config-invalid', false],
    ['NOT_ENOUGH_REPLICAS', 'unreachable', true],
    ['COORDINATOR_NOT_AVAILABLE', 'unreachable', true],
  ])('%s is %s, retryable: %s', (type, code, retryable) => {
    const failure = kafkaFailure(wrapped(type), 'publish')
    expect(failure).toMatchObject({ code, retryable, message: `publish: ${type}: root` })
  })

  test('a fenced producer that kafkajs has no name for is fenced', () => {
    expect(kafkaFailure(Object.assign(new Error('Unknown error code 90'), { code: 90 }), 'x').code).toBe(
      'task-fenced',
    )
  })

  test('a lost connection is unreachable; a coded error passes', () => {
    expect(kafkaFailure(new Error('ECONNREFUSED'), 'x')).toMatchObject({ code: 'unreachable' })
    const coded = new SegmentationError('source-gap', 'gone')
    expect(kafkaFailure(coded, 'x')).toBe(coded)
  })
})
