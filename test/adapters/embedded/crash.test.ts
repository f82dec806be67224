import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import type { Revision } from '../../../src/ports/outlet.ts'
import { lines } from '../../conformance/outlet.ts'
import { busyRevision, page, revision } from '../../support/revisions.ts'
import { discard, openFresh, outletOf } from '../../support/run-folder.ts'

const DATA = ['segment-changed', 'user-segments', 'dead-letter', 'segment-catalog'] as const
type Bytes = Record<(typeof DATA)[number] | 'journal', Buffer>

const file = (folder: RunFolder, name: string): string => join(folder.dir, `${name}.ndjson`)

function bytesOf(folder: RunFolder): Bytes {
  const read = (name: string): Buffer => readFileSync(file(folder, name))
  return {
    'segment-changed': read('segment-changed'),
    'user-segments': read('user-segments'),
    'dead-letter': read('dead-letter'),
    'segment-catalog': read('segment-catalog'),
    journal: read('journal'),
  }
}

const sameBytes = (a: Bytes, b: Bytes): boolean =>
  [...DATA, 'journal' as const].every((name) => a[name].equals(b[name]))

/** Leaves the files as a process that was stopped in the middle of a page leaves them. */
function leave(folder: RunFolder, bytes: Bytes): void {
  for (const name of [...DATA, 'journal'] as const) {
    // Removed first: some file systems wait for the disk when a file is overwritten.
    rmSync(file(folder, name))
    writeFileSync(file(folder, name), bytes[name])
  }
}

/** Bytes of the files after each revision: `states[i]` is what a folder holds that published `i` revisions. */
async function statesOf(folder: RunFolder, pages: readonly (readonly Revision[])[]): Promise<Bytes[]> {
  const states: Bytes[] = []
  const outlet = outletOf(folder)
  const fence = await outlet.fence(0)
  states.push(bytesOf(folder))
  for (const r of pages.flat()) {
    await outlet.publish(fence, page(r))
    states.push(bytesOf(folder))
  }
  return states
}

/** Fences as the next process would, and checks that exactly the first `count` revisions are there, and that it goes on from there. */
async function expectRevisions(folder: RunFolder, states: readonly Bytes[], count: number): Promise<void> {
  const outlet = outletOf(folder)
  const fence = await outlet.fence(0)
  expect(sameBytes(bytesOf(folder), states[count] as Bytes)).toBe(true)
  expect((await outlet.tail(fence))?.rev).toBe(count === 0 ? undefined : count - 1)
}

/** Whole revisions in a journal of this many bytes. */
const wholeIn = (states: readonly Bytes[], bytes: number): number =>
  states.findLastIndex((s) => s.journal.length <= bytes)

describe('a process that stops inside a page', () => {
  let folder: RunFolder
  beforeEach(async () => {
    folder = await openFresh()
  })
  afterEach(() => discard(folder))

  test('pages of several revisions write the same bytes as pages of one', async () => {
    const revisions = [busyRevision(0, 1), busyRevision(1, 2), revision(2), busyRevision(3, 2)]
    const states = await statesOf(folder, [revisions])
    const other = await openFresh()
    const outlet = outletOf(other)
    await outlet.publish(await outlet.fence(0), page(...revisions))
    expect(bytesOf(other)).toEqual(states.at(-1))
    await discard(other)
  })

  const first = [busyRevision(0, 1), busyRevision(1, 2)]
  const second = [busyRevision(2, 1), busyRevision(3, 1), revision(4)]

  test('while it writes the journal: at every byte, the whole revisions before it remain', async () => {
    const states = await statesOf(folder, [first, second])
    const last = states.at(-1) as Bytes
    for (let bytes = (states[2] as Bytes).journal.length; bytes <= last.journal.length; bytes++) {
      leave(folder, { ...last, journal: last.journal.subarray(0, bytes) })
      await expectRevisions(folder, states, wholeIn(states, bytes))
    }
  })

  test.each(DATA)('while it writes %s: at every byte, nothing of the page remains', async (name) => {
    const states = await statesOf(folder, [first, second])
    const [before, last] = [states[2] as Bytes, states.at(-1) as Bytes]
    for (let bytes = before[name].length; bytes <= last[name].length; bytes++) {
      // The outputs are written at once: the others may be ahead or behind.
      const others = bytes % 2 === 0 ? before : last
      leave(folder, { ...others, [name]: last[name].subarray(0, bytes), journal: before.journal })
      await expectRevisions(folder, states, 2)
    }
  })

  test('anywhere in random pages: a prefix of whole revisions remains, and the run ends as if nothing had happened', async () => {
    const sizes = fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
        async (shape, cuts) => {
          let rev = 0
          const pages = shape.map((moves) => moves.map((n) => busyRevision(rev++, n)))
          const at = await openFresh()
          try {
            const states = await statesOf(at, pages)
            const last = states.at(-1) as Bytes
            const cut = Math.floor((cuts[0] as number) * last.journal.length)
            const whole = wholeIn(states, cut)
            const least = states[whole] as Bytes
            const torn: Bytes = { ...last, journal: last.journal.subarray(0, cut) }
            DATA.forEach((name, i) => {
              const room = last[name].length - least[name].length
              torn[name] = last[name].subarray(
                0,
                least[name].length + Math.floor((cuts[i + 1] as number) * room),
              )
            })
            leave(at, torn)
            await expectRevisions(at, states, whole)
            const outlet = outletOf(at)
            const rest = pages.flat().slice(whole)
            await outlet.publish(await outlet.fence(0), page(...rest))
            expect(bytesOf(at)).toEqual(last)
            expect((await lines(outlet)).map((l) => l.rev)).toEqual(pages.flat().map((r) => r.line.rev))
          } finally {
            await discard(at)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each([
    ['page-data-written', 0],
    ['page-journal-written', 2],
  ] as const)('at %s: %i of its revisions are there', async (point, count) => {
    let stop = false
    const at = await openFresh({
      mark: (passed) => {
        if (stop && passed === point) throw new Error('stopped here')
      },
    })
    const outlet = outletOf(at)
    const fence = await outlet.fence(0)
    await outlet.publish(fence, page(...first))
    stop = true
    await expect(outlet.publish(fence, page(busyRevision(2, 1), revision(3)))).rejects.toThrow('stopped here')
    await expect(outlet.tail(fence)).rejects.toMatchObject({ code: 'task-fenced' })
    stop = false
    expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(1 + count)
    await discard(at)
  })
})
