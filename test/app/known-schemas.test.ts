import { expect, test } from 'vitest'
import { withKnownSchemas } from '../../src/app/known-schemas.ts'
import { SegmentationError, type ErrorCode } from '../../src/errors.ts'
import type { Chunk, RawRecord, RecordSource } from '../../src/ports/source.ts'

const LIMIT = { records: 100, bytes: 1e6 }
const FROM = { clicks: 0, orders: 0 }

function record(offset: number, id: number): RawRecord {
  const bytes = Uint8Array.from([0, 0, 0, 0, id, 2])
  return { offset, time: 0, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
}

function stage(clicks: readonly number[], orders: readonly number[] = []) {
  const known = new Set<number>()
  const asked: number[][] = []
  let trouble: ErrorCode = 'schema-missing'
  let on: Parameters<RecordSource['own']>[0] | undefined
  const chunk: Chunk = {
    records: { clicks: clicks.map((id, i) => record(i, id)), orders: orders.map((id, i) => record(i, id)) },
    rest: { clicks: 'dry', orders: 'dry' },
  }
  const inner: RecordSource = {
    own: async (listeners) => void (on = listeners),
    bounds: async () => ({ clicks: { start: 0, end: 9 } }),
    poll: async () => chunk,
    close: async () => {},
  }
  const source = withKnownSchemas(inner, ['clicks'], {
    learn: async (ids) => {
      asked.push([...ids])
      if ([...ids].some((id) => !known.has(id))) throw new SegmentationError(trouble, 'not yet')
    },
    fingerprint: () => undefined,
    reader: (id) => (known.has(id) ? () => 1 : undefined),
  })
  return {
    source,
    known,
    asked,
    fail: (code: ErrorCode) => (trouble = code),
    listeners: () => on,
    poll: () => source.poll(0, FROM, LIMIT, 0),
  }
}
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (error: SegmentationError) => error.code,
  )

test('records come once their schemas are known; only topics with Avro are looked at', async () => {
  const { known, asked, poll } = stage([1, 1, 2, 1], [7])
  known.add(1).add(2)
  const { records, rest } = await poll()
  expect(records['clicks']?.map((r) => r.offset)).toEqual([0, 1, 2, 3])
  expect(records['orders']).toHaveLength(1)
  expect(rest).toEqual({ clicks: 'dry', orders: 'dry' })
  expect(asked).toEqual([[1, 2]])
})

test('those before the first unknown one go ahead, and more is to come', async () => {
  const { known, poll } = stage([1, 1, 2, 1])
  known.add(1)
  const { records, rest } = await poll()
  expect(records['clicks']?.map((r) => r.offset)).toEqual([0, 1])
  expect(rest['clicks']).toBe('more')
})

test('a poll whose first record is unknown is rejected, and so is what a held task probes, until it is known', async () => {
  const { source, known, poll } = stage([2, 1])
  known.add(1)
  expect(await code(source.bounds(0))).toBe('fine')
  expect(await code(poll())).toBe('schema-missing')
  expect(await code(source.bounds(0))).toBe('schema-missing')
  expect(await code(source.bounds(1))).toBe('fine')
  known.add(2)
  expect(await code(source.bounds(0))).toBe('fine')
  expect((await poll()).records['clicks']).toHaveLength(2)
})

test('while the next record of a topic waits, nothing of the others is taken: it would pile up before it', async () => {
  const { known, poll } = stage([2, 1], [7, 7])
  known.add(1)
  expect(await code(poll())).toBe('schema-missing')
  known.add(2)
  expect((await poll()).records['orders']).toHaveLength(2)
})

test('what stops a task lets nothing go ahead', async () => {
  const { known, fail, poll } = stage([1, 2])
  known.add(1)
  fail('schema-differs')
  expect(await code(poll())).toBe('schema-differs')
})

test('a task that was taken has nothing to wait for any more', async () => {
  const { source, listeners, poll } = stage([2])
  const taken: number[] = []
  await source.own({ given: () => {}, taken: (p) => taken.push(p), alive: () => {} })
  expect(await code(poll())).toBe('schema-missing')
  listeners()?.taken(0)
  expect(taken).toEqual([0])
  expect(await code(source.bounds(0))).toBe('fine')
})
