import { expect, test } from 'vitest'
import { SharedEnds, type Ends, type Wanted } from '../../../src/adapters/kafka/shared-ends.ts'

/** A broker whose every end is the number of the question that asks for it, answered when the test says so. */
function broker() {
  const asked: { readonly wanted: Wanted; readonly answer: (error?: Error) => void }[] = []
  const ends = new SharedEnds(
    (wanted) =>
      new Promise<Ends>((done, failed) => {
        const n = asked.length
        const answer = new Map([...wanted].map(([t, tasks]) => [t, new Map([...tasks].map((p) => [p, n]))]))
        asked.push({ wanted, answer: (error) => (error ? failed(error) : done(answer)) })
      }),
  )
  return { asked, ends }
}
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test('those who ask while a question is on its way go together with the next, which is newer than theirs', async () => {
  const { asked, ends } = broker()
  const first = [ends.of(['a', 'b'], 0), ends.of(['a'], 1)]
  await turn()
  const second = [ends.of(['a'], 0), ends.of(['b'], 2)]
  await turn()
  expect(asked.map(({ wanted }) => wanted)).toEqual([
    new Map([
      ['a', new Set([0, 1])],
      ['b', new Set([0])],
    ]),
  ])
  asked[0]?.answer()
  expect(await Promise.all(first)).toEqual([{ a: 0, b: 0 }, { a: 0 }])
  await turn()
  expect(asked.length).toBe(2)
  asked[1]?.answer()
  expect(await Promise.all(second)).toEqual([{ a: 1 }, { b: 1 }])
})

test('a question that fails fails for those who asked it, and the next is asked', async () => {
  const { asked, ends } = broker()
  const first = ends.of(['a'], 0)
  await turn()
  const second = ends.of(['a'], 0)
  asked[0]?.answer(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await turn()
  asked[1]?.answer()
  expect(await second).toEqual({ a: 1 })
})
