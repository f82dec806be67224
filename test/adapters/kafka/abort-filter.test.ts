import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  dropAborted,
  type AbortedTransaction,
  type FetchedRecord,
} from '../../../src/adapters/kafka/abort-filter.ts'

type Step =
  | { readonly type: 'write'; readonly producer: number }
  | { readonly type: 'plain' }
  | { readonly type: 'end'; readonly producer: number; readonly abort: boolean }

const producer = fc.integer({ min: 0, max: 3 })
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ type: fc.constant('write' as const), producer }),
    fc.record({ type: fc.constant('plain' as const) }),
    fc.record({ type: fc.constant('end' as const), producer, abort: fc.boolean() }),
  ),
  // long ones: transactions must lie in one another, and end in another order than they began
  { maxLength: 60, size: 'max' },
)

interface Log {
  readonly records: FetchedRecord[]
  /** As a broker's index holds them: in the order of their markers. */
  readonly aborted: (AbortedTransaction & { readonly marker: number })[]
  /** Offsets of data that must be seen, by the definition: not in a transaction that was aborted. */
  readonly seen: Set<string>
}

/** A partition's log as the steps write it; what is open at the end lies behind the last stable offset and is not there. */
function logOf(all: readonly Step[]): Log {
  const records: FetchedRecord[] = []
  const aborted: Log['aborted'] = []
  const seen = new Set<string>()
  const open = new Map<number, number[]>()
  let stable = Number.POSITIVE_INFINITY
  for (const step of all) {
    const offset = records.length
    if (step.type === 'plain') {
      records.push(data(offset, '-1', false))
      seen.add(String(offset))
    } else if (step.type === 'write') {
      const written = open.get(step.producer) ?? []
      open.set(step.producer, [...written, offset])
      records.push(data(offset, String(step.producer), true))
    } else {
      const written = open.get(step.producer)
      if (written === undefined) continue
      open.delete(step.producer)
      const key = new Uint8Array([0, 0, 0, step.abort ? 0 : 1])
      const producerId = String(step.producer)
      records.push({
        offset: String(offset),
        key,
        isControlRecord: true,
        batchContext: { producerId, inTransaction: true },
      })
      if (step.abort) aborted.push({ producerId, firstOffset: String(written[0]), marker: offset })
      else for (const o of written) seen.add(String(o))
    }
  }
  for (const [first] of open.values()) stable = Math.min(stable, first ?? stable)
  return { records: records.filter((r) => Number(r.offset) < stable), aborted, seen }
}

/** A record whose key looks like a marker's: it is not one. */
function data(offset: number, producerId: string, inTransaction: boolean): FetchedRecord {
  return {
    offset: String(offset),
    key: new Uint8Array(4),
    isControlRecord: false,
    batchContext: { producerId, inTransaction },
  }
}

describe('the filter of aborted records', () => {
  test('from any start, what is seen is what no aborted transaction wrote', () => {
    fc.assert(
      fc.property(steps, fc.nat(60), (all, from) => {
        const { records, aborted, seen } = logOf(all)
        const messages = records.filter(({ offset }) => Number(offset) >= from)
        // the broker names those that end at or behind the start
        const abortedTransactions = aborted.filter(({ marker }) => marker >= from)
        const found = dropAborted({ messages, abortedTransactions }).filter((r) => r.isControlRecord !== true)
        const expected = messages.filter((r) => r.isControlRecord !== true && seen.has(r.offset))
        expect(found.map((r) => r.offset)).toEqual(expected.map((r) => r.offset))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([[undefined], [null], [[]]])(
    'without aborted transactions (%j) everything is seen',
    (abortedTransactions) => {
      const messages = [data(0, '1', true), data(1, '-1', false)]
      expect(dropAborted({ messages, abortedTransactions })).toBe(messages)
    },
  )
})
