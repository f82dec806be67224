import { afterEach, describe, expect, test } from 'vitest'
import type { RecordSource } from '../../src/ports/source.ts'
import type { Topic } from '../../src/ports/types.ts'
import { readAll, textOf } from '../support/records.ts'

/** A source over given records, and what may be asked of it. */
export interface Made {
  readonly source: RecordSource
  /** Adds a record behind the others; absent where the inputs are complete: their end is `ended`, not `dry`. */
  readonly append?: ((topic: Topic, text: string) => void | Promise<void>) | undefined
  /** Why it cannot go back to earlier positions. */
  readonly noWayBack?: string | undefined
  dispose(): void | Promise<void>
}

export type Make = (topics: Readonly<Record<Topic, readonly string[]>>) => Promise<Made> | Made

const PLENTY = { records: 10_000, bytes: 1 << 24 }
const SLOW_MS = 5000

/** The contract of `RecordSource`, one test a rule. Every implementation runs it. */
export function sourceSuite(name: string, make: Make): void {
  let made: Made | undefined
  const open = async (topics: Readonly<Record<Topic, readonly string[]>>): Promise<Made> =>
    (made = await make(topics))
  const numbered = (count: number, prefix = 'r'): string[] =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`)

  describe(`RecordSource: ${name}`, () => {
    afterEach(async () => {
      await made?.source.close()
      await made?.dispose()
      made = undefined
    })

    test('every record comes once, in offset order from 0, whatever the limit', async () => {
      const { source } = await open({ a: numbered(50), b: numbered(7, 'b') })
      const all = await readAll(source, { a: 0, b: 0 }, { records: 3, bytes: 1 << 20 })
      expect(all['a']?.map(textOf)).toEqual(numbered(50))
      expect(all['b']?.map(textOf)).toEqual(numbered(7, 'b'))
      expect(all['a']?.map((r) => r.offset)).toEqual(numbered(50).map((_, i) => i))
    })

    test('from any position', async () => {
      const { source } = await open({ a: numbered(20), b: numbered(5, 'b') })
      const all = await readAll(source, { a: 13, b: 5 })
      expect(all['a']?.map((r) => [r.offset, textOf(r)])).toEqual(
        numbered(20)
          .slice(13)
          .map((text, i) => [13 + i, text]),
      )
      expect(all['b']).toEqual([])
    })

    test('a position may go back', async (context) => {
      const { source, noWayBack } = await open({ a: numbered(9) })
      context.skip(noWayBack !== undefined, noWayBack)
      await readAll(source, { a: 0 })
      const again = await readAll(source, { a: 4 })
      expect(again['a']?.map(textOf)).toEqual(numbered(9).slice(4))
    })

    test('records stay until a later position is asked for', async () => {
      const { source } = await open({ a: numbered(9) })
      const first = await source.poll(0, { a: 0 }, PLENTY, 0)
      const second = await source.poll(0, { a: 0 }, PLENTY, 0)
      expect(second.records['a']?.map(textOf)).toEqual(first.records['a']?.map(textOf))
    })

    test('at most `limit` records in all, and a record of every topic where the limit allows it', async () => {
      const { source } = await open({ a: numbered(100), b: numbered(100, 'b'), c: numbered(100, 'c') })
      const { records } = await source.poll(0, { a: 0, b: 0, c: 0 }, { records: 10, bytes: 1 << 20 }, 0)
      const counts = Object.values(records).map((some) => some.length)
      expect(counts.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(10)
      expect(Math.min(...counts)).toBeGreaterThan(0)
    })

    test('at least one record if any is there, however large', async () => {
      const { source } = await open({ a: ['x'.repeat(1000), 'y'] })
      const { records, rest } = await source.poll(0, { a: 0 }, { records: 10, bytes: 10 }, 0)
      expect(records['a']?.map((r) => textOf(r).length)).toEqual([1000])
      expect(rest['a']).toBe('more')
    })

    test('`more` as long as a stored record is not returned; at the end `ended`, or `dry` where more may come', async () => {
      const { source, append } = await open({ a: numbered(5), b: [] })
      const some = await source.poll(0, { a: 0, b: 0 }, { records: 2, bytes: 1 << 20 }, 0)
      expect(some.rest['a']).toBe('more')
      let last = await source.poll(0, { a: 5, b: 0 }, PLENTY, 0)
      expect(last.records).toEqual({ a: [], b: [] })
      const end = append === undefined ? 'ended' : 'dry'
      expect(last.rest).toEqual({ a: end, b: end })
      last = await source.poll(0, { a: 5, b: 0 }, PLENTY, 0)
      expect(last.rest).toEqual({ a: end, b: end })
    })

    test('a topic that is proven empty says so beside one that is not', async () => {
      const { source, append } = await open({ a: numbered(50), b: [] })
      const { rest } = await source.poll(0, { a: 0, b: 0 }, { records: 2, bytes: 1 << 20 }, 0)
      expect(rest).toEqual({ a: 'more', b: append === undefined ? 'ended' : 'dry' })
    })

    test('complete inputs are not waited for', async (context) => {
      const { source, append } = await open({ a: numbered(1) })
      context.skip(append !== undefined, 'its inputs may grow')
      const before = performance.now()
      await source.poll(0, { a: 1 }, PLENTY, SLOW_MS)
      expect(performance.now() - before).toBeLessThan(SLOW_MS / 2)
    })

    test('what is appended arrives, and ends the waiting', async (context) => {
      const { source, append } = await open({ a: numbered(3), b: [] })
      context.skip(append === undefined, 'its inputs are complete')
      await readAll(source, { a: 0, b: 0 })
      const before = performance.now()
      const waiting = source.poll(0, { a: 3, b: 0 }, PLENTY, SLOW_MS)
      await append?.('a', 'late')
      const { records } = await waiting
      expect(records['a']?.map((r) => [r.offset, textOf(r)])).toEqual([[3, 'late']])
      expect(performance.now() - before).toBeLessThan(SLOW_MS / 2)
    })

    test('without waiting time nothing is waited for', async () => {
      const { source } = await open({ a: [] })
      const before = performance.now()
      await source.poll(0, { a: 0 }, PLENTY, 0)
      expect(performance.now() - before).toBeLessThan(SLOW_MS / 2)
    })

    test('the bytes of a record are valid until the poll after next', async () => {
      const { source } = await open({ a: numbered(3000) })
      const limit = { records: 1000, bytes: 1 << 20 }
      const first = (await source.poll(0, { a: 0 }, limit, 0)).records['a'] ?? []
      await source.poll(0, { a: first.length }, limit, 0)
      expect(first.map(textOf)).toEqual(numbered(3000).slice(0, first.length))
    })

    test('bounds hold every record', async () => {
      const { source } = await open({ a: numbered(3), b: [] })
      const { a, b } = await source.bounds(0)
      expect(a?.start).toBe(0)
      expect(a?.end).toBeGreaterThanOrEqual(3)
      expect(b?.start).toBe(0)
    })

    test('a joined source is given its task and proves that it is alive', async () => {
      const { source } = await open({ a: [] })
      const seen: string[] = []
      await source.own({
        given: (p) => seen.push(`given ${p}`),
        taken: () => seen.push('taken'),
        alive: () => seen.push('alive'),
      })
      expect(seen).toContain('given 0')
      expect(seen).toContain('alive')
      expect(seen).not.toContain('taken')
    })

    test('closing twice is closing', async () => {
      const { source } = await open({ a: numbered(3) })
      await source.poll(0, { a: 0 }, PLENTY, 0)
      await source.close()
      await expect(source.close()).resolves.toBeUndefined()
    })
  })
}
