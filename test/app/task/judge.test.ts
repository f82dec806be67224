import { expect, test } from 'vitest'
import { genesisHead } from '../../../src/app/task/journal.ts'
import { judge, type Findings } from '../../../src/app/task/judge.ts'
import { head, journalLine } from '../../support/revisions.ts'

const line0 = journalLine(0, { positions: { clicks: 0 }, recipe: 'r1' })
const bounds = { clicks: { start: 0, end: 100 } }
const base: Findings = {
  head: undefined,
  tail: undefined,
  lineAtHead: undefined,
  bounds,
  topics: ['clicks'],
  rebuild: false,
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

test('state-lost, unless a rebuild is agreed to: then everything is folded again', () => {
  const f = { ...base, tail: journalLine(5), lineAtHead: line0 }
  expect(judge(f)).toMatchObject({ type: 'stop', code: 'state-lost' })
  expect(judge({ ...f, rebuild: true })).toEqual({
    type: 'resume',
    head: genesisHead(line0),
    to: 5,
    init: true,
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
  [
    'no state, and line 0 was retired, rebuild or not',
    { ...at(3), head: undefined, rebuild: true },
    'state-lost',
  ],
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
  [
    'a rebuild of inputs that no longer begin at the start',
    {
      ...base,
      tail: journalLine(5),
      lineAtHead: line0,
      rebuild: true,
      bounds: { clicks: { start: 1, end: 9 } },
    },
    'source-gap',
  ],
])('%s: stop', (_name, findings, code) => {
  expect(judge(findings)).toMatchObject({ type: 'stop', code })
})

test('an input that begins exactly at the position is enough', () => {
  expect(judge({ ...at(3), bounds: { clicks: { start: 30, end: 100 } } }).type).toBe('resume')
})
