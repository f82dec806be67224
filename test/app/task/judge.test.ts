import { expect, test } from 'vitest'
import { Amends } from '../../../src/app/task/amends.ts'
import { genesisHead } from '../../../src/app/task/journal.ts'
import { judge, type Findings } from '../../../src/app/task/judge.ts'
import type { Acceptance } from '../../../src/ports/outlet.ts'
import { head, journalLine } from '../../support/revisions.ts'

const line0 = journalLine(0, { positions: { clicks: 0 }, recipe: 'r1' })
const bounds = { clicks: { start: 0, end: 100 } }
const base: Findings = {
  head: undefined,
  tail: undefined,
  lineAtHead: undefined,
  bounds,
  topics: ['clicks'],
  amends: new Amends([]),
}

test('no journal and no state: fresh', () => {
  expect(judge(base)).toEqual({ type: 'fresh' })
})

test('T1: state and journal at the same revision: run from there', () => {
  const f = { ...base, head: head(7), tail: journalLine(7), lineAtHead: journalLine(7) }
  expect(judge(f)).toEqual({ type: 'resume', head: head(7), to: 7, init: false })
})

test('R < K: fold again up to K', () => {
  const f = { ...base, head: head(3), tail: journalLine(9), lineAtHead: journalLine(3) }
  expect(judge(f)).toEqual({ type: 'resume', head: head(3), to: 9, init: false })
})

test('line 0 was published, its head not yet stored: begin, without asking', () => {
  const f = { ...base, tail: line0, lineAtHead: line0 }
  expect(judge(f)).toEqual({ type: 'resume', head: genesisHead(line0), to: 0, init: true })
})

test('T17: an input that begins behind its position is enough as far as it was accepted that it does', () => {
  const accepted = (what: Acceptance, position: number): Amends =>
    new Amends([journalLine(9, { positions: { clicks: position }, accepted: { what } })])
  const verdict = (amends: Amends, start: number): string =>
    judge({ ...at(3), amends, bounds: { clicks: { start, end: 100 } } }).type
  for (const what of ['gap', 'rebuild', 'source'] as const) {
    expect([what, verdict(accepted(what, 60), 60), verdict(accepted(what, 60), 61)]).toEqual([
      what,
      'resume',
      'stop',
    ])
  }
  for (const what of ['recipe', 'refusals'] as const) expect(verdict(accepted(what, 60), 60)).toBe('stop')
})

test('T17: an input that was accepted later begins where that says', () => {
  const amends = new Amends([
    journalLine(9, { positions: { clicks: 90, orders: 4 }, accepted: { what: 'recipe' } }),
  ])
  const bounds = { clicks: { start: 0, end: 100 }, orders: { start: 0, end: 9 } }
  expect(judge({ ...at(3), topics: ['clicks', 'orders'], amends, bounds })).toMatchObject({
    type: 'resume',
    head: { positions: { clicks: 30, orders: 4 } },
  })
})

const at = (rev: number): Findings => ({
  ...base,
  head: head(rev),
  tail: journalLine(9),
  lineAtHead: journalLine(rev),
})

test.each<[string, Findings, string]>([
  ['a state, but no journal', { ...base, head: head(3) }, 'state-foreign'],
  ['a state ahead of the journal', { ...at(10), lineAtHead: undefined }, 'state-foreign'],
  ['the line at the head is gone', { ...at(3), lineAtHead: journalLine(5) }, 'state-foreign'],
  ['the journal ends before the head’s line', { ...at(3), lineAtHead: undefined }, 'state-foreign'],
  [
    'another chain at the head',
    { ...at(3), lineAtHead: journalLine(3, { chain: 'other' }) },
    'state-foreign',
  ],
  ['no state, and line 0 was retired', { ...at(3), head: undefined }, 'state-lost'],
  ['no state beside what was published', { ...base, tail: journalLine(5), lineAtHead: line0 }, 'state-lost'],
  [
    'an input begins behind the position',
    { ...at(3), bounds: { clicks: { start: 31, end: 100 } } },
    'source-gap',
  ],
  ['an input that is not there', { ...at(3), topics: ['clicks', 'orders'] }, 'recipe-differs'],
  [
    'an input without a position',
    { ...at(3), topics: ['clicks', 'orders'], bounds: { ...bounds, orders: { start: 0, end: 0 } } },
    'recipe-differs',
  ],
])('%s: stop', (_name, findings, code) => {
  expect(judge(findings)).toMatchObject({ type: 'stop', code })
})

test('an input that begins exactly at the position is enough', () => {
  expect(judge({ ...at(3), bounds: { clicks: { start: 30, end: 100 } } }).type).toBe('resume')
})
