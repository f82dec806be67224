import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeDecoder } from '../../src/app/decode.ts'
import { readEvents, type Reject } from '../../src/app/read-events.ts'
import { MemorySource } from '../support/memory-source.ts'

const T = Date.UTC(2025, 0, 1)
const TOPICS = ['a', 'b', 'c']

/** A line of a file: minutes behind T, or nothing that can be read. */
type Line = number | 'broken'

const textOf = (topic: string, line: Line, i: number): string =>
  line === 'broken'
    ? '{'
    : JSON.stringify({
        eventId: `${topic}${i}`,
        userId: 'u',
        eventTime: T + line * 60_000,
        kind: 'page_viewed',
      })

/** Always the smallest head, of equal ones the first input's; what has no time comes at once. */
function merged(inputs: readonly (readonly Line[])[]): string[] {
  const at = inputs.map(() => 0)
  const order: string[] = []
  for (;;) {
    const heads = inputs.map((lines, k) => lines[at[k] as number])
    const times = heads.map((head) => (head === undefined ? Infinity : head === 'broken' ? -Infinity : head))
    const first = times.indexOf(Math.min(...times))
    if (heads[first] === undefined) return order
    order.push(`${TOPICS[first]}${at[first]}`)
    at[first] = (at[first] as number) + 1
  }
}

test('events of several inputs come in the order in which a stream folds them, however many are read at once', async () => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.nat(30) },
    { weight: 1, arbitrary: fc.constant('broken' as const) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(line, { maxLength: 25 }), { minLength: 3, maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      async (inputs, atOnce) => {
        const source = new MemorySource(
          Object.fromEntries(
            TOPICS.map((topic, k) => [topic, (inputs[k] ?? []).map((l, i) => textOf(topic, l, i))]),
          ),
        ).end(...TOPICS)
        const poll = source.poll.bind(source)
        source.poll = async (p, from, limit, waitMs) => {
          const { records, rest } = await poll(p, from, limit, waitMs)
          const cut = TOPICS.map((topic) => [topic, (records[topic] ?? []).slice(0, atOnce)] as const)
          const more = cut.filter(([topic, some]) => some.length < (records[topic] ?? []).length)
          const open = Object.fromEntries(more.map(([topic]) => [topic, 'more' as const]))
          return { records: Object.fromEntries(cut), rest: { ...rest, ...open } }
        }
        const found: string[] = []
        const events = readEvents({
          source,
          topics: TOPICS,
          decoder: () => makeDecoder({ format: 'ndjson' }),
          latestMs: Number.POSITIVE_INFINITY,
          onReject: ({ topic, offset }: Reject) => found.push(`${topic}${offset}`),
        })
        for await (const { eventId } of events) found.push(eventId)
        expect(found).toEqual(merged(inputs))
      },
    ),
    { numRuns: 200 },
  )
})
