import { describe, expect, test } from 'vitest'
import { deadLetterHeaders, jsonEncoders, transitionHeaders } from '../../../src/adapters/kafka/encode.ts'
import { MAX_CALL_BYTES, pageBatches } from '../../../src/adapters/kafka/page-batches.ts'
import { topicNames } from '../../../src/adapters/kafka/topics.ts'
import { encodeJournalLine, parseJournalLine } from '../../../src/ports/journal-line.ts'
import {
  busyRevision,
  deadLetter,
  journalLine,
  membership,
  page,
  revision,
  transition,
} from '../../support/revisions.ts'

const encode = jsonEncoders('shop')
const topics = topicNames('shop')

describe('the calls of a page', () => {
  test('hold every record once, in order per topic, all in the task’s partition', () => {
    const revisions = Array.from({ length: 7 }, (_, rev) => busyRevision(rev, rev))
    const calls = [...pageBatches(page(...revisions), 3, { encode, topics, maxBytes: 2000 })]
    expect(calls.length).toBeGreaterThan(3)
    const of = (topic: string) =>
      calls
        .flat()
        .filter((t) => t.topic === topic)
        .flatMap(({ messages }) => messages)
    expect(
      of(topics['segment-changed']).map((m) => (JSON.parse(String(m.value)) as { id: string }).id),
    ).toEqual(revisions.flatMap((r) => r.transitions.map((t) => t.id)))
    expect(of(topics.journal).map((m) => parseJournalLine(String(m.value)))).toEqual(
      revisions.map((r) => r.line),
    )
    expect(of(topics['dead-letter'])).toHaveLength(3)
    expect(calls.flat().flatMap(({ messages }) => messages.map((m) => m.partition))).not.toContain(0)
    // records carry no time of their own: the broker would refuse one ahead of its clock
    expect(calls.flat().flatMap(({ messages }) => messages.filter((m) => m.timestamp !== undefined))).toEqual(
      [],
    )
  })

  test('stay below the bound, but for a single record that is larger', () => {
    const large = transition(1, { summary: 'x'.repeat(MAX_CALL_BYTES) })
    const small = Array.from({ length: 900 }, (_, n) => transition(n + 2, { summary: 'y'.repeat(1500) }))
    const calls = [
      ...pageBatches(page(revision(0, { transitions: [large, ...small] })), 0, { encode, topics }),
    ]
    const sizes = calls.map((call) =>
      call.flatMap(({ messages }) => messages).reduce((sum, m) => sum + String(m.value).length, 0),
    )
    expect(calls[0]?.[0]?.messages).toHaveLength(1)
    expect(sizes.slice(1).every((size) => size <= MAX_CALL_BYTES)).toBe(true)
    expect(sizes.slice(1, -1).every((size) => size > MAX_CALL_BYTES / 2)).toBe(true)
  })

  test('history before go-live moves nobody', () => {
    const backfill = {
      transitions: [transition(1, { origin: 'backfill' })],
      memberships: [membership('u', 'loyal')],
    }
    const calls = [...pageBatches(page(revision(0, backfill)), 0, { encode, topics })]
    expect(calls.flat().map(({ topic }) => topic)).toEqual([topics['user-segments'], topics.journal])
  })

  test('a page of nothing is no call', () => {
    expect([...pageBatches(page(), 0, { encode, topics })]).toEqual([])
  })
})

describe('records', () => {
  test('a move names itself to whoever does not decode it', () => {
    expect(transitionHeaders(transition(7), 'shop', 'application/json')).toEqual({
      ce_specversion: '1.0',
      ce_id: transition(7).id,
      ce_type: 'segment.changed.v1',
      ce_source: '/segmentation/shop',
      ce_subject: 'u-7',
      ce_time: '2025-03-01T00:00:00.007Z',
      ce_cause: 'behaviour',
      ce_origin: 'live',
      ce_to: 'at-risk',
      'content-type': 'application/json',
    })
    expect(transitionHeaders(transition(7, { to: null }), 'shop', 'x')).not.toHaveProperty('ce_to')
    expect(transitionHeaders(transition(7, { promoteId: 'p-2' }), 'shop', 'x')).toHaveProperty(
      'ce_promoteid',
      'p-2',
    )
  })

  test('a dead letter has the ten headers of Kafka Connect', () => {
    const headers = deadLetterHeaders(deadLetter(9), 'shop')
    expect(Object.keys(headers).map((name) => name.replace('__connect.errors.', ''))).toEqual([
      'topic',
      'partition',
      'offset',
      'connector.name',
      'task.id',
      'stage',
      'class.name',
      'exception.class.name',
      'exception.message',
      'exception.stacktrace',
    ])
    expect(headers).toMatchObject({
      '__connect.errors.topic': 'clicks',
      '__connect.errors.offset': '9',
      '__connect.errors.stage': 'VALUE_CONVERTER',
      '__connect.errors.exception.message': 'expected a JSON object',
    })
    const cut = deadLetterHeaders(
      deadLetter(9, { size: 300_000, sha256: 'ab', reason: 'key-mismatch' }),
      'shop',
    )
    expect(cut).toMatchObject({
      'segmentation.size': '300000',
      'segmentation.sha256': 'ab',
      '__connect.errors.stage': 'KEY_CONVERTER',
    })
  })

  test('a dead letter has a value and a key as its record had them: none, empty, some', () => {
    const [empty, some] = [new Uint8Array(0), new Uint8Array([0, 255])]
    const written = [null, empty, some].map((part) =>
      encode.deadLetter(deadLetter(9, { key: part, value: part })),
    )
    const expected = [null, Buffer.alloc(0), Buffer.from(some)]
    expect(written.map(({ value }) => value)).toEqual(expected)
    expect(written.map(({ key }) => key)).toEqual(expected)
  })

  test('a user who is gone is a tombstone', () => {
    expect(encode.membership(membership('u-1', null))).toEqual({ key: 'u-1', value: null })
  })
})

describe('a journal line as JSON', () => {
  test('comes back as it was', () => {
    const line = journalLine(3, {
      tick: 5,
      held: { why: 'silent', asOf: 1, inputs: ['clicks'] },
      refused: { clicks: [1] },
      moves: [['ü"', 1, null, 'loyal']],
    })
    expect(parseJournalLine(encodeJournalLine(line))).toEqual(line)
  })

  test.each([
    ['', 'expected one whole JSON object'],
    ['{"rev":', 'expected one whole JSON object'],
    ['{"rev":-1,"positions":{},"digests":{},"moves":[],"chain":""}', 'rev: too_small'],
    [
      '{"rev":1,"positions":{},"digests":{},"moves":[["u-secret",1,2,null]],"chain":""}',
      'moves.0: invalid_type',
    ],
    ['{"rev":1,"positions":{},"digests":{},"moves":[],"chain":"","more":1}', ': unrecognized_keys'],
  ])('%s is none: %s', (text, why) => {
    expect(parseJournalLine(text)).toBe(why)
  })
})
