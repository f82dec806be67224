import { expect, test } from 'vitest'
import { chained, genesisHead, genesisLine } from '../../../src/app/task/journal.ts'
import type { JournalLine } from '../../../src/ports/outlet.ts'

const line: Omit<JournalLine, 'chain'> = {
  rev: 4,
  tick: 100,
  positions: { clicks: 3, orders: 1 },
  digests: { clicks: 'a', orders: 'b' },
  moves: [['u1', 1, null, 'x']],
}
const chainOf = (change: Partial<JournalLine> = {}, previous = 'p'): string =>
  chained(previous, { ...line, ...change }).chain

test.each<[string, Partial<JournalLine>]>([
  ['rev', { rev: 5 }],
  ['tick', { tick: 101 }],
  ['no tick', { tick: undefined }],
  ['positions', { positions: { clicks: 4, orders: 1 } }],
  ['digests', { digests: { clicks: 'a', orders: 'c' } }],
  ['refused', { refused: { clicks: [2] } }],
  ['schemas', { schemas: { 7: 'f' } }],
  ['hold', { held: { why: 'moving', asOf: 1 } }],
  ['input that fell silent', { held: { why: 'silent', asOf: 1, inputs: ['clicks'] } }],
  ['end of a hold', { held: { why: 'over', asOf: 1 } }],
  ['number of moved users', { moved: [[5, 1]] }],
  ['recipe', { recipe: 'r' }],
  ['genesis', { genesis: { app: 'a', formats: {}, startedAt: 1, liveFrom: 0 } }],
  ['no moves', { moves: [] }],
  ['the sequence of a move', { moves: [['u1', 2, null, 'x']] }],
  ['the origin of a move', { moves: [['u1', 1, 'y', 'x']] }],
])('R2: the chain is over the line: another %s, another chain', (_name, change) => {
  expect(chainOf(change)).not.toBe(chainOf())
})

test('R2: the chain follows the one before', () => {
  expect(chainOf({}, 'q')).not.toBe(chainOf())
})

test('R2: the order in which inputs are named does not count', () => {
  const turned = { positions: { orders: 1, clicks: 3 }, digests: { orders: 'b', clicks: 'a' } }
  const refused = { clicks: [2], orders: [0] }
  expect(chainOf({ ...turned, refused: { orders: [0], clicks: [2] } })).toBe(chainOf({ refused }))
})

test('line 0 fixes the start; its head has folded nothing', () => {
  const genesis = { app: 'a', formats: {}, startedAt: 1, liveFrom: 0 }
  const first = genesisLine({ clicks: 7 }, 'r', genesis)
  expect(first).toMatchObject({ rev: 0, positions: { clicks: 7 }, recipe: 'r', genesis, moves: [] })
  const head = genesisHead(first)
  expect(head).toMatchObject({
    rev: 0,
    chain: first.chain,
    positions: { clicks: 7 },
    recipe: 'r',
    held: false,
  })
  expect(head.counts).toEqual({
    records: 0,
    events: 0,
    skipped: {},
    refused: {},
    suppressed: {},
    moves: 0,
    members: {},
  })
})
