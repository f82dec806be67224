import { expect, test } from 'vitest'
import { CheckedOutlet, type PublishedRecord, type Verdict } from '../../src/app/check-published.ts'
import type { Revision } from '../../src/ports/outlet.ts'
import { MemoryOutlet } from '../support/memory-outlet.ts'
import { revision } from '../support/revisions.ts'

interface Case {
  readonly published: readonly string[]
  readonly again: readonly string[]
  /** Published records from this one on came after the first look. */
  readonly laterFrom?: number
  readonly retired?: boolean
}

/** One revision for each value that is computed again. */
async function verdictOf({
  published,
  again,
  laterFrom = Infinity,
  retired = false,
}: Case): Promise<Verdict> {
  async function* records(): AsyncGenerator<PublishedRecord> {
    for (const [i, text] of published.entries()) {
      await Promise.resolve()
      yield { value: Buffer.from(text), later: i >= laterFrom }
    }
  }
  const values = new Map<number, string>()
  const of = ({ line }: Revision): Uint8Array[] => [Buffer.from(values.get(line.rev) ?? '')]
  const inner = new MemoryOutlet()
  const outlet = new CheckedOutlet(inner, [{ name: 'moves', retired, records: records(), of }])
  const fence = await outlet.fence(0)
  for (const [rev, value] of again.entries()) {
    values.set(rev, value)
    await outlet.publish(fence, { revisions: [revision(rev)] })
  }
  expect((await outlet.tail(fence))?.rev).toBe(again.length === 0 ? undefined : again.length - 1)
  return (await outlet.verdicts())[0] as Verdict
}

test.each<[string, Case, number, RegExp | undefined]>([
  ['equal', { published: ['a', 'b'], again: ['a', 'b'] }, 2, undefined],
  ['nothing at all', { published: [], again: [] }, 0, undefined],
  ['another one', { published: ['a', 'b'], again: ['a', 'c'] }, 1, /record 2, of revision 1, is another one/],
  ['one too few', { published: ['a', 'b'], again: ['a'] }, 1, /record 2 was published, but not/],
  ['one too many', { published: ['a'], again: ['a', 'b'] }, 1, /record 2, of revision 1, was not published/],
  ['one that came later', { published: ['a', 'b'], again: ['a'], laterFrom: 1 }, 1, undefined],
  [
    'the oldest are gone',
    { published: ['c', 'd'], again: ['a', 'b', 'c', 'd'], retired: true },
    2,
    undefined,
  ],
  [
    'gone, and another',
    { published: ['c', 'd'], again: ['a', 'c', 'e'], retired: true },
    1,
    /is another one/,
  ],
  ['all are gone', { published: [], again: ['a', 'b'], retired: true }, 0, undefined],
  [
    'not gone, and begins later',
    { published: ['b'], again: ['a', 'b'] },
    0,
    /record 1, of revision 0, is another/,
  ],
])('%s', async (_, some, equal, difference) => {
  const verdict = await verdictOf(some)
  expect(verdict.equal).toBe(equal)
  if (difference === undefined) expect(verdict.difference).toBeUndefined()
  else expect(verdict.difference).toMatch(difference)
})
