import { expect, test } from 'vitest'
import { OpenPage, type PageRule } from '../../../src/app/task/page.ts'
import { busyRevision, deadLetter, membership, revision, transition } from '../../support/revisions.ts'
import type { Revision } from '../../../src/ports/outlet.ts'

const RULE: PageRule = { maxRecords: 10, maxOutputs: 4, maxAgeMs: 100, maxQuietAgeMs: 1000 }

function page(...revisions: (readonly [Revision, records: number, now: number])[]): OpenPage {
  const open = new OpenPage()
  for (const [r, records, now] of revisions) open.add(r, records, now)
  return open
}

test('R3: an empty page waits for ever', () => {
  expect(page().remainingMs(RULE, 1e12)).toBe(Number.POSITIVE_INFINITY)
})

test.each<[string, Revision, number]>([
  ['journal lines alone', revision(1), 1000],
  ['a transition', revision(1, { transitions: [transition(1)] }), 100],
  ['a membership', revision(1, { memberships: [membership('u', 'x')] }), 100],
  ['a dead letter', revision(1, { deadLetters: [deadLetter(1)] }), 100],
])('R3: %s: the age that closes it', (_name, r, age) => {
  const open = page([r, 1, 5000])
  expect(open.remainingMs(RULE, 5000)).toBe(age)
  expect(open.remainingMs(RULE, 5000 + age - 1)).toBe(1)
  expect(open.remainingMs(RULE, 5000 + age)).toBe(0)
})

test('R3: its age is that of its first revision', () => {
  expect(page([revision(1), 1, 0], [busyRevision(2, 1), 1, 90]).remainingMs(RULE, 90)).toBe(10)
})

test.each([
  [9, false],
  [10, true],
  [11, true],
])('R3: %i records, ready: %s', (records, ready) => {
  expect(page([revision(1), records, 0]).remainingMs(RULE, 0) <= 0).toBe(ready)
})

test.each([
  [1, false],
  [2, true],
])('R3: %i transitions with their memberships, ready: %s', (moves, ready) => {
  expect(page([busyRevision(2, moves), 1, 0]).remainingMs(RULE, 0) <= 0).toBe(ready)
})

test('T3: revisions stay whole and in order', () => {
  const open = page([revision(1), 20, 0], [revision(2), 1, 0])
  expect(open.revisions.map((r) => r.line.rev)).toEqual([1, 2])
})
