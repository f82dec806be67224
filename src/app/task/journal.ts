import { fail } from '../../errors.ts'
import { sha256Hex } from '../../domain/base/hash.ts'
import type { Genesis, JournalLine } from '../../ports/outlet.ts'
import type { Head } from '../../ports/store.ts'
import type { Positions, Topic } from '../../ports/types.ts'

type Unchained = Omit<JournalLine, 'chain'>

/**
 * Chains a line to the one before (rule R2): over the line as published, not over what a fold did, because a refold skips
 * users whose profile is already newer.
 */
export function chained(previous: string, line: Unchained): JournalLine {
  const body = [
    line.rev,
    line.tick ?? null,
    byKey(line.positions),
    byKey(line.digests),
    line.refused === undefined ? null : byKey(line.refused),
    heldBody(line.held),
    line.recipe ?? null,
    line.genesis ?? null,
    line.moves,
    line.suppressed === undefined ? null : byKey(line.suppressed),
    ...(line.uncounted === undefined ? [] : ['uncounted', byKey(line.uncounted)]),
    ...(line.moved === undefined ? [] : ['moved', line.moved]),
    ...(line.schemas === undefined ? [] : ['schemas', byKey(line.schemas)]),
    ...(line.accepted === undefined ? [] : [line.accepted.what, byKey(line.accepted.lost ?? {})]),
  ]
  return { ...line, chain: sha256Hex(previous + JSON.stringify(body)).slice(0, 32) }
}

const heldBody = (held: JournalLine['held']): unknown =>
  held === undefined ? false : [held.why, held.asOf, held.why === 'silent' ? held.inputs : []]

const byKey = <T>(members: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))

/** A refolded line must be the published one. */
export function verify(now: JournalLine, published: JournalLine): void {
  if (now.chain === published.chain) return
  for (const topic of Object.keys(published.digests)) {
    if (now.digests[topic] !== published.digests[topic]) {
      fail(
        'source-differs',
        `input ${topic}: the records before position ${published.positions[topic]} are not those of revision ${published.rev}`,
      )
    }
  }
  fail(
    'state-foreign',
    `revision ${published.rev}: its chain ${published.chain} does not follow from the state; expected ${now.chain}`,
  )
}

/** The line that opens a journal: rev 0, start positions, and what is fixed once. */
export function genesisLine(positions: Positions, recipe: string, genesis: Genesis): JournalLine {
  const digests: Record<Topic, string> = {}
  for (const topic of Object.keys(positions)) digests[topic] = ''
  return chained('', { rev: 0, positions, digests, recipe, genesis, moves: [] })
}

/** The head that belongs to a genesis line: nothing folded, nothing stored. */
export function genesisHead(line: JournalLine): Head {
  return {
    rev: 0,
    chain: line.chain,
    positions: line.positions,
    digests: line.digests,
    clock: Number.MIN_SAFE_INTEGER,
    recipe: line.recipe ?? '',
    genesis: line.genesis ?? { app: '', formats: {}, startedAt: 0, liveFrom: 0 },
    deployments: [],
    segments: [''],
    labels: {},
    held: false,
    releasedAt: Number.MIN_SAFE_INTEGER,
    counts: { records: 0, events: 0, skipped: {}, refused: {}, moves: 0, suppressed: {}, members: {} },
  }
}
